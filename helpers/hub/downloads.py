"""Files of a model over HTTP: one at a time (`resolve`), or all of them with `git clone`.

A file is never served as something a browser would run: it comes as an attachment, as plain text
or bytes (pictures excepted), under a policy that forbids everything.
"""

import logging
import re
import sqlite3
import tempfile
import zlib
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from dulwich.protocol import ReceivableProtocol
from dulwich.repo import Repo
from dulwich.server import Backend, UploadPackHandler
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from helpers.hub import history
from helpers.hub.errors import HubError
from helpers.hub.store import Model, open_git
from helpers.hub.wiring import (
    MAX_BODY_BYTES,
    Hub,
    TheHub,
    TheModel,
    Trusted,
    file_path,
    find_model,
    plain,
)

router = APIRouter()
logger = logging.getLogger("helpers.hub")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
TEXTS = {".md", ".txt", ".json", ".jsonl", ".yaml", ".yml", ".csv", ".sha256"}
PICTURES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".webp": "webp"}
READ_ONLY = "This hub can be cloned, not pushed to. Upload with the hf command.\n"


@router.head("/{owner}/{name}/resolve/{revision}/{path:path}")
@router.get("/{owner}/{name}/resolve/{revision}/{path:path}")
def resolve(request: Request, hub: TheHub, model: TheModel, revision: str, path: str) -> Response:
    """Send a file, a part of it, or only what is known about it."""
    path = file_path(path)
    with open_git(model) as git:
        commit = history.resolve(git, plain(revision))
        file = history.entry(git, path, *history.find(git, commit, path))
        if file.is_folder:
            raise history.entry_not_found(path, " It is a folder.")
        etag = f'"{file.oid}"'
        headers = {
            "ETag": etag,
            "X-Repo-Commit": commit.id.decode(),
            "Accept-Ranges": "bytes",
            "Content-Type": content_type(path),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.split('/')[-1])}",
            "Cache-Control": "no-cache",
        }
        if _matches(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=headers)
        span = _span(request, etag, file.size)
        if span == ():
            del headers["Content-Disposition"]
            headers["Content-Range"] = f"bytes */{file.size}"
            return PlainTextResponse("The file ends before that range.\n", 416, headers)
        begin, end = span or (0, file.size)
        if span:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
        if request.method == "HEAD":
            headers["Content-Length"] = str(end - begin)
            return Response(status_code=206 if span else 200, headers=headers)
        data = history.read_file(git, commit, path).data
    if begin == 0:
        _count(hub, model)
    return Response(data[begin:end] if span else data, 206 if span else 200, headers)


def content_type(path: str) -> str:
    """Return a type under which a file can be looked at but never run."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in PICTURES:
        return f"image/{PICTURES[suffix]}"
    return "text/plain; charset=utf-8" if suffix in TEXTS else "application/octet-stream"


def _matches(header: str, etag: str) -> bool:
    return etag in (part.strip().removeprefix("W/") for part in header.split(",")) or header == "*"


def _span(request: Request, etag: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """Return begin and end of the bytes asked for, () if there are none, None for the file."""
    span = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not span or not any(span.groups()) or request.headers.get("if-range", etag) != etag:
        return None
    first, last = span.groups()
    if not first:  # the last so many bytes
        return (max(0, size - int(last)), size) if int(last) and size else ()
    begin, end = int(first), min(size, int(last) + 1 if last else size)
    if last and int(last) < begin:
        return None
    return (begin, end) if begin < size else ()


def _count(hub: Hub, model: Model) -> None:
    try:
        hub.talk.count_download(model.uid)
    except sqlite3.OperationalError:
        logger.warning("a download of %s was not counted", model.repo_id)


class _OneRepo(Backend):
    def __init__(self, git: Repo):
        self.git = git

    def open_repository(self, path: str) -> Repo:
        return self.git


def _cloned(hub: TheHub, private: Trusted, owner: str, name: str) -> Model:
    return find_model(hub, f"{owner}/{name.removesuffix('.git')}", private)


Cloned = Annotated[Model, Depends(_cloned)]


@router.get("/{owner}/{name}/info/refs")
def git_refs(model: Cloned, service: str = "") -> Response:
    """Begin a clone or a fetch: tell what there is."""
    if service != "git-upload-pack":
        return PlainTextResponse(READ_ONLY, 403)
    return _upload_pack(model, b"", advertise=True)


@router.post("/{owner}/{name}/git-upload-pack")
async def git_upload_pack(request: Request, model: Cloned) -> Response:
    """Send the objects a clone or a fetch asks for."""
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = _gunzip(body)
    return await run_in_threadpool(_upload_pack, model, body, False)


@router.post("/{owner}/{name}/git-receive-pack")
def git_receive_pack(owner: str, name: str) -> Response:
    """Refuse a push."""
    return PlainTextResponse(READ_ONLY, 403)


def _upload_pack(model: Model, body: bytes, advertise: bool) -> Response:
    """Let dulwich answer one step of git's smart HTTP protocol. Raises HubError (400, 404)."""
    output = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115, closed when sent
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        position += size
        return body[position - size : position]

    protocol = ReceivableProtocol(read, output.write)
    if advertise:
        protocol.write_pkt_line(b"# service=git-upload-pack\n")
        protocol.write_pkt_line(None)
    try:
        with open_git(model) as git:
            UploadPackHandler(
                _OneRepo(git), ["/"], protocol, stateless_rpc=True, advertise_refs=advertise
            ).handle()
    except (HubError, OSError):
        raise
    except Exception as error:  # dulwich raises many kinds for a request that makes no sense
        logger.info("%s: git request refused: %r", model.repo_id, error)
        raise HubError(400, "This is no request of git that could be answered.") from error
    output.seek(0)
    return StreamingResponse(
        iter(lambda: output.read(1 << 16), b""),
        media_type=f"application/x-git-upload-pack-{'advertisement' if advertise else 'result'}",
        headers={"Cache-Control": "no-cache"},
        background=BackgroundTask(output.close),
    )


def _gunzip(body: bytes) -> bytes:
    try:
        inflater = zlib.decompressobj(31)
        content = inflater.decompress(body, MAX_BODY_BYTES)
    except zlib.error as error:
        raise HubError(400, "The body is no valid gzip.") from error
    if inflater.unconsumed_tail:
        raise HubError(413, "The body is too large.")
    return content
