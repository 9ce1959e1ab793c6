"""The data of examples: made once, again when code or file change, refused when altered."""

import importlib
import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import pandas as pd
import pytest

from helpers.data import online
from helpers.data.task_data import CorruptDataError
from helpers.examples import prepared
from helpers.runner import run as runner
from helpers.stages import pipeline, profiles, workspace
from helpers.stages.errors import DataError, FileError
from helpers.system.files import file_digest

FACTS = {"source": "s", "license": "l", "citation": "c", "split_rule": "r", "report": ["3 read"]}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A page's data module that counts how often it was asked."""
    made = module_from_spec(ModuleSpec("helpers.examples.tiny", None))
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


@pytest.mark.parametrize("as_module", [True, False], ids=["a module", "a name of it"])
def test_made_again_when_a_module_that_the_page_imports_changes(
    module, tmp_path, monkeypatch, as_module
):
    words = module_from_spec(ModuleSpec("helpers.examples.tiny_words", None))
    words.__file__ = str(tmp_path / "tiny_words.py")
    monkeypatch.setitem(sys.modules, words.__name__, words)
    if as_module:
        module.tiny_words = words
    else:  # as constants are imported, which do not tell where they are from
        Path(module.__file__).write_text("from helpers.examples.tiny_words import WORDS\n")
    for text in ("WORDS = 1", "WORDS = 1", "WORDS = 2"):
        Path(words.__file__).write_text(text)
        load("packaged")
    assert module.asked == ["packaged"] * 2


def test_made_again_by_other_tools(module):
    made_with = ["", "", "espeak-ng 1.51", "espeak-ng 1.52", "espeak-ng 1.52"]
    module.tools = lambda: made_with[0]
    while made_with:
        load("packaged")
        made_with.pop(0)
    assert module.asked == ["packaged"] * 3
    module.tools = lambda: pytest.fail("they make only what is packaged")
    load("online")


def test_made_again_when_another_encoding_is_told(module, tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    path.write_text("one")
    for encoding in ("", "cp1252", "cp1252", "cp1250"):
        monkeypatch.setenv("ENCODING", encoding)
        load(str(path))
    assert module.asked == ["one"] * 3


def test_the_runner_notices_what_made_the_data(module, tmp_path, monkeypatch):
    path, beside = tmp_path / "mine.csv", tmp_path / "items.csv"
    path.write_text("one")
    beside.write_text("a")
    module.files, module.tools = lambda path: [beside], lambda: ""
    monkeypatch.setenv("SLM_NOTEBOOK_HASH", "of the page")
    monkeypatch.setattr(runner, "notebook_hash", lambda path: "of the page")
    page = replace(pipeline.load()["recommendation"], stem="tiny")

    def why(task):
        return runner.out_of_date(page, runner.Request([page], profiles.load("smoke"), task, 0))

    for task in (str(path), "packaged"):
        made = workspace.start("tiny", "smoke", task, 0)
        prepared.load(made)
        made.finish()
        assert why(task) is None
    module.tools = lambda: "espeak-ng 1.51"
    assert why("packaged") == "the tools changed" and why(str(path)) is None
    beside.write_text("b")
    assert why(str(path)) == "the file changed"
    beside.write_text("a")
    monkeypatch.setenv("ENCODING", "cp1252")
    assert why(str(path)) == "the encoding changed"


def test_a_page_without_a_module_reads_one_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("one")
    for page in ("01_corpus", "your_own_task"):
        assert prepared.made_from(page, str(path))["file"] == file_digest(path)


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


@pytest.mark.parametrize(
    ("page", "dataset", "config"),
    [
        ("entities", "unimelb-nlp/wikiann", "zh"),
        ("medical_answers", "qiaojin/PubMedQA", "pqa_labeled"),
    ],
)
def test_the_hub_is_asked_for_the_configuration(page, dataset, config, monkeypatch):
    module, asked = importlib.import_module(f"helpers.examples.{page}"), []
    monkeypatch.delenv("SLM_DATA_MIRROR", raising=False)
    monkeypatch.setattr(online, "hub_answers", lambda: True)
    monkeypatch.setattr(online, "load_dataset", lambda *what: asked.append(what) or {})
    with pytest.raises(DataError, match=f"did not give .*{dataset}.*TASK"):
        module.online()
    assert asked == [(dataset, config)]
