"""What the server counts, and how many may ask at once."""

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from helpers.serving.refusals import shaped
from helpers.web.guard import KINDS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Metrics:
    """Everything that is counted, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named: dict[str, Any] = {"namespace": "slm", "registry": self.registry}
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
        self.tokens = Counter("tokens", "Tokens of a writer", ["kind"], **named)
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


class Counting:
    """ASGI middleware around everything else: each request is counted with what became of it."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, begin = 500, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.metrics.in_flight.inc()
        try:
            await self.app(scope, receive, watch)
        finally:
            self.metrics.in_flight.dec()
            self.metrics.count(scope, status, time.perf_counter() - begin)


class Turnstile:
    """ASGI middleware that sends questions away while `most` of them are inside."""

    def __init__(self, app: ASGIApp, most: int):
        self.app, self.most, self.inside = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # an administrator must get through when the house is full
        if scope.get("method") != "POST" or scope["path"].startswith("/admin/"):
            return await self.app(scope, receive, send)
        if self.inside >= self.most:
            message = "Too many questions at once. Ask again in a second."
            refusal = shaped(scope["path"], 503, message, {"retry-after": "1"})
            return await refusal(scope, receive, send)
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1
