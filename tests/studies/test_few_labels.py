"""Few labels: samples are balanced and nested, ends are kept, shrinking changes no answer."""

import numpy as np
import pytest

from helpers.learning import models
from helpers.studies import few_labels
from helpers.text import tokenization
from tests.support.on_page import definitions


def test_samples_are_balanced_and_nested():
    labels = np.array([0, 1] * 30)
    large, small = (few_labels.balanced_sample(labels, n, seed=3) for n in (20, 8))
    assert labels[large].mean() == labels[small].mean() == 0.5
    assert len(set(large)) == 20 and np.array_equal(large[:8], small)
    assert not np.array_equal(large, few_labels.balanced_sample(labels, 20, seed=4))
    assert len(few_labels.balanced_sample(labels, 1000, seed=0)) == 60


def test_samples_of_many_classes_are_even():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(9), 10))
    large, small = (few_labels.balanced_sample(labels, n, seed=3) for n in (50, 30))
    assert np.bincount(labels[large]).tolist() == [5] * 9  # 50 are no multiple of 9
    assert np.bincount(labels[small]).tolist() == [3] * 9
    assert np.array_equal(large[:27], small)


def test_rows_of_several_labels_are_drawn_as_they_come():
    labels = np.random.default_rng(0).random((40, 5)) < 0.3
    large, small = (few_labels.balanced_sample(labels, n, seed=3) for n in (20, 8))
    assert len(set(large)) == 20 and np.array_equal(large[:8], small)
    assert sorted(few_labels.balanced_sample(labels, 99, seed=3)) == list(range(40))


def test_ends_are_kept():
    rows = np.array([[1, 2, 3, 4, 5, 6, 7, 0], [1, 2, 3, 0, 0, 0, 0, 0]], "int32")
    assert few_labels.keep_ends(rows, 2, 3).tolist() == [[1, 2, 5, 6, 7], [1, 2, 3, 0, 0]]
    assert few_labels.keep_ends(rows, 4, 6)[:, :8].tolist() == rows.tolist()


def test_ends_of_texts_are_those_of_their_tokens():
    texts = ["A wonderful film,<br />with an end that nobody saw coming!", "Short.", ""]
    tokenizer = tokenization.train_subwords(texts * 2, 60, 64)
    cut = few_labels.ends_of_texts(tokenizer, texts, 2, 3)
    assert cut[1:] == texts[1:] and len(cut[0]) < len(texts[0])
    assert few_labels.ends_of_texts(tokenizer, texts, 40, 40) == texts
    both = [tokenization.encode(tokenizer, some) for some in (texts, cut)]
    assert np.array_equal(few_labels.keep_ends(both[0], 2, 3), both[1][:, :5])


def test_a_shrunk_encoder_answers_the_same():
    shrink = definitions("studies/22_few_labels.ipynb", "shrink")["shrink"]
    encoder = models.build_gated_encoder(50, width=16, blocks=2)
    # embeddings as large as pretrained ones, so that the epsilon of the norm plays no part
    table = np.random.default_rng(0).normal(size=(50, 16)).astype("float32")
    encoder.get_layer("embedding").set_weights([table])
    token_ids = np.array([[5, 6, 7, 8, 0, 0]], "int32")
    before = encoder.predict_on_batch(token_ids)
    after = shrink(encoder, 0.3).predict_on_batch(token_ids)
    assert np.allclose(before, after, atol=0.05)
    assert np.allclose(encoder.get_layer("embedding").get_weights()[0], 0.3 * table)


def test_interval_of_a_mean():
    # t of 4 degrees of freedom at 97.5 % is 2.776; the standard error of 1..5 is 0.7071
    mean, low, high = few_labels.mean_interval([1, 2, 3, 4, 5])
    assert (mean, high - mean) == pytest.approx((3, 1.963), abs=1e-3)
    assert few_labels.mean_interval([2.0]) == (2.0, 2.0, 2.0)
