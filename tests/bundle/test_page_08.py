"""Page 8 defines the export it teaches; the helper that later pages use does the same."""

from pathlib import Path

import keras
import nbformat
import pytest
import tensorflow as tf

from helpers.bundle import export
from helpers.data.classes import Classes
from helpers.learning import models, training

PAGE = Path(__file__).resolve().parents[2] / "notebooks" / "08_export.ipynb"


@pytest.mark.parametrize("eight_bits", [False, True])
@pytest.mark.parametrize(
    "classes",
    [Classes(("no", "yes")), Classes(("a", "b", "c"), several=True)],
    ids=["2", "several"],
)
def test_the_page_writes_the_file_that_the_helper_writes(classes, eight_bits, tmp_path):
    cells = nbformat.read(PAGE, as_version=4).cells
    (source,) = (cell.source for cell in cells if "def to_litert(" in cell.source)
    page = {"keras": keras, "tf": tf, "export": export}
    exec(source, page)
    training.set_seed(0)
    model = models.with_probability(models.build_text_cnn(300, 24, classes, width=8))
    ours = page["to_litert"](model, tmp_path / "page.tflite", 24, eight_bits)
    precision = "int8" if eight_bits else "float32"
    theirs = export.to_litert(model, tmp_path / "helper.tflite", 24, precision)
    assert ours.read_bytes() == theirs.read_bytes()
