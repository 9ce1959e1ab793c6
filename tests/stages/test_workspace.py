"""Stages and claims: written whole, checked when opened, asserted where they are made for."""

import json
import os
import subprocess
import sys

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


def test_missing_stage_says_what_to_run():
    with pytest.raises(workspace.MissingStageError, match=r"notebooks/02_tokenizer.*--only 02_tok"):
        workspace.open_stage("smoke", "imdb", "02_tokenizer")


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


def test_claims_are_asserted_where_they_are_made_for(capsys, monkeypatch):
    run = workspace.start("01_corpus", "smoke", "imdb", 0)
    run.protocol = "local"
    claims.check(run, "accuracy", 0.5, at_least=0.9, on="laptop/local")
    assert run.claims[-1]["asserted"] is False and run.claims[-1]["holds"] is False
    claims.check(run, "accuracy", 0.905, equals=0.9, within=0.01, on="any")
    with pytest.raises(claims.ClaimError, match=r"measured 0\.5, but the text says at least 0\.9"):
        claims.check(run, "accuracy", 0.5, at_least=0.9, on="smoke/local")
    other = workspace.start("01_corpus", "smoke", "imdb", 1)
    other.protocol = "local"
    claims.check(other, "accuracy", 0.5, at_least=0.9, on="smoke/local")  # another seed
    monkeypatch.delenv("SLM_PROGRESS")
    claims.check(run, "accuracy", 0.5, at_least=0.9, on="smoke/local")  # by hand
    assert "does not hold, claimed for smoke/local" in capsys.readouterr().out
    with pytest.raises(claims.ClaimError):
        claims.check(run, "not a number", float("nan"), at_least=0.9, on="any")
    with pytest.raises(ValueError, match="no bound"):
        claims.check(run, "accuracy", 0.5)


def test_only_files_are_written_over(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, 1)
    files.write_json(path, {"é": 2})
    assert json.loads(path.read_text(encoding="utf-8")) == {"é": 2}
    os.mkfifo(tmp_path / "pipe")  # like a device, nothing to rename a file over
    with pytest.raises(FileExistsError, match="is no file"):
        files.write_json(tmp_path / "pipe", 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pipe", "value.json"]
