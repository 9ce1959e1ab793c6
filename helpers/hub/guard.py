"""What every request passes before a route sees it, and the check of the token writing needs.

The checks stand in one ASGI layer so that no route can forget them: the Host header (a page in
somebody's browser must not reach the hub under a name of its own), the spelling of the path, the
size of the body, headers that keep browsers from guessing, and a last resort for errors.
"""

import hmac
import json
import logging
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from helpers.hub.errors import HubError
from helpers.web.loopback import LOOPBACK

logger = logging.getLogger("helpers.hub")

MAX_COMMIT_BYTES = 1 << 30  # of one upload: file contents in base64 and all
MAX_BODY_BYTES = 2 << 20  # of any other request
DRAIN_BYTES = 8 << 20  # read and thrown away so that a client that is still sending hears the 413
SLASH = "\x1f"  # stands for a slash that was percent-encoded, until a route has been chosen
POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
}


def check_token(header: str | None, token: str) -> None:
    """Compare an Authorization header with the token. Raises HubError with a status of 401."""
    scheme, _, given = (header or "").partition(" ")
    sent = given.strip().encode("utf-8", "replace")
    if scheme.lower() != "bearer" or not hmac.compare_digest(sent, token.encode("ascii")):
        raise HubError(
            401,
            "Invalid credentials in Authorization header: writing needs the token of this hub, "
            "which stands in the file 'token' of its folder.",
        )


def error_headers(error: HubError) -> dict[str, str]:
    """Return the headers from which `huggingface_hub` makes its own exceptions."""
    line = error.message.replace("\n", " ").encode("ascii", "replace").decode()[:300]
    shown = "".join(c if c.isprintable() else " " for c in line)
    headers = {"X-Error-Message": shown.strip()}  # a header may not end with a space
    if error.status == 401:
        headers["X-Error-Message"] = "Invalid credentials in Authorization header"
        headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    if error.code:
        headers["X-Error-Code"] = error.code
    return headers


class Shield:
    """The ASGI layer around all routes."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = LOOPBACK):
        """Wrap `app`; `hosts` are the names it answers to, None for any."""
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _completed(message.get("headers", []))
            await send(message)

        try:
            check_host(scope, self.hosts)
            scope["path"] = decode_path(scope)
            reader = await limit_body(scope, receive)
            await self.app(scope, reader, sender)
        except ClientDisconnect:
            logger.info("%s %s: the client left early", scope["method"], ascii(scope["path"]))
        except HubError as error:
            await _answer(sender, error)
        except Exception:
            # A 5xx would make the client repeat the request for half a minute
            logger.exception("%s %s failed", scope["method"], ascii(scope["path"]))
            if not started:
                message = "The hub could not handle this request. Its log says why."
                await _answer(sender, HubError(400, message))


def check_host(scope: Scope, hosts: frozenset[str] | None) -> None:
    """Compare the Host header with the names the hub answers to, port included."""
    given = [value for key, value in scope["headers"] if key == b"host"]
    if hosts is None and len(given) == 1:
        return
    port = (scope.get("server") or (None, None))[1]
    allowed = {f"{host}:{port}" for host in hosts or ()}
    if port in (80, None):
        allowed |= hosts or set()
    if len(given) != 1 or given[0].decode("latin-1").lower() not in allowed:
        raise HubError(400, "This hub does not answer to that Host. Use http://127.0.0.1 and port.")


def decode_path(scope: Scope) -> str:
    """Return the path decoded once, with SLASH for every slash that was percent-encoded.

    Branches and files may have slashes, which the client encodes; a route must not split there.
    """
    raw = scope.get("raw_path") or scope["path"].encode("utf-8")
    try:
        path = unquote_to_bytes(raw.replace(b"%2f", b"%1F").replace(b"%2F", b"%1F")).decode()
    except UnicodeDecodeError as error:
        raise HubError(400, "The address is no valid UTF-8.") from error
    if any(c != SLASH and (c < " " or c in "\x7f\\") for c in path) or b"%1f" in raw.lower():
        raise HubError(400, "The address has a control character or a backslash.")
    return path


async def limit_body(scope: Scope, receive: Receive) -> Receive:
    """Return a `receive` that ends a body at the limit. Raises HubError (413, 400) right away."""
    commit = scope["path"].startswith("/api/models/") and "/commit/" in scope["path"]
    most = MAX_COMMIT_BYTES if commit else MAX_BODY_BYTES
    message = f"The body is larger than {most:,} bytes. Send fewer or smaller files at a time."
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit():
        raise HubError(400, "Content-Length is no number.")
    if int(length) > most:
        drained = 0
        while drained < DRAIN_BYTES:
            part = await receive()
            drained += len(part.get("body", b""))
            if not part.get("more_body"):
                break
        raise HubError(413, message)
    count = 0

    async def limited() -> Message:
        nonlocal count
        part = await receive()
        count += len(part.get("body", b""))
        if count > most:
            raise HTTPException(413, message)
        return part

    return limited


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {key.lower() for key, _ in headers}
    return [*headers] + [
        (key.lower().encode(), value.encode())
        for key, value in HEADERS.items()
        if key.lower().encode() not in given
    ]


async def _answer(send: Send, error: HubError) -> None:
    body = json.dumps({"error": error.message}).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **error_headers(error),
    }
    raw = [(key.lower().encode(), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
