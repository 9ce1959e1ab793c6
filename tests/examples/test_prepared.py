"""The data of examples: made once, again when code or file change, refused when altered."""

import sys
import types

import pandas as pd
import pytest

from helpers.data.task_data import CorruptDataError
from helpers.examples import prepared
from helpers.stages import workspace
from helpers.stages.errors import DataError, FileError

FACTS = {"source": "s", "license": "l", "citation": "c", "split_rule": "r", "report": ["3 read"]}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A page's data module that counts how often it was asked."""
    made = types.ModuleType("helpers.examples.tiny")
    made.__file__, made.asked = str(tmp_path / "tiny.py"), []
    (tmp_path / "tiny.py").write_text("rule = 1")

    def tables(source):
        made.asked.append(source)
        return {"train": pd.DataFrame({"text": [str(source)]})}, dict(FACTS)

    made.packaged = lambda: tables("packaged")
    made.online = lambda: tables("online")
    made.own = lambda path: tables(path.read_text())
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def load(task):
    return prepared.load(workspace.start("tiny", "smoke", task, 0))


def test_made_once_for_each_source(module, capsys):
    for task in ("packaged", "online", "packaged"):
        tables, manifest = load(task)
        assert tables["train"]["text"].tolist() == [task]
    assert module.asked == ["packaged", "online"]
    assert manifest["files"]["train"]["rows"] == 1 and manifest["license"] == "l"
    assert capsys.readouterr().out == "3 read\n" * 3


def test_made_again_when_code_or_file_change(module, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("one")
    run = workspace.start("tiny", "smoke", str(path), 0)
    prepared.load(run)
    assert len(run.parameters["file"]) == 64 and run.protocol == "own"
    path.write_text("two")
    assert load(str(path))[0]["train"]["text"].tolist() == ["two"]
    (tmp_path / "tiny.py").write_text("rule = 2")
    load(str(path))
    assert module.asked == ["one", "two", "two"]


def test_a_file_that_is_read_beside_counts_too(module, tmp_path):
    path, beside = tmp_path / "mine.csv", tmp_path / "items.csv"
    module.files = lambda path: [beside] if beside.exists() else []
    path.write_text("one")
    for text in ("", "a", "b", "b"):
        if text:
            beside.write_text(text)
        load(str(path))
    assert module.asked == ["one"] * 3
    del module.own
    with pytest.raises(DataError, match="data_scripts/prepare.py"):
        load(str(path))


def test_an_altered_table_is_refused(module, home):
    load("packaged")
    pd.DataFrame({"text": ["other"]}).to_parquet(home / "data/tiny/packaged/train.parquet")
    with pytest.raises(CorruptDataError, match="Delete that folder"):
        load("packaged")
    with pytest.raises(FileError, match="There is no file"):
        load("missing.csv")
