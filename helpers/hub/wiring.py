"""What the routes share: the hub's parts, the model a request is about, the right to write."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from helpers.hub.community import Community
from helpers.hub.errors import HubError, repo_not_found
from helpers.hub.guard import SLASH, check_token
from helpers.hub.names import check_path, check_repo_id
from helpers.hub.store import Model, Store


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

    def hides(self, model: Model) -> bool:
        """Say whether a model is private: for those who show the token."""
        return bool(self.talk.facts(model.uid)["private"])


def _hub(request: Request) -> Hub:
    return request.app.state.hub


def _writer(request: Request) -> None:
    check_token(request.headers.get("authorization"), request.app.state.hub.token)


def _model(request: Request, owner: str, name: str) -> Model:
    return find_model(request.app.state.hub, plain(f"{owner}/{name}"), trusted(request))


def trusted(request: Request) -> bool:
    """Say whether a request shows the token, and so may see private models."""
    try:
        _writer(request)
    except HubError:
        return False
    return True


def find_model(hub: Hub, repo_id: str, private: bool) -> Model:
    """Return a model by an id that was not checked yet; private ones only if asked for.

    Raises HubError (404).
    """
    try:
        check_repo_id(*repo_id.split("/"))
    except (HubError, TypeError) as error:
        raise repo_not_found(ascii(repo_id)[1:-1]) from error
    model = hub.store.find(repo_id)
    if not private and hub.hides(model):
        raise repo_not_found(repo_id)
    return model


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
Writing = Depends(_writer)
