"""Running an application: from a thread of this process, or until it is interrupted."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from helpers.web.loopback import MOST_CONNECTIONS, in_url, listen


def _uvicorn(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what a caller says of its own address is not believed
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config)


def address(host: str, listener: socket.socket) -> str:
    """Return the address of a server that was asked to listen at `host`."""
    return f"http://{in_url(host)}:{listener.getsockname()[1]}"


def run(app: FastAPI, listener: socket.socket) -> None:
    """Serve an application until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        _uvicorn(app).run([listener])


@contextlib.contextmanager
def running(
    app: FastAPI, *, host: str = "127.0.0.1", port: int = 0, listener: socket.socket | None = None
) -> Iterator[str]:
    """Serve an application from a thread of this process; yield its address.

    At the end requests in flight are answered and the thread is gone.

    Args:
        app: the application.
        host: where it listens; as a rule this machine only.
        port: 0 takes a free one.
        listener: a socket that listens already, at `host`.

    Raises OSError when the port is taken, RuntimeError when the application cannot start.
    """
    listener = listener or listen(host, port)
    server = _uvicorn(app)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server did not start; its message is above.")
            time.sleep(0.01)
        yield address(host, listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
