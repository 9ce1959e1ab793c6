"""Where models live: a folder with one bare git repository a model.

    <folder>/models/<owner>/<name>/   a bare repository, plus hub.json: the id its talk hangs on,
                                      and whether it is private
    <folder>/tmp/                     whatever is being made or removed

A repository appears, moves and disappears with a single rename, so that a killed server leaves it
whole or absent; `tmp` is emptied at the next start. What exists and who may see it is what the
folders say: the database knows models by their id only and can never disagree about either.
A model is public only where its own file says so. A flag that is missing, unreadable or cannot be
written leaves it hidden from strangers.
"""

import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo
from filelock import FileLock, Timeout

from helpers.hub.errors import HubError, repo_not_found
from helpers.hub.names import check_repo_id

MAIN = "main"
IDENTITY = "hub.json"


@dataclass(frozen=True)
class Model:
    """A repository as it was when it was looked up.

    Args:
        repo_id: its name, like owner/name.
        path: its folder.
        uid: the id its talk hangs on, which outlives a change of name.
        created_at: when, in seconds.
        private: whether only those who show the token may know of it.
    """

    repo_id: str
    path: Path
    uid: str
    created_at: float
    private: bool

    @property
    def owner(self) -> str:
        """The part of the id before the slash."""
        return self.repo_id.split("/")[0]


class Store:
    """All repositories below one folder. Only one process may have it open."""

    def __init__(self, folder: Path):
        """Open or make the folder, and tidy up after a server that was killed.

        Raises RuntimeError when another process serves the folder.
        """
        self.folder, self.models_folder = Path(folder), Path(folder) / "models"
        self.tmp = self.folder / "tmp"
        self.models_folder.mkdir(parents=True, exist_ok=True)
        self._process_lock = FileLock(self.folder / "hub.lock", thread_local=False)
        try:
            self._process_lock.acquire(timeout=0)
        except Timeout as error:
            raise RuntimeError(
                f"{self.folder} is served by another hub already. Use its address, or stop it."
            ) from error
        self._names = threading.RLock()
        self._locks: dict[str, threading.RLock] = {}
        self._tidy()

    def close(self) -> None:
        """Let another process open the folder."""
        self._process_lock.release()

    def _tidy(self) -> None:
        """Remove what a killed server left: drafts, locks, temporary objects, empty folders."""
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir(exist_ok=True)
        for draft in self.folder.glob(".token-*"):
            draft.unlink()
        for lock in self.models_folder.rglob("*.lock"):
            lock.unlink()
        for owner in self.models_folder.iterdir():
            if owner.is_dir() and not any(owner.iterdir()):
                owner.rmdir()

    def models(self) -> Iterator[Model]:
        """Yield every model, in the order of their names."""
        for path in sorted(self.models_folder.glob("*/*")):
            model = _read(path)
            if model:
                yield model

    def find(self, repo_id: str) -> Model:
        """Return a model by its id, which must have been checked. Raises HubError (404)."""
        model = _read(self.models_folder / repo_id)
        owner, name = repo_id.split("/")
        # a file system that ignores case would find it under any spelling
        if (
            model is None
            or owner not in os.listdir(self.models_folder)
            or name not in os.listdir(self.models_folder / owner)
        ):
            raise repo_not_found(repo_id)
        return model

    def create(self, repo_id: str, author: str, private: bool = False) -> Model:
        """Make an empty model with a first commit on `main`. Raises HubError (400, 409)."""
        check_repo_id(*repo_id.split("/"))
        draft = self.new_tmp("create")
        try:
            with Repo.init_bare(draft, default_branch=MAIN.encode()) as git:
                tree = Tree()
                first = make_commit(tree.id, [], author, "initial commit")
                git.object_store.add_objects([(tree, None), (first, None)])
                git.refs.set_if_equals(Ref(b"refs/heads/main"), None, first.id)
            model = Model(repo_id, draft, secrets.token_hex(12), time.time(), private)
            _write(model)  # before the rename: no instant at which a private model looks public
            with self._names:
                self._place(draft, repo_id)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self.find(repo_id)

    def set_private(self, model: Model, private: bool) -> None:
        """Hide a model from strangers or show it. Raises HubError (404), OSError."""
        with self.changing(model) as now:
            _write(replace(now, private=private))

    def move(self, model: Model, repo_id: str) -> None:
        """Give a model another id. Raises HubError (404, 409)."""
        with self._names, self.changing(model):
            self._place(model.path, repo_id)

    def delete(self, model: Model) -> None:
        """Remove a model for good."""
        with self._names, self.changing(model):
            grave = self.tmp / f"delete-{secrets.token_hex(8)}"
            model.path.rename(grave)
            self._locks.pop(model.uid, None)
        shutil.rmtree(grave, ignore_errors=True)

    @contextmanager
    def changing(self, model: Model) -> Iterator[Model]:
        """Hold the model's lock, one change at a time; yield the model as it is now.

        Raises HubError (404) if it has gone.
        """
        with self._names:
            lock = self._locks.setdefault(model.uid, threading.RLock())
        with lock:
            now = _read(model.path)
            if now is None or now.uid != model.uid:
                raise repo_not_found(model.repo_id)
            yield now

    def new_tmp(self, what: str) -> Path:
        """Make a folder that is gone after the next start at the latest."""
        path = self.tmp / f"{what}-{secrets.token_hex(8)}"
        path.mkdir()
        return path

    def _place(self, source: Path, repo_id: str) -> None:
        """Rename a repository's folder to its id, unless a model has that name in any case."""
        taken = {model.repo_id.lower(): model.repo_id for model in self.models()}
        if (other := taken.get(repo_id.lower())) == repo_id:
            raise HubError(409, f"You already created this model repo: {repo_id}")
        if other is not None:
            raise HubError(400, f"There is a model {other}, which differs only in case. Use that.")
        target = self.models_folder / repo_id
        target.parent.mkdir(exist_ok=True)
        source.rename(target)


