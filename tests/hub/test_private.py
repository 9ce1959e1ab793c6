"""Private models: strangers never see one, not for an instant, not after anything went wrong."""

import json
import sqlite3
import threading

import httpx
import pytest
from huggingface_hub.errors import HfHubHTTPError

from helpers import hub
from helpers.hub import store
from helpers.hub.errors import HubError
from helpers.hub.store import IDENTITY

FLAGS = ["", "{}", "[]", "null", '"x"', "{", '{"uid": "u", "created_at": 1.0}', "\0"]
FLAGS += [json.dumps({"uid": "u", "created_at": 1.0, "private": no}) for no in (None, 0, "", "no")]


@pytest.fixture
def running(tmp_path):
    with hub.serve(tmp_path / "hub") as server:
        yield server


def places(repo_id):
    return (
        f"/api/models/{repo_id}",
        f"/api/models/{repo_id}/refs",
        f"/api/models/{repo_id}/tree/main",
        f"/{repo_id}",
        f"/{repo_id}/resolve/main/f.txt",
        f"/{repo_id}/commit/main",
        f"/{repo_id}/info/refs?service=git-upload-pack",
    )


LISTS = ("/", "/api/models", "/?search=s", "/api/models-tags-by-type", "/api/users/learner/likes")


def seen(server, repo_id):
    """Return where a stranger sees anything of a model."""
    with httpx.Client(base_url=server.url, timeout=60) as stranger:
        answers = {path: stranger.get(path) for path in (*places(repo_id), *LISTS)}
    name = repo_id.split("/")[1]
    return [
        path
        for path, answer in answers.items()
        if (path in LISTS and name in answer.text) or (path not in LISTS and answer.is_success)
    ] + [path for path in places(repo_id) if answers[path].status_code != 404]


def test_strangers_who_keep_looking_never_see_a_private_model(running):
    api, done, caught = running.api(), threading.Event(), []

    def look(turn):
        with httpx.Client(base_url=running.url, timeout=60) as stranger:
            while not done.is_set():
                turn += 1
                text = stranger.get(LISTS[turn % len(LISTS)]).text
                caught.extend(["list"] * ("secret" in text))
                for path in places(f"learner/secret-{turn % 12}"):
                    if stranger.get(path).status_code != 404:
                        caught.append(path)

    strangers = [threading.Thread(target=look, args=(start,)) for start in range(3)]
    for stranger in strangers:
        stranger.start()
    try:
        for number in range(12):
            name = f"learner/secret-{number}"
            api.create_repo(name, private=True)
            api.upload_file(path_or_fileobj=b"hidden", path_in_repo="f.txt", repo_id=name)
            api.create_repo(name, private=number % 2 == 0, exist_ok=True)  # tried once more
            api.create_discussion(name, "secret")
            if number % 3 == 0:
                api.move_repo(name, f"learner/open-{number}")
                api.update_repo_settings(f"learner/open-{number}", private=False)
                api.update_repo_settings(f"learner/open-{number}", private=True)
                api.move_repo(f"learner/open-{number}", name)
    finally:
        done.set()
        for stranger in strangers:
            stranger.join()
    assert not caught
    assert len(list(api.list_models())) == 12


def test_a_model_is_made_whole_or_not_at_all(running, monkeypatch):
    def full(model):
        raise OSError(28, "No space left on device", "/somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write", full)
        with pytest.raises(HfHubHTTPError) as caught:
            running.api().create_repo("learner/secret", private=True, exist_ok=True)
    answer = caught.value.response
    assert answer.status_code == 507 and answer.json()["type"] == "disk_full"
    assert "somewhere" not in answer.text
    assert not seen(running, "learner/secret") and not running.api().repo_exists("learner/secret")
    assert not list(running.app.state.hub.store.tmp.iterdir())
    running.api().create_repo("learner/secret", private=True)
    assert not seen(running, "learner/secret") and running.api().repo_exists("learner/secret")


def test_a_change_that_cannot_be_kept_is_not_told_as_done(running, monkeypatch):
    api = running.api()
    api.create_repo("learner/shy", private=True)

    def refuse(model):
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr(store, "_write", refuse)
    with pytest.raises(HfHubHTTPError) as caught:
        api.update_repo_settings("learner/shy", private=False)
    assert caught.value.response.status_code == 500
    assert "may not" in str(caught.value) and "somewhere" not in str(caught.value)
    assert not seen(running, "learner/shy")


@pytest.mark.parametrize("written", FLAGS, ids=ascii)
def test_a_flag_that_cannot_be_read_hides_the_model_from_strangers_only(running, written):
    api = running.api()
    api.create_repo("learner/secret")
    api.create_repo("learner/open")
    model = running.app.state.hub.store.find("learner/secret")
    (model.path / IDENTITY).write_text(written)
    assert not seen(running, "learner/secret")
    with httpx.Client(base_url=running.url, timeout=60) as stranger:
        assert [model["id"] for model in stranger.get("/api/models").json()] == ["learner/open"]
    assert api.model_info("learner/secret").private
    api.update_repo_settings("learner/secret", private=False)
    assert seen(running, "learner/secret")
    api.delete_repo("learner/secret")


def test_another_model_of_the_same_name_is_not_shown_to_who_asked_for_the_first(running):
    api, models = running.api(), running.app.state.hub.store
    api.create_repo("learner/film")
    first = models.find("learner/film")
    with pytest.raises(HubError), store.open_git(first) as git:
        api.delete_repo("learner/film")
        api.create_repo("learner/film", private=True)
        assert git.get_refs()
    second = models.find("learner/film")
    models.set_private(second, False)
    public = models.find("learner/film")
    with pytest.raises(HubError), store.open_git(public):
        models.set_private(public, True)  # while a stranger reads


def test_a_hub_keeps_who_may_see_what_over_a_start_and_takes_over_an_older_one(tmp_path):
    with hub.serve(tmp_path) as server:
        api = server.api()
        api.create_repo("learner/secret", private=True)
        api.create_repo("learner/open")
        api.create_repo("learner/liked")
        uids = {model.repo_id: model.uid for model in server.app.state.hub.store.models()}
    with hub.serve(tmp_path) as server:
        assert not seen(server, "learner/secret") and seen(server, "learner/open")
    # an older hub kept the flag in its database, in a row that not every model had
    for path in tmp_path.glob(f"models/*/*/{IDENTITY}"):
        identity = json.loads(path.read_text())
        del identity["private"]
        path.write_text(json.dumps(identity))
    with sqlite3.connect(tmp_path / "hub.sqlite3") as db:
        db.execute("ALTER TABLE repos ADD COLUMN private INTEGER NOT NULL DEFAULT 0")
        for name, private in (("learner/secret", 1), ("learner/liked", 0)):
            db.execute("INSERT OR REPLACE INTO repos VALUES (?, 0, ?)", (uids[name], private))
    db.close()
    for _ in range(2):
        with hub.serve(tmp_path) as server:
            assert not seen(server, "learner/secret")
            assert seen(server, "learner/open") and seen(server, "learner/liked")
