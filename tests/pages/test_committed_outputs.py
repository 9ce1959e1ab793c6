"""What the committed pages, chapters and solutions show is clean, and says nothing of a machine."""

import re
from pathlib import Path

import nbformat
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    path
    for folder in ("course", "notebooks")
    for path in (CHECKOUT / folder).rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def notebook(request):
    made = nbformat.read(request.param, as_version=4)
    nbformat.validate(made)
    return made


def test_outputs_are_there_and_clean(notebook):
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert outputs
    assert not [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]


def test_nothing_names_a_place_of_a_machine(notebook):
    assert not re.search(r"/(home|root|tmp|Users)/\w", nbformat.writes(notebook))


CHAPTERS = [path for path in NOTEBOOKS if path.parts[-2] == "course"]


@pytest.mark.parametrize("notebook", CHAPTERS, indirect=True, ids=lambda path: path.stem)
def test_a_picture_of_a_chapter_has_a_text(notebook):
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    pictures = [out for out in outputs if "image/png" in out.get("data", {})]
    assert all(out.metadata["image/png"]["alt"] for out in pictures)