@contextmanager
def open_git(model: Model) -> Iterator[Repo]:
    """Open a model's repository to read or change it.

    Raises HubError (404) when it has gone or, in the meantime, another took its place or it was
    made private: what was read may not be for the one who asked.
    """
    try:
        store = object_store(model.path / "objects")
        with Repo(str(model.path), bare=True, object_store=store) as git:
            yield git
    finally:
        now = _read(model.path)
        if now is None or now.uid != model.uid or now.private > model.private:
            raise repo_not_found(model.repo_id)


def object_store(path: Path) -> DiskObjectStore:
    """Return a store of git objects that writes through to the disk and does not compress.

    Weights hardly shrink; compressing them would cost more time than everything else together.
    """
    return DiskObjectStore(path, loose_compression_level=0, fsync_object_files=True)


def make_commit(tree: ObjectID, parents: list[ObjectID], author: str, message: str) -> Commit:
    """Return a commit object made now by `author`, a checked user name."""
    commit = Commit()
    commit.tree, commit.parents = tree, parents
    commit.author = commit.committer = f"{author} <{author}@localhost>".encode()
    commit.author_time = commit.commit_time = int(time.time())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = message.encode("utf-8")
    return commit


def _write(model: Model) -> None:
    """Write a model's identity under another name, make sure of it, and rename it."""
    identity = {"uid": model.uid, "created_at": model.created_at, "private": model.private}
    draft = model.path / f".{IDENTITY}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(identity, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(model.path / IDENTITY)


def _read(path: Path) -> Model | None:
    repo_id = f"{path.parent.name}/{path.name}"
    try:
        identity = json.loads((path / IDENTITY).read_text(encoding="utf-8"))
        private = identity.get("private") is not False
        return Model(repo_id, path, str(identity["uid"]), float(identity["created_at"]), private)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # damaged: hidden from strangers, so that its owner can still save or delete it
        return Model(repo_id, path, repo_id, 0.0, True)
