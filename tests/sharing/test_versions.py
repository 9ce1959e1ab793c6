"""Publishing, pulling, comparing and going back, with the real client against a hub."""

import json

import pytest
from tiny_bundle import MANIFEST, ROW

from helpers import hub
from helpers.bundle import folders
from helpers.predictor import fetch, runtime, signature
from helpers.sharing import cards, signing, versions


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with hub.serve(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def api(server):
    return server.api()


def pull(api, repo_id, version, folder, public_key=None):
    place = {"endpoint": api.endpoint, "token": api.token, "folder": folder}
    return fetch.locate(repo_id, version, public_key=public_key, **place)[0]


@pytest.fixture
def repo_id(api, request):
    name = request.node.name.replace("[", "-").replace("]", "")
    return f"{api.whoami()['name']}/{name.removeprefix('test_').replace('_', '-')[:60].strip('-')}"


def make_bundle(folder, accuracy=0.5, weights=b"one"):
    """Write a bundle whose model nobody loads."""
    row = ROW | {"accuracy": accuracy}
    (folder / "m.tflite").write_bytes(weights)
    (folder / "t.json").write_text("{}")
    card = cards.model_card(
        name="toy",
        task="A toy.",
        labels=["negative", "positive"],
        row=row,
        comparisons=[],
        manifest=MANIFEST,
        formats=["litert"],
        limits=["It knows nothing."],
        hashed=True,
    )
    return folders.write_bundle(
        folder / "toy",
        name="toy",
        models={"litert": folder / "m.tflite"},
        tokenizer=folder / "t.json",
        labels=["negative", "positive"],
        metrics={"result": row},
        card=card,
    )


@pytest.fixture
def old(tmp_path):
    (tmp_path / "old").mkdir()
    return make_bundle(tmp_path / "old")


@pytest.fixture
def new(tmp_path):
    (tmp_path / "new").mkdir()
    return make_bundle(tmp_path / "new", accuracy=0.75, weights=b"three")


def test_what_is_pulled_is_what_was_published(api, repo_id, old, tmp_path):
    assert versions.published(repo_id, api=api) == []
    address = versions.publish(old, repo_id, "v1.0", api=api)
    assert address.startswith(api.endpoint)
    arrived = pull(api, repo_id, "v1.0", tmp_path / "arrived")
    for path in old.iterdir():
        assert (arrived / path.name).read_bytes() == path.read_bytes()
    assert versions.published(repo_id, api=api) == ["v1.0"]


def test_versions_never_change_and_only_grow(api, repo_id, old, new):
    versions.publish(old, repo_id, "v1.2", api=api)
    for version, message in (
        ("v1.2", "never change"),
        ("v1.1", "lower than the latest"),
        ("1.3", "Write it like"),
        ("../v2", "Write it like"),
        ("v01.3", "Write it like"),
    ):
        with pytest.raises(versions.SharingError, match=message):
            versions.publish(new, repo_id, version, api=api)
    versions.publish(new, repo_id, "v1.10", api=api)
    assert versions.published(repo_id, api=api) == ["v1.2", "v1.10"]


def test_an_altered_bundle_or_a_bad_card_leaves_no_trace(api, repo_id, old):
    (old / "model.tflite").write_bytes(b"altered")
    with pytest.raises(runtime.BundleError, match="altered"):
        versions.publish(old, repo_id, "v1.0", api=api)
    assert not api.repo_exists(repo_id)


def test_two_versions_side_by_side(api, repo_id, old, new):
    versions.publish(old, repo_id, "v1.0", api=api)
    versions.publish(new, repo_id, "v1.1", api=api)
    found = versions.compare(repo_id, "v1.0", "v1.1", api=api)
    metrics = {row["name"]: row for row in found["metrics"]}
    assert metrics["result.accuracy"]["old"] == 0.5
    assert metrics["result.accuracy"]["difference"] == 0.25
    assert metrics["result.latency_us.median"]["difference"] == 0
    files = {row["name"]: row for row in found["files"]}
    expected = {"name": "model.tflite", "old": 3, "new": 5, "difference": 2}
    assert files["model.tflite"] == expected
    assert found["config"] == []
    assert any(line.startswith("+") and "75.0" in line for line in found["card"])


def test_going_back_keeps_history_and_tags(api, repo_id, old, new, tmp_path):
    versions.publish(old, repo_id, "v1.0", api=api)
    versions.publish(new, repo_id, "v1.1", api=api)
    versions.rollback(repo_id, "v1.0", api=api)
    arrived = pull(api, repo_id, "main", tmp_path / "arrived")
    assert (arrived / "model.tflite").read_bytes() == b"one"
    newest = pull(api, repo_id, "v1.1", tmp_path / "newest")
    assert (newest / "model.tflite").read_bytes() == b"three"
    assert api.list_repo_commits(repo_id)[0].title == "Back to v1.0"
    with pytest.raises(versions.SharingError, match="no version"):
        versions.rollback(repo_id, "v3.0", api=api)


def test_a_file_altered_on_the_hub_is_not_accepted(api, repo_id, old, tmp_path):
    versions.publish(old, repo_id, "v1.0", api=api)
    api.upload_file(path_or_fileobj=b"{}", path_in_repo="metrics.json", repo_id=repo_id)
    with pytest.raises(runtime.BundleError, match="altered"):
        pull(api, repo_id, "main", tmp_path / "arrived")
    pull(api, repo_id, "v1.0", tmp_path / "as it was")


def test_the_card_says_how_to_load_and_what_it_took(old):
    card = (old / "README.md").read_text()
    for words in ("load_predictor", "curl", "javascript", "360 seconds", "1 watt-hours"):
        assert words in card
    assert json.loads((old / "config.json").read_text())["name"] == "toy"


def test_address_and_token_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    api = versions.connect()
    assert (api.endpoint, api.token) == ("http://127.0.0.1:9", "hf_x")


def test_a_signature_says_whose_a_bundle_is(api, repo_id, old, tmp_path):
    private, public = signing.make_keys(tmp_path / "ours")
    _, other = signing.make_keys(tmp_path / "theirs")
    assert private.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        signing.make_keys(tmp_path / "ours")
    (tmp_path / "theirs" / "private.pem").unlink()  # moved to a safe place
    with pytest.raises(FileExistsError, match="verify"):
        signing.make_keys(tmp_path / "theirs")
    with pytest.raises(signature.SignatureError, match="not signed"):
        signature.verify(old, public)
    signing.sign(old, private)
    versions.publish(old, repo_id, "v1.0", api=api)
    for folder in (tmp_path / "arrived", None):
        pull(api, repo_id, "v1.0", folder, public_key=public)
        with pytest.raises(signature.SignatureError, match="not as the owner"):
            pull(api, repo_id, "v1.0", folder, public_key=other)
    (old / "README.md").write_text("other words")
    with pytest.raises(signature.SignatureError, match="not as the owner"):
        signature.verify(old, public)
