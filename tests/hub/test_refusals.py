"""What the hub refuses at once, so that nothing is lost later: names, conflicts, a failing disk."""

import errno
import json
import os
import sqlite3
import tempfile
from pathlib import Path

import httpx
import pytest
from dulwich.object_store import DiskObjectStore
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from helpers import hub
from helpers.hub import changes, community, contents, names
from helpers.hub.errors import HubError

REPO = "learner/film"
UNPORTABLE = ["a:b.txt", "C:/x", "C:x", "x/C:y", "con", "CON", "nul.txt", "Aux.tar.gz", "a/prn/b"]
UNPORTABLE += ["com1", "LPT9.x", "com\u00b2", "conin$", "CONOUT$.md", "nul .txt", "end.", "end ."]
UNPORTABLE += ["folder./x", "folder /x", "...", "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b"]
UNPORTABLE += [".cache/huggingface/x", "x/.Cache/y", "n" * 201, "\u00e9" * 101]
UNPORTABLE += ["/".join(["d" * 100] * 6), "a\tb", "a\x1bb", "a\x85b"]
PORTABLE = [
    ".gitattributes",
    ".hidden",
    "..two",
    "a b.txt",
    " led",
    "console",
    "nullable.txt",
    "com",
]
PORTABLE += [
    "com10",
    "a.con",
    "caf\u00e9/\u7535\u5f71.txt",
    "n" * 200,
    "~x",
    "a'b;c&d=e%f#g@h+i.bin",
]
TWINS = [("Model.keras", "model.keras"), ("Data/x", "data/y"), ("data", "Data/x")]
TWINS += [
    ("caf\u00e9.txt", "cafe\u0301.txt"),
    ("\u00c9.txt", "e\u0301.txt"),
    ("STRASSE", "stra\u00dfe"),
]


@pytest.fixture
def server(tmp_path):
    with hub.serve(tmp_path / "hub") as server:
        server.api().create_repo(REPO)
        yield server


def add(*paths):
    return [CommitOperationAdd(path, path.encode()) for path in paths]


def commit(api, operations):
    return api.create_commit(REPO, operations, commit_message="x")


def fetched(server, folder):
    """Fetch all of the model with the unmodified client, into its cache and into a folder."""
    for where in ({"cache_dir": folder / "cache"}, {"local_dir": folder / "local"}):
        top = Path(server.api().snapshot_download(REPO, **where))
        files = [path.relative_to(top) for path in top.rglob("*") if path.is_file()]
        yield {path.as_posix() for path in files if path.parts[0] != ".cache"}


def raw_commit(server, path):
    """Send a commit that the client itself would not send."""
    items = [{"key": "header", "value": {"summary": "s"}}]
    items.append({"key": "file", "value": {"path": path, "content": "x"}})
    body = "\n".join(json.dumps(item) for item in items)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {server.token}"
        return client.post(f"/api/models/{REPO}/commit/main", content=body.encode())


def test_names_that_some_system_cannot_store_are_refused_in_words(server, tmp_path):
    for path in UNPORTABLE:
        answer = raw_commit(server, path)
        assert answer.status_code == 400 and len(answer.json()["error"]) > 30, path
        with pytest.raises(HubError):
            names.check_new_path(path)
    commit(server.api(), add("README.md"))
    copy = CommitOperationCopy("README.md", "nul.md")
    with pytest.raises(BadRequestError, match="device"):
        commit(server.api(), [copy])
    for files in fetched(server, tmp_path):
        assert files == {"README.md"}


def test_every_name_that_is_taken_can_be_fetched(server, tmp_path):
    commit(server.api(), add(*PORTABLE))
    for files in fetched(server, tmp_path):
        assert files == set(PORTABLE)


@pytest.mark.parametrize("twins", TWINS, ids=ascii)
def test_names_that_are_one_elsewhere_are_refused(server, twins):
    api, (one, other) = server.api(), twins
    with pytest.raises(BadRequestError, match="one name"):
        commit(api, add(one, other))
    commit(api, add(one))
    with pytest.raises(BadRequestError, match="one name"):
        commit(api, add(other))
    commit(api, [CommitOperationDelete(one), *add(other)])  # but it may be renamed
    assert api.list_repo_files(REPO) == [other]


def test_what_a_hub_took_before_can_be_read_and_mended(server, monkeypatch, tmp_path):
    api = server.api()
    with monkeypatch.context() as patch:
        patch.setattr(contents, "check_new_path", names.check_path)
        patch.setattr(changes, "check_new_path", names.check_path)
        patch.setattr(changes, "check_spellings", lambda *_: None)
        commit(api, add("a:b.txt", "nul", "A", "a"))
    answer = httpx.get(f"{server.url}/{REPO}/resolve/main/a:b.txt", timeout=60)
    assert answer.text == "a:b.txt"
    commit(api, [*add("c.txt"), CommitOperationDelete("a:b.txt"), CommitOperationDelete("A")])
    commit(api, [CommitOperationCopy("nul", "zero"), CommitOperationDelete("nul")])
    for files in fetched(server, tmp_path):
        assert files == {"a", "c.txt", "zero"}


