"""The Hub's API for what is in a model: uploading commits, listing files, telling about paths."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import parse_qs

from dulwich.objects import Commit
from dulwich.repo import Repo
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from helpers.hub import changes, history
from helpers.hub.errors import HubError
from helpers.hub.names import check_new_path, check_path
from helpers.hub.store import Model, open_git
from helpers.hub.wiring import TheHub, TheModel, Writing, base_url, file_path, next_page, plain

router = APIRouter(prefix="/api/models/{owner}/{name}")
TREE_PAGE = 1000


class Upload(BaseModel):
    """One file a client is about to send."""

    path: str
    size: int = Field(ge=0)
    sample: str | None = None


class Uploads(BaseModel):
    """The files a client is about to send."""

    files: list[Upload] = Field(max_length=5000)


@router.post("/preupload/{revision}", dependencies=[Writing])
def preupload(request: Request, model: TheModel, revision: str, uploads: Uploads) -> dict:
    """Say how each file is to be sent: all inside the commit, so that all are in git."""
    _no_pull_request(request)
    with open_git(model) as git:
        commit = history.resolve(git, plain(revision))
        known = {entry.path: entry.oid for entry in history.files(git, commit)}
    for upload in uploads.files:
        check_new_path(upload.path)
        if upload.size > changes.MAX_FILE_BYTES:
            raise HubError(413, f"{upload.path} has more than {changes.MAX_FILE_BYTES:,} bytes.")
    return {
        "files": [
            {
                "path": upload.path,
                "uploadMode": "regular",
                "shouldIgnore": False,
                "oid": known.get(upload.path),
            }
            for upload in uploads.files
        ]
    }


@router.post("/commit/{branch}", dependencies=[Writing])
async def commit(request: Request, hub: TheHub, model: TheModel, branch: str) -> dict[str, Any]:
    """Receive a commit line by line and make it, whole or not at all."""
    _no_pull_request(request)
    draft = changes.Draft(hub.store.new_tmp("commit"))
    try:
        async for line in _lines(request):
            await run_in_threadpool(draft.add_line, line)
        oid = await run_in_threadpool(draft.finish, hub.store, model, plain(branch), hub.user)
    finally:
        await run_in_threadpool(draft.drop)
    url = f"{base_url(request)}/{model.repo_id}/commit/{oid}"
    return {"success": True, "commitUrl": url, "commitOid": oid, "hookOutput": ""}


async def _lines(request: Request) -> AsyncIterator[bytes]:
    """Yield the lines of a body without keeping more than one of them."""
    rest = bytearray()
    async for chunk in request.stream():
        *lines, tail = chunk.split(b"\n")
        for line in lines:
            rest += line
            if rest.strip():
                yield bytes(rest)
            rest = bytearray()
        rest += tail
        if len(rest) > changes.MAX_LINE_BYTES:
            raise HubError(413, f"A file is larger than {changes.MAX_FILE_BYTES:,} bytes.")
    if rest.strip():
        yield bytes(rest)


@router.get("/tree/{revision}")
@router.get("/tree/{revision}/{path:path}")
def list_tree(
    request: Request,
    model: TheModel,
    revision: str,
    path: str = "",
    recursive: bool = False,
    expand: bool = False,
    cursor: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> JSONResponse:
    """List a folder page by page; with `expand`, say what changed each path last."""
    with open_git(model) as git:
        commit = history.resolve(git, plain(revision))
        entries = list(history.entries(git, commit, file_path(path), recursive))
        page = entries[cursor : cursor + TREE_PAGE]
        body = _path_infos(git, commit, page, expand)
    more = cursor + TREE_PAGE < len(entries)
    headers = next_page(request, cursor=cursor + TREE_PAGE) if more else None
    return JSONResponse(body, headers=headers)


@router.post("/paths-info/{revision}")
async def paths_info(request: Request, model: TheModel, revision: str) -> list[dict[str, Any]]:
    """Tell about some paths; those that are not there are left out."""
    body = await request.body()
    return await run_in_threadpool(_paths_info, model, plain(revision), body)


def _paths_info(model: Model, revision: str, body: bytes) -> list[dict[str, Any]]:
    try:
        if body.lstrip().startswith(b"{"):
            form = json.loads(body)
            paths, expand = form.get("paths", []), str(form.get("expand", ""))
        else:
            form = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10_000)
            paths, expand = form.get("paths", []), form.get("expand", [""])[0]
    except (ValueError, RecursionError) as error:
        raise HubError(400, "The body is no form with `paths`.") from error
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise HubError(400, "`paths` must be a list of texts.")
    with open_git(model) as git:
        commit = history.resolve(git, revision)
        entries = []
        for path in paths:
            try:
                path = check_path(path.rstrip("/"))
                entries.append(history.entry(git, path, *history.find(git, commit, path)))
            except HubError:
                continue
        return _path_infos(git, commit, entries, expand.lower() == "true")


def _path_infos(
    git: Repo, commit: Commit, entries: list[history.Entry], expand: bool
) -> list[dict[str, Any]]:
    last = history.last_changes(git, commit, [e.path for e in entries]) if expand else {}
    infos = []
    for entry in entries:
        kind = "directory" if entry.is_folder else "file"
        info = {"type": kind, "oid": entry.oid, "size": entry.size, "path": entry.path}
        if change := last.get(entry.path):
            date = history.iso(change.commit_time)
            title = history.title_of(change)
            info["lastCommit"] = {"id": change.id.decode(), "title": title, "date": date}
        infos.append(info)
    return infos


def _no_pull_request(request: Request) -> None:
    if request.query_params.get("create_pr", "0").lower() not in ("", "0", "false"):
        raise HubError(
            403, "This hub has no pull requests. Commit to a branch: create_branch, then revision=."
        )
