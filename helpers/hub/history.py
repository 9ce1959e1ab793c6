"""Reading a model's repository: versions, files, commits. Nothing here changes anything."""

import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from stat import S_ISDIR

from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from helpers.hub.errors import entry_not_found, revision_not_found
from helpers.hub.names import COMMIT_ID

HEADS, TAGS = b"refs/heads/", b"refs/tags/"


@dataclass(frozen=True)
class Entry:
    """A file or a folder of one revision; `size` is in bytes, 0 for a folder."""

    path: str
    oid: str
    size: int
    is_folder: bool


def resolve(git: Repo, revision: str) -> Commit:
    """Return the commit a branch, a tag or a commit id (7 digits at least) means.

    Raises HubError (404, RevisionNotFound).
    """
    try:
        raw = revision.encode("ascii")
    except UnicodeEncodeError as error:
        raise revision_not_found(revision) from error
    refs = git.get_refs()
    oid = None
    for name in (HEADS + raw, TAGS + raw, raw):
        oid = oid or refs.get(Ref(name))
    if oid is None and 7 <= len(raw) <= 40 and COMMIT_ID.fullmatch(revision.ljust(40, "0")):
        matches = list(git.object_store.iter_prefix(raw))
        oid = matches[0] if len(matches) == 1 else None
    commit = peel(git, oid) if oid else None
    if commit is None:
        raise revision_not_found(revision)
    return commit


def peel(git: Repo, oid: ObjectID) -> Commit | None:
    """Return the commit behind an object id, through a tag with a message, if there is one."""
    thing = git.object_store[oid]
    while isinstance(thing, Tag):
        thing = git.object_store[thing.object[1]]
    return thing if isinstance(thing, Commit) else None


def versions(git: Repo, prefix: bytes) -> dict[str, str]:
    """Return the branches (HEADS) or the tags (TAGS): name to commit id, v1.9 before v1.10."""
    commit_ids = {}
    for ref, oid in git.get_refs().items():
        commit = peel(git, oid) if ref.startswith(prefix) else None
        if commit:
            commit_ids[ref.removeprefix(prefix).decode()] = commit.id.decode()
    return dict(sorted(commit_ids.items(), key=lambda item: _counted(item[0])))


def _counted(name: str) -> list[tuple[int, str]]:
    """Return a key under which the numbers in names are counted, not spelled."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def find(git: Repo, commit: Commit, path: str) -> tuple[int, ObjectID]:
    """Return mode and object id of a path. Raises HubError (404, EntryNotFound)."""
    mode, oid = 0o040000, commit.tree
    for part in path.encode("utf-8").split(b"/") if path else ():
        tree = git.object_store[oid]
        if not isinstance(tree, Tree) or part not in tree:
            raise entry_not_found(path)
        mode, oid = tree[part]
    return mode, oid


def read_file(git: Repo, commit: Commit, path: str) -> Blob:
    """Return a file's object, content in `.data`. Raises HubError (404, EntryNotFound)."""
    thing = git.object_store[find(git, commit, path)[1]]
    if not isinstance(thing, Blob):
        raise entry_not_found(path, " It is a folder.")
    return thing


def entries(git: Repo, commit: Commit, path: str = "", recursive: bool = False) -> Iterator[Entry]:
    """Yield what a folder holds, in the order of git. Raises HubError (404, EntryNotFound)."""
    folder = git.object_store[find(git, commit, path)[1]]
    if not isinstance(folder, Tree):
        raise entry_not_found(path, " It is a file.")
    for item in folder.items():
        below = f"{path}/{item.path.decode()}" if path else item.path.decode()
        yield entry(git, below, item.mode, item.sha)
        if recursive and S_ISDIR(item.mode):
            yield from entries(git, commit, below, recursive=True)


def entry(git: Repo, path: str, mode: int, oid: ObjectID) -> Entry:
    """Return the description of one path."""
    if S_ISDIR(mode):
        return Entry(path, oid.decode(), 0, True)
    try:
        size = blob_size(Path(os.fsdecode(git.object_store.path)), oid.decode())
    except FileNotFoundError:  # somebody packed the repository with git
        size = git.object_store[oid].raw_length()
    return Entry(path, oid.decode(), size, False)


def files(git: Repo, commit: Commit) -> list[Entry]:
    """Return every file of a commit."""
    return [item for item in entries(git, commit, recursive=True) if not item.is_folder]


@lru_cache(maxsize=100_000)
def blob_size(objects: Path, oid: str) -> int:
    """Return the size of a file from the first bytes of its object, without reading the rest."""
    with (objects / oid[:2] / oid[2:]).open("rb") as file:
        head = zlib.decompressobj().decompress(file.read(64), 40)
    return int(head.split(b"\0", 1)[0].removeprefix(b"blob "))


def commits(git: Repo, commit: Commit) -> Iterator[Commit]:
    """Yield a commit and everything before it, newest first."""
    while True:
        yield commit
        parent = peel(git, commit.parents[0]) if commit.parents else None
        if parent is None:
            return
        commit = parent


def last_changes(git: Repo, commit: Commit, paths: list[str]) -> dict[str, Commit]:
    """Return, for each path, the commit that changed it last."""

    def state(at: Commit) -> dict[str, bytes]:
        known = {"": at.tree, **{e.path: e.oid for e in entries(git, at, recursive=True)}}
        return {path: known[path] for path in waiting if path in known}

    waiting, changes = set(paths), dict[str, Commit]()
    newer, now = commit, None
    for older in commits(git, commit):
        before = state(older)
        if now is not None:
            for path in [path for path in waiting if before.get(path) != now.get(path)]:
                changes[path] = newer
                waiting.discard(path)
        if not waiting:
            return changes
        newer, now = older, before
    return changes | dict.fromkeys(waiting, newer)


def title_of(commit: Commit) -> str:
    """Return the first line of a commit's message."""
    return message_of(commit).split("\n", 1)[0]


def message_of(commit: Commit) -> str:
    """Return a commit's message."""
    return commit.message.decode("utf-8", "replace")


def author_of(commit: Commit) -> str:
    """Return the name of whoever made a commit."""
    return commit.author.decode("utf-8", "replace").split(" <", 1)[0]


def iso(seconds: float) -> str:
    """Return a time the way the Hub writes it: 2026-01-31T12:00:00.000Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + "000Z"
