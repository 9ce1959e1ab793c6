"""Feedback over HTTP: a router that a server includes beside its own.

    app.include_router(feedback_router(store, token))

Anybody who may ask the model may say that it erred; what was said, only the owner may read.
"""

import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from helpers.feedback_store import FeedbackError, FeedbackStore, StoreError

LARGEST_BODY = 131_072  # bytes; a text of the largest size, escaped, and a comment
MOST_CLIENTS = 10_000  # that a rate limit remembers


class Feedback(BaseModel):
    """What a user says of one answer."""

    model_config = ConfigDict(extra="forbid")

    text: StrictStr = Field(description="the text that the model was asked")
    label: StrictStr = Field(description="the label it should have answered, or did, rightly")
    answer: StrictStr | None = Field(None, description="the label that the model answered")
    comment: StrictStr = Field("", description="anything else worth saying")
    version: StrictStr | None = Field(None, description="the model's version, such as v1.0")


class Kept(BaseModel):
    """What became of it."""

    id: int
    times: int = Field(description="how often exactly this was said")


class Refusal(BaseModel):
    """The body of every answer that is not a success."""

    error: str = Field(description="why, in a sentence for people")
    type: str = Field(description="why, in a word for programs")


class Refused(Exception):
    """A request is not answered: the status, the word, the sentence, and headers to send."""

    def __init__(self, status: int, word: str, sentence: str, **headers: str):
        super().__init__(sentence)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.response = JSONResponse({"error": sentence, "type": word}, status, names)


class RefusingRoute(APIRoute):
    """A route that answers with what a Refused says, whatever application it is in."""

    def get_route_handler(self) -> Callable:
        """Return the handler of requests, with Refused caught."""
        handle = super().get_route_handler()

        async def handle_or_refuse(request: Request) -> Response:
            try:
                return await handle(request)
            except Refused as refused:
                return refused.response

        return handle_or_refuse


class RateLimit:
    """A bucket of requests for each client that refills steadily (a token bucket)."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic):
        self.per_minute, self.clock = per_minute, clock
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take one request from a client's bucket; return the seconds to wait, 0 for none."""
        now = self.clock()
        left, since = self.buckets.pop(client, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
        allowed = left >= 1
        self.buckets[client] = (left - 1 if allowed else left, now)
        while len(self.buckets) > MOST_CLIENTS:
            self.buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute


def feedback_router(
    store: FeedbackStore,
    token: str | None = None,
    *,
    post_token: str | None = None,
    per_minute: int = 60,
    version: Callable[[Request], str] | None = None,
) -> APIRouter:
    """Return the routes `POST /feedback` and `GET /feedback`.

    Args:
        store: where feedback is kept; the caller closes it.
        token: what a reader of the feedback must present; without one nobody may read.
        post_token: what a writer must present; without one everybody may write.
        per_minute: how many posts a client may send a minute.
        version: from a request to the version that serves it, for posts that name none.
    """
    router = APIRouter(tags=["feedback"], route_class=RefusingRoute)
    limit = RateLimit(per_minute)

    @router.post(
        "/feedback",
        status_code=201,
        response_model=Kept,
        summary="Say that an answer was wrong, or right",
        responses={s: {"model": Refusal} for s in (400, 401, 413, 415, 422, 429, 503)},
        openapi_extra={"requestBody": _body_schema()},
    )
    async def post_feedback(request: Request) -> Kept:
        if post_token is not None:
            _check_token(request, post_token)
        seconds = limit.wait(request.client.host if request.client else "")
        if seconds:
            message = "Too many posts at once. Wait a little."
            raise Refused(429, "too_many_requests", message, Retry_After=str(int(seconds) + 1))
        said = _parse(request.headers.get("content-type", ""), await _read(request))
        if said["version"] is None and version is not None:
            said["version"] = version(request)
        try:
            receipt = await run_in_threadpool(lambda: store.add(**said, source="api"))
        except FeedbackError as error:
            raise Refused(422, f"bad_{error.field}", str(error)) from error
        except StoreError as error:
            raise Refused(503, "not_stored", "The feedback could not be kept.") from error
        return Kept(id=receipt.id, times=receipt.times)

    @router.get(
        "/feedback",
        summary="Read the feedback, oldest first",
        responses={s: {"model": Refusal} for s in (401, 403, 503)},
    )
    def get_feedback(
        request: Request,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        if token is None:
            raise Refused(403, "no_token_set", "This server has no token: it shows no feedback.")
        _check_token(request, token)
        try:
            rows = store.rows(after=after, limit=limit)
        except StoreError as error:
            raise Refused(503, "not_read", "The feedback could not be read.") from error
        return {"rows": rows, "next": rows[-1]["id"] if len(rows) == limit else None}

    return router


def _check_token(request: Request, token: str) -> None:
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        message = "Send the header: Authorization: Bearer <token>."
        raise Refused(401, "bad_token", message, WWW_Authenticate="Bearer")


async def _read(request: Request) -> bytes:
    """Read the body, but never more of it than is allowed."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise Refused(413, "too_large", f"At most {LARGEST_BODY:,} bytes can be sent.")
    return bytes(body)


def _parse(content_type: str, body: bytes) -> dict[str, Any]:
    # a page elsewhere cannot send this type without asking first, so it cannot post for a visitor
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "not_json", "Send the header: Content-Type: application/json.")
    try:
        return Feedback.model_validate_json(body).model_dump()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise Refused(400, "bad_json", "The body is no JSON.") from None
        place = ".".join(map(str, first["loc"])) or "body"
        raise Refused(422, "bad_feedback", f"{place}: {first['msg']}.") from None


def _body_schema() -> dict[str, Any]:
    schema = json.loads(json.dumps(Feedback.model_json_schema()))
    return {"required": True, "content": {"application/json": {"schema": schema}}}
