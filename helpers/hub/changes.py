"""Changing a model's repository: commits, branches and tags, each of them whole or not at all.

The objects of a commit wait in a folder of their own while they are received. When everything has
been checked they move into the repository, and one compare-and-set of the branch makes them count.
A refused or broken upload leaves nothing behind.
"""

import binascii
import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dulwich.index import commit_tree
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import Ref
from dulwich.repo import Repo

from helpers.hub import history
from helpers.hub.errors import HubError, entry_not_found, revision_not_found
from helpers.hub.names import check_new_path, check_path, check_ref, check_spellings, check_text
from helpers.hub.store import MAIN, Model, Store, make_commit, object_store, open_git
from helpers.sharing import card_schema

CARD = "README.md"
FILE_MODE = 0o100644
MAX_FILE_BYTES = 256 << 20
MAX_LINE_BYTES = MAX_FILE_BYTES * 4 // 3 + 8192
MAX_STEPS = 5_000  # of one commit
MAX_FILES = 10_000  # in one revision


Step = tuple[str, str, Any]  # what, path, more


@dataclass
class Draft:
    """A commit that is being received line by line."""

    folder: Path
    message: str = ""
    parent: str | None = None
    steps: list[Step] = field(default_factory=list)
    begun: bool = False

    def __post_init__(self) -> None:
        self.objects = object_store(self.folder)

    def add_line(self, line: bytes) -> None:
        """Take one line of the upload. Raises HubError (400, 413)."""
        try:
            item = json.loads(line)
            key, value = item["key"], item["value"]
            if not isinstance(value, dict):
                raise TypeError
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise HubError(400, "A line of the commit is no JSON of a key and a value.") from error
        if key == "header" and not self.begun:
            self._begin(value)
        elif not self.begun:
            raise HubError(400, "A commit begins with its header.")
        elif len(self.steps) >= MAX_STEPS:
            raise HubError(413, f"A commit has at most {MAX_STEPS:,} changes. Make several.")
        elif key == "file":
            self._add_file(value)
        elif key in ("deletedFile", "deletedFolder"):
            self.steps.append((key, check_path(text(value, "path").removesuffix("/")), None))
        elif key == "copyFile":
            source = check_path(text(value, "srcPath"))
            step = (key, check_new_path(text(value, "path")), (source, value.get("srcRevision")))
            self.steps.append(step)
        else:
            hint = "This hub keeps every file in git; ask it with preupload first."
            raise HubError(400, f"A change of the kind {ascii(key)[:40]} is not possible. {hint}")

    def _begin(self, value: dict[str, Any]) -> None:
        summary = check_text(text(value, "summary"), "The title of a commit", 500, 1)
        details = check_text(text(value, "description", ""), "The description", 20_000)
        title = " ".join(summary.split()) or "No title"
        self.message = f"{title}\n\n{details}" if details else title
        self.parent = text(value, "parentCommit", "") or None
        self.begun = True

    def _add_file(self, value: dict[str, Any]) -> None:
        path, content = check_new_path(text(value, "path")), text(value, "content", "")
        encoding = value.get("encoding", "utf-8")
        try:
            if encoding == "base64":
                data = binascii.a2b_base64(content, strict_mode=True)
            elif encoding == "utf-8":
                data = content.encode("utf-8")
            else:
                raise HubError(400, f"{path}: the encoding must be base64 or utf-8.")
        except (binascii.Error, ValueError) as error:
            raise HubError(400, f"{path}: the content is no valid {encoding}.") from error
        if len(data) > MAX_FILE_BYTES:
            raise HubError(413, f"{path} is larger than {MAX_FILE_BYTES:,} bytes.")
        blob = Blob.from_string(data)
        self.objects.add_object(blob)
        self.steps.append(("file", path, blob.id))

    def finish(self, store: Store, model: Model, branch: str, author: str) -> str:
        """Make the commit on the newest head of `branch`; return its id.

        Raises HubError: 400 for changes that contradict each other or a card that is not valid,
        404 for what is not there, 412 when the branch is not at the parent the client named.
        """
        if not self.begun:
            raise HubError(400, "The commit is empty: not even a header came.")
        ref = Ref(history.HEADS + _raw(branch))
        with store.changing(model) as now, open_git(now) as git:
            head = git.get_refs().get(ref)
            before = history.peel(git, head) if head else None
            if head is None or before is None:
                raise _no_branch(git, branch)
            if self.parent and not (len(self.parent) >= 7 and head.startswith(_raw(self.parent))):
                raise HubError(412, f"{branch} has moved on to {head.decode()}. Read it again.")
            files = {e.path: ObjectID(e.oid.encode()) for e in history.files(git, before)}
            after = _apply(git, before, files, self.steps)
            self._check_card(git, files.get(CARD), after.get(CARD))
            blobs = [(path.encode(), oid, FILE_MODE) for path, oid in after.items()]
            tree = commit_tree(self.objects, blobs)
            if tree == before.tree:
                return head.decode()  # nothing differs: no empty commit
            commit = make_commit(tree, [head], author, self.message)
            self.objects.add_object(commit)
            _move_objects(self.folder, now.path / "objects")
            if not git.refs.set_if_equals(ref, head, commit.id):
                raise HubError(412, f"{branch} was changed by somebody else. Try again.")
            return commit.id.decode()

    def _check_card(self, git: Repo, old: ObjectID | None, new: ObjectID | None) -> None:
        if new is None or new == old:
            return
        blob = self.objects[new] if new in self.objects else git.object_store[new]
        report = card_schema.check(blob.as_raw_string())
        if report.errors:
            detail = " ".join(report.errors)
            raise HubError(400, f"The metadata of {CARD} is not valid. {detail}", **report.body())

    def drop(self) -> None:
        """Remove what is left of the draft."""
        self.objects.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _apply(
    git: Repo, head: Commit, files: dict[str, ObjectID], steps: list[Step]
) -> dict[str, ObjectID]:
    """Return the files after the steps, in their order."""
    after = dict(files)
    for what, path, more in steps:
        if what == "file":
            after[path] = more
        elif what == "copyFile":
            source, revision = more
            at = history.resolve(git, revision) if isinstance(revision, str) else head
            after[path] = history.read_file(git, at, source).id
        else:
            below = [p for p in after if p == path or p.startswith(f"{path}/")]
            gone = [p for p in below if (p == path) == (what == "deletedFile")]
            if not gone:
                kind = "file" if what == "deletedFile" else "folder"
                raise entry_not_found(path, f" A {kind} with this name doesn't exist.")
            for p in gone:
                del after[p]
    if len(after) > MAX_FILES:
        raise HubError(413, f"A model has at most {MAX_FILES:,} files.")
    check_spellings(after, {path for path in after if path not in files})
    folders = {str(parent) for p in after for parent in Path(p).parents}
    for path in folders & set(after):
        raise HubError(400, f"{path!r} would be a file and a folder at once.")
    return after


