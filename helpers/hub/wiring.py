"""What the routes share: the model a request is about, who may see it, who may write.

Also what the guard has to know of requests to a hub: how to read a path, how long a body may be.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Request
from starlette.types import Scope

from helpers.hub.community import Community
from helpers.hub.errors import HubError, repo_not_found
from helpers.hub.names import check_path, check_repo_id
from helpers.hub.store import Model, Store
from helpers.web.guard import shows_token

MAX_COMMIT_BYTES = 1 << 30  # of one upload: file contents in base64 and all
MAX_BODY_BYTES = 2 << 20  # of any other request
SLASH = "\x1f"  # stands for a slash that was percent-encoded, until a route has been chosen


@dataclass(frozen=True)
class Hub:
    """The parts of a running hub."""

    store: Store
    talk: Community
    token: str

    @property
    def user(self) -> str:
        """Whoever holds the token."""
        return self.talk.user


def _hub(request: Request) -> Hub:
    return request.app.state.hub


def check_token(request: Request) -> None:
    """Let a request pass that shows the hub's token. Raises HubError (401)."""
    if not trusted(request):
        raise HubError(
            401,
            "Invalid credentials in Authorization header: writing needs the token of this hub, "
            "which stands in the file 'token' of its folder.",
        )


def _model(request: Request, owner: str, name: str) -> Model:
    return find_model(request.app.state.hub, plain(f"{owner}/{name}"), trusted(request))


def trusted(request: Request) -> bool:
    """Say whether a request shows the token, and so may see private models."""
    return shows_token(request.headers.get("authorization"), request.app.state.hub.token)


def find_model(hub: Hub, repo_id: str, private: bool) -> Model:
    """Return a model by an id that was not checked yet; private ones only if asked for.

    Raises HubError (404).
    """
    try:
        check_repo_id(*repo_id.split("/"))
    except (HubError, TypeError) as error:
        raise repo_not_found(ascii(repo_id)[1:-1]) from error
    model = hub.store.find(repo_id)
    if not private and model.private:
        raise repo_not_found(repo_id)
    return model


def body_bytes(path: str) -> int:
    """Return how long the body of a request to a path may be."""
    commit = path.startswith("/api/models/") and "/commit/" in path
    return MAX_COMMIT_BYTES if commit else MAX_BODY_BYTES


def read_path(scope: Scope) -> str:
    """Return a request's path decoded once, with SLASH for every slash that was percent-encoded.

    Branches and files may have slashes, which the client encodes; a route must not split there.
    """
    raw = scope.get("raw_path") or scope["path"].encode("utf-8")
    try:
        path = unquote_to_bytes(raw.replace(b"%2f", b"%1F").replace(b"%2F", b"%1F")).decode()
    except UnicodeDecodeError as error:
        raise HubError(400, "The address is no valid UTF-8.") from error
    if any(c != SLASH and (c < " " or c in "\x7f\\") for c in path) or b"%1f" in raw.lower():
        raise HubError(400, "The address has a control character or a backslash.")
    return path


def plain(text: str) -> str:
    """Return a part of an address with the slashes it was sent with."""
    return text.replace(SLASH, "/")


def file_path(path: str) -> str:
    """Return a path of an address, checked; '' is the top folder."""
    path = plain(path).rstrip("/")
    return check_path(path) if path else ""


def base_url(request: Request) -> str:
    """Return the address of the hub as the client wrote it; the Host was checked before."""
    return f"{request.url.scheme}://{request.headers['host']}"


def next_page(request: Request, **changes: int) -> dict[str, str]:
    """Return the Link header that leads to the next page of a listing."""
    query = request.url.include_query_params(**changes).query
    path = (request.scope.get("raw_path") or b"").decode("latin-1")
    return {"Link": f'<{base_url(request)}{path}?{query}>; rel="next"'}


TheHub = Annotated[Hub, Depends(_hub)]
TheModel = Annotated[Model, Depends(_model)]
Trusted = Annotated[bool, Depends(trusted)]
Writing = Depends(check_token)
