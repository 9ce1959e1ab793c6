"""What the servers of this workspace share: sockets, names of this machine, the token file."""

import os
import secrets
import socket
import stat
from contextlib import suppress
from pathlib import Path

from helpers.predictor.environment import is_loopback as is_loopback

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})  # as a Host header names them
MOST_CONNECTIONS = 512


class TokenError(RuntimeError):
    """A token file cannot be trusted; the message says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises OSError when the port is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends small packets at once only then; otherwise
    # every answer may wait 40 ms for the acknowledgement of its first half.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(MOST_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise OSError(f"Port {port} of {host} cannot be used: {error}. Try another.") from error
    return listener


def in_url(host: str) -> str:
    """Return a host as it stands in an address and in a Host header."""
    return f"[{host}]" if ":" in host else host


def allowed_hosts(host: str) -> frozenset[str] | None:
    """Return the names a server bound to `host` answers to: its own, or any for all interfaces."""
    if host in ("0.0.0.0", "::", ""):
        return None
    return LOOPBACK | {in_url(host).lower()}


def load_token(path: Path, prefix: str = "") -> str:
    """Return the token in a file; at the first start make it, readable by its owner only.

    It is written aside and linked to its name, so that a killed process leaves no half of one, and
    of two that start at once both use the same. Raises TokenError when others may read the file
    too, or when it holds no token.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name.strip('.')}-{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(prefix + secrets.token_urlsafe(32))
        try:
            with suppress(FileExistsError):
                os.link(draft, path)
        except OSError:  # a file system without links: some memory cards and network folders
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise TokenError(f"Others may read {path}: delete it, and a new token is made.")
    token = path.read_text(encoding="ascii", errors="replace").strip()
    if len(token) < 20:
        raise TokenError(f"{path} holds no token: delete it, and a new one is made.")
    return token
