"""The application: routes, their limits, and one shape for every error."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from helpers.predictor.runtime import WRITER
from helpers.serving import messages, pages
from helpers.serving.completions import completions_router
from helpers.serving.metrics import Counting, Metrics, Turnstile
from helpers.serving.pool import Pool, UnreadableTextError
from helpers.serving.refusals import refuse, refuse_values
from helpers.serving.versions import SwitchError
from helpers.web.guard import Guard, shows_token
from helpers.web.loopback import LOOPBACK

bearer = HTTPBearer(auto_error=False, description="The token the server made at its first start.")
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    # pages of the server itself need no script at all
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
# the page in the browser runs its own scripts and WebAssembly, and talks to this server only;
# a notebook on this machine may show it in a frame
PAGE_HEADERS = {name: value for name, value in HEADERS.items() if name != "x-frame-options"} | {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
}


@dataclass(frozen=True)
class Limits:
    """What one caller may ask for, and how many may wait; how long a text may be: `web.texts`."""

    batch: int = 64  # texts in a request
    body: int = 4 << 20  # bytes: room for a batch of the longest texts, escaped as JSON
    body_seconds: float = 10.0  # for a body to arrive
    waiting: int = 64  # requests beside those that are answered


USUAL = Limits()


def create_app(
    find: Callable[[str], Path],
    revision: str,
    *,
    token: str,
    workers: int = 2,
    limits: Limits = USUAL,
    page: Path | None = None,
    routers: Sequence[APIRouter] = (),
    hosts: Collection[str] | None = LOOPBACK,
) -> FastAPI:
    """Load a model and return the application that answers with it.

    Args:
        find: from a revision to a bundle folder, for the first version and every switch.
        revision: the version to begin with.
        token: who has it may switch versions; `require_token` asks for it on other routes.
        workers: texts that are answered at the same time.
        limits: what one caller may ask for.
        page: a folder of static files, shown at /app/.
        routers: more routes; they find the running version at `request.app.state.pool.current`.
        hosts: names the Host header may have, without port; None allows any.

    Raises SwitchError when the first version cannot serve.
    """
    app = FastAPI(
        title="A small language model",
        version="1",
        docs_url=None,  # those pages fetch scripts from elsewhere; ours does not
        redoc_url=None,
        responses={
            status: {"model": messages.Problem, "description": HTTPStatus(status).phrase}
            for status in (400, 408, 413, 421, 422, 503)
        },
    )
    app.state.token, app.state.limits, app.state.metrics = token, limits, Metrics()
    app.state.pool = Pool(find, revision, workers)
    _show_version(app)
    app.exception_handler(HTTPException)(refuse)
    app.exception_handler(RequestValidationError)(refuse_values)
    app.include_router(_information())
    papers = app.state.pool.current
    if papers.config.get("kind") == WRITER:
        app.include_router(completions_router(papers))
    else:
        app.include_router(_predictions(limits, pages.example(papers.config)))
    app.include_router(_administration())
    for router in routers:
        app.include_router(router)
    if page is not None:
        app.mount("/app", StaticFiles(directory=page, html=True))
    app.add_middleware(Turnstile, most=workers + limits.waiting)
    app.add_middleware(
        Guard,
        hosts=hosts,
        headers=lambda path: PAGE_HEADERS if path.startswith("/app/") else HEADERS,
        body_bytes=lambda path: limits.body,
        body_seconds=limits.body_seconds,
        answer=refuse,
    )
    app.add_middleware(Counting, metrics=app.state.metrics)  # the outermost: it counts all
    return app


async def require_token(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Let a request pass that shows the server's token: `dependencies=[Depends(require_token)]`."""
    if not shows_token(request.headers.get("authorization"), request.app.state.token):
        raise HTTPException(
            401,
            "This needs the server's token: Authorization: Bearer …",
            {"WWW-Authenticate": "Bearer"},
        )


