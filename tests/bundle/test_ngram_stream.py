"""Weights from a file of hashes: the same n-grams as in memory, and as good a model."""

from functools import partial

import numpy as np
import pytest

from helpers.bundle import ngram_stream, ngram_table
from helpers.data.classes import Classes
from helpers.learning import baselines
from helpers.predictor import hashing

TOKENIZER = hashing.HashTokenizer(max_words=20, tail=0)


def texts_of(classes, count, seed=0):
    """Make texts of ten words, of which three are likelier in their class, and their labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    words = generator.integers(0, 300, (count, 10))
    told = generator.random((count, 3)) < 0.5
    words[:, :3] = np.where(told, 300 + labels[:, None], words[:, :3])
    return [" ".join(f"w{word}" for word in row) for row in words], labels


def file_of(texts, tmp_path):
    batches = [texts[:7], [], texts[7:]]
    return ngram_stream.hash_to_file(batches, TOKENIZER, tmp_path / "hashes.bin")


def test_the_file_holds_the_rows(tmp_path, monkeypatch):
    texts, _ = texts_of(2, 50)
    file, rows = file_of(texts, tmp_path), hashing.hash_batch(TOKENIZER, texts)
    for begin, end in ((0, 50), (0, 1), (3, 9), (49, 50)):
        read = file.rows(begin, end)
        assert len(read) == end - begin
        assert all(map(np.array_equal, read, rows[begin:end]))
    monkeypatch.setattr(ngram_stream, "AT_ONCE", 13)
    assert np.array_equal(np.concatenate([*file.pieces()]), np.concatenate(rows))


def test_frequent_ngrams_are_those_counted_in_memory(tmp_path, monkeypatch):
    texts, _ = texts_of(2, 400)
    monkeypatch.setattr(ngram_stream, "AT_ONCE", 1000)
    file, rows = file_of(texts, tmp_path), hashing.hash_batch(TOKENIZER, texts)
    exact, counts = ngram_table.count(rows)
    found = ngram_stream.frequent(file)
    assert set(exact) <= set(found) and len(found) < 1.01 * len(exact)
    times = np.asarray(counts.sum(axis=0)).ravel()
    few = ngram_stream.frequent(file, most=50)
    assert 50 <= len(few) < 100 and set(exact[times > np.sort(times)[-50]]) <= set(few)


@pytest.mark.parametrize("k", [2, 4])
def test_weights_are_as_good_as_those_fitted_in_memory(tmp_path, k):
    classes = Classes(tuple("abcd"[:k]))
    texts, labels = texts_of(k, 3000)
    rows = hashing.hash_batch(TOKENIZER, texts)
    found, counts = ngram_table.count(rows[:2000])
    targets = classes.asked(classes.targets(labels[:2000]))
    weights, biases = baselines.fit_weighted(counts, targets, np.ones(2000))
    file = file_of(texts[:2000], tmp_path)
    features = partial(ngram_table.features, hashes=found)
    streamed, streamed_biases, times = ngram_stream.fit_weighted(
        file, labels[:2000], classes, features
    )
    assert np.array_equal(times, np.asarray(counts.sum(axis=0)).ravel())
    x, right = features(rows[2000:]), []
    for w, b in ((weights, biases), (streamed, streamed_biases)):
        right.append((classes.logits_of_answers(x @ w + b).argmax(axis=1) == labels[2000:]).mean())
    assert right[1] > right[0] - 0.02 and right[0] > 0.8


@pytest.mark.parametrize("k", [2, 3])
def test_a_table_is_fitted_from_a_file(tmp_path, k):
    classes = Classes(tuple("abc"[:k]))
    texts, labels = texts_of(k, 1500)
    table = ngram_stream.fit_table(file_of(texts[:1200], tmp_path), labels[:1200], classes, 300)
    logits = table.logits(hashing.hash_batch(TOKENIZER, texts[1200:]))
    assert logits.shape == (300, k) and (logits.argmax(axis=1) == labels[1200:]).mean() > 0.8
