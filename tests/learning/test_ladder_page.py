"""What page 9 teaches is what the helpers do: the page's own definitions beside theirs."""

import numpy as np
import pytest
from scipy import sparse

from helpers.bundle import ngram_table
from helpers.data.classes import Classes
from helpers.learning import baselines, evaluation
from helpers.predictor import hashing
from tests.support.on_page import definitions

PAGE = "09_ladder.ipynb"


@pytest.fixture(scope="module")
def generator():
    return np.random.default_rng(0)


def test_hash_words():
    names = ("RADIX", "SIMPLE", "split_words", "hash_words")
    on_page = definitions(PAGE, *names)["hash_words"]
    for text in (
        "Not bad, not bad at all!", "It's GREAT!<br />10/10", "naïve ünder", "", " \n",
        "“Great” … and ‘so’ on", "Όχι κακό ΟΔΟΣ", "неПЛОХО!", "हिन्दी में", "תַּנַ״ךְ",
    ):  # fmt: skip
        assert on_page(text) == hashing.hash_words(text).tolist()


def test_build_table(generator):
    on_page = definitions(PAGE, "build_table")["build_table"]
    ranked = generator.integers(1, 2**31, 3000).astype("int32")
    expected = ngram_table.build_table(ranked, 300).fingerprints
    np.testing.assert_array_equal(on_page(ranked, 300).fingerprints, expected)


def test_code_weights(generator):
    on_page = definitions(PAGE, "code_weights")["code_weights"]
    weights, importance = generator.normal(size=400), generator.integers(1, 9, 400)
    for ours, theirs in zip(
        on_page(weights, importance), ngram_table.code_weights(weights, importance), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("k", [2, 3])
def test_fit_weighted(generator, k):
    defined = definitions(PAGE, "fit_question", "fit_weighted")
    classes = Classes(tuple("abc"[:k]))
    defined["fit_weighted"].__globals__["classes"] = classes
    counts = sparse.csr_matrix((generator.random((60, 20)) < 0.3).astype("float32"))
    targets = classes.targets(generator.integers(0, k, 60))
    targets[:20] = 0.7 * targets[:20] + 0.3 / k  # unsure
    weight = generator.choice([1, 0.3], 60)
    weights, biases = baselines.fit_weighted(counts, classes.asked(targets), weight, 0.2)
    ours = defined["fit_weighted"](counts, targets, weight, 0.2)
    assert weights.shape == (20, classes.questions)
    np.testing.assert_allclose(ours[0], weights, rtol=1e-6)
    np.testing.assert_array_equal(ours[1], biases)


def test_ngram_logit(generator):
    on_page = definitions(PAGE, "ngram_logit")["ngram_logit"]
    hashes = generator.integers(1, 2**31, (1, 500)).astype("int32")
    hashes[0, 400:] = 0  # padding
    table = ngram_table.build_table(hashes[0, :200], 60)
    codes = generator.integers(0, 16, table.size).astype("int32")
    coded = ngram_table.CodedTable(table, codes, generator.normal(size=16).astype("float32"), 0.0)
    values = np.r_[coded.codebook, 0.0].astype("float32")
    expected = ngram_table.ngram_logit(hashes, coded.entries(), values).numpy()
    np.testing.assert_array_equal(on_page(hashes, coded.entries(), values).numpy(), expected)
    sides = coded.logits([hashes[0, :400]])
    np.testing.assert_allclose(expected[0], sides[:, 1] - sides[:, 0], rtol=1e-5)


def test_tempered_losses(generator):
    on_page = definitions(PAGE, "tempered_losses")["tempered_losses"]
    labels, logits = generator.integers(0, 3, 300), generator.normal(size=(300, 3))
    ours, theirs = on_page(labels, logits), evaluation.tempered_losses(labels, logits)
    np.testing.assert_array_equal(ours, theirs)
