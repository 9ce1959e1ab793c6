"""The copy of the pages that readers work in."""

import json
from pathlib import Path

import pytest

from helpers.show import lab


def write_page(path: Path, *cells: str, **metadata: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {"cells": [{"source": [cell]} for cell in cells], "metadata": metadata}
    path.write_text(json.dumps(notebook))


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    write_page(folder / "notebooks/01_corpus.ipynb", "one")
    write_page(folder / "course/01_why.ipynb", "...")
    (folder / "README.md").write_text("read me")
    return folder


def test_pages_are_copied_once_with_their_folders(checkout, tmp_path):
    work = tmp_path / "work"
    assert lab.copy_pages(checkout, work) == []
    assert (work / "notebooks/01_corpus.ipynb").exists() and (work / "README.md").exists()
    before = (work / "course/01_why.ipynb").stat().st_mtime_ns
    assert lab.copy_pages(checkout, work) == []
    assert (work / "course/01_why.ipynb").stat().st_mtime_ns == before


def test_a_page_only_opened_is_brought_up_to_date(checkout, tmp_path):
    work = tmp_path / "work"
    lab.copy_pages(checkout, work)
    write_page(work / "notebooks/01_corpus.ipynb", "one", kernelspec="as JupyterLab writes it")
    write_page(checkout / "notebooks/01_corpus.ipynb", "two")
    assert lab.copy_pages(checkout, work) == []
    assert "two" in (work / "notebooks/01_corpus.ipynb").read_text()


def test_answers_of_a_reader_are_never_overwritten(checkout, tmp_path):
    work = tmp_path / "work"
    lab.copy_pages(checkout, work)
    answered = work / "course/01_why.ipynb"
    write_page(answered, "my answer")
    assert lab.copy_pages(checkout, work) == []
    write_page(checkout / "course/01_why.ipynb", "... and more")
    assert lab.copy_pages(checkout, work) == [work / "course/01_why.new.ipynb"]
    assert "my answer" in answered.read_text()
    assert "and more" in (work / "course/01_why.new.ipynb").read_text()
    assert lab.copy_pages(checkout, work) == []  # said once


def test_a_page_that_is_no_json_is_kept(checkout, tmp_path):
    work = tmp_path / "work"
    lab.copy_pages(checkout, work)
    (work / "notebooks/01_corpus.ipynb").write_text("{ torn")
    write_page(checkout / "notebooks/01_corpus.ipynb", "two")
    assert [path.name for path in lab.copy_pages(checkout, work)] == ["01_corpus.new.ipynb"]
    assert (work / "notebooks/01_corpus.ipynb").read_text() == "{ torn"


def test_widgets_are_saved_with_the_page():
    assert lab.SETTINGS["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}
