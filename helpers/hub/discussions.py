"""The Hub's API for people: discussions about a model, comments, likes, who a user is."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from helpers.hub import catalog
from helpers.hub.community import Row
from helpers.hub.errors import HubError
from helpers.hub.history import iso
from helpers.hub.names import check_text
from helpers.hub.rendering import render
from helpers.hub.store import Model
from helpers.hub.wiring import TheHub, TheModel, Trusted, Writing

router = APIRouter(prefix="/api")
ROOT = "/models/{owner}/{name}"
PAGE = 50
MAX_TITLE, MAX_COMMENT = 200, 65_536  # characters
NO_PULL_REQUESTS = (
    "This hub has no pull requests. Open a discussion instead, or commit to a branch of your own."
)
Num = Annotated[int, Path(ge=1, le=10**9)]


class NewDiscussion(BaseModel):
    """A discussion's title and first comment."""

    title: str
    description: str = ""
    pullRequest: bool = False


class NewComment(BaseModel):
    """A comment's text."""

    comment: str


class NewContent(BaseModel):
    """The text a comment gets instead of its old one."""

    content: str


class NewTitle(BaseModel):
    """A discussion's new title."""

    title: str


class NewStatus(BaseModel):
    """A discussion's new status and a comment on it."""

    status: str
    comment: str = ""


