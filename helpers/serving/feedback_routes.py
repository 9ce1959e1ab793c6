"""Feedback over HTTP: routes that a server takes beside those of the model.

    create_app(..., routers=[feedback_router(store)])

They need the server's token: an application writes for its users, and only its owner reads.
"""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from helpers.feedback.said import FeedbackError
from helpers.feedback.store import FeedbackStore
from helpers.serving import pages
from helpers.serving.app import PROTECTED
from helpers.serving.messages import Text


class Feedback(BaseModel):
    """What a user says of one answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Text = Field(description="the text that the model was asked")
    label: str | list[str] | dict[str, Any] = Field(
        description="the label it should have answered, or did, rightly; a list where it may "
        "answer several, a call of an assistant"
    )
    answer: str | list[str] | dict[str, Any] | None = Field(
        None, description="the same, as the model answered"
    )
    comment: str = Field("", description="anything else worth saying")
    version: str | None = Field(None, description="of the model; the one that serves, if none")


class Kept(BaseModel):
    """What became of it."""

    id: int
    times: int = Field(description="how often exactly this was said")


class FeedbackPage(BaseModel):
    """Some of the feedback, and the id to go on after, if there may be more."""

    rows: list[dict[str, Any]]
    next: int | None


def feedback_router(store: FeedbackStore) -> APIRouter:
    """Return the routes `POST /feedback` and `GET /feedback`; the caller closes the store."""
    router = APIRouter(prefix="/feedback", tags=["feedback"], **PROTECTED)

    first = store.labels[0]
    label: Any = [first] if store.several else first
    if store.functions:
        label = {"name": first, "arguments": {}}
    example = {"text": "the text that was asked", "label": label}

    @router.post("", status_code=201, openapi_extra=pages.with_example(example))
    def post_feedback(request: Request, said: Feedback) -> Kept:
        """Say that an answer was wrong, or right. It is on the disk when this answers."""
        parts = said.model_dump()
        parts["version"] = said.version or request.app.state.pool.current.revision
        try:
            receipt = store.add(**parts, source="api")
        except FeedbackError as error:
            raise HTTPException(422, str(error)) from error
        return Kept(id=receipt.id, times=receipt.times)

    @router.get("")
    def get_feedback(
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> FeedbackPage:
        """Return feedback in the order it came, from the id after `after` on."""
        rows = store.rows(after=after, limit=limit)
        return FeedbackPage(rows=rows, next=rows[-1]["id"] if len(rows) == limit else None)

    return router
