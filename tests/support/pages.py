"""Pages executed by the runner in the smoke profile, in a workspace of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat

from helpers.stages import tasks

# what `claims.check` prints: a claim speaks about one profile, so here most of them are silent
CLAIM = re.compile(
    r"^.+: \S+ \((?:at least|at most|equals) .+: (?:holds|not met.+|missed.+)\)\n?", re.M
)


def execute(home: Path, task: str, pages: str) -> subprocess.CompletedProcess:
    """Return the runner's answer, after it executed pages of a task in a workspace of their own."""
    environment = {**os.environ, "SLM_HOME": str(home), "SOURCE": "package", "TASK": task}
    for name in ("HF_TOKEN", "HF_ENDPOINT", "PUBLISH"):  # no test reaches anybody's account
        environment.pop(name, None)
    command = [sys.executable, "-m", "helpers.runner", "--profile", "smoke", "--pages", pages]
    # one page at a time: the other core has the other tests
    done = subprocess.run(
        [*command, "--workers", "1", "--seed", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    folder = home / "artifacts" / "smoke" / tasks.task_name(task)
    done.home, done.environment, done.executed = home, environment, folder / "executed"
    return done


def shown(cell: nbformat.NotebookNode) -> set[str]:
    """Return the kinds of what a cell shows; claims don't count."""
    kinds = set()
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                kinds.add(f"stderr: {output.text}")
            elif CLAIM.sub("", output.text).strip():
                kinds.add("printed")
        elif output.output_type == "error":
            kinds.add(f"error: {output.ename}")
        elif "image/png" in output.data:
            kinds.add("picture")
        else:
            kinds.add("table" if "<table" in output.data.get("text/html", "") else "value")
    return kinds


def cells(path: Path) -> list[tuple[str, set[str], bool]]:
    """Return source, kinds of output and whether it needs all rows, of each code cell of a page."""
    return [
        (cell.source, shown(cell), "whole-data" in cell.metadata.get("tags", []))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


def differences(executed: Path, page: Path) -> dict[str, str]:
    """Return by source which cells of a page show other kinds of things than committed.

    A cell tagged `whole-data` asks a question of all the packaged rows, so of few it may only say
    so.
    """
    found, committed = cells(executed), cells(page)
    assert [source for source, *_ in found] == [source for source, *_ in committed]
    return {
        source: f"committed {sorted(before)}, executed {sorted(now)}"
        for (source, now, _), (_, before, whole) in zip(found, committed, strict=True)
        if now != before and not (whole and now <= {"printed"})
    }