def _move_objects(source: Path, target: Path) -> None:
    """Move loose objects into a repository; each arrives with one rename."""
    for path in source.glob("??/*"):
        folder = target / path.parent.name
        folder.mkdir(exist_ok=True)
        if not (folder / path.name).exists():
            os.replace(path, folder / path.name)


def create_branch(store: Store, model: Model, name: str, start: str | None) -> None:
    """Make a branch at a revision (default `main`). Raises HubError (400, 404, 409)."""
    with store.changing(model) as now, open_git(now) as git:
        commit = history.resolve(git, start or MAIN)
        _add_ref(git, history.HEADS, check_ref(name), commit.id)


def create_tag(store: Store, model: Model, name: str, at: str, note: str, author: str) -> None:
    """Name a revision for good. Raises HubError (400, 404, 409)."""
    with store.changing(model) as now, open_git(now) as git:
        commit = history.resolve(git, at)
        check_ref(name)
        oid = commit.id
        if note:
            tag = Tag()
            tag.name, tag.object = name.encode(), (Commit, commit.id)
            tag.tagger = f"{author} <{author}@localhost>".encode()
            tag.tag_time, tag.tag_timezone = int(time.time()), 0
            tag.message = check_text(note, "The message of a tag", 20_000).encode()
            git.object_store.add_object(tag)
            oid = tag.id
        _add_ref(git, history.TAGS, name, oid)


def delete_ref(store: Store, model: Model, prefix: bytes, name: str) -> None:
    """Remove a branch (HEADS) or a tag (TAGS). Raises HubError (403, 404)."""
    if prefix == history.HEADS and name == MAIN:
        raise HubError(403, "The branch main cannot be deleted. Delete the model instead.")
    ref = Ref(prefix + _raw(name))
    with store.changing(model) as now, open_git(now) as git:
        if ref not in git.get_refs():
            raise revision_not_found(name)
        git.refs.remove_if_equals(ref, None)


def _add_ref(git: Repo, prefix: bytes, name: str, oid: ObjectID) -> None:
    """Add a branch or a tag. A 409 means that exactly this one is there: some callers like that."""
    for at, kind in ((history.HEADS, "branch"), (history.TAGS, "tag")):
        names = history.versions(git, at)
        if name in names:
            status = 409 if at == prefix else 400
            raise HubError(status, f"There is a {kind} {name!r} already, and it stays as it is.")
        near = [n for n in names if n.startswith(f"{name}/") or name.startswith(f"{n}/")]
        if near:
            message = f"There is a {kind} {near[0]!r}, and git can't keep {name!r} beside it."
            raise HubError(400, f"{message} Choose a name that is not the beginning of another.")
    if not git.refs.add_if_new(Ref(prefix + name.encode()), oid):
        raise HubError(400, f"{name!r} could not be made: something of that name is in the way.")


def _no_branch(git: Repo, name: str) -> HubError:
    if name in history.versions(git, history.TAGS):
        return HubError(400, f"{name!r} is a tag and never changes. Commit to a branch.")
    return revision_not_found(name)


def text(value: dict[str, Any], key: str, default: str | None = None) -> str:
    """Return a text from JSON that came from outside. Raises HubError (400)."""
    content = value.get(key, default)
    if not isinstance(content, str):
        raise HubError(400, f"{key!r} must be a text.")
    return content


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "replace")
