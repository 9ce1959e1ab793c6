"""The Hub's API for versions of a model: branches, tags, commits."""

from typing import Annotated, Any

from dulwich.objects import Commit
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from helpers.hub import changes, history
from helpers.hub.errors import HubError
from helpers.hub.store import open_git
from helpers.hub.wiring import TheHub, TheModel, Writing, next_page, plain

router = APIRouter(prefix="/api/models/{owner}/{name}")
PAGE = 50


class NewBranch(BaseModel):
    """Where a branch begins."""

    startingPoint: str | None = Field(None, max_length=200)


class NewTag(BaseModel):
    """A tag's name and message."""

    tag: str = Field(max_length=200)
    message: str | None = Field(None, max_length=20_000)


@router.get("/refs")
def list_refs(model: TheModel, include_prs: bool = False) -> dict[str, list[dict[str, str]]]:
    """List branches and tags."""
    with open_git(model) as git:
        refs = {
            kind: [
                {"name": name, "ref": f"{prefix.decode()}{name}", "targetCommit": oid}
                for name, oid in history.versions(git, prefix).items()
            ]
            for kind, prefix in (("branches", history.HEADS), ("tags", history.TAGS))
        }
    return {**refs, "converts": [], **({"pullRequests": []} if include_prs else {})}


@router.get("/commits/{revision}")
def list_commits(
    request: Request,
    model: TheModel,
    revision: str,
    p: Annotated[int, Query(ge=0, le=10**6)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
) -> JSONResponse:
    """List commits page by page, newest first."""
    formatted = "formatted" in request.query_params.getlist("expand[]")
    with open_git(model) as git:
        commits = list(history.commits(git, history.resolve(git, plain(revision))))
    page = [_commit_info(commit, formatted) for commit in commits[p * limit : (p + 1) * limit]]
    more = (p + 1) * limit < len(commits)
    return JSONResponse(page, headers=next_page(request, p=p + 1) if more else None)


def _commit_info(commit: Commit, formatted: bool) -> dict[str, Any]:
    title, _, details = history.message_of(commit).partition("\n")
    info = {
        "id": commit.id.decode(),
        "title": title,
        "message": details.strip(),
        "authors": [{"user": history.author_of(commit)}],
        "date": history.iso(commit.commit_time),
    }
    return (
        {**info, "formatted": {"title": title, "message": details.strip()}} if formatted else info
    )


@router.post("/branch/{branch}", dependencies=[Writing])
def create_branch(
    hub: TheHub, model: TheModel, branch: str, start: NewBranch | None = None
) -> dict[str, bool]:
    """Make a branch. A 409 says that the name is taken."""
    point = start.startingPoint if start else None
    changes.create_branch(hub.store, model, plain(branch), point)
    return {"success": True}


@router.delete("/branch/{branch}", dependencies=[Writing])
def delete_branch(hub: TheHub, model: TheModel, branch: str) -> dict[str, bool]:
    """Remove a branch other than `main`."""
    changes.delete_ref(hub.store, model, history.HEADS, plain(branch))
    return {"success": True}


@router.post("/tag/{revision}", dependencies=[Writing])
def create_tag(hub: TheHub, model: TheModel, revision: str, tag: NewTag) -> dict[str, bool]:
    """Tag a revision. A 409 says that the name is taken: tags never move."""
    note = tag.message or ""
    changes.create_tag(hub.store, model, tag.tag, plain(revision), note, hub.user)
    return {"success": True}


@router.delete("/tag/{tag}", dependencies=[Writing])
def delete_tag(hub: TheHub, model: TheModel, tag: str) -> dict[str, bool]:
    """Remove a tag."""
    changes.delete_ref(hub.store, model, history.TAGS, plain(tag))
    return {"success": True}


@router.post("/super-squash/{branch}", dependencies=[Writing])
def super_squash(model: TheModel, branch: str) -> None:
    """Refuse to rewrite history."""
    raise HubError(403, "This hub keeps the history of every model; it cannot be squashed.")
