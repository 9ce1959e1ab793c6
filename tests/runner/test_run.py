"""The runner, on throw-away notebooks that need no model."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest

from helpers.data import settings
from helpers.runner import outputs, readme, run
from helpers.stages import pipeline, profiles, workspace
from helpers.system import files

STAGE = """
from helpers.stages import workspace
run = workspace.start("{stage}", PROFILE, TASK, SEED)
{body}
run.path("out.txt").write_text("{stage}")
stage = run.finish()
"""

FACTS = {"language": "en", "domain": "film reviews", "examples": []}  # of a manifest


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


def describe(folder: Path, needs: dict[str, str], **fields: dict[str, str]) -> None:
    """Write `pipeline.toml` for pages of the core, and READMEs with places for what is made."""
    entries = [
        f"""[core.{stem}]\ntitle = "{stem}"\npromise = "p"\nneeds = [{before}]\nleaves = "l"
minutes = 1\nmemory = 0.1\nin_readme = true\n{fields.get(f"_{stem[:2]}", "")}\n"""
        for stem, before in needs.items()
    ]
    head = '[groups]\ncore = "one story"\nexamples = "to be copied"\n'
    (folder / "pipeline.toml").write_text("\n".join([head, *entries]))
    places = ("map", "notebooks", "results", "tasks")
    text = "\n".join(f"<!-- {name}:begin -->\n<!-- {name}:end -->" for name in places)
    (folder / "README.md").write_text(text)
    (folder.parent / "README.md").write_text(text)


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "01_one")
    write(folder, "02_two", 'first = run.open("01_one")')
    describe(folder, {"01_one": "", "02_two": '"01"'})
    return folder


def command(notebooks, *options):
    words = [sys.executable, "-m", "helpers.runner", "--profile", "smoke"]
    return [*words, "--notebooks", str(notebooks), *options]


def start(notebooks, *options, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run(
        command(notebooks, *options), capture_output=True, text=True, env=environment
    )


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
    assert "the seed changed" in start(notebooks, "--list", "--seed", "1").stdout


def test_only_a_size_that_a_page_read_makes_it_old(notebooks, home):
    write(notebooks, "01_one", "rows, counts = run.profile.train_rows, run.profile.label_counts")
    assert start(notebooks, "--pages", "01").returncode == 0
    page = pipeline.load(notebooks)["01_one"]

    def asked(**sizes):
        return run.Request([page], replace(profiles.load("smoke"), **sizes), "imdb", 0)

    assert run.out_of_date(page, asked()) is None
    assert run.out_of_date(page, asked(width=1, feedback_counts=(1,))) is None
    assert run.out_of_date(page, asked(train_rows=1)) == "train_rows of the profile changed"
    changed = run.out_of_date(page, asked(label_counts=(1,)))
    assert changed == "label_counts of the profile changed"


def test_pages_are_chosen_and_what_is_missing_is_one_line(notebooks):
    alone = start(notebooks, "--pages", "02")
    assert alone.returncode == 2 and "Traceback" not in alone.stdout + alone.stderr
    line = alone.stdout.strip()
    assert line.startswith("error: Not made yet (task imdb, profile smoke): 01_one. In a terminal:")
    assert "\n" not in line and ("--upto 01 --profile smoke" in line or "UPTO=01" in line)
    assert start(notebooks, "--upto", "1").returncode == 0
    listed = start(notebooks, "--upto", "02", "--list").stdout.splitlines()
    assert listed == ["01_one: up to date", "02_two: not made yet"]
    done = start(notebooks, "--from", "02")
    assert done.returncode == 0 and "01_one" not in done.stdout
    assert "There is no page '07'" in start(notebooks, "--pages", "07").stdout
    assert "The group examples has no pages yet" in start(notebooks, "--pages", "examples").stdout
    assert "smoke, laptop, gpu" in start(notebooks, "--profile", "huge").stdout


def test_an_example_works_on_data_of_its_own(notebooks, home, tmp_path):
    (notebooks / "examples").mkdir()
    body = "run.metrics['headline'] = f'found in {run.task}, {run.protocol}'"
    write(notebooks / "examples", "sorting", body)
    entry = """[examples.sorting]\ntitle = "Sorting"\npromise = "p"\nleaves = "l"
