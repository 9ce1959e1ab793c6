"""What every request passes before a route sees it, and the one shape of every refusal.

The checks stand in one ASGI layer so that no route can forget them: the Host header (a page in
somebody's browser must not reach a server of this machine under a name of its own), the length of
the body and the time it takes, headers that keep browsers from guessing, and a last resort for
errors, which tells a full disk from a conflict and never shows a traceback.
"""

import asyncio
import errno
import hmac
import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("uvicorn.error")

TOO_LARGE = "A body may have {:,} bytes. Send less at a time."
LONGEST_MESSAGE = 2000  # characters
DRAIN_BYTES, DRAIN_SECONDS = 8 << 20, 10.0  # of a body too large, for who hears only after sending
KINDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    412: "changed_meanwhile",
    413: "too_large",
    421: "wrong_host",
    422: "invalid",
    500: "internal",
    503: "busy",
    507: "disk_full",
}


def error_response(
    status: int, message: str, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return a refusal as everybody gets it: {"error": a sentence, "type": a word, more...}."""
    # what a caller sent may stand in the message, even halves of characters
    message = message.encode("utf-8", "replace").decode()[:LONGEST_MESSAGE]
    body = {"error": message, "type": KINDS.get(status, "error"), **more}
    return JSONResponse(body, status, headers)


def shows_token(authorization: str | None, token: str) -> bool:
    """Say whether an Authorization header holds the token, in a time that tells nothing of it."""
    scheme, _, given = (authorization or "").partition(" ")
    sent = given.strip().encode("utf-8", "replace")
    return hmac.compare_digest(sent, token.encode()) and scheme.lower() == "bearer"


def refusal_of(error: Exception) -> HTTPException:
    """Return what to answer to an error: the one that was meant, or what the system said."""
    if isinstance(error, HTTPException):
        return error
    if isinstance(error.__cause__, sqlite3.Error | OSError):  # a room's own error says less
        error = error.__cause__
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells where it happened
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = "The database is busy. Ask again in a second."
        return HTTPException(503, message, {"retry-after": "1"})
    number = error.errno if isinstance(error, OSError) else None
    if code == sqlite3.SQLITE_FULL or number in (errno.ENOSPC, errno.EDQUOT):
        message = "The server's disk is full, so this was not done. Make room there and ask again."
        return HTTPException(507, message)
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        message = "The server may not read or write in its own folder, so this was not done."
        return HTTPException(500, f"{message} Whoever runs it must give it the right to.")
    if code or number:  # without the path, which is nobody's business
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return HTTPException(500, f"The server's disk did not do it: {reason}. Its log knows more.")
    return HTTPException(500, "Something broke here; the server's log knows more.")


class Guard:
    """ASGI middleware around a whole application.

    Args:
        app: what it guards.
        hosts: names the Host header may have, or None for any. On loopback this defeats pages of
            other sites that point a name of theirs at this machine (DNS rebinding).
        exact_port: whether the Host header must name the server's own port, too.
        headers: from a path to headers that its answer gets, unless it has them.
        body_bytes: from a path to the bytes a body may have.
        body_seconds: how long a body may take to arrive; None for as long as it likes.
        patient: whether the rest of a refused body is read and thrown away. A client that
            listens only after it has sent all hears the refusal; others are cut off.
        read_path: from a request's scope to its path, where the usual decoding will not do.
        answer: from a request and a refusal to what is sent.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str] | None,
        headers: Callable[[str], Mapping[str, str]],
        body_bytes: Callable[[str], int],
        answer: Callable[[Request, HTTPException], Response],
        body_seconds: float | None = None,
        exact_port: bool = False,
        patient: bool = False,
        read_path: Callable[[Scope], str] = lambda scope: scope["path"],
    ):
        self.app, self.hosts, self.exact_port = app, hosts, exact_port
        self.headers, self.body_bytes, self.body_seconds = headers, body_bytes, body_seconds
        self.answer, self.patient, self.read_path = answer, patient, read_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await self._serve(scope, _Exchange(self, scope, receive, send))

    async def _serve(self, scope: Scope, exchange: "_Exchange") -> None:
        try:
            self._check_host(scope)
            scope["path"] = self.read_path(scope)
            await exchange.check_length()
            await self.app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            logger.info("%s %s: the client left early", scope["method"], ascii(scope["path"]))
        except Exception as error:
            refusal = refusal_of(error)
            if refusal.status_code >= 500:
                logger.exception("%s %s failed", scope["method"], ascii(scope["path"]))
            if not exchange.status:
                exchange.closes = True
                answer = self.answer(Request(scope), refusal)
                await answer(scope, exchange.receive, exchange.send)

    def _check_host(self, scope: Scope) -> None:
        """Compare the Host header with the names the server answers to."""
        given = [value for key, value in scope["headers"] if key == b"host"]
        host = given[0].decode("latin-1").lower() if len(given) == 1 else ""
        name, colon, port = host.rpartition(":")
        if not (colon and port.isdecimal()):
            name, port = host, "80"
        own = (scope.get("server") or (None, None))[1] or 80
        if len(given) != 1 or (
            self.hosts is not None
            and (name not in self.hosts or (self.exact_port and port != str(own)))
        ):
            names = ", ".join(sorted(self.hosts or ()))
            port = f" with the port {own}" if self.exact_port else ""
            raise HTTPException(421, f"This server answers to: {names}{port}.")


class _Exchange:
    """One request and its answer, watched on their way."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send):
        self._guard, self._scope, self._receive, self._send = guard, scope, receive, send
        loop, seconds = asyncio.get_running_loop(), guard.body_seconds
        self._deadline = None if seconds is None else loop.time() + seconds
        headers = Headers(scope=scope)
        self._length = headers.get("content-length", "0")
        self._arrived, self._most = 0, 0
        self.unread = "transfer-encoding" in headers or self._length != "0"
        self.closes = not guard.patient  # the connection, when nobody wants the rest of a body
        self.status = 0  # of the answer, once it has begun

    async def check_length(self) -> None:
        """Refuse a body by the length it announces. Raises HTTPException (400, 413)."""
        self._most = self._guard.body_bytes(self._scope["path"])
        if not (self._length.isascii() and self._length.isdigit()):
            raise HTTPException(400, "Content-Length is no number.")
        if int(self._length) > self._most:
            if self._guard.patient:
                await self._drain()
            raise HTTPException(413, TOO_LARGE.format(self._most))

    async def _drain(self) -> None:
        drained = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.unread and drained < DRAIN_BYTES:
                    message = await self._receive()
                    drained += len(message.get("body", b""))
                    self.unread = message.get("more_body", False)
        except TimeoutError:
            pass  # it has been patient enough

    async def receive(self) -> Message:
        if not self.unread:
            return await self._receive()  # waits for the caller to hang up
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408, "The body took too long to arrive.") from error
        self._arrived += len(message.get("body", b""))
        if self._arrived > self._most:
            raise HTTPException(413, TOO_LARGE.format(self._most))
        self.unread = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._guard.headers(self._scope["path"]).items():
                headers.setdefault(name, value)
            if self.unread and self.closes:
                headers["connection"] = "close"
        await self._send(message)
