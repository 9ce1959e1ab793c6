"""What the environment says of the hub and the network, mended where it often goes wrong."""

import ipaddress
import os
import re
from typing import Literal
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class HubSettingsError(ValueError):
    """HF_ENDPOINT, HF_TOKEN or HF_HUB_OFFLINE cannot be meant; no secret is in the message."""


def hub_settings(
    endpoint: str | None = None, token: str | None = None
) -> tuple[str | None, str | Literal[False] | None]:
    """Return address and token of the hub: as given, else of HF_ENDPOINT and HF_TOKEN.

    They are read now, and not once and for all at import. Blanks and line breaks around them and
    a slash at the end of the address are taken off; a hub on this machine is asked directly,
    whatever proxies are set. A token is shown to its own hub only: HF_TOKEN to the one that
    HF_ENDPOINT names, and False, for the client to take no saved one, to any other. (None, None)
    is the Hugging Face Hub with whatever token the client has saved.

    Raises HubSettingsError for a token that holds a blank and for an address that is none.
    """
    usual = (os.environ.get("HF_ENDPOINT") or "").strip().rstrip("/") or None
    endpoint = (endpoint or "").strip().rstrip("/") or usual
    if token is None and endpoint == usual:
        token = os.environ.get("HF_TOKEN")
    token = (token or "").strip() or None
    if token and re.search(r"\s", token):
        raise HubSettingsError(
            "The token has a blank or a line break in it. Set HF_TOKEN to the token alone."
        )
    if endpoint:
        try:
            address = urlsplit(endpoint)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in ("http", "https") or not address.hostname:
            # not shown: some write a password into it
            raise HubSettingsError("The hub's address (HF_ENDPOINT) is none like https://name.")
        if is_loopback(address.hostname):
            bypass_proxies()
    return endpoint, token or (None if endpoint is None else False)


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_offline() -> bool:
    """Say whether HF_HUB_OFFLINE tells the client to ask no hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")


def bypass_proxies() -> None:
    """Let requests to this machine go there directly, whatever proxies are set."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*known, *LOOPBACK]))
