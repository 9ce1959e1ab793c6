"""The hub's address and token, and proxies: what people's environments hold."""

import os

import pytest

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


@pytest.mark.parametrize("address", ["127.0.0.1:7979", "file:///etc", "http://"])
def test_an_address_that_is_none(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(HubSettingsError, match="HF_ENDPOINT is no address"):
        hub_settings()


def test_a_hub_on_this_machine_is_asked_directly(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet")
    hub_settings("http://127.0.0.1:7979")
    assert os.environ["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    import requests.utils

    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert not requests.utils.get_environ_proxies("http://127.0.0.1:7979/api")


def test_the_offline_flag_is_named_where_it_is_in_the_way(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert environment.is_offline() and hub_settings("http://localhost:7979")[0]
    with pytest.raises(HubSettingsError, match="HF_HUB_OFFLINE"):
        versions.connect("http://localhost:7979")
