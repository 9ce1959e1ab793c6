"""Bits of texts, and runs of tokens that stand twice."""

import keras
import numpy as np
import pytest
from keras import ops

from helpers.writer import measuring, spans

TEXTS = [[5, 6, 7, 8, 9, 5, 6], [5], [], [7] * 20]
STREAM = np.concatenate([[0, *text] for text in TEXTS]).astype("int32")


@pytest.mark.parametrize("seq_len", [2, 4, 8, 64])
def test_every_token_is_told_of_once_and_in_order(seq_len):
    read, targets, told = measuring.cut(STREAM, seq_len)
    assert read.shape == targets.shape == told.shape and read.shape[1] == seq_len
    wanted = np.concatenate([[*text, 0] for text in TEXTS])
    np.testing.assert_array_equal(targets[told], wanted)
    np.testing.assert_array_equal(read[told], STREAM)


def test_a_token_is_told_of_where_its_history_is_longer():
    _, _, told = measuring.cut(np.array([0, *range(1, 10)], "int32"), 4)
    assert told.sum(axis=1).tolist() == [4, 2, 2, 2]


def test_bits_are_those_of_the_model():
    ids = keras.Input((None,), dtype="int32")
    logits = ops.one_hot((ids + 1) % 12, 12) * np.log(3.0)  # the next number is 3 of 14
    model = keras.Model(ids, logits)
    p = 2 ** measuring.log2_probability(model, STREAM, 8)
    following = np.append(STREAM[1:], 0)
    np.testing.assert_allclose(p, np.where(following == STREAM + 1, 3, 1) / 14, rtol=1e-5)
    bits = measuring.bits_of_texts(np.log2(p), STREAM)
    assert bits[1] == pytest.approx(2 * np.log2(14), rel=1e-5)
    assert bits.sum() == pytest.approx(-np.log2(p).sum(), rel=1e-5)


def test_the_error_of_a_rate_is_that_of_a_bootstrap():
    rng = np.random.default_rng(0)
    sizes = rng.integers(50, 500, 300)
    bits = 1.7 * sizes + rng.normal(0, 30, 300)
    rate, error = measuring.per_byte(bits, sizes)
    drawn = rng.integers(0, 300, (2000, 300))
    assert rate == pytest.approx(1.7, abs=0.02)
    assert error == pytest.approx((bits[drawn].sum(1) / sizes[drawn].sum(1)).std(), rel=0.1)


def test_equal_spans_have_equal_numbers_and_others_have_not():
    numbers = spans.span_numbers(np.array([1, 2, 3, 4, 9, 1, 2, 3, 4, 8, 2, 1, 3, 4]), doublings=2)
    assert numbers[0] == numbers[5]
    assert len(np.unique(numbers)) == len(numbers) - 1


def test_the_longest_copied_run_is_found():
    rng = np.random.default_rng(0)
    corpus = rng.integers(0, 30_000, 5000).astype("int32")
    ids = rng.integers(0, 30_000, 40).astype("int32")
    ids[3:9], ids[20:31] = corpus[100:106], corpus[4989:]  # up to the last token
    copies = spans.Copies(corpus)
    assert copies.longest(ids) == (20, 11)
    assert copies.longest(corpus[50:60]) == (0, 10)
    assert copies.longest(np.arange(40, dtype="int32")) == (0, 0)
