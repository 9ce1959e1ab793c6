"""Shrinking the classic text CNN: what should change nothing changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.data.classes import Classes
from helpers.learning import models
from helpers.studies import shrinking
from helpers.text import tokenization

WORDS, SEQ_LEN = 30, 20
THREE = Classes(("a", "b", "c"))
VOCABULARY = ["", "[UNK]", *(f"word{i}" for i in range(2, WORDS))]


@pytest.fixture
def classifier():
    model = models.build_text_cnn(WORDS, SEQ_LEN, THREE, width=8, filters=12)
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.fixture
def weights(classifier):
    return shrinking.read_weights(classifier)


@pytest.fixture
def token_ids():
    return np.random.default_rng(1).integers(0, WORDS, (16, SEQ_LEN)).astype("int32")


def answers(weights, token_ids):
    return shrinking.answers(shrinking.build(weights, SEQ_LEN, THREE), token_ids, batch=5)[0]


def test_rebuilt_network_answers_as_before(classifier, weights, token_ids):
    expected = classifier.predict(token_ids, verbose=0)
    np.testing.assert_allclose(answers(weights, token_ids), expected, rtol=1e-5)
    assert weights.parameters == classifier.count_params()


def test_fold_at_full_rank_changes_nothing(weights, token_ids):
    _, _, patterns = np.linalg.svd(weights.table, full_matrices=False)
    folded = replace(
        weights,
        table=weights.table @ patterns.T,
        conv_kernel=np.einsum("rd,jdf->jrf", patterns, weights.conv_kernel),
    )
    np.testing.assert_allclose(
        answers(folded, token_ids), answers(weights, token_ids), rtol=1e-3, atol=1e-3
    )


def test_texts_of_kept_words_get_the_same_answer(weights):
    ids = np.array([0, 1, 3, 4, 9, 20])
    large = tokenization.word_tokenizer(VOCABULARY, SEQ_LEN)
    small = shrinking.keep_words(large, ids)
    texts = ["word9 word3, word20!", "Word4 <br /> word4 word3"]
    kept = replace(weights, table=weights.table[ids])
    np.testing.assert_array_equal(
        answers(kept, tokenization.encode(small, texts)),
        answers(weights, tokenization.encode(large, texts)),
    )
    assert tokenization.encode(small, ["word5 word9"])[0, :3].tolist() == [1, 4, 0]


def test_words_to_keep_begin_with_padding_and_unknown():
    tokenizer = tokenization.word_tokenizer(VOCABULARY, SEQ_LEN)
    with pytest.raises(ValueError, match="padding"):
        shrinking.keep_words(tokenizer, np.array([3, 4]))


def test_rows_with_word_counts_rows_not_words():
    assert shrinking.rows_with_word(np.array([[2, 2, 0], [2, 3, 3]]), 5).tolist() == [1, 0, 2, 1, 0]


def test_filters_that_say_nothing_are_cut_without_a_trace(weights, token_ids):
    silent = np.array([1, 5, 6])
    kernel, bias = weights.conv_kernel.copy(), weights.conv_bias.copy()
    kernel[:, :, silent], bias[silent] = 0, 0
    weights = replace(weights, conv_kernel=kernel, conv_bias=bias)
    chosen = np.setdiff1d(np.arange(12), silent)
    cut = shrinking.keep_filters(weights, chosen, np.zeros(12, "float32"))
    assert cut.conv_kernel.shape == (5, 8, 9) and cut.hidden_kernel.shape == (9, 64)
    np.testing.assert_allclose(answers(cut, token_ids), answers(weights, token_ids), rtol=1e-4)


def test_constant_units_move_into_the_next_bias(weights, token_ids):
    kernel, bias = weights.hidden_kernel.copy(), weights.hidden_bias.copy()
    kernel[:, 0], bias[0] = 0, 2.5  # this unit always gives 2.5
    weights = replace(weights, hidden_kernel=kernel, hidden_bias=bias)
    cut = shrinking.keep_hidden(weights, np.arange(1, 64), np.full(64, 2.5, "float32"))
    np.testing.assert_allclose(answers(cut, token_ids), answers(weights, token_ids), rtol=1e-4)


def test_multiply_adds_of_the_classic():
    model = models.build_text_cnn(10_000, 500, Classes(("no", "yes")))
    weights = shrinking.read_weights(model)
    assert shrinking.multiply_adds(weights, 500) == 496 * 5 * 128 * 128 + 128 * 64 + 64 * 2
