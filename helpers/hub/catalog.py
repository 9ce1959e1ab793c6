"""What the hub tells about models: one in full, many in a list."""

from typing import Any

from dulwich.objects import Commit
from dulwich.repo import Repo

from helpers.hub import history
from helpers.hub.changes import CARD
from helpers.hub.errors import HubError
from helpers.hub.store import MAIN, Model, open_git
from helpers.hub.wiring import Hub
from helpers.sharing import card_schema

SORTS = {
    "lastModified": "lastModified",
    "createdAt": "createdAt",
    "downloads": "downloads",
    "likes": "likes",
    "trendingScore": "likes",
    "name": "id",
}


def describe(hub: Hub, model: Model, revision: str = MAIN, blobs: bool = False) -> dict[str, Any]:
    """Return everything about a model at a revision, in the fields of the Hub's API.

    Raises HubError (404) when the revision is not there.
    """
    with open_git(model) as git:
        commit = history.resolve(git, revision)
        files = history.files(git, commit)
        card = card_metadata(git, commit)
    facts = hub.talk.facts(model.uid)
    return {
        "_id": model.uid,
        "id": model.repo_id,
        "modelId": model.repo_id,
        "author": model.owner,
        "sha": commit.id.decode(),
        "lastModified": history.iso(commit.commit_time),
        "createdAt": history.iso(model.created_at),
        "private": model.private,
        "gated": False,
        "disabled": False,
        "downloads": facts["downloads"],
        "downloadsAllTime": facts["downloads"],
        "likes": facts["likes"],
        "trendingScore": facts["likes"],
        "library_name": card.get("library_name"),
        "pipeline_tag": card.get("pipeline_tag"),
        "tags": tags_of(card),
        "cardData": card,
        "model-index": card.get("model-index"),
        "siblings": [_sibling(entry, blobs) for entry in files],
        "spaces": [],
        "usedStorage": sum(entry.size for entry in files),
    }


def _sibling(entry: history.Entry, blobs: bool) -> dict[str, Any]:
    more = {"size": entry.size, "blobId": entry.oid} if blobs else {}
    return {"rfilename": entry.path, **more}


def card_metadata(git: Repo, commit: Commit) -> dict[str, Any]:
    """Return the metadata of the card of a revision, {} without one."""
    try:
        return card_schema.metadata(history.read_file(git, commit, CARD).data)
    except HubError:
        return {}


def tags_of(card: dict[str, Any]) -> list[str]:
    """Return a model's tags: those its card gives, and those that follow from other fields."""
    tags = [
        card.get("library_name"),
        card.get("pipeline_tag"),
        *card_schema.texts(card.get("tags")),
    ]
    tags += card_schema.texts(card.get("language"))
    for key, prefix in (("datasets", "dataset"), ("license", "license"), ("base_model",) * 2):
        tags += [f"{prefix}:{value}" for value in card_schema.texts(card.get(key))]
    return list(dict.fromkeys(tag for tag in tags if isinstance(tag, str)))


def search(
    hub: Hub,
    text: str = "",
    author: str = "",
    tags: list[str] | None = None,
    task: str = "",
    sort: str = "lastModified",
    private: bool = False,
) -> list[dict[str, Any]]:
    """Return the models that fit, each as `describe` tells it; all words and tags must fit.

    Private ones are left out unless asked for.

    Raises HubError (400) for a field that cannot be sorted by.
    """
    if sort not in SORTS:
        raise HubError(400, f"Cannot sort by {ascii(sort)[:60]}. Use one of: {', '.join(SORTS)}.")
    infos = []
    for model in hub.store.models():
        if author and model.owner.lower() != author.lower():
            continue
        if not private and model.private:
            continue
        try:
            info = describe(hub, model)
        except HubError:  # deleted meanwhile
            continue
        words = " ".join([model.repo_id, *info["tags"]]).lower()
        if (
            all(word in words for word in text.lower().split())
            and set(tags or ()) <= set(info["tags"])
            and (not task or info["pipeline_tag"] == task)
        ):
            infos.append(info)
    key = SORTS[sort]
    return sorted(infos, key=lambda info: info[key], reverse=key != "id")
