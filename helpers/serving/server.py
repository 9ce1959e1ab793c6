"""The command that serves a bundle, and the token file of the servers of this workspace."""

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI

from helpers.feedback.store import FeedbackStore
from helpers.predictor import fetch
from helpers.serving.app import create_app
from helpers.serving.feedback_routes import feedback_router
from helpers.serving.versions import SwitchError
from helpers.stages import workspace
from helpers.web.loopback import TokenError, allowed_hosts, is_loopback, listen, load_token
from helpers.web.running import address, run


def server_token() -> str:
    """Return the token of the servers of this workspace, made at the first start."""
    return load_token(workspace.root() / "artifacts" / ".server-token")


def _take_feedback(app: FastAPI, folder: Path) -> None:
    """Keep what users say of a model in a file of its name, open as long as the process."""
    config = app.state.pool.current.config
    name = quote(str(config["name"]), safe="")  # of a stranger's bundle, perhaps
    functions = getattr(app.state.pool.serving, "functions", ())
    labels = [each["function"]["name"] for each in functions] or config.get("labels")
    if not labels:
        print("Feedback is kept of labels and of calls; this model has neither.", file=sys.stderr)
        return
    several = config.get("several", False)
    store = FeedbackStore(folder / f"{name}.sqlite", tuple(labels), several, functions)
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
        _, revision = fetch.locate(options.model, options.revision, format="litert")
        app = create_app(
            lambda wanted: fetch.locate(options.model, wanted, format="litert")[0],
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
    url = address(options.host, listener)
    print(f"{name} {revision} answers at {url} (Ctrl-C ends it)", flush=True)
    run(app, listener)
    return 0