minutes = 1\nmemory = 0.1\n"""
    with open(notebooks / "pipeline.toml", "a") as file:
        file.write(entry)
    done = start(notebooks, "--pages", "all", "--task", "imdb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (home / "artifacts/smoke/packaged/sorting/out.txt").exists()
    assert (home / "artifacts/smoke/imdb/02_two/out.txt").exists()
    assert "Sorting: found in packaged, packaged" in done.stdout
    assert "sorting: up to date" in start(notebooks, "--list", "--pages", "sorting").stdout
    online = start(notebooks, "--pages", "examples", "--task", "online")
    assert "found in online, online" in online.stdout
    assert "There is no task 'online'" in start(notebooks, "--task", "online").stdout
    file = tmp_path / "mine.csv"
    file.write_text("text,label\n")
    own = start(notebooks, "--pages", "sorting", "--task", str(file))
    assert f"found in {file}, own" in own.stdout
    assert "There is no file" in start(notebooks, "--pages", "sorting", "--task", "no.csv").stdout


def test_a_page_that_opens_what_it_did_not_name_fails_in_one_line(notebooks):
    describe(notebooks, {"02_two": ""})
    failed = start(notebooks)
    assert failed.returncode == 1 and "code cell" not in failed.stdout
    assert "02_two.ipynb: Not made yet (task imdb, profile smoke): 01_one." in failed.stdout


def test_a_failure_names_notebook_cell_and_error_and_keeps_the_page(notebooks, home):
    write(notebooks, "02_two", "raise ValueError('broken on purpose')")
    failed = start(notebooks)
    assert failed.returncode == 1
    for part in ("02_two.ipynb", "code cell [", "ValueError: broken on purpose", "run.path("):
        assert part in failed.stdout
    executed = home / "artifacts/smoke/imdb/executed/02_two.ipynb"
    assert "broken on purpose" in executed.read_text()
    assert not (home / "artifacts/smoke/imdb/02_two").exists()


MEET = """
import os, pathlib, time
here = pathlib.Path({folder!r})
(here / "{own}").touch()
while not (here / "{other}").exists():
    time.sleep(0.05)
assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
"""


def test_pages_that_need_not_each_other_run_side_by_side(notebooks, home, tmp_path):
    for stem, other in (("02_two", "03"), ("03_three", "02")):
        write(notebooks, stem, MEET.format(folder=str(tmp_path), own=stem[:2], other=other))
    needs = {"01_one": "", "02_two": '"01"', "03_three": '"01"'}
    describe(notebooks, needs, _02="threads = 1", _03="threads = 1")
    done = start(notebooks, "--workers", "2")
    assert done.returncode == 0, done.stdout  # each waited for the other
    assert "3 pages: up to 2 pages at once" in done.stdout
    notes = json.loads((home / "artifacts/smoke/imdb/run.json").read_text())
    assert notes["runs"]["core"]["workers"] == 2
    assert notes["runs"]["core"]["peak_bytes"] > max(
        notes["pages"][stem]["peak_bytes"] for stem in ("02_two", "03_three")
    )


def test_a_failure_lets_the_page_beside_it_end_and_starts_no_other(notebooks, home, tmp_path):
    failed = tmp_path / "home/artifacts/smoke/imdb/executed/02_two.error.txt"
    write(notebooks, "02_two", "raise ValueError('broken on purpose')")
    wait = (
        f"import pathlib, time\nwhile not pathlib.Path({str(failed)!r}).exists(): time.sleep(0.01)"
    )
    write(notebooks, "03_three", f"{wait}\ntime.sleep(2)")
    write(notebooks, "04_four")
    needs = {"02_two": "", "03_three": "", "04_four": ""}
    describe(notebooks, needs, _02="threads = 1", _03="threads = 1")
    said = start(notebooks, "--workers", "2").stdout
    assert "02_two: failed; waiting for 03_three" in said and "03_three: done" in said
    assert "broken on purpose" in said and "04_four" not in said
    assert (home / "artifacts/smoke/imdb/03_three/stage.json").exists()


def children(process_id: int) -> list[psutil.Process]:
    return psutil.Process(process_id).children(recursive=True)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("ignored", [False, True])
def test_an_interruption_loses_only_the_notebook_at_work(notebooks, home, how, ignored):
    waiting = home / "waiting"
    home.mkdir()
    write(
        notebooks,
        "02_two",
        f"import time, pathlib; pathlib.Path({str(waiting)!r}).touch(); time.sleep(600)",
    )
    words = command(notebooks)
    if ignored:  # as under nohup, cron and in the background of a script
        words = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *words]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    while not waiting.exists():
        assert process.poll() is None
        time.sleep(0.1)
    below = children(process.pid)
    process.send_signal(how)
    said = process.communicate(timeout=60)[0]
    if how == signal.SIGINT:
        assert process.returncode == 130 and "The same command goes on from here" in said
    assert psutil.wait_procs(below, timeout=60)[1] == []  # nobody is left behind
    assert not (home / "artifacts/smoke/imdb/02_two").exists()
    write(notebooks, "02_two")
    resumed = start(notebooks)
    assert resumed.returncode == 0 and "01_one: up to date" in resumed.stdout


ROW = """
row = {{"model": "m", "stage": "{stem}", "protocol": "local", "accuracy": 0.5, "interval": [0, 1],
       "n": 10, "bytes": 1, "latency_us": None, "train_seconds": None, "seed": 0, "bundle": None}}
