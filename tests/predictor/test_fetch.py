"""Shared models from Python: from folders, from a hub, from the cache without one."""

import numpy as np
import pytest
from tiny_bundle import write_bundle

from helpers import hub
from helpers.predictor import checksums, fetch, runtime

TEXTS = ["what a lovely mess", "dull"]


@pytest.fixture
def versions(tmp_path):
    folder = tmp_path / "tiny"
    write_bundle(folder / "v1.0")
    write_bundle(folder / "v1.1", bias=3.0)
    return folder


def test_a_folder_answers(versions):
    model = fetch.load_predictor(versions / "v1.0")
    assert model.revision == "v1.0" and model.metrics == {"accuracy": 0.5}
    expected = runtime.load_bundle(versions / "v1.0")
    assert np.array_equal(model.probabilities(TEXTS), expected.probabilities(TEXTS))
    assert model.predict(TEXTS) == expected.predict(TEXTS)


def test_a_folder_of_versions(versions):
    assert fetch.load_predictor(versions, "v1.1").folder == versions / "v1.1"
    assert fetch.locate(versions / "v1.0", "v1.1") == (versions / "v1.1", "v1.1")
    for source, revision in ((versions, None), (versions, "v2"), (versions / "v1.0", "v2")):
        with pytest.raises(fetch.PullError, match=r"It holds: v1\.0, v1\.1"):
            fetch.locate(source, revision)


@pytest.mark.parametrize("revision", ["../v1.0", "", ".", "..", "v1.0/", "a\n", "é"])
def test_a_version_cannot_lead_elsewhere(versions, revision):
    with pytest.raises(fetch.PullError, match="is no version"):
        fetch.locate(versions, revision)


@pytest.mark.parametrize("source", ["nothing", "a/b/c", "../..x", "/no/such/folder", "a b/c"])
def test_what_is_neither_folder_nor_model(source):
    with pytest.raises(fetch.PullError, match="neither a folder"):
        fetch.locate(source)


def test_an_altered_bundle_is_not_used(versions):
    with open(versions / "v1.0" / "tokenizer.json", "a") as file:
        file.write(" ")
    with pytest.raises(runtime.BundleError, match="altered"):
        fetch.load_predictor(versions / "v1.0")


def test_no_hub_and_nothing_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # read when called
    with pytest.raises(fetch.OfflineError, match=r"learner/tiny v1\.0 is not in the cache"):
        fetch.load_predictor("learner/tiny", "v1.0", cache_dir=tmp_path / "cache")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(fetch.OfflineError):
        fetch.load_predictor("learner/tiny", "v1.0", cache_dir=tmp_path / "cache")


def test_a_hub_and_then_its_cache(versions, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    with hub.serve(tmp_path / "hub") as server:
        api = server.api()
        api.create_repo("learner/tiny")
        for version in ("v1.0", "v1.1"):
            api.upload_folder(repo_id="learner/tiny", folder_path=versions / version)
            api.create_tag("learner/tiny", tag=version)
        place = {"endpoint": server.url, "token": server.token, "cache_dir": cache}
        for version in ("v1.0", "v1.1"):
            model = fetch.load_predictor("learner/tiny", version, **place)
            expected = fetch.load_predictor(versions / version)
            assert model.revision == version and model.metrics == expected.metrics
            assert np.array_equal(model.probabilities(TEXTS), expected.probabilities(TEXTS))
        newest = fetch.load_predictor("learner/tiny", **place)
        assert len(newest.revision) == 40 and newest.metrics == model.metrics
        with pytest.raises(fetch.PullError, match="has no version v9"):
            fetch.load_predictor("learner/tiny", "v9", **place)
        with pytest.raises(fetch.PullError, match="There is no model learner/other"):
            fetch.load_predictor("learner/other", "v1.0", **place)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
    # the hub is gone: what was pulled once still answers
    model = fetch.load_predictor("learner/tiny", "v1.0", cache_dir=cache)
    assert len(model.predict(TEXTS)) == 2
    damaged = model.folder / "model.tflite"
    damaged.resolve().write_bytes(b"something else")
    with pytest.raises(runtime.BundleError, match="altered"):
        fetch.load_predictor("learner/tiny", "v1.0", cache_dir=cache)


def test_only_the_format_asked_for_is_fetched(versions, tmp_path):
    bundle = versions / "v1.0"
    (bundle / "model.onnx").write_bytes(b"a large file")
    (bundle / checksums.CHECKSUMS).unlink()
    checksums.write_checksums(bundle)
    with hub.serve(tmp_path / "hub") as server:
        api = server.api()
        api.create_repo("learner/tiny")
        api.upload_folder(repo_id="learner/tiny", folder_path=bundle)
        place = {"endpoint": server.url, "token": server.token, "cache_dir": tmp_path / "cache"}
        model = fetch.load_predictor("learner/tiny", **place)
        assert len(model.predict(TEXTS)) == 2
        assert not (model.folder / "model.onnx").exists()
        assert (fetch.locate("learner/tiny", **place)[0] / "model.onnx").exists()
    (model.folder / "model.onnx").resolve().write_bytes(b"something else")
    with pytest.raises(runtime.BundleError, match="altered"):
        runtime.load_bundle(model.folder)  # what is there must hold
