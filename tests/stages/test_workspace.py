"""Stages and claims: written whole, checked when opened, told where they are made for."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.stages import claims, profiles, workspace
from helpers.system import files


def make(stage="01_corpus", content="hello", inputs=()):
    run = workspace.start(stage, "smoke", "imdb", 0)
    run.protocol = "local"
    for name in inputs:
        run.open(name)
    run.path("file.txt").write_text(content)
    return run.finish()


def test_a_stage_is_invisible_until_finished():
    run = workspace.start("01_corpus", "smoke", "imdb", 0)
    run.path("folder/file.txt").write_text("half")
    with pytest.raises(workspace.MissingStageError):
        workspace.open_stage("smoke", "imdb", "01_corpus")
    run.finish()
    stage = workspace.open_stage("smoke", "imdb", "01_corpus")
    assert stage.path("folder/file.txt").read_text() == "half"


def test_a_missing_stage_is_one_line_with_all_that_is_missing_and_a_command():
    make("01_corpus")
    with pytest.raises(workspace.MissingStageError) as missing:
        workspace.start("08_export", "smoke", "imdb", 0).open("04_finetuning")
    (line,) = missing.value._render_traceback_()
    assert line.startswith("MissingStageError: Not made yet (task imdb, profile smoke): 04_fine")
    assert ": 04_finetuning, 05_distillation. In a terminal: " in line
    assert ("UPTO=05 PROFILE=smoke" in line) or ("--upto 05 --profile smoke" in line)
    with pytest.raises(workspace.MissingStageError, match="Run the page that makes it"):
        workspace.open_stage("smoke", "imdb", "my_page")


def test_a_stage_records_the_sizes_that_it_read():
    run = workspace.start("01_corpus", "smoke", "imdb", 0)
    assert (run.profile.train_rows, run.profile.name) == (600, "smoke")
    assert run.finish().record["profile_values"] == {"train_rows": 600}


@pytest.mark.parametrize("damage", ["hellO", "hello and more", None])
def test_corrupted_stage(damage):
    path = make().path("file.txt")
    path.unlink() if damage is None else path.write_text(damage)
    with pytest.raises(workspace.CorruptStageError, match=r"file\.txt.*Make the stage again"):
        workspace.open_stage("smoke", "imdb", "01_corpus")


def test_stale_stage_warns():
    make("01_corpus")
    make("02_tokenizer", inputs=["01_corpus"])
    workspace.open_stage("smoke", "imdb", "02_tokenizer")
    make("01_corpus", content="changed")
    with pytest.warns(workspace.StaleStageWarning, match="older 01_corpus"):
        workspace.open_stage("smoke", "imdb", "02_tokenizer")


def test_a_killed_writer_leaves_the_old_stage(home):
    make(content="old")
    code = (
        "from helpers.stages import workspace; import os\n"
        "run = workspace.start('01_corpus', 'smoke', 'imdb', 0)\n"
        "run.path('file.txt').write_text('new'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    assert workspace.open_stage("smoke", "imdb", "01_corpus").path("file.txt").read_text() == "old"


def test_checkpoints_outlive_an_interruption_but_not_other_settings():
    first = workspace.start("03_pretraining", "smoke", "imdb", 0, rate=0.2)
    (first.checkpoints / "weights").write_text("w")
    again = workspace.start("03_pretraining", "smoke", "imdb", 0, rate=0.2)
    assert (again.checkpoints / "weights").exists()
    other = workspace.start("03_pretraining", "smoke", "imdb", 0, rate=0.3)
    assert not (other.checkpoints / "weights").exists()


def test_checkpoints_are_dropped_when_an_input_was_made_again():
    make("01_corpus", content="old")
    first = workspace.start("03_pretraining", "smoke", "imdb", 0)
    first.open("01_corpus")
    (first.checkpoints / "weights").write_text("w")
    make("01_corpus", content="new")
    again = workspace.start("03_pretraining", "smoke", "imdb", 0)
    assert (again.checkpoints / "weights").exists()
    again.open("01_corpus")
    assert not (again.checkpoints / "weights").exists()


def test_unknown_file_and_unknown_profile():
    with pytest.raises(workspace.WorkspaceError, match=r"It holds: file\.txt"):
        make().path("other.txt")
    with pytest.raises(profiles.UnknownProfileError, match="smoke, laptop, gpu"):
        workspace.start("01_corpus", "huge", "imdb", 0)


def test_results_are_gathered_in_stage_order():
    for stage in ("02_b", "01_a"):
        run = workspace.start(stage, "smoke", "imdb", 0)
        run.results.append({"model": stage})
        run.finish()
    rows = json.loads((workspace.task_folder("smoke", "imdb") / "results.json").read_text())
    assert [row["model"] for row in rows] == ["01_a", "02_b"]


@pytest.fixture
def ours():
    """A stage of the run that claims on smoke/local are about."""
    run = workspace.start("01_corpus", "smoke", "imdb", 0)
    run.protocol = "local"
    return run


@pytest.mark.parametrize(
    ("value", "bounds", "line"),
    [
        (0.905, {"at_least": 0.9}, "0.905 (at least 0.9: holds)"),
        (0.89, {"at_least": 0.9}, "0.89 (at least 0.9: missed by 0.01; read on)"),
        (0.91, {"at_most": np.float32(0.9)}, "0.91 (at most 0.9: missed by 0.01; read on)"),
        (
            0.89,
            {"at_least": 0.9, "se": 0.005},
            "0.89 (at least 0.9, give or take 2 x 0.005: not met, but within noise)",
        ),
        (
            0.88,
            {"at_least": 0.9, "se": 0.005},
            "0.88 (at least 0.9, give or take 2 x 0.005: missed by 0.01; read on)",
        ),
        (0.71, {"equals": 0.7, "within": 0.02}, "0.71 (equals 0.7 within 0.02: holds)"),
        (1, {"equals": 0}, "1 (equals 0: missed by 1; read on)"),
        (float("nan"), {"at_least": 0.9}, "nan (at least 0.9: missed by nan; read on)"),
    ],
)
def test_a_claim_says_its_bounds_and_how_far_it_missed(ours, capsys, value, bounds, line):
    claims.check(ours, "accuracy", value, on="smoke/local", **bounds)
    assert capsys.readouterr().out == f"accuracy: {line}\n"
    assert ours.claims[-1]["holds"] is ("missed" not in line)
    assert claims.missed(ours.claims) == ([] if "missed" not in line else ["accuracy"])


def test_a_claim_about_another_run_is_recorded_and_says_nothing(ours, capsys, monkeypatch):
    monkeypatch.setenv("CLAIMS", "strict")
    claims.check(ours, "accuracy", 0.5, at_least=0.9)
    ours.protocol = "own"
    claims.check(ours, "accuracy", 0.5, at_least=0.9, on="smoke/local")
    assert [claim["holds"] for claim in ours.claims] == [False, False]
    assert claims.missed(ours.claims) == [] and capsys.readouterr().out == ""
    ours.seed = 1
    claims.check(ours, "same ids", 1, equals=1, on="any")
    assert capsys.readouterr().out == "same ids: 1 (equals 1: holds)\n"


def test_a_missed_claim_stops_only_when_asked_to(ours, capsys, monkeypatch):
    monkeypatch.delenv("CLAIMS", raising=False)
    claims.check(ours, "accuracy", 0.5, at_least=0.9, on="smoke/local")
    claims.check(ours, "same ids", 0, equals=1, on="any")
    monkeypatch.setenv("CLAIMS", "strict")
    with pytest.raises(claims.ClaimError, match=r"accuracy: 0.5 \(at least 0.9: missed by 0.4\)"):
        claims.check(ours, "accuracy", 0.5, at_least=0.9, on="smoke/local")
    with pytest.raises(claims.ClaimError):
        claims.check(ours, "same ids", float("nan"), equals=1, on="any")
    ours.seed = 1  # the published run has seed 0
    claims.check(ours, "accuracy", 0.5, at_least=0.9, on="smoke/local")
    assert "missed by 0.4; read on" in capsys.readouterr().out


def test_a_claim_needs_a_bound_and_a_standard_error_that_is_one(ours):
    with pytest.raises(ValueError, match="no bound"):
        claims.check(ours, "accuracy", 0.5)
    with pytest.raises(ValueError, match="0 or more"):
        claims.check(ours, "accuracy", 0.5, at_least=0.4, se=float("nan"))


def test_only_files_are_written_over(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, 1)
    files.write_json(path, {"é": 2})
    assert json.loads(path.read_text(encoding="utf-8")) == {"é": 2}
    os.mkfifo(tmp_path / "pipe")  # like a device, nothing to rename a file over
    with pytest.raises(FileExistsError, match="is no file"):
        files.write_json(tmp_path / "pipe", 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pipe", "value.json"]
