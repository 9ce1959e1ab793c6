"""Every page, executed once in the smoke profile and compared with the committed one.

The profile proves that a page runs, not that a model learns: so a cell must show what the committed
cell shows by kind (text, a table, a picture), not by value. A cell tagged `whole-data` asks a
question of all the packaged rows, so here it may only say so. `make test` names this file; on its
own: `python -m pytest tests/pages/smoke.py`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers.stages import pipeline, tasks

PAGES = list(pipeline.load().values())
# Same seed, same numbers: executed a second time, each kind of training for the sake of the others.
REPEATED = {
    "03_pretraining": "hides words at random and trains on unlabeled text",
    "05_distillation": "trains on labels and on a teacher's answers, in shuffled batches",
}
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


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What became of all pages on the film reviews."""
    return execute(tmp_path_factory.mktemp("smoke"), "imdb", "all")


def several_labels(folder: Path) -> str:
    """Write a file of made sentences with any of three labels, in Arabic letters, too."""
    rng = np.random.default_rng(0)
    words = {
        "late": ["متأخر", "slow", "waited"],
        "cold": ["بارد", "icy"],
        "rude": ["وقح", "shouted"],
    }
    lines = []
    for i in range(900):
        labels = [name for name in words if rng.random() < 0.4]
        told = [str(rng.choice(words[name])) for name in labels]
        noise = [f"word{n}" for n in rng.integers(0, 60, 5)]
        text = " ".join(rng.permutation([*told, *noise, f"no{i}"]).tolist())
        lines.append(json.dumps({"text": text, "label": labels}, ensure_ascii=False))
    path = folder / "complaints.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


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


def test_the_run_ends_well(run):
    assert run.returncode == 0, run.stdout[-4000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_the_committed_one_shows(run, page):
    executed = run.executed / page.path.name
    assert executed.exists(), "an earlier page failed"
    found, committed = cells(executed), cells(page.path)
    assert [source for source, *_ in found] == [source for source, *_ in committed]
    different = {
        source: f"committed {sorted(before)}, executed {sorted(now)}"
        for (source, now, _), (_, before, whole) in zip(found, committed, strict=True)
        if now != before and not (whole and now <= {"printed"})
    }
    assert different == {}, executed


@pytest.mark.parametrize(
    "task",
    ["chinese-reviews", "intents", several_labels],
    ids=["Chinese", "forty intents", "several labels"],
)
def test_the_core_runs_on_other_tasks(task, tmp_path):
    """Another language, many classes, and several labels a text: from the file to its feedback."""
    name = task(tmp_path) if callable(task) else task
    done = execute(tmp_path, name, "core")
    assert done.returncode == 0, done.stdout[-4000:]
    rows = json.loads((done.executed.parent / "results.json").read_text(encoding="utf-8"))
    found = {row["model"]: row for row in rows}
    baseline, main = found["n-gram baseline"], found["main"]
    assert main["macro_f1"] > max(0.3, baseline["macro_f1"] - 0.15), (main, baseline)
    assert not [line for line in done.stdout.splitlines() if "missed" in line], done.stdout


@pytest.mark.parametrize("name", REPEATED)
def test_a_page_repeats_digit_for_digit(run, name, tmp_path):
    assert run.returncode == 0, "an earlier page failed"
    # in a copy: a stage made again is newer than those that were made from it
    home = shutil.copytree(run.home, tmp_path / "home")
    executed = home / run.executed.relative_to(run.home)
    compare = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval"]
    compare += ["--nbval-current-env", "--nbval-sanitize-with", "tests/nbval.cfg"]
    threads = pipeline.load()[name].threads
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    again = subprocess.run(
        [*compare, executed / f"{name}.ipynb"],
        cwd=pipeline.CHECKOUT,
        env={
            **run.environment,
            "SLM_HOME": str(home),
            "PYTHONPATH": str(pipeline.CHECKOUT),
            **(dict.fromkeys(names, str(threads)) if threads else {}),
        },
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stdout[-4000:]