run.results.append(row)
run.protocol = "local"
run.metrics["headline"] = "half"
from helpers.stages import claims
claims.check(run, "accuracy", 0.5, at_least={bound}, on="smoke/local")
"""


def test_outputs_for_committing_are_clean(notebooks, home):
    write(notebooks, "01_one", ROW.format(stem="01_one", bound=0.5))
    assert start(notebooks).returncode == 0
    assert outputs.publish("smoke", "imdb", notebooks) == 2
    page = nbformat.read(notebooks / "01_one.ipynb", as_version=4)
    text = json.dumps(page)
    assert str(home) not in text and "papermill" not in text and "injected" not in text
    assert "secret path" in text
    record = json.loads((notebooks / "outputs.json").read_text())
    assert record["01_one"]["profile"] == "smoke"
    results = json.loads((notebooks / "results.json").read_text())
    assert [row["model"] for row in results["rows"]] == ["m"] and "core" in results["run"]["runs"]
    assert "| 50.0 |" in (notebooks.parent / "README.md").read_text()
    write(notebooks, "01_one", "x = 2")
    with pytest.raises(outputs.OutputsError, match="was changed since it ran"):
        outputs.publish("smoke", "imdb", notebooks)
    assert outputs.publish("smoke", "imdb", notebooks, "02") == 1
    assert json.loads((notebooks / "results.json").read_text())["rows"] == results["rows"]


def test_rows_of_another_task_stand_in_the_readme(notebooks, home):
    write(notebooks, "01_one", ROW.format(stem="01_one", bound=0.5))
    assert start(notebooks).returncode == 0
    outputs.publish("smoke", "imdb", notebooks)
    with pytest.raises(workspace.MissingStageError):
        outputs.publish_task("intents", "smoke", notebooks)
    for i, stem in enumerate(outputs.TASK_STAGES):
        made = workspace.start(stem, "smoke", "intents", 0)
        row = {"stage": stem, "protocol": "templates", "interval": [0, 1], "n": 10, "seed": 0}
        row |= {"accuracy": 0.25 + i / 4, "macro_f1": 0.1, "bytes": 1, "classes": 42}
        row |= {"majority": 0.1, "bundle": None}
        made.results += [{**row, "model": name} for name in ("main", "soup of two")]
        made.metrics["manifest"] = {"domain": "orders to a home"}
        pair = {"model": "main", "against": "soup of two", "points": 0.5, "holm": 0.3}
        pair["verdict"] = "no measurable difference"
        made.metrics["tests"] = [pair, {**pair, "against": "other"}]
        made.finish()
    assert outputs.publish_task("intents", "smoke", notebooks) == len(outputs.TASK_STAGES)
    text = (notebooks.parent / "README.md").read_text()
    assert "**`TASK=intents`**: orders to a home, 42 classes; protocol `templates`" in text
    assert "always the largest class: 10.0 %" in text
    assert "| 75.0 |" in text and "| soup" not in text  # a table for a glance, not all rows
    assert "main against soup of two +0.5 points, p = 0.3" in text and "other" not in text
    outputs.publish("smoke", "imdb", notebooks)  # the notebooks' own task leaves it there
    assert (notebooks.parent / "README.md").read_text() == text
    with pytest.raises(outputs.OutputsError, match="no built-in task"):
        outputs.publish_task("mail.csv", "smoke", notebooks)


def test_a_missed_claim_is_told_at_the_end_and_keeps_outputs_from_being_published(notebooks):
    write(notebooks, "01_one", ROW.format(stem="01_one", bound=0.6))
    done = start(notebooks)
    assert done.returncode == 0
    assert "A claim of the text missed in 01_one: accuracy" in done.stdout
    with pytest.raises(outputs.OutputsError, match=r"claims missed\. 01_one: accuracy"):
        outputs.publish("smoke", "imdb", notebooks)
    strict = start(notebooks, "--force", CLAIMS="strict")
    assert strict.returncode == 1 and "accuracy: 0.5 (at least 0.6: missed by 0.1)" in strict.stdout


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("UNLABELED", "more.txt"),
        ("TEXT_COLUMN", "body"),
        ("LABEL_COLUMN", "y"),
        ("GROUP_COLUMN", "author"),
        ("ENCODING", "cp1252"),
    ],
)
def test_another_setting_of_the_data_is_noticed(home, tmp_path, monkeypatch, setting, value):
    table, more = tmp_path / "mail.csv", tmp_path / "more.txt"
    table.write_text("text,label\n")
    more.write_text("a text\n")
    manifest = {"digest": "d", "settings": settings.task_settings(str(table)), **FACTS}
    files.write_json(settings.data_folder(str(table)) / "manifest.json", manifest)
    assert settings.prepared_digest(str(table)) == "d"
    monkeypatch.setenv(setting, str(more) if value == "more.txt" else value)
    assert settings.prepared_digest(str(table)) is None
    monkeypatch.delenv(setting)
    assert settings.prepared_digest(str(table)) == "d"
    table.write_text("text,label\nchanged,1\n")
    assert settings.prepared_digest(str(table)) is None


@pytest.mark.parametrize(
    ("prepared", "asked", "current"),
    [
        ("package", "", True),
        ("package", "package", True),
        ("package", "hub", False),
        ("hub", "hub", True),
        ("hub", "", False),
    ],
)
def test_another_source_is_noticed(home, monkeypatch, prepared, asked, current):
    made_from = settings.task_settings("imdb", source=prepared)
    manifest = {"digest": "d", "settings": made_from, "source_kind": prepared, **FACTS}
    files.write_json(home / "data/imdb/manifest.json", manifest)
    monkeypatch.setenv("SOURCE", asked)
    assert (settings.prepared_digest("imdb") == "d") is current


def test_data_of_an_earlier_version_is_prepared_again(home):
    """It does not say in which language its texts are, which cards and pages want to know."""
    made_from = settings.task_settings("imdb")
    for facts, digest in ((FACTS, "d"), ({}, None)):
        manifest = {"digest": "d", "settings": made_from, "source_kind": "package", **facts}
        files.write_json(home / "data/imdb/manifest.json", manifest)
        assert settings.prepared_digest("imdb") == digest


@pytest.mark.parametrize(
    ("made", "asked", "why"),
    [
        (None, "balanced", "CLASS_WEIGHTS changed"),
        ([1.0, 2.0], "", "CLASS_WEIGHTS changed"),
        ([1.0, 2.0], "balanced", None),
    ],
)
def test_other_class_weights_are_noticed_and_the_data_is_told(
    notebooks, home, monkeypatch, made, asked, why
):
    body = f"""run.metrics["classes"] = {{"weights": {made}}}
run.metrics["manifest"] = {{"report": ["mail.csv: 9 rows read, 8 kept"]}}"""
    write(notebooks, "01_one", body)
    assert "  mail.csv: 9 rows read, 8 kept" in start(notebooks, "--pages", "01").stdout
    monkeypatch.setenv("CLASS_WEIGHTS", asked)
    page = pipeline.load(notebooks)["01_one"]
    assert run.out_of_date(page, run.Request([page], profiles.load("smoke"), "imdb", 0)) == why


def test_text_between_markers(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb\n")
    readme.update_between_markers(path, "t", "new")
    assert path.read_text() == "a\n<!-- t:begin -->\nnew\n<!-- t:end -->\nb\n"
    for name in ("other", "t"):
        with pytest.raises(ValueError, match="needs the lines"):
            readme.update_between_markers(path, name, "new")
        path.write_text(path.read_text() * 2)
    assert workspace.root() != Path.cwd()
