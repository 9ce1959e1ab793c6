"""The runner, on throw-away notebooks that need no model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from helpers.runner import outputs, report, run
from helpers.stages import workspace
from helpers.system import files

STAGE = """
from helpers.stages import workspace
run = workspace.start("{stage}", PROFILE, TASK, SEED)
{body}
run.path("out.txt").write_text("{stage}")
stage = run.finish()
"""


def write(folder: Path, stage: str, body: str = "") -> Path:
    parameters = 'import os\nPROFILE, TASK, SEED = "laptop", "imdb", 0'
    cells = [
        nbformat.v4.new_markdown_cell(f"# {stage}"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(STAGE.format(stage=stage, body=body).strip()),
        nbformat.v4.new_code_cell("print('secret path', run.folder)"),
    ]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / f"{stage}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)
    return path


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01_one")
    write(folder, "02_two", 'first = run.open("01_one")')
    return folder


def start(notebooks, *options):
    command = [
        sys.executable,
        "-m",
        "helpers.runner",
        "--profile",
        "smoke",
        "--notebooks",
        notebooks,
    ]
    return subprocess.run(
        [*map(str, command), *options], capture_output=True, text=True, env={**os.environ}
    )


def test_a_page_comes_after_those_whose_stages_it_opens(tmp_path):
    write(tmp_path, "01_one", 'last = run.open("03_three")')
    write(tmp_path, "02_two")
    write(tmp_path, "03_three", 'itself = run.open("03_three"); first = run.open("01_one")')
    ordered = run.in_order(list(tmp_path.glob("*.ipynb")))
    assert [path.stem for path in ordered] == ["03_three", "01_one", "02_two"]


def test_runs_in_order_then_skips_then_sees_what_changed(notebooks, home):
    done = start(notebooks)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.index("01_one: done") < done.stdout.index("02_two: running")
    index = home / "artifacts/smoke/imdb/report/index.html"
    page = (index.parent / "01_one.html").read_text()
    assert index.exists() and 'src="mathjax/MathJax.js' in page
    assert (index.parent / "mathjax/MathJax.js").exists()
    again = start(notebooks)
    assert "01_one: up to date" in again.stdout and "02_two: up to date" in again.stdout

    write(notebooks, "01_one", "x = 1")
    listed = start(notebooks, "--list").stdout
    assert "01_one: the notebook changed" in listed
    (home / "artifacts/smoke/imdb/02_two/out.txt").write_text("shorter or longer")
    assert "02_two: out.txt is not as it was" in start(notebooks, "--list").stdout
    assert "profile or seed changed" in start(notebooks, "--list", "--seed", "1").stdout


def test_only_and_from_and_a_missing_stage(notebooks):
    alone = start(notebooks, "--only", "02")
    assert alone.returncode == 1
    assert "01_one" in alone.stdout and "is not there" in alone.stdout
    assert "Traceback" not in alone.stdout
    assert start(notebooks, "--only", "01").returncode == 0
    assert start(notebooks, "--from", "02").returncode == 0
    assert "No notebook begins with" in start(notebooks, "--only", "07").stderr
    assert "smoke, laptop, gpu" in start(notebooks, "--profile", "huge").stdout


def test_a_failure_names_notebook_cell_and_error_and_keeps_the_page(notebooks, home):
    write(notebooks, "02_two", "raise ValueError('broken on purpose')")
    failed = start(notebooks)
    assert failed.returncode == 1
    for part in ("02_two.ipynb", "code cell [", "ValueError: broken on purpose", "run.path("):
        assert part in failed.stdout
    executed = home / "artifacts/smoke/imdb/executed/02_two.ipynb"
    assert "broken on purpose" in executed.read_text()
    assert not (home / "artifacts/smoke/imdb/02_two").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interruption_loses_only_the_notebook_at_work(notebooks, home, how):
    waiting = home / "waiting"
    home.mkdir()
    write(
        notebooks,
        "02_two",
        f"import time, pathlib; pathlib.Path({str(waiting)!r}).touch(); time.sleep(600)",
    )
    command = [
        sys.executable,
        "-m",
        "helpers.runner",
        "--profile",
        "smoke",
        "--notebooks",
        notebooks,
    ]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    while not waiting.exists():
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(how)
    said = process.communicate(timeout=60)[0]
    if how == signal.SIGINT:
        assert process.returncode == 130 and "The same command goes on from here" in said
    assert not (home / "artifacts/smoke/imdb/02_two").exists()
    write(notebooks, "02_two")
    resumed = start(notebooks)
    assert resumed.returncode == 0 and "01_one: up to date" in resumed.stdout


def test_outputs_for_committing_are_clean(notebooks, home):
    assert start(notebooks).returncode == 0
    assert outputs.publish("smoke", "imdb", notebooks) == 2
    page = nbformat.read(notebooks / "01_one.ipynb", as_version=4)
    text = json.dumps(page)
    assert str(home) not in text and "papermill" not in text and "injected" not in text
    assert "secret path" in text
    record = json.loads((notebooks / "outputs.json").read_text())
    assert record["01_one"]["profile"] == "smoke"
    write(notebooks, "01_one", "x = 2")
    with pytest.raises(outputs.OutputsError, match="was changed since it ran"):
        outputs.publish("smoke", "imdb", notebooks)


def test_a_new_unlabeled_file_or_column_prepares_the_data_again(home, tmp_path, monkeypatch):
    table = tmp_path / "mail.csv"
    table.write_text("text,label\n")
    more = tmp_path / "more.txt"
    more.write_text("a text\n")
    settings = {"file": files.file_digest(table), "columns": ["text", "label"]}
    manifest = {"digest": "d", "settings": {**settings, "unlabeled": None}}
    files.write_json(home / "data/mail/manifest.json", manifest)
    assert run.data_digest(str(table)) == "d"
    monkeypatch.setenv("UNLABELED", str(more))
    assert run.data_digest(str(table)) is None
    monkeypatch.delenv("UNLABELED")
    monkeypatch.setenv("TEXT_COLUMN", "body")
    assert run.data_digest(str(table)) is None
    monkeypatch.delenv("TEXT_COLUMN")
    table.write_text("text,label\nchanged,1\n")
    assert run.data_digest(str(table)) is None


def test_choose():
    paths = [Path(f"{name}.ipynb") for name in ("01_a", "02_b", "03_c")]
    assert run.choose(paths, None, None) == paths
    assert run.choose(paths, "02", None) == paths[1:]
    assert run.choose(paths, None, "02_b") == [paths[1]]


def test_text_between_markers(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n")
    report.update_between_markers(path, "t", "new")
    assert path.read_text() == "a\n<!-- t:begin -->\nnew\n<!-- t:end -->\nb\n"
    with pytest.raises(ValueError, match="needs the lines"):
        report.update_between_markers(path, "other", "new")
    assert workspace.root() != Path.cwd()
