"""The pages' file: what it may say, and which pages words choose."""

import sys
from pathlib import Path

import pytest

from helpers.stages import pipeline

ENTRY = 'title = "t"\npromise = "p"\nneeds = [{needs}]\nleaves = "l"\nminutes = 1\nmemory = 1\n'
GROUPS = '[groups]\ncore = "a story"\nstudies = "questions"\nexamples = "to copy"\n'


def load(folder, *entries):
    text = "\n".join(f"[{name}]\n{ENTRY.format(needs=needs)}" for name, needs in entries)
    (folder / "pipeline.toml").write_text(GROUPS + text)
    return pipeline.load(folder)


@pytest.fixture
def pages(tmp_path):
    return load(
        tmp_path,
        ("core.01_a", ""),
        ("core.02_b", '"01"'),
        ("core.03_c", '"01", "02"'),
        ("core.04_d", '"01"'),
        ("studies.21_e", '"03"'),
    )


def test_the_group_says_where_a_page_lies(pages, tmp_path):
    assert pages["02_b"].path == tmp_path / "02_b.ipynb"
    assert pages["21_e"].path == tmp_path / "studies" / "21_e.ipynb"
    assert pages["03_c"].needs == ("01_a", "02_b")


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("core", "01 02 03 04"),
        ("all", "01 02 03 04 21"),
        ("studies,02", "02 21"),
        ("4, 1", "01 04"),
        ("03_c", "03"),
    ],
)
def test_choose(pages, tmp_path, words, numbers):
    chosen = pipeline.choose(pages, words, tmp_path)
    assert [page.number for page in chosen] == numbers.split()


def test_what_pages_need_comes_with_them(pages):
    needed = pipeline.with_needs(pages, [pages["21_e"]])
    assert [page.number for page in needed] == ["01", "02", "03", "21"]
    last = pipeline.last(pages, ["01_a", "02_b", "03_c", "04_d"])
    assert [page.number for page in last] == ["03", "04"]


def test_words_that_choose_nothing(pages, tmp_path):
    with pytest.raises(pipeline.PipelineError, match="examples has no pages yet.*to copy"):
        pipeline.choose(pages, "examples", tmp_path)
    with pytest.raises(pipeline.PipelineError, match="no page '09'.*core, studies, examples"):
        pipeline.choose(pages, "core,09", tmp_path)


def test_entries_that_are_wrong(tmp_path):
    with pytest.raises(pipeline.PipelineError, match="01_a needs 02, and no page before it"):
        load(tmp_path, ("core.01_a", '"02"'), ("core.02_b", ""))
    pipeline.load.cache_clear()
    (tmp_path / "pipeline.toml").write_text(f'{GROUPS}[core.01_a]\ntitle = "t"\ncolor = 1\n')
    with pytest.raises(pipeline.PipelineError, match=r"core\.01_a.*color"):
        pipeline.load(tmp_path)


@pytest.mark.parametrize("place", [pipeline.CHECKOUT, Path("/")])
def test_the_command_that_makes_stages_works_where_it_is_typed(monkeypatch, place):
    monkeypatch.chdir(place)
    monkeypatch.setattr(pipeline.shutil, "which", lambda name: "/usr/bin/make")
    monkeypatch.setattr(sys, "prefix", str(pipeline.CHECKOUT / ".venv"))
    command = pipeline.command_for(["01_corpus", "05_distillation"], "laptop", "my mail.csv")
    where = "" if place == pipeline.CHECKOUT else f"-C {pipeline.CHECKOUT} "
    assert command == f"make {where}run UPTO=05 'TASK=my mail.csv'"
    monkeypatch.setattr(sys, "prefix", "/another/environment")
    command = pipeline.command_for(["01_corpus"], "smoke", "imdb")
    assert f"{sys.executable} -m helpers.runner --upto 01 --profile smoke" in command
    assert command.startswith("cd ") == (place != pipeline.CHECKOUT)
