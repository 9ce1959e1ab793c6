"""Executing one notebook headless: papermill runs it, a thread watches it."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil

from helpers.predictor.quiet import stderr_to


class NotebookError(RuntimeError):
    """A notebook failed; the message names the cell and the error."""


@dataclass
class Watch:
    """What is known of a running notebook: cells done, training progress, peak memory."""

    cells: int
    cells_done: int = 0
    training: dict | None = None
    peak_bytes: int = 0
    seconds: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)


def code_cells(path: Path) -> list[str]:
    """Return the sources of a notebook's code cells, without the one papermill injects."""
    notebook = nbformat.read(path, as_version=4)
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


def notebook_hash(path: Path) -> str:
    """Return a hash of a notebook's code; its text and outputs may change without a new run."""
    return hashlib.sha256(json.dumps(code_cells(path)).encode()).hexdigest()


def execute(
    path: Path,
    output: Path,
    parameters: dict[str, object],
    environment: dict[str, str],
    on_change: Callable[[Watch], None],
) -> Watch:
    """Execute a notebook in a fresh kernel and leave the executed copy at `output`.

    Args:
        path: the notebook; its kernel works in the notebook's folder.
        output: where the executed copy goes. It grows with every cell and is kept on failure.
        parameters: values for the cell tagged `parameters`.
        environment: variables for the kernel.
        on_change: called twice a second with what is known.

    Raises NotebookError when a cell fails.
    """
    # imported here, so that a run with nothing to do does not wait for it
    import papermill

    output.parent.mkdir(parents=True, exist_ok=True)
    progress = output.with_suffix(".progress.json")
    os.environ.update(
        environment,
        SLM_HEADLESS="1",
        SLM_PROGRESS=str(progress),
        SLM_NOTEBOOK_HASH=notebook_hash(path),
    )
    output.unlink(missing_ok=True)
    watch = Watch(cells=len(code_cells(path)))
    watcher = threading.Thread(target=_observe, args=(watch, output, progress, on_change))
    watcher.start()
    begin = time.time()
    try:
        with stderr_to(output.with_suffix(".log")):
            papermill.execute_notebook(
                path,
                output,
                parameters=parameters,
                kernel_name="python3",
                cwd=path.parent,
                progress_bar=False,
                log_output=False,
                start_timeout=180,
            )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(_describe(error, path, output)) from error
    finally:
        watch.seconds = time.time() - begin
        watch.stopped.set()
        watcher.join()
        progress.unlink(missing_ok=True)
    return watch


def _observe(
    watch: Watch, output: Path, progress: Path, on_change: Callable[[Watch], None]
) -> None:
    while not watch.stopped.wait(0.5):
        watch.cells_done = _cells_done(output) or watch.cells_done
        watch.training = _read_json(progress)
        watch.peak_bytes = max(watch.peak_bytes, _children_bytes())
        on_change(watch)


def _cells_done(output: Path) -> int:
    cells = (_read_json(output) or {}).get("cells", [])
    return sum(
        cell["cell_type"] == "code"
        and cell["metadata"].get("papermill", {}).get("status") == "completed"
        for cell in cells
    )


def _read_json(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there yet, or half written
        return None


def _children_bytes() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total


def _describe(error, path: Path, output: Path) -> str:
    if error.ename == "MissingStageError":
        return f"{path.name}: {error.evalue}"
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines()[:12])
    return (
        f"{path.name}, code cell [{error.exec_count}] failed:\n{source}\n"
        f"{error.ename}: {error.evalue}\nThe executed notebook, up to there: {output}"
    )