# for routes that need the token: @router.post("/path", **PROTECTED)
PROTECTED: dict[str, Any] = {
    "dependencies": [Depends(require_token)],
    "responses": {401: {"model": messages.Problem, "description": "No token, or a wrong one"}},
}


def _information() -> APIRouter:
    router = APIRouter(tags=["about"])

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def start_page(request: Request) -> str:
        return pages.start_page(request.app)

    @router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def documentation(request: Request) -> str:
        return pages.documentation(request.app.openapi())

    @router.get("/health")
    async def health(request: Request) -> messages.Health:
        """Say whether the server answers, and as what."""
        current = request.app.state.pool.current
        return messages.Health(ready=True, model=current.config["name"], version=current.revision)

    @router.get("/model")
    async def model(request: Request) -> messages.ModelPapers:
        """Return what the bundle says of itself: labels, measured figures, digest."""
        current = request.app.state.pool.current
        return messages.ModelPapers(
            version=current.revision,
            digest=current.digest,
            config=current.config,
            metrics=current.metrics,
        )

    @router.get(
        "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}}
    )
    async def metrics(request: Request) -> Response:
        """Return counts and times for Prometheus."""
        page = generate_latest(request.app.state.metrics.registry)
        return Response(page, media_type=CONTENT_TYPE_LATEST)

    return router


def _predictions(limits: Limits, example: str) -> APIRouter:
    router = APIRouter(tags=["answers"])

    async def answer(
        request: Request, texts: list[str], top: int | None
    ) -> tuple[list[dict[str, Any]], str]:
        if len(texts) > limits.batch:
            message = f"body.texts: there are {len(texts)}; {limits.batch} may be sent at once."
            raise HTTPException(422, message)
        request.app.state.metrics.texts.observe(len(texts))
        try:
            return await request.app.state.pool.answer(texts, top or 0)
        except UnreadableTextError as error:
            raise HTTPException(422, str(error)) from error

    @router.post(
        "/predict",
        response_model_exclude_unset=True,
        openapi_extra=pages.with_example({"text": example}),
    )
    async def predict(request: Request, question: messages.Question) -> messages.VersionedAnswer:
        """Return the label of a text, or its labels, and the version that says so."""
        (said,), version = await answer(request, [question.text], question.top)
        return messages.VersionedAnswer(**said, version=version)

    @router.post(
        "/predict/batch",
        response_model_exclude_unset=True,
        openapi_extra=pages.with_example({"texts": [example]}),
    )
    async def predict_batch(
        request: Request, questions: messages.Questions
    ) -> messages.BatchAnswer:
        """Return an answer for each text, in order, all of one version."""
        said, version = await answer(request, questions.texts, questions.top)
        answers = [messages.Answer(**one) for one in said]
        return messages.BatchAnswer(answers=answers, version=version)

    return router


def _administration() -> APIRouter:
    router = APIRouter(prefix="/admin", tags=["administration"])
    one_at_a_time = asyncio.Lock()

    @router.post(
        "/switch",
        dependencies=PROTECTED["dependencies"],
        responses=PROTECTED["responses"] | {409: {"model": messages.Problem}},
    )
    async def switch(request: Request, wanted: messages.SwitchRequest) -> messages.Switched:
        """Load another version beside the one that serves, try it, and let it take over."""
        pool = request.app.state.pool
        if one_at_a_time.locked():
            raise HTTPException(409, "Another switch is under way. Ask again when it is done.")
        async with one_at_a_time:
            before = pool.current.revision
            try:
                await asyncio.to_thread(pool.switch, wanted.revision)
            except SwitchError as error:
                raise HTTPException(409, f"{before} goes on serving. {error}") from error
            _show_version(request.app)
        return messages.Switched(version=pool.current.revision, before=before)

    return router


def _show_version(app: FastAPI) -> None:
    current = app.state.pool.current
    app.state.metrics.show_model(current.config["name"], current.revision)
