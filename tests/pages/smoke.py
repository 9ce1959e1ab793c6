"""Every page, executed once in the smoke profile and compared with the committed one.

The profile proves that a page runs, not that a model learns: so a cell must show what the committed
cell shows by kind (text, a table, a picture), not by value. A cell tagged `whole-data` asks a
question of all the packaged rows, so here it may only say so. `make test` names this file; on its
own: `python -m pytest tests/pages/smoke.py`.
"""

import shutil
import subprocess
import sys

import pytest

from helpers.stages import pipeline
from tests.support.pages import differences, execute

GROUPS = "core,writer,studies"
PAGES = pipeline.choose(pipeline.load(), GROUPS)
# Same seed, same numbers: executed a second time, each kind of training for the sake of the others.
REPEATED = {
    "03_pretraining": "hides words at random and trains on unlabeled text",
    "05_distillation": "trains on labels and on a teacher's answers, in shuffled batches",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What became of all pages on the film reviews."""
    return execute(tmp_path_factory.mktemp("smoke"), "imdb", GROUPS)


def test_the_run_ends_well(run):
    assert run.returncode == 0, run.stdout[-4000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_the_committed_one_shows(run, page):
    executed = run.executed / page.path.name
    assert executed.exists(), "an earlier page failed"
    assert differences(executed, page.path) == {}, executed


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
