"""Putting the hub together and running it: an app, a background server, a command.

with hub.serve("data/hub") as server:
    api = server.api()          # a huggingface_hub.HfApi that talks to this hub
"""

import argparse
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from helpers.hub import contents, discussions, downloads, pages, protocol, versions, wiring
from helpers.hub.community import Community
from helpers.hub.errors import HubError, error_headers
from helpers.hub.names import USER
from helpers.hub.store import Store
from helpers.hub.wiring import Hub
from helpers.stages import workspace
from helpers.web.guard import Guard, error_response
from helpers.web.loopback import LOOPBACK, allowed_hosts, is_loopback, listen, load_token
from helpers.web.running import address, run, running

if TYPE_CHECKING:
    from huggingface_hub import HfApi

USER_NAME = "learner"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
WARNING = (
    "Warning: everyone who reaches this machine can read all models that are not private, and "
    "everything travels unencrypted, the token included. Use the host 127.0.0.1 unless you want "
    "that."
)
ELSEWHERE = ("datasets", "spaces", "kernels", "buckets")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}


def create_app(
    folder: str | Path, *, user: str = USER_NAME, hosts: frozenset[str] | None = LOOPBACK
) -> FastAPI:
    """Return the hub as an ASGI application.

    Args:
        folder: where models, talk and the token are kept; made if it is not there.
        user: the name of whoever holds the token.
        hosts: names it answers to; None for any.

    Raises RuntimeError when another process serves the folder or its token cannot be trusted,
    ValueError for a bad user name.
    """
    if not USER.fullmatch(user):
        raise ValueError(f"{user!r} is no user name. Use letters, digits and single hyphens.")
    folder = Path(folder)
    token = load_token(folder / "token", "hf_")  # makes the folder; before the store locks it
    parts = Hub(Store(folder), Community(folder / "hub.sqlite3", user), token)
    _adopt(parts)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        parts.store.close()

    app = FastAPI(title="Model hub", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.hub = parts
    app.add_middleware(
        Guard,
        hosts=hosts,
        exact_port=True,
        headers=lambda path: HEADERS,
        body_bytes=wiring.body_bytes,
        patient=True,
        read_path=wiring.read_path,
        answer=_refuse,
    )
    app.exception_handler(HTTPException)(_refuse)
    app.exception_handler(RequestValidationError)(_refuse_values)
    for module in (protocol, contents, versions, discussions):
        app.include_router(module.router)
    app.add_api_route("/api/{rest:path}", _nothing, methods=METHODS, include_in_schema=False)
    for kind in ELSEWHERE:
        route = f"/{kind}/{{rest:path}}"
        app.add_api_route(route, _nothing, methods=METHODS, include_in_schema=False)
    app.include_router(downloads.router)
    app.include_router(pages.router)
    app.add_api_route("/{rest:path}", _nothing, methods=METHODS, include_in_schema=False)
    return app


def _adopt(hub: Hub) -> None:
    """Move who may see a model out of the database of an older hub into the models' files."""
    flags = hub.talk.old_flags()
    if flags is not None:
        for model in hub.store.models():
            damaged = "/" in model.uid
            hub.store.set_private(model, flags.get(model.uid, damaged))
        hub.talk.drop_old_flags()


def _nothing(request: Request, rest: str) -> None:
    """Answer an address the hub does not have, in the client's terms where it asks for a model."""
    first, *more = request.url.path.strip("/").split("/")
    if first == "api":
        first, *more = more or [""]
    if first in ELSEWHERE:
        raise HubError(404, f"This hub keeps models only, no {first}.", "RepoNotFound")
    if (first == "models" and (len(more) == 1 or "revision" in more[1:2])) or "resolve" in more[:1]:
        raise HubError(404, "A model's id is like owner/name.", "RepoNotFound")
    raise HubError(404, "This hub has nothing at this address.")


def _refuse(request: Request, error: HTTPException) -> Response:
    """Answer with a page where a browser asks for one, and in the client's terms elsewhere."""
    status, headers = error.status_code, error_headers(error)
    is_page = not request.url.path.startswith("/api/") and "/resolve/" not in request.url.path
    if is_page and "text/html" in request.headers.get("accept", ""):
        page = pages.page("error.html", status, message=error.detail, status=status)
        page.headers.update(headers)
        return page
    return error_response(status, error.detail, headers, **getattr(error, "body", {}))


def _refuse_values(request: Request, error: RequestValidationError) -> Response:
    problems = [
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
        for item in error.errors()[:5]
    ]
    message = "; ".join(problems).encode("utf-8", "replace").decode()
    return _refuse(request, HubError(400, f"The request is not complete. {message}"))


class Server:
    """A hub that runs in a thread of this process. Use it with `with`, or call `stop`."""

    def __init__(self, app: FastAPI, host: str, listener: socket.socket):
        """Start serving on a socket that listens already."""
        self.app, self.token = app, app.state.hub.token
        self._running = contextlib.ExitStack()
        self.url = self._running.enter_context(running(app, host=host, listener=listener))

    def api(self) -> "HfApi":
        """Return a client of the Hugging Face Hub that talks to this hub and may write."""
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.url, token=self.token)

    def stop(self) -> None:
        """End the server; what was answered is kept."""
        self._running.close()

    def __enter__(self) -> "Server":
        """Return the running server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()


def serve(
    folder: str | Path, port: int = 0, host: str = "127.0.0.1", user: str = USER_NAME
) -> Server:
    """Serve a hub from a thread of this process; port 0 takes a free one.

    Raises RuntimeError when another process serves the folder, OSError for a port in use.
    """
    if not is_loopback(host):
        print(WARNING)
    listener = listen(host, port)
    try:
        app = create_app(folder, user=user, hosts=allowed_hosts(host))
        return Server(app, host, listener)
    except BaseException:
        listener.close()
        raise


def main(arguments: list[str] | None = None) -> None:
    """Run the hub until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.hub",
        description="A model hub of your own, for huggingface_hub, the hf command and people.",
    )
    parser.add_argument("--folder", type=Path, default=workspace.root() / "data" / "hub")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7979)
    parser.add_argument("--user", default=USER_NAME, help="the name of whoever holds the token")
    options = parser.parse_args(arguments)
    try:
        listener = listen(options.host, options.port)
        hosts = allowed_hosts(options.host)
        app = create_app(options.folder, user=options.user, hosts=hosts)
    except (OSError, RuntimeError, ValueError) as error:
        raise SystemExit(f"The hub cannot start: {error}") from error
    url = address(options.host, listener)
    print(f"Model hub: {url}")
    print(f"Token for writing: {options.folder / 'token'}")
    print(f"For the hf command: export HF_ENDPOINT={url}")
    if not is_loopback(options.host):
        print(WARNING)
    print("Stop it with Ctrl-C.", flush=True)
    run(app, listener)
