"""Running the application: sockets, the token file, the command line."""

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI

from helpers.feedback.store import FeedbackStore
from helpers.predictor import fetch
from helpers.serving.app import create_app
from helpers.serving.feedback import feedback_router
from helpers.serving.pool import SwitchError
from helpers.stages import workspace
from helpers.web.loopback import (
    MOST_CONNECTIONS,
    TokenError,
    allowed_hosts,
    in_url,
    is_loopback,
    listen,
    load_token,
)


def server_token() -> str:
    """Return the token of the servers of this workspace, made at the first start."""
    return load_token(workspace.root() / "artifacts" / ".server-token")


@contextlib.contextmanager
def running(app: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an application from a thread of this process; yield its address.

    Port 0 takes a free one. At the end requests in flight are answered and the thread is gone.
    Raises OSError when the port is taken.
    """
    listener = listen(host, port)
    server = uvicorn.Server(_settings(app))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server did not start; its message is above.")
            time.sleep(0.01)
        yield f"http://{in_url(host)}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _settings(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what a caller says of its own address is not believed
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=10,
    )


def _take_feedback(app: FastAPI, folder: Path) -> None:
    """Keep what users say of a model in a file of its name, open as long as the process."""
    config = app.state.pool.current.config
    name = quote(str(config["name"]), safe="")  # of a stranger's bundle, perhaps
    store = FeedbackStore(folder / f"{name}.sqlite", config["labels"])
    app.include_router(feedback_router(store))


def main(arguments: list[str] | None = None) -> int:
    """Run the command until it is interrupted; return 0, or 2 when it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m helpers.serving", description=__doc__)
    parser.add_argument("model", help="a bundle folder, or owner/name on a model hub")
    parser.add_argument("--revision", help="the version, such as v1.0")
    parser.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--page", type=Path, help="a folder to show at /app/")
    parser.add_argument("--feedback", type=Path, help="a folder to keep what users say in")
    options = parser.parse_args(arguments)
    local = is_loopback(options.host)
    try:
        _, revision = fetch.locate(options.model, options.revision)
        app = create_app(
            lambda wanted: fetch.locate(options.model, wanted)[0],
            revision,
            token=server_token(),
            workers=max(1, options.workers),
            page=options.page,
            hosts=allowed_hosts(options.host) if local else None,  # a proxy has its own names
        )
        if options.feedback:
            _take_feedback(app, options.feedback)
        listener = listen(options.host, options.port)
    except (fetch.PullError, SwitchError, TokenError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not local:
        print(
            f"Warning: {options.host} can be reached from other machines. Whoever reaches it may "
            "ask, unencrypted. Put a proxy with TLS in front of it.",
            file=sys.stderr,
        )
    name = app.state.pool.current.config["name"]
    port = listener.getsockname()[1]
    print(
        f"{name} {revision} answers at http://{in_url(options.host)}:{port} (Ctrl-C ends it)",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_settings(app)).run([listener])
    return 0
