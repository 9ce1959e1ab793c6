"""The Hub's API for models: who am I, making, changing and listing models.

Routes and payloads are those that `huggingface_hub` sends. Files are in `contents` and
`downloads`, branches and tags in `versions`, talk in `discussions`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from helpers.hub import catalog
from helpers.hub.errors import HubError
from helpers.hub.names import check_repo_id
from helpers.hub.store import MAIN, Model
from helpers.hub.wiring import (
    Hub,
    TheHub,
    TheModel,
    Trusted,
    Writing,
    base_url,
    find_model,
    next_page,
    plain,
)
from helpers.sharing import card_schema

router = APIRouter(prefix="/api")
MODELS_PAGE = 100
# What a list tells of each model, and what it adds when asked for all of it
BRIEF = ["modelId", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag"]
BRIEF += ["library_name", "createdAt"]
FULL = ["author", "sha", "lastModified", "gated", "disabled", "cardData", "siblings"]
Words = Annotated[str, Query(max_length=200)]


class RepoName(BaseModel):
    """Which model is made or deleted."""

    name: str = Field(max_length=100)
    organization: str | None = Field(None, max_length=100)
    type: str | None = Field("model", max_length=20)
    visibility: str | None = Field(None, max_length=20)
    private: bool | None = None


class Move(BaseModel):
    """From which id to which."""

    fromRepo: str = Field(max_length=200)
    toRepo: str = Field(max_length=200)
    type: str | None = Field("model", max_length=20)


class Settings(BaseModel):
    """What can be set about a model."""

    visibility: str | None = Field(None, max_length=20)
    private: bool | None = None
    gated: str | bool | None = None


class Card(BaseModel):
    """A card to check."""

    content: str
    repoType: str | None = Field("model", max_length=20)


@router.get("/whoami-v2", dependencies=[Writing])
def whoami(hub: TheHub) -> dict[str, Any]:
    """Say whose the token is."""
    return {
        "type": "user",
        "id": hub.user,
        "name": hub.user,
        "fullname": hub.user,
        "isPro": False,
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": {"displayName": "hub token", "role": "write"},
        },
    }


@router.post("/validate-yaml")
def validate_yaml(card: Card) -> JSONResponse:
    """Check the metadata of a card; open to all, as it changes nothing."""
    _models_only(card.repoType)
    report = card_schema.check(card.content)
    body = report.body()
    if report.errors:
        body["error"] = "Invalid metadata in README.md"
    return JSONResponse(body, 400 if report.errors else 200)


@router.post("/repos/create", dependencies=[Writing])
def create_repo(request: Request, hub: TheHub, repo: RepoName) -> dict[str, Any]:
    """Make a model. A 409 tells the address of the one that is there."""
    _models_only(repo.type)
    repo_id = check_repo_id(repo.organization or hub.user, repo.name)
    private = _private(repo.visibility, repo.private)
    try:
        model = hub.store.create(repo_id, hub.user, bool(private))
    except HubError as error:
        error.body["url"] = f"{base_url(request)}/{repo_id}"
        raise
    return {"url": f"{base_url(request)}/{repo_id}", "name": repo_id, "id": model.uid}


@router.delete("/repos/delete", dependencies=[Writing])
def delete_repo(hub: TheHub, repo: RepoName) -> dict[str, bool]:
    """Delete a model with its talk."""
    _models_only(repo.type)
    model = find_model(hub, f"{repo.organization or hub.user}/{repo.name}", True)
    hub.store.delete(model)
    hub.talk.forget(model.uid)
    return {"success": True}


@router.post("/repos/move", dependencies=[Writing])
def move_repo(hub: TheHub, move: Move) -> dict[str, bool]:
    """Give a model another id; its files, versions and talk stay with it."""
    _models_only(move.type)
    model = find_model(hub, move.fromRepo, True)
    if move.toRepo.count("/") != 1:
        raise HubError(400, "The new id must be like owner/name.")
    hub.store.move(model, check_repo_id(*move.toRepo.split("/")))
    return {"success": True}


@router.get("/settings/repositories", dependencies=[Writing])
def list_own(hub: TheHub) -> list[dict[str, Any]]:
    """List models with what they take up."""
    infos = catalog.search(hub, private=True)
    total = sum(info["usedStorage"] for info in infos) or 1
    return [
        {
            "id": info["id"],
            "type": "model",
            "updatedAt": info["lastModified"],
            "visibility": "private" if info["private"] else "public",
            "storage": info["usedStorage"],
            "storagePercent": info["usedStorage"] / total,
        }
        for info in infos
    ]


@router.get("/models")
def list_models(
    request: Request,
    hub: TheHub,
    private: Trusted,
    search: Words = "",
    author: Words = "",
    filter: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006, as FastAPI wants it
    pipeline_tag: Words = "",
    sort: Words = "trendingScore",
    limit: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    cursor: Annotated[int, Query(ge=0, le=10**9)] = 0,
    full: bool = False,
    cardData: bool = False,
    config: bool = False,
    gated: bool = False,
    expand: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
) -> JSONResponse:
    """List models page by page."""
    elsewhere = {"apps", "inference", "inference_provider", "num_parameters"}
    infos = catalog.search(hub, search, author, filter, pipeline_tag, sort, private)
    if gated or elsewhere & set(request.query_params):  # nothing here is gated, hosted or counted
        infos = []
    size = min(MODELS_PAGE, MODELS_PAGE if limit is None else limit)
    page = infos[cursor : cursor + size]
    keys = expand or [*BRIEF, *FULL * full, *["cardData"] * cardData, catalog.SORTS[sort]]
    body = [_expanded(info, keys) for info in page]
    more = size and cursor + size < len(infos)
    return JSONResponse(body, headers=next_page(request, cursor=cursor + size) if more else None)


@router.get("/models-tags-by-type")
def model_tags(hub: TheHub, private: Trusted) -> dict[str, list[dict[str, str]]]:
    """List the tags models have."""
    tags = sorted({tag for info in catalog.search(hub, private=private) for tag in info["tags"]})
    return {"other": [{"id": tag, "label": tag, "type": "other"} for tag in tags]}


@router.get("/models/{owner}/{name}")
def model_info(
    hub: TheHub,
    model: TheModel,
    blobs: bool = False,
    expand: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
) -> dict[str, Any]:
    """Tell about a model as it is on `main`."""
    return _info(hub, model, MAIN, blobs, expand)


@router.get("/models/{owner}/{name}/revision/{revision}")
def revision_info(
    hub: TheHub,
    model: TheModel,
    revision: str,
    blobs: bool = False,
    expand: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
) -> dict[str, Any]:
    """Tell about a model as it is in one version."""
    return _info(hub, model, plain(revision), blobs, expand)


def _info(hub: Hub, model: Model, revision: str, blobs: bool, expand: list[str]) -> dict[str, Any]:
    info = catalog.describe(hub, model, revision, blobs)
    return _expanded(info, expand) if expand else info


def _expanded(info: dict[str, Any], expand: list[str]) -> dict[str, Any]:
    return {key: info.get(key) for key in ("_id", "id", *expand)}


@router.get("/models/{owner}/{name}/auth-check")
def auth_check(model: TheModel) -> dict[str, bool]:
    """Say that reading is allowed."""
    return {"ok": True}


@router.get("/models/{owner}/{name}/auth-check/write", dependencies=[Writing])
def write_check(model: TheModel) -> dict[str, bool]:
    """Say that writing is allowed."""
    return {"ok": True}


@router.put("/models/{owner}/{name}/settings", dependencies=[Writing])
def update_settings(hub: TheHub, model: TheModel, settings: Settings) -> dict[str, Any]:
    """Keep whether a model is private: seen by who shows the token, and by nobody else."""
    if settings.gated:
        raise HubError(400, "This hub cannot gate models: they are public or private.")
    private = _private(settings.visibility, settings.private)
    if private is not None:
        hub.store.set_private(model, private)
    return {"private": model.private if private is None else private, "gated": False}


def _models_only(kind: str | None) -> None:
    if kind not in (None, "model"):
        raise HubError(400, f"This hub keeps models only, no {ascii(kind)}.")


def _private(visibility: str | None, private: bool | None) -> bool | None:
    if visibility not in (None, "public", "private"):
        raise HubError(400, "The visibility must be 'public' or 'private'.")
    return private if visibility is None else visibility == "private"