def test_exist_ok_is_success_only_for_what_exists(server):
    api = server.api()
    api.create_branch(REPO, branch="dev")
    api.create_branch(REPO, branch="dev", exist_ok=True)
    api.create_tag(REPO, tag="v1.0")
    api.create_tag(REPO, tag="v1.0", exist_ok=True)
    for name in ("dev/one", "main/x", "v1.0", "v1.0/a"):
        with pytest.raises(BadRequestError, match="There is a (branch|tag)"):
            api.create_branch(REPO, branch=name, exist_ok=True)
    for name in ("dev", "main", "dev/one", "v1.0/a"):
        with pytest.raises(BadRequestError, match="There is a (branch|tag)"):
            api.create_tag(REPO, tag=name, exist_ok=True)
    api.create_branch(REPO, branch="try/one")
    with pytest.raises(BadRequestError, match="try/one"):
        api.create_branch(REPO, branch="try", exist_ok=True)
    api.delete_branch(REPO, branch="try/one")
    api.create_branch(REPO, branch="try", exist_ok=True)  # nothing is left in the way
    refs = api.list_repo_refs(REPO)
    assert {ref.name for ref in refs.branches} == {"main", "dev", "try"}
    assert [ref.name for ref in refs.tags] == ["v1.0"]
    with pytest.raises(BadRequestError, match="differs only in case"):
        api.create_repo(REPO.upper(), exist_ok=True)


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (errno.ENOSPC, 507, "disk is full"),
        (errno.EDQUOT, 507, "disk is full"),
        (errno.EACCES, 500, "may not"),
        (errno.EROFS, 500, "may not"),
        (errno.EIO, 500, "Input/output error"),
        (errno.ENOTEMPTY, 500, "not empty"),
    ],
)
def test_a_failing_disk_is_no_conflict(server, monkeypatch, number, status, words):
    api = server.api()

    def fail(*_, **__):
        raise OSError(number, os.strerror(number), "/somewhere/secret")

    for target, name in (
        (DiskObjectStore, "add_object"),
        (DiskObjectStore, "add_objects"),
        (Path, "mkdir"),
        (Path, "rename"),
        (changes, "_move_objects"),
        ("dulwich.refs.DiskRefsContainer.add_if_new", None),
        (tempfile, "SpooledTemporaryFile"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(*((target, name, fail) if name else (target, fail)))
            with httpx.Client(base_url=server.url, timeout=60) as client:
                client.headers["authorization"] = f"Bearer {server.token}"
                answers = [
                    client.post("/api/repos/create", json={"name": "new"}),
                    client.post(f"/api/models/{REPO}/branch/dev"),
                    client.post(f"/api/models/{REPO}/tag/main", json={"tag": "v1", "message": "m"}),
                    raw_commit(server, "x.txt"),
                    client.get(f"/{REPO}/info/refs?service=git-upload-pack"),
                ]
        refused = [answer for answer in answers if not answer.is_success]
        assert refused, (target, name)
        for answer in refused:
            assert answer.status_code == status, (target, name, answer.text)
            assert words in answer.json()["error"] and "secret" not in answer.text
        api.delete_repo("learner/new", missing_ok=True)  # what did succeed meanwhile
        api.delete_repo(REPO)
        api.create_repo(REPO)


def test_a_full_disk_makes_no_branch_with_exist_ok(server, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dulwich.refs.DiskRefsContainer.add_if_new", full)
    for make in (server.api().create_branch, server.api().create_tag):
        kind = "branch" if make.__name__ == "create_branch" else "tag"
        with pytest.raises(HfHubHTTPError) as caught:
            make(REPO, **{kind: "dev"}, exist_ok=True)
        assert caught.value.response.status_code == 507
        assert caught.value.response.json()["type"] == "disk_full"


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (sqlite3.SQLITE_FULL, 507, "disk_full"),
        (sqlite3.SQLITE_IOERR_WRITE, 500, "internal"),
        (sqlite3.SQLITE_READONLY, 500, "internal"),
        (sqlite3.SQLITE_BUSY, 503, "busy"),
    ],
)
def test_a_failing_database_is_no_bad_request(server, monkeypatch, code, status, kind):
    def fail(*_, **__):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(community.sqlite3, "connect", fail)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for path in (f"/api/models/{REPO}", "/api/models", f"/api/models/{REPO}/discussions"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["type"]) == (status, kind)
        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == status and "<h1" in page.text
