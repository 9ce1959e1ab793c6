"""What page 9 teaches is what the helpers do: the page's own definitions beside theirs."""

import numpy as np
import pytest
from scipy import sparse

from helpers.bundle import ngram_table
from helpers.learning import baselines
from helpers.predictor import hashing
from tests.support.on_page import definitions

PAGE = "09_ladder.ipynb"


@pytest.fixture(scope="module")
def generator():
    return np.random.default_rng(0)


def test_hash_words():
    on_page = definitions(PAGE, "RADIX", "hash_words")["hash_words"]
    for text in ("Not bad, not bad at all!", "It's GREAT!<br />10/10", "naïve ünder", "", " \n"):
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


def test_fit_weighted(generator):
    on_page = definitions(PAGE, "fit_weighted")["fit_weighted"]
    counts = sparse.csr_matrix((generator.random((60, 20)) < 0.3).astype("float32"))
    target, weight = generator.choice([0, 1, 0.7], 60), generator.choice([1, 0.3], 60)
    weights, bias = baselines.fit_weighted(counts, target, weight, 0.2)
    ours = on_page(counts, target, weight, 0.2)
    np.testing.assert_array_equal(ours[0], weights)
    assert ours[1] == bias


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
    np.testing.assert_allclose(expected[0], coded.logits([hashes[0, :400]]), rtol=1e-5)
