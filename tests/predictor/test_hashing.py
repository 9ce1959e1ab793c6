"""The tokenizer without a vocabulary, in Python and JavaScript, and the table it feeds."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.bundle import ngram_table
from helpers.data import imdb
from helpers.predictor import hashing, runtime

AWKWARD = [
    "",
    " \n\t",
    "a",
    "A b",
    "It's GREAT!!<br /><br />Ünder — x",
    "İ ß 😀 \ud800x",
    "x" * 20_000,
]


@pytest.fixture(scope="module")
def reviews():
    return imdb.packaged_reviews()["text"].tolist()[::250]


def slow_hash(word: bytes) -> int:
    return sum(byte * hashing.RADIX**i for i, byte in enumerate(word)) % 2**32


def test_words_are_runs_of_letters_and_single_marks():
    words = hashing.hash_words("It's GREAT!<br />Ünder")
    expected = [b"it's", b"great", b"!", "Ünder".encode()]
    assert words.tolist() == [slow_hash(word.replace(b"U", b"u")) for word in expected]


def test_word_hash_does_not_depend_on_its_place():
    assert hashing.hash_words("bad")[0] == hashing.hash_words("so very, very bad")[-1]


def test_each_ngram_counts_once_and_the_last_words_again():
    plain = hashing.HashTokenizer(max_words=10, tail=0).encode("a b a b")
    assert np.count_nonzero(plain) == 2 + 2 + 2  # a, b; ab, ba; aba, bab
    tail = hashing.HashTokenizer(max_words=10, tail=2).encode("a b a b")
    assert np.count_nonzero(tail) == 6 + 3  # and a, b, ab among the last two
    assert set(plain[plain > 0]) < set(tail[tail > 0])


def test_the_end_of_a_long_text_is_read():
    tokenizer = hashing.HashTokenizer(max_words=5, tail=2)
    first, second = (tokenizer.encode("so it goes on and on and " + end) for end in ("up", "down"))
    assert (first != second).any()


def test_rows_have_one_length_and_survive_saving(tmp_path, reviews):
    tokenizer = hashing.HashTokenizer(max_words=50, with_words=True)
    tokenizer.save(tmp_path / "hash.json")
    loaded = hashing.load(tmp_path / "hash.json")
    rows = hashing.encode_batch(loaded, [*reviews[:5], *AWKWARD])
    assert rows.shape == (5 + len(AWKWARD), tokenizer.row_length) and rows.dtype == np.int32
    assert (rows >= 0).all()
    assert (rows == hashing.encode_batch(tokenizer, [*reviews[:5], *AWKWARD])).all()


def test_javascript_gives_the_same_rows(tmp_path):
    node = shutil.which("node")
    if node is None:
        # Node.js is no Python package, so requirements.txt cannot bring it to every machine
        pytest.skip("Node.js is not installed: the JavaScript tokenizer cannot be compared")
    texts = [*imdb.packaged_reviews()["text"].tolist()[::25], *AWKWARD]  # a thousand and some
    settings = {"max_words": 300, "longest": 3, "tail": 80, "with_words": True}
    shutil.copy(Path(hashing.__file__).with_suffix(".js"), tmp_path / "hashing.mjs")
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    (tmp_path / "main.mjs").write_text(
        "import { encode } from './hashing.mjs';\n"
        "import { readFileSync, writeFileSync } from 'fs';\n"
        "const texts = JSON.parse(readFileSync('texts.json'));\n"
        f"const rows = texts.map((text) => [...encode(text, {json.dumps(settings)})]);\n"
        "writeFileSync('rows.json', JSON.stringify(rows));\n"
    )
    subprocess.run([node, "main.mjs"], cwd=tmp_path, check=True)
    theirs = np.array(json.loads((tmp_path / "rows.json").read_text()))
    ours = hashing.encode_batch(hashing.HashTokenizer(**settings), texts)
    assert (theirs == ours).all()


def rows_of(texts):
    return [row[row > 0] for row in hashing.encode_batch(hashing.HashTokenizer(50), texts)]


def test_table_finds_what_it_holds_and_little_else(reviews):
    found, _ = ngram_table.count(rows_of(reviews), at_least=1)
    stored, others = found[::2], found[1::2]
    table = ngram_table.build_table(stored[:2000], buckets=1000)
    held = table.find(stored[:2000])
    assert np.mean(held >= 0) > 0.95  # a few buckets overflow
    assert np.mean(table.find(others) >= 0) < 0.003
    assert (table.find(np.zeros(3, "int32")) == -1).all()


def test_most_important_ngrams_stay_when_the_table_is_full():
    hashes = np.arange(1, 1001, dtype="int32") * 7919
    table = ngram_table.build_table(hashes, buckets=10)
    assert (table.fingerprints != ngram_table.EMPTY).all()
    assert (table.find(hashes[:10]) >= 0).all()


def test_features_count_every_hit(reviews):
    rows = rows_of(reviews[:20])
    found, counts = ngram_table.count(rows, at_least=1)
    table = ngram_table.build_table(found, buckets=len(found))
    assert table.features(rows).sum() >= 0.99 * counts.sum()


def test_file_answers_as_the_table_does(tmp_path, reviews):
    rows = rows_of(reviews[:20])
    found, _ = ngram_table.count(rows, at_least=1)
    table = ngram_table.build_table(found, buckets=200)
    weights = np.random.default_rng(0).normal(0, 0.1, table.size)
    codes, codebook = ngram_table.code_weights(weights, np.ones(table.size))
    assert codes.max() < ngram_table.CODES
    assert np.abs(codebook[codes] - weights).mean() < 0.02
    coded = ngram_table.CodedTable(table, codes, codebook, 0.25)
    tokenizer = hashing.HashTokenizer(50)
    path = ngram_table.to_litert(coded, tokenizer.row_length, tmp_path / "table.tflite")
    answers = runtime.load_litert(path)(hashing.encode_batch(tokenizer, reviews[:20]))
    expected = 1 / (1 + np.exp(-coded.logits(rows)))
    assert np.allclose(answers, expected, atol=1e-5)


def test_network_beside_a_table_is_in_the_file(tmp_path, reviews):
    import keras  # here, because it takes seconds

    ids = keras.Input((50,), dtype="int32")
    x = keras.layers.Embedding(100, 4)(keras.ops.mod(ids, 100))
    deep = keras.Model(ids, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    table = ngram_table.build_table(np.array([5, 6], "int32"), buckets=4)
    coded = ngram_table.CodedTable(table, np.zeros(16, "int32"), np.zeros(16, "float32"), 1.0)
    tokenizer = hashing.HashTokenizer(50, with_words=True)
    rows = hashing.encode_batch(tokenizer, reviews[:5])
    path = ngram_table.to_litert(
        coded,
        tokenizer.row_length - 50,
        tmp_path / "joined.tflite",
        deep=deep,
        deep_length=50,
        mix=(2.0, 0.5, -1.0),
    )
    logit = 2.0 * 1.0 + 0.5 * np.asarray(deep(rows[:, :50])).ravel() - 1.0
    assert np.allclose(runtime.load_litert(path)(rows), 1 / (1 + np.exp(-logit)), atol=0.01)
