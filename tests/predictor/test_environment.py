"""The hub's address and token, and proxies: what people's environments hold."""

import os
import subprocess
import sys

import pytest
from tiny_bundle import write_bundle

from helpers import hub
from helpers.predictor import environment
from helpers.predictor.environment import HubSettingsError, hub_settings
from helpers.sharing import versions


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")


def test_settings_are_those_of_the_environment_now(monkeypatch):
    assert hub_settings() == (None, None)
    monkeypatch.setenv("HF_ENDPOINT", " https://hub.example/ ")
    monkeypatch.setenv("HF_TOKEN", "hf_secret\n")
    assert hub_settings() == ("https://hub.example", "hf_secret")
    assert hub_settings("http://127.0.0.1:1/", "other") == ("http://127.0.0.1:1", "other")
    assert hub_settings("http://127.0.0.1:1/") == ("http://127.0.0.1:1", False)
    assert hub_settings("https://hub.example/")[1] == "hf_secret"
    api = versions.connect()
    assert (api.endpoint, api.token) == ("https://hub.example", "hf_secret")


def test_a_broken_token_is_never_shown(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret\nhf_other")
    with pytest.raises(HubSettingsError, match="Set HF_TOKEN") as caught:
        hub_settings()
    assert "secret" not in str(caught.value) and "other" not in str(caught.value)


@pytest.mark.parametrize("address", ["127.0.0.1:79", "ftp://me:secret@x", "http://", "http://[::1"])
def test_an_address_that_is_none(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(HubSettingsError, match="HF_ENDPOINT") as caught:
        hub_settings()
    assert "secret" not in str(caught.value)


def test_a_hub_on_this_machine_is_asked_directly(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet")
    hub_settings("http://127.0.0.1:7979")
    assert os.environ["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"


def test_a_proxy_does_not_stand_before_a_hub_on_this_machine(tmp_path):
    write_bundle(tmp_path / "tiny" / "v1.0")
    with hub.serve(tmp_path / "hub") as server:
        api = server.api()
        api.create_repo("learner/tiny")
        api.upload_folder(repo_id="learner/tiny", folder_path=tmp_path / "tiny" / "v1.0")
        code = "from helpers.predictor import load_predictor as f; print(f('learner/tiny').folder)"
        # another process: the client reads proxies once, when it first connects
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "HF_ENDPOINT": server.url,
                "HF_HOME": str(tmp_path / "cache"),
                **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9"),
            },
        )
    assert done.returncode == 0 and str(tmp_path / "cache") in done.stdout, done.stderr


def test_the_offline_flag_is_named_where_it_is_in_the_way(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert environment.is_offline() and hub_settings("http://localhost:7979")[0]
    with pytest.raises(HubSettingsError, match="HF_HUB_OFFLINE"):
        versions.connect("http://localhost:7979")
