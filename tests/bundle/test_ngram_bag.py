"""Tables whose slots hold vectors: learned, stored in four bits, and the same in a file."""

import numpy as np
import pytest

from helpers.bundle import ngram_bag, ngram_table, wide_deep
from helpers.data.classes import Classes
from helpers.learning import evaluation
from helpers.predictor import hashing, runtime

TOKENIZER = hashing.HashTokenizer(max_words=12, longest=2, tail=0)
WORDS = ["rain", "snow", "sun"]


@pytest.fixture(scope="module", params=[False, True], ids=["one label", "several"])
def fitted(request):
    classes = Classes(("wet", "cold", "dry"), several=request.param)
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 400)
    noise = [" ".join(f"w{i}" for i in generator.integers(0, 30, 4)) for _ in labels]
    texts = [f"{some} {WORDS[label]}" for some, label in zip(noise, labels, strict=True)]
    if classes.several:
        labels = classes.targets(labels).astype(bool)
    rows = hashing.hash_batch(TOKENIZER, texts)
    hashes, _ = ngram_table.count(rows)
    table = ngram_table.build_table(hashes, 60)
    each = np.ones(len(rows))
    bag = ngram_bag.fit_bag(table, rows, classes.targets(labels), each, classes, width=8)
    return classes, labels, texts, rows, bag


def test_it_learns_and_fits_four_bits(fitted):
    classes, labels, _, rows, bag = fitted
    assert evaluation.accuracy(labels, classes.probabilities(bag.logits(rows))) > 0.95
    assert bag.vectors.dtype == np.int8 and np.abs(bag.vectors).max() == 7


def test_the_file_says_the_same(fitted, tmp_path):
    classes, _, texts, rows, bag = fitted
    path = tmp_path / "bag.tflite"
    activation = classes.activation
    wide_deep.to_litert(bag, TOKENIZER.row_length, path, activation=activation)
    said = runtime.load_litert(path)(hashing.encode_batch(TOKENIZER, [*texts[:20], "", "new"]))
    logits = bag.logits([*rows[:20], *hashing.hash_batch(TOKENIZER, ["", "new"])])
    np.testing.assert_allclose(said, classes.probabilities(logits), atol=1e-4)


def test_saved_and_loaded(fitted, tmp_path):
    *_, rows, bag = fitted
    bag.save(tmp_path / "bag.npz")
    again = ngram_bag.load_bag(tmp_path / "bag.npz")
    np.testing.assert_array_equal(again.logits(rows[:9]), bag.logits(rows[:9]))
