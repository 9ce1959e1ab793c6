"""The unmodified `huggingface_hub` client against the hub: one table of calls, one test a call.

The calls run in order on one hub, as a session of a person would; each makes what the next needs.
"""

import json
import warnings
from pathlib import Path

import pytest
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfFileSystem,
    ModelCard,
    constants,
    hf_api,
    hf_hub_download,
    metadata_update,
    snapshot_download,
)
from huggingface_hub.errors import (
    BadRequestError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from helpers import hub
from helpers.hub import changes

REPO = "learner/imdb-small"
CARD = """---
license: apache-2.0
language: en
library_name: keras
pipeline_tag: text-classification
tags: [litert]
datasets: [stanfordnlp/imdb]
metrics: [accuracy]
model-index:
- name: imdb-small
  results:
  - task: {type: text-classification}
    dataset: {type: stanfordnlp/imdb, name: IMDb}
    metrics: [{type: accuracy, value: 0.86}]
---
# Small

Decides whether a review is kind.
"""
CALLS = []


def call(function):
    """Add a call to the table."""
    CALLS.append(function)
    return function


def refused(status, function, *args, **kwargs):
    with pytest.raises(HfHubHTTPError) as caught:
        function(*args, **kwargs)
    assert caught.value.response.status_code == status
    return caught.value


class Session:
    """A hub, its client, and a bundle to share."""

    def __init__(self, folder):
        self.server = hub.serve(folder / "hub")
        self.api, self.url, self.folder = self.server.api(), self.server.url, folder
        self.bundle = folder / "bundle"
        (self.bundle / "variants").mkdir(parents=True)
        self.write(0.86)
        (self.bundle / "config.json").write_text('{"labels": ["no", "yes"]}')
        (self.bundle / "model.keras").write_bytes(bytes(range(256)) * 2000)
        (self.bundle / "variants" / "model int8.tflite").write_bytes(b"\0\1" * 500)

    def write(self, accuracy):
        (self.bundle / "README.md").write_text(CARD.replace("0.86", str(accuracy)))
        (self.bundle / "metrics.json").write_text(json.dumps({"test": {"accuracy": accuracy}}))

    def download(self, name, revision=None, repo=REPO):
        return Path(
            hf_hub_download(
                repo, name, revision=revision, endpoint=self.url, cache_dir=self.folder / "cache"
            )
        )


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    made = Session(tmp_path_factory.mktemp("session"))
    with pytest.MonkeyPatch.context() as patch:
        # as HF_ENDPOINT would have, had it been set before the import; cards need it
        patch.setattr(constants, "ENDPOINT", made.url)
        patch.setattr(hf_api.api, "endpoint", made.url)
        template = made.url + "/{repo_id}/resolve/{revision}/{filename}"
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield made
    made.server.stop()


@call
def whoami(s):
    assert s.api.whoami()["name"] == "learner" and s.api.whoami(cache=True)["type"] == "user"


@call
def create_repo(s):
    assert s.api.create_repo(REPO).repo_id == REPO
    assert s.api.create_repo(REPO, exist_ok=True) == f"{s.url}/{REPO}"
    refused(409, s.api.create_repo, REPO)
    assert s.api.create_repo("short").repo_id == "learner/short"


@call
def create_repo_of_another_type(s):
    for kind in ("dataset", "space"):
        more = {"space_sdk": "static"} if kind == "space" else {}
        refused(400, s.api.create_repo, "learner/other", repo_type=kind, **more)
        assert not s.api.repo_exists("learner/other", repo_type=kind)


@call
def upload_folder(s):
    info = s.api.upload_folder(repo_id=REPO, folder_path=s.bundle, commit_message="First")
    assert info.oid == s.api.model_info(REPO).sha and info.commit_url.endswith(info.oid)
    assert s.api.upload_folder(repo_id=REPO, folder_path=s.bundle).oid == info.oid  # unchanged


@call
def create_tag(s):
    s.api.create_tag(REPO, tag="v1.0", tag_message="The first version")
    refused(409, s.api.create_tag, REPO, tag="v1.0")
    s.api.create_tag(REPO, tag="v1.0", exist_ok=True)
    assert s.api.list_repo_refs(REPO).tags[0].target_commit == s.api.model_info(REPO).sha


@call
def exists(s):
    assert s.api.repo_exists(REPO) and not s.api.repo_exists("learner/none")
    assert not s.api.repo_exists("single")
    assert s.api.revision_exists(REPO, "v1.0") and not s.api.revision_exists(REPO, "v9")
    assert s.api.file_exists(REPO, "config.json") and not s.api.file_exists(REPO, "none.json")
    assert not s.api.file_exists("learner/none", "config.json")
    assert s.api.file_exists(REPO, "variants/model int8.tflite", revision="v1.0")


@call
def upload_file(s):
    s.write(0.88)
    for name in ("metrics.json", "README.md"):
        s.api.upload_file(path_or_fileobj=s.bundle / name, path_in_repo=name, repo_id=REPO)
    s.api.create_tag(REPO, tag="v1.1")


@call
def download_versions(s):
    for version, accuracy in (("v1.0", 0.86), ("v1.1", 0.88), (None, 0.88)):
        assert json.loads(s.download("metrics.json", version).read_text()) == {
            "test": {"accuracy": accuracy}
        }
    name = "variants/model int8.tflite"
    assert s.download(name).read_bytes() == (s.bundle / name).read_bytes()


@call
def download_what_is_not_there(s):
    with pytest.raises(RevisionNotFoundError):
        s.download("metrics.json", "v9")
    with pytest.raises(RemoteEntryNotFoundError):
        s.download("none.json")
    with pytest.raises(RepositoryNotFoundError):
        s.download("none.json", repo="learner/none")


@call
def snapshot(s):
    more = {"endpoint": s.url, "cache_dir": s.folder / "snapshots"}
    folder = Path(snapshot_download(REPO, revision="v1.0", allow_patterns="*.json", **more))
    assert {p.name for p in folder.iterdir()} == {"config.json", "metrics.json"}
    folder = Path(s.api.snapshot_download(REPO, revision="v1.0", cache_dir=s.folder / "snapshots"))
    assert len([p for p in folder.rglob("*") if p.is_file()]) == 5
    again = snapshot_download(REPO, revision="v1.0", local_files_only=True, **more)
    assert Path(again) == folder


@call
def verify_checksums(s):
    found = s.api.verify_repo_checksums(REPO, revision="v1.0", cache_dir=s.folder / "snapshots")
    assert found.checked_count == 5 and not found.mismatches and not found.missing_paths


@call
def list_tree(s):
    names = set(s.api.list_repo_files(REPO, revision="v1.0"))
    assert names == {
        "README.md",
        "config.json",
        "metrics.json",
        "model.keras",
        "variants/model int8.tflite",
    }
    top = {entry.path: entry for entry in s.api.list_repo_tree(REPO, expand=True)}
    assert top["model.keras"].size == 512_000 and top["model.keras"].last_commit.title == "First"
    assert top["metrics.json"].last_commit.title.startswith("Upload metrics.json")
    assert [e.path for e in s.api.list_repo_tree(REPO, "variants")] == [
        "variants/model int8.tflite"
    ]
    with pytest.raises(RemoteEntryNotFoundError):
        list(s.api.list_repo_tree(REPO, "none"))


@call
def paths_info(s):
    found = s.api.get_paths_info(REPO, ["config.json", "variants", "none"], expand=True)
    assert [entry.path for entry in found] == ["config.json", "variants"]
    assert found[0].size == 25 and found[0].last_commit.title == "First"
    with pytest.raises(RevisionNotFoundError):
        s.api.get_paths_info(REPO, ["config.json"], revision="v9")


@call
def model_info(s):
    info = s.api.model_info(REPO, revision="v1.0", files_metadata=True)
    assert info.card_data.license == "apache-2.0" and info.library_name == "keras"
    assert info.card_data.eval_results[0].metric_value == 0.86
    assert {"litert", "en", "license:apache-2.0", "dataset:stanfordnlp/imdb"} <= set(info.tags)
    sizes = {sibling.rfilename: sibling.size for sibling in info.siblings}
    assert sizes["model.keras"] == 512_000 and info.siblings[0].blob_id
    assert s.api.model_info(REPO, expand=["likes", "sha"]).siblings is None
    assert info.downloads > 0 and info.pipeline_tag == "text-classification"


@call
def list_models(s):
    assert [m.id for m in s.api.list_models(filter="litert", author="learner")] == [REPO]
    assert [m.id for m in s.api.list_models(search="IMDB")] == [REPO]
    assert [m.id for m in s.api.list_models(pipeline_tag="text-classification")] == [REPO]
    assert list(s.api.list_models(search="nothing like it")) == []
    assert list(s.api.list_models(trained_dataset="stanfordnlp/imdb", full=True))[0].siblings
    assert [m.id for m in s.api.list_models(sort="last_modified", limit=1)] == [REPO]
    assert len(list(s.api.list_models(sort="created_at", cardData=True))) == 2
    assert next(s.api.list_models(filter="litert", expand=["downloads"])).downloads > 0


@call
def list_commits(s):
    titles = [commit.title for commit in s.api.list_repo_commits(REPO, revision="v1.0")]
    assert titles == ["First", "initial commit"]
    assert s.api.list_repo_commits(REPO, formatted=True)[0].authors == ["learner"]


@call
def list_commits_over_pages(s):
    store = s.server.app.state.hub.store
    short = store.find("learner/short")
    for i in range(60):
        draft = changes.Draft(store.new_tmp("commit"))
        draft.add_line(b'{"key": "header", "value": {"summary": "More"}}')
        draft.add_line(b'{"key": "file", "value": {"path": "n.txt", "content": "%d"}}' % i)
        draft.finish(store, short, "main", "learner")
    assert len(s.api.list_repo_commits("learner/short")) == 61


@call
def commit_of_many_operations(s):
    head = s.api.model_info(REPO).sha
    info = s.api.create_commit(
        REPO,
        [
            CommitOperationAdd("notes/a.txt", b"a"),
            CommitOperationAdd("notes/b.txt", b"b"),
            CommitOperationCopy("config.json", "copied.json", src_revision="v1.0"),
        ],
        commit_message="Notes",
        commit_description="Two of them.",
        parent_commit=head,
    )
    assert s.download("copied.json", info.oid).read_text() == '{"labels": ["no", "yes"]}'
    assert s.api.list_repo_commits(REPO)[0].message == "Two of them."
    operations = [CommitOperationAdd("late.txt", b"")]
    refused(412, s.api.create_commit, REPO, operations, commit_message="x", parent_commit=head)
    assert not s.api.file_exists(REPO, "late.txt")


@call
def delete_files(s):
    s.api.delete_file("copied.json", REPO)
    s.api.create_commit(REPO, [CommitOperationDelete("notes/")], commit_message="No notes")
    assert not {n for n in s.api.list_repo_files(REPO) if n.startswith(("notes", "copied"))}
    with pytest.raises(RemoteEntryNotFoundError):
        s.api.delete_file("copied.json", REPO)
    with pytest.raises(RemoteEntryNotFoundError):
        s.api.delete_folder("notes", REPO)


@call
def branches(s):
    s.api.create_branch(REPO, branch="try/it", revision="v1.0")
    refused(409, s.api.create_branch, REPO, branch="try/it")
    s.api.create_branch(REPO, branch="try/it", exist_ok=True)
    s.api.upload_file(path_or_fileobj=b"t", path_in_repo="t.txt", repo_id=REPO, revision="try/it")
    assert s.api.file_exists(REPO, "t.txt", revision="try/it")
    assert not s.api.file_exists(REPO, "t.txt")
    assert [e.path for e in s.api.list_repo_tree(REPO, "variants", revision="try/it")]
    assert {b.name for b in s.api.list_repo_refs(REPO).branches} == {"main", "try/it"}
    s.api.delete_branch(REPO, branch="try/it")
    with pytest.raises(RevisionNotFoundError):
        s.api.delete_branch(REPO, branch="try/it")
    refused(403, s.api.delete_branch, REPO, branch="main")
    with pytest.raises(BadRequestError):
        s.api.create_branch(REPO, branch="refs/pr/5")


@call
def tags_never_move(s):
    before = s.api.model_info(REPO, revision="v1.0").sha
    args = {"path_or_fileobj": b"x", "path_in_repo": "x.txt", "repo_id": REPO, "revision": "v1.0"}
    refused(400, s.api.upload_file, **args)
    assert s.api.model_info(REPO, revision="v1.0").sha == before
    s.api.create_tag(REPO, tag="v0.1", revision=before)
    s.api.delete_tag(REPO, tag="v0.1")
    with pytest.raises(RevisionNotFoundError):
        s.api.delete_tag(REPO, tag="v0.1")
    with pytest.raises(RevisionNotFoundError):
        s.api.create_tag(REPO, tag="v0.2", revision="v9")


@call
def cards(s):
    card = ModelCard(CARD)
    card.validate()
    ModelCard(CARD + "\nMore.").push_to_hub(REPO, token=s.server.token)
    for wrong, about in (("license: my own terms", "license"), ("language: english", "language")):
        key = wrong.split(":")[0]
        bad = "\n".join(wrong if n.startswith(key + ":") else n for n in CARD.split("\n"))
        with pytest.raises(ValueError, match=about):
            ModelCard(bad).validate()
    loaded = ModelCard.load(s.download("README.md"))
    assert loaded.data.eval_results[0].dataset_name == "IMDb" and "More." in loaded.text
    metadata_update(REPO, {"tags": ["litert", "onnx"]}, overwrite=True, token=s.server.token)
    assert "onnx" in s.api.model_info(REPO).tags


@call
def bad_card_is_refused_at_commit(s):
    head = s.api.model_info(REPO).sha
    bad = CARD.replace("text-classification", "telling fortunes").encode()
    with pytest.raises(ValueError, match="telling fortunes"):
        s.api.upload_file(path_or_fileobj=bad, path_in_repo="README.md", repo_id=REPO)
    assert s.api.model_info(REPO).sha == head


@call
def pull_requests_are_refused(s):
    before = s.api.model_info(REPO).sha, len(list(s.api.get_repo_discussions(REPO)))
    refused(403, s.api.create_pull_request, REPO, title="Please")
    args = {"path_or_fileobj": b"x", "path_in_repo": "x.txt", "repo_id": REPO}
    refused(403, s.api.upload_file, create_pr=True, **args)
    s.write(0.5)
    with pytest.raises(HfHubHTTPError):
        s.api.upload_folder(repo_id=REPO, folder_path=s.bundle, create_pr=True)
    assert before == (s.api.model_info(REPO).sha, len(list(s.api.get_repo_discussions(REPO))))


@call
def discussions(s):
    made = s.api.create_discussion(REPO, title="Sarcasm", description="It misses *irony*.")
    assert made.num == 1 and made.events[0].rendered == "<p>It misses <em>irony</em>.</p>\n"
    comment = s.api.comment_discussion(REPO, 1, "Me too")
    edited = s.api.edit_discussion_comment(REPO, 1, comment.id, "Same here")
    assert edited.content == "Same here" and edited.edited and edited.number_of_edits == 1
    assert s.api.hide_discussion_comment(REPO, 1, comment.id).hidden
    assert s.api.rename_discussion(REPO, 1, "Sarcasm in v1.1").old_title == "Sarcasm"
    assert s.api.change_discussion_status(REPO, 1, "closed", comment="Done").new_status == "closed"
    found = s.api.get_discussion_details(REPO, 1)
    assert found.status == "closed" and found.title == "Sarcasm in v1.1"
    kinds = [event.type for event in found.events]
    assert kinds == ["comment", "comment", "title-change", "comment", "status-change"]
    assert found.events[1].content == "" and found.events[3].content == "Done"
    refused(404, s.api.get_discussion_details, REPO, 9)
    refused(404, s.api.edit_discussion_comment, REPO, 1, "f00", "x")
    refused(403, s.api.merge_pull_request, REPO, 1)


@call
def discussions_over_pages(s):
    parts = s.server.app.state.hub
    for i in range(52):
        parts.talk.open_discussion(parts.store.find("learner/short").uid, f"Number {i}", "")
    found = list(s.api.get_repo_discussions("learner/short", discussion_status="open"))
    assert len(found) == 52 and found[0].num == 52
    assert list(s.api.get_repo_discussions("learner/short", discussion_status="closed")) == []
    assert len(list(s.api.get_repo_discussions("learner/short", author="learner"))) == 52
    assert list(s.api.get_repo_discussions("learner/short", discussion_type="pull_request")) == []


@call
def likes(s):
    from huggingface_hub.utils import get_session

    headers = {"Authorization": f"Bearer {s.server.token}"}
    assert get_session().post(f"{s.url}/api/models/{REPO}/like", headers=headers).is_success
    assert [user.username for user in s.api.list_repo_likers(REPO)] == ["learner"]
    assert s.api.list_liked_repos().models == [REPO] and s.api.model_info(REPO).likes == 1
    s.api.unlike(REPO)
    assert s.api.list_liked_repos("learner").total == 0


@call
def settings_and_users(s):
    s.api.update_repo_settings(REPO, private=True)
    assert s.api.model_info(REPO).private
    s.api.update_repo_settings(REPO, visibility="public")
    assert not s.api.model_info(REPO).private
    refused(400, s.api.update_repo_settings, REPO, gated="auto")
    assert s.api.get_user_overview("learner").num_models == 2
    assert {repo.id for repo in s.api.list_user_repos()} == {REPO, "learner/short"}
    s.api.auth_check(REPO, write=True)
    assert s.api.get_model_tags()["other"]


@call
def unknown_calls_are_refused_in_words(s):
    refused(403, s.api.super_squash_history, REPO)
    refused(404, lambda: list(s.api.list_lfs_files(REPO)))
    refused(404, lambda: list(s.api.list_pending_access_requests(REPO)))
    error = refused(404, lambda: list(s.api.list_datasets()))
    assert "models only" in str(error)


@call
def file_system(s):
    fs = HfFileSystem(endpoint=s.url, token=s.server.token)
    assert f"{REPO}/config.json" in fs.ls(REPO, detail=False)
    with fs.open(f"{REPO}/model.keras", "rb") as file:
        file.seek(1000)
        assert file.read(10) == (bytes(range(256)) * 2000)[1000:1010]
    fs.write_text(f"{REPO}/written.txt", "by a file system")
    assert fs.read_text(f"{REPO}/written.txt") == "by a file system"
    fs.rm(f"{REPO}/written.txt")
    assert fs.glob(f"{REPO}@v1.0/**/*.tflite") == [f"{REPO}@v1.0/variants/model int8.tflite"]


@call
def move_repo(s):
    s.api.move_repo(REPO, "learner/imdb-smaller")
    assert not s.api.repo_exists(REPO)
    assert s.api.get_discussion_details("learner/imdb-smaller", 1).title == "Sarcasm in v1.1"
    assert s.api.revision_exists("learner/imdb-smaller", "v1.0")
    refused(409, s.api.move_repo, "learner/imdb-smaller", "learner/short")
    refused(400, s.api.move_repo, "learner/imdb-smaller", "Learner/Short")


@call
def delete_repo(s):
    s.api.delete_repo("learner/imdb-smaller")
    with pytest.raises(RepositoryNotFoundError):
        s.api.delete_repo("learner/imdb-smaller")
    s.api.delete_repo("learner/imdb-smaller", missing_ok=True)
    s.api.create_repo("learner/imdb-smaller")
    assert list(s.api.get_repo_discussions("learner/imdb-smaller")) == []


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
def test_call(session, function):
    function(session)