@router.get(ROOT + "/discussions")
def list_discussions(
    hub: TheHub,
    model: TheModel,
    p: Annotated[int, Query(ge=0, le=10**6)] = 0,
    type: Annotated[str, Query(max_length=50)] = "all",
    status: Annotated[str, Query(max_length=50)] = "all",
    author: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """List discussions page by page, newest first."""
    wanted = None if status == "all" else status
    discussions = hub.talk.discussions(model.uid, wanted, author)
    if type == "pull_request":
        discussions = []
    page = discussions[p * PAGE : (p + 1) * PAGE]
    return {
        "discussions": [_summary(model, discussion) for discussion in page],
        "count": len(discussions),
        "start": p * PAGE,
    }


@router.post(ROOT + "/discussions", dependencies=[Writing])
def create_discussion(hub: TheHub, model: TheModel, new: NewDiscussion) -> dict[str, Any]:
    """Start a discussion."""
    if new.pullRequest:
        raise HubError(403, NO_PULL_REQUESTS)
    title = check_text(new.title.strip(), "The title", MAX_TITLE, 1)
    text = check_text(new.description, "The description", MAX_COMMENT)
    num = hub.talk.open_discussion(model.uid, title, text)
    return {"num": num, "url": f"/{model.repo_id}/discussions/{num}"}


@router.get(ROOT + "/discussions/{num}")
def discussion_details(hub: TheHub, model: TheModel, num: Num) -> dict[str, Any]:
    """Tell a discussion with everything that happened in it."""
    discussion = hub.talk.discussion(model.uid, num)
    events = [event_info(event) for event in hub.talk.events(discussion["id"])]
    return {**_summary(model, discussion), "events": events}


@router.post(ROOT + "/discussions/{num}/comment", dependencies=[Writing])
def add_comment(hub: TheHub, model: TheModel, num: Num, new: NewComment) -> dict[str, Any]:
    """Add a comment."""
    text = check_text(new.comment, "A comment", MAX_COMMENT, 1)
    return {"newMessage": event_info(hub.talk.comment(model.uid, num, text))}


@router.post(ROOT + "/discussions/{num}/comment/{event}/edit", dependencies=[Writing])
def edit_comment(
    hub: TheHub, model: TheModel, num: Num, event: str, new: NewContent
) -> dict[str, Any]:
    """Change a comment's text."""
    text = check_text(new.content, "A comment", MAX_COMMENT, 1)
    return {"updatedComment": event_info(hub.talk.edit(model.uid, num, event, text))}


@router.post(ROOT + "/discussions/{num}/comment/{event}/hide", dependencies=[Writing])
def hide_comment(hub: TheHub, model: TheModel, num: Num, event: str) -> dict[str, Any]:
    """Hide a comment for good."""
    return {"updatedComment": event_info(hub.talk.hide(model.uid, num, event))}


@router.post(ROOT + "/discussions/{num}/title", dependencies=[Writing])
def rename(hub: TheHub, model: TheModel, num: Num, new: NewTitle) -> dict[str, Any]:
    """Give a discussion another title."""
    title = check_text(new.title.strip(), "The title", MAX_TITLE, 1)
    return {"newTitle": event_info(hub.talk.rename(model.uid, num, title))}


@router.post(ROOT + "/discussions/{num}/status", dependencies=[Writing])
def set_status(hub: TheHub, model: TheModel, num: Num, new: NewStatus) -> dict[str, Any]:
    """Open or close a discussion."""
    if new.status not in ("open", "closed"):
        raise HubError(400, "The status must be 'open' or 'closed'.")
    comment = check_text(new.comment.strip(), "A comment", MAX_COMMENT)
    return {"newStatus": event_info(hub.talk.set_status(model.uid, num, new.status, comment))}


@router.post(ROOT + "/discussions/{num}/merge", dependencies=[Writing])
def merge(hub: TheHub, model: TheModel, num: Num) -> None:
    """Refuse to merge."""
    hub.talk.discussion(model.uid, num)
    raise HubError(403, NO_PULL_REQUESTS)


@router.post(ROOT + "/like", dependencies=[Writing])
def like(hub: TheHub, model: TheModel) -> dict[str, bool]:
    """Like a model."""
    hub.talk.like(model.uid)
    return {"success": True}


@router.delete(ROOT + "/like", dependencies=[Writing])
def unlike(hub: TheHub, model: TheModel) -> dict[str, bool]:
    """Take a like back."""
    hub.talk.unlike(model.uid)
    return {"success": True}


@router.get(ROOT + "/likers")
def likers(hub: TheHub, model: TheModel) -> list[dict[str, str]]:
    """List who likes a model."""
    return [
        {"user": user, "fullname": user, "avatarUrl": "", "type": "user"}
        for user in hub.talk.likers(model.uid)
    ]


@router.get("/users/{user}/likes")
def liked(hub: TheHub, user: str, private: Trusted) -> list[dict[str, Any]]:
    """List the models a user likes."""
    seen = (model for model in hub.store.models() if private or not model.private)
    names = {model.uid: model.repo_id for model in seen}
    return [
        {"createdAt": iso(row["created_at"]), "repo": {"name": names[row["uid"]], "type": "model"}}
        for row in hub.talk.liked(user)
        if row["uid"] in names
    ]


@router.get("/users/{user}/overview")
def overview(hub: TheHub, user: str, private: Trusted) -> JSONResponse:
    """Tell about a user."""
    if user != hub.user:
        raise HubError(404, "This hub has one user; whoami tells the name.")
    models = catalog.search(hub, author=user, private=private)
    body = {
        "user": user,
        "fullname": user,
        "avatarUrl": "",
        "type": "user",
        "numModels": len(models),
        "numLikes": len(liked(hub, user, private)),
        "orgs": [],
    }
    return JSONResponse(body)


def _summary(model: Model, discussion: Row) -> dict[str, Any]:
    return {
        "num": discussion["num"],
        "title": discussion["title"],
        "status": discussion["status"],
        "isPullRequest": False,
        "author": {"name": discussion["author"], "type": "user"},
        "createdAt": iso(discussion["created_at"]),
        "repo": {"name": model.repo_id, "type": "model"},
        "pinned": False,
    }


def event_info(event: Row) -> dict[str, Any]:
    """Return an event in the shape of the Hub's API."""
    info = {
        "id": event["id"],
        "type": event["kind"],
        "createdAt": iso(event["created_at"]),
        "author": {"name": event["author"], "type": "user"},
    }
    if event["kind"] == "status-change":
        return {**info, "data": {"status": event["body"]}}
    if event["kind"] == "title-change":
        return {**info, "data": {"from": event["previous"], "to": event["body"]}}
    changed = iso(event["edited_at"] or event["created_at"])
    latest = {
        "raw": event["body"],
        "html": render(event["body"]),
        "updatedAt": changed,
        "author": info["author"],
    }
    history = [
        {"raw": edit["body"], "html": render(edit["body"]), "updatedAt": iso(edit["created_at"])}
        for edit in event["edits"]
    ]
    data = {
        "edited": event["edited_at"] is not None,
        "hidden": bool(event["hidden"]),
        "latest": latest,
        "history": history,
        "numEdits": len(history),
    }
    return {**info, "data": data}
