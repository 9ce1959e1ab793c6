"""Executing a notebook headless, in a process of its own that ends with the one that started it."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil

CHECKOUT = Path(__file__).resolve().parents[2]


class NotebookError(RuntimeError):
    """A notebook failed; the message names the cell and the error."""


@dataclass
class Watch:
    """What is known of a running notebook: cells done, training progress, memory, seconds."""

    cells: int
    cells_done: int = 0
    training: dict[str, Any] | None = None
    memory: int = 0  # bytes, now
    peak_bytes: int = 0
    seconds: float = 0.0


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


class Job:
    """A notebook that a worker process executes.

    The worker has its own session, so Ctrl-C reaches the runner only. It ends, with its kernel,
    when its standard input closes: when it is stopped, and when the runner is killed.
    """

    def __init__(
        self,
        notebook: Path,
        output: Path,
        parameters: dict[str, object],
        environment: dict[str, str],
    ):
        """Start a worker; see `execute` for the arguments."""
        self.output, self.begin = output.resolve(), time.time()
        self.progress = self.output.with_suffix(".progress.json")
        self.watch = Watch(cells=len(code_cells(notebook)))
        self.output.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.output, _error_file(self.output)):
            path.unlink(missing_ok=True)
        folders = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
        told = {
            "PYTHONPATH": os.pathsep.join(folders),
            "SLM_HEADLESS": "1",
            "SLM_PROGRESS": str(self.progress),
            "SLM_NOTEBOOK_HASH": notebook_hash(notebook),
        }
        with open(self.output.with_suffix(".log"), "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment, **told},
                start_new_session=True,
            )
        order = [str(notebook.resolve()), str(self.output), parameters]
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def ended(self) -> bool:
        """Bring `watch` up to date; say whether the worker has ended."""
        ended, watch = self.process.poll() is not None, self.watch
        watch.seconds = time.time() - self.begin
        watch.cells_done = _cells_done(self.output) or watch.cells_done
        watch.training = _read_json(self.progress)
        watch.memory = _bytes_of_tree(self.process.pid)
        watch.peak_bytes = max(watch.peak_bytes, watch.memory)
        return ended

    def check(self) -> None:
        """Clear up after the worker. Raises NotebookError when a cell failed or the worker died."""
        self.stop()
        error = _error_file(self.output)
        if error.exists():
            message = error.read_text(encoding="utf-8")
            error.unlink()
            raise NotebookError(message)
        if self.process.returncode:
            raise NotebookError(
                f"{self.output.name}: its process ended with {self.process.returncode}. What it "
                f"said last: {self.output.with_suffix('.log')}"
            )

    def stop(self) -> None:
        """End the worker and all that it started, and wait for that."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            end_children(self.process.pid)
            self.process.kill()
            self.process.wait()
        self.progress.unlink(missing_ok=True)


def execute(
    path: Path,
    output: Path,
    parameters: dict[str, object],
    environment: dict[str, str],
    on_change: Callable[[Watch], None] = lambda watch: None,
) -> Watch:
    """Execute a notebook in a fresh kernel and leave the executed copy at `output`.

    Args:
        path: the notebook; its kernel works in the notebook's folder.
        output: where the executed copy goes. It grows with every cell and is kept on failure.
        parameters: values for the cell tagged `parameters`.
        environment: variables for the kernel, beside those of this process.
        on_change: called twice a second with what is known.

    Raises:
        NotebookError: when a cell fails.
    """
    job = Job(path, output, parameters, environment)
    try:
        while not job.ended():
            on_change(job.watch)
            time.sleep(0.5)
        job.check()
    finally:
        job.stop()
    return job.watch


def end_children(process_id: int) -> None:
    """End all that a process started, and what those started, politely at first."""
    try:
        children = psutil.Process(process_id).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.terminate()
    for child in psutil.wait_procs(children, timeout=3)[1]:
        with contextlib.suppress(psutil.Error):
            child.kill()


def _cells_done(output: Path) -> int:
    cells = (_read_json(output) or {}).get("cells", [])
    return sum(
        cell["cell_type"] == "code"
        and "injected-parameters" not in cell["metadata"].get("tags", [])
        and cell["metadata"].get("papermill", {}).get("status") == "completed"
        for cell in cells
    )


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there yet, or half written
        return None


def _bytes_of_tree(process_id: int) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(process_id)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                total += process.memory_info().rss
    return total


def _error_file(output: Path) -> Path:
    return output.with_suffix(".error.txt")


def _work() -> int:
    """Be a worker: execute the notebook that standard input names, until that closes."""
    notebook, output, parameters = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    import papermill  # slow to import

    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=parameters,
            kernel_name="python3",
            cwd=Path(notebook).parent,
            progress_bar=False,
            log_output=False,
            start_timeout=180,
        )
    except papermill.PapermillExecutionError as error:
        message = _describe(error, Path(notebook), Path(output))
    except Exception as error:  # a kernel that died, a page that is no notebook
        message = f"{Path(notebook).name}: {type(error).__name__}: {error}"
    else:
        return 0
    _error_file(Path(output)).write_text(message, encoding="utf-8")
    return 1


def _end_with_the_runner() -> None:
    while os.read(0, 1):
        pass
    end_children(os.getpid())
    os._exit(1)


def _describe(error: Any, notebook: Path, output: Path) -> str:
    if error.ename == "MissingStageError":
        return f"{notebook.name}: {error.evalue}"
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines()[:12])
    return (
        f"{notebook.name}, code cell [{error.exec_count}] failed:\n{source}\n"
        f"{error.ename}: {error.evalue}\nThe executed notebook, up to there: {output}"
    )


if __name__ == "__main__":
    sys.exit(_work())
