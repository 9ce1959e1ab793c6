"""What every request passes before and after the application: limits, headers, counts."""

import asyncio
import logging
import time
from collections.abc import Collection

from fastapi import HTTPException
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("uvicorn.error")

TOO_LARGE = "A body may have {:,} bytes."
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KINDS = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    421: "wrong_host",
    422: "invalid",
    500: "internal",
    503: "busy",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    # pages of the server itself need no script at all
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
# the page in the browser runs its own scripts and WebAssembly, and talks to this server only;
# a notebook on this machine may show it in a frame
PAGE_HEADERS = {name: value for name, value in HEADERS.items() if name != "x-frame-options"} | {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*",
}


def error_response(status: int, message: str, headers: dict[str, str] | None = None):
    """Return an error as everybody gets it: {"error": a sentence, "type": a word}."""
    # what a caller sent may stand in the message, even halves of characters
    message = message.encode("utf-8", "replace").decode()[:500]
    body = {"error": message, "type": KINDS.get(status, "error")}
    return JSONResponse(body, status, headers)


class Metrics:
    """Everything that is counted, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named = {"namespace": "slm", "registry": self.registry}
        self.requests = Counter("requests", "Requests", ["method", "route", "status"], **named)
        self.errors = Counter("errors", "Answers with a status of 400 or more", ["type"], **named)
        self.seconds = Histogram(
            "request_seconds",
            "From the first byte of a request to the last of its answer",
            ["route"],
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            **named,
        )
        self.texts = Histogram(
            "texts_per_request", "Texts in a request", buckets=(1, 2, 4, 8, 16, 32, 64), **named
        )
        self.in_flight = Gauge("requests_in_flight", "Requests begun and not ended", **named)
        self.model = Gauge("model", "1 for the version that answers", ["name", "version"], **named)
        ProcessCollector(registry=self.registry)

    def show_model(self, name: str, version: str) -> None:
        """Name the version that answers from now on."""
        self.model.clear()
        self.model.labels(name, version).set(1)

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request. Labels come from short lists, never from what a caller sent."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", None) or "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
        if status >= 400:
            self.errors.labels(KINDS.get(status, "error")).inc()


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: what it guards.
        metrics: where requests are counted.
        hosts: names the Host header may have, or None for any. On loopback this defeats pages of
            other sites that point a name of theirs at this machine (DNS rebinding).
        body_bytes, body_seconds: how long a body may be, and how long it may take to arrive.
        most_requests: how many questions may be inside at once; one more is sent away.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        hosts: Collection[str] | None,
        body_bytes: int,
        body_seconds: float,
        most_requests: int,
    ):
        self.app, self.metrics, self.hosts = app, metrics, hosts
        self.body_bytes, self.body_seconds = body_bytes, body_seconds
        self.most_requests, self.questions = most_requests, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        exchange = _Exchange(scope, receive, send, self.body_bytes, self.body_seconds)
        # an administrator must get through when the house is full
        asks = scope["method"] == "POST" and not scope["path"].startswith("/admin/")
        begin = time.perf_counter()
        refusal = self._refuse(Headers(scope=scope), asks)
        inside = asks and refusal is None
        self.questions += inside
        self.metrics.in_flight.inc()
        try:
            await (refusal or self.app)(scope, exchange.receive, exchange.send)
        except Exception:
            log.exception("A request failed: %s %s", scope["method"], scope["path"])
            if not exchange.status:
                answer = error_response(500, "Something broke here; the server's log knows more.")
                await answer(scope, exchange.receive, exchange.send)
        finally:
            self.questions -= inside
            self.metrics.in_flight.dec()
            self.metrics.count(scope, exchange.status or 500, time.perf_counter() - begin)

    def _refuse(self, headers: Headers, asks: bool) -> JSONResponse | None:
        """Return the answer to a request that needs no look at its body, or None."""
        if self.hosts is not None and _host_name(headers.get("host", "")) not in self.hosts:
            return error_response(421, f"This server answers to: {', '.join(sorted(self.hosts))}.")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self.body_bytes:
            return error_response(413, TOO_LARGE.format(self.body_bytes))
        if asks and self.questions >= self.most_requests:
            message = "Too many questions at once. Ask again in a second."
            return error_response(503, message, {"retry-after": "1"})
        return None


class _Exchange:
    """One request and its answer, watched on their way."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int, seconds: float):
        self._receive, self._send = receive, send
        self._arrived, self._most = 0, most
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._headers = PAGE_HEADERS if scope["path"].startswith("/app/") else HEADERS
        names = Headers(scope=scope)
        self.unread = "transfer-encoding" in names or names.get("content-length", "0") != "0"
        self.status = 0  # of the answer, once it has begun

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
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            if self.unread:  # do not wait for the rest of a body that nobody wants
                headers["connection"] = "close"
        await self._send(message)


def _host_name(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()
