"""The writer's page: its decoder is the helper's, its counting is Kneser and Ney's."""

import math
from collections import Counter, defaultdict
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from nltk.lm import KneserNeyInterpolated
from nltk.util import everygrams

from helpers.writer import decoder
from tests.support.on_page import definitions

PAGE = "writer/13_writer.ipynb"
COUNTING = ("windows", "packed", "discounts", "count", "probability")
BUILDING = (
    "EPSILON",
    "NEVER",
    "rotate",
    "attention",
    "dense",
    "attention_block",
    "feed_forward_block",
)
SMALL = decoder.Config(50, 16, width=12, blocks=2, heads=4, kv_heads=2, head_width=6, hidden=20)
VOCAB = 5  # END and four letters


@pytest.fixture(scope="module")
def page():
    names = (*COUNTING, *BUILDING, "build_decoder", "count_parameters", "build_rival", "write")
    found = definitions(PAGE, *names)
    found["count"].__globals__.update(VOCAB=VOCAB, END=0, KERNEL=3)
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def letters():
    """Return a training stream and another one: END, a text, END, a text, ..."""
    rng = np.random.default_rng(0)
    streams = []
    for count in (60, 10):
        texts = [rng.choice(4, rng.integers(1, 12), p=[0.6, 0.2, 0.15, 0.05]) for _ in range(count)]
        streams.append(np.concatenate([np.r_[0, text + 1] for text in texts]).astype("int32"))
    return streams


def moved(model):
    """Move the weights from their start, where each block does nothing."""
    rng = np.random.default_rng(0)
    model.set_weights([w + rng.normal(0, 0.2, w.shape) for w in model.get_weights()])


def test_the_page_builds_the_decoder_of_the_helper(page):
    keras.utils.set_random_seed(0)
    ours, helpers = page.build_decoder(SMALL), decoder.build_decoder(SMALL)
    places = [
        [(weight.path.split("/")[-2:], weight.shape) for weight in model.weights]
        for model in (ours, helpers)
    ]
    assert places[0] == places[1]
    moved(ours)
    helpers.set_weights(ours.get_weights())
    ids = np.random.default_rng(0).integers(0, 50, (3, 9)).astype("int32")
    np.testing.assert_allclose(ours(ids), helpers(ids), atol=1e-6)
    assert page.count_parameters(SMALL) == ours.count_params()


def test_parameters_are_counted_as_published(page):
    smol = decoder.Config(49_152, 8192, 576, 30, 9, 3, 64, 1536)
    qwen = decoder.Config(151_936, 32_768, 1024, 28, 16, 8, 128, 3072)
    gemma = decoder.Config(262_144, 32_768, 640, 18, 4, 1, 256, 2048)
    assert page.count_parameters(smol) == 134_515_008
    assert page.count_parameters(qwen, qk_norm=True) == 596_049_920
    assert page.count_parameters(gemma, norms=4, qk_norm=True) == 268_098_176


def test_the_rival_sees_a_window_and_nothing_that_comes(page):
    keras.utils.set_random_seed(0)
    rival = page.build_rival(SMALL, hidden=8)
    moved(rival)
    ids = np.random.default_rng(0).integers(0, 50, (1, 12)).astype("int32")
    before = np.asarray(rival(ids))
    changed = ids.copy()
    changed[0, 5] = (changed[0, 5] + 1) % 50
    reached = np.abs(np.asarray(rival(changed)) - before).max(axis=-1)[0] > 1e-6
    assert np.flatnonzero(reached).tolist() == [5, 6, 7, 8, 9]  # 2 blocks of 3 see 5 tokens


def by_dictionaries(texts, order, history, token):
    """Return the probability after `history`, straight from Chen and Goodman (1998)."""
    runs = Counter()
    for text in texts:
        padded = [0] * (order - 1) + text + [0]
        runs.update(tuple(padded[i : i + order]) for i in range(len(padded) - order + 1))
    p = {}  # (order, history, token)
    levels = {order: runs}
    for n in range(order - 1, 0, -1):
        levels[n] = Counter(run[1:] for run in levels[n + 1])  # each kind of run once
    for n in range(1, order + 1):
        some = Counter(min(c, 5) for c in levels[n].values())
        one, two, three, four = (max(1, some[i]) for i in (1, 2, 3, 4))
        y = one / (one + 2 * two)
        taken = {1: 1 - 2 * y * two / one, 2: 2 - 3 * y * three / two, 3: 3 - 4 * y * four / three}
        taken = {i: d if 0 < d < i else i / 2 for i, d in taken.items()}
        after = defaultdict(dict)
        for run, c in levels[n].items():
            after[run[:-1]][run[-1]] = c
        tail = tuple(history[len(history) - n + 1 :])
        lower = p.get(n - 1, 1 / VOCAB)
        counts = after.get(tail)
        if counts is None:
            p[n] = lower
            continue
        total = sum(counts.values())
        left = sum(taken[min(c, 3)] for c in counts.values()) / total
        c = counts.get(token, 0)
        p[n] = (c - taken[min(c, 3)] if c else 0) / total + left * lower
    return p[order]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_counting_is_the_formula_written_with_dictionaries(page, letters, order):
    train, other = letters
    texts = [part[1:].tolist() for part in np.split(train, np.flatnonzero(train == 0))[1:]]
    rows = page.windows(other, order)
    found = page.probability(page.count(page.windows(train, order), order), rows)
    slow = [by_dictionaries(texts, order, row[:-1].tolist(), int(row[-1])) for row in rows]
    np.testing.assert_allclose(found, slow, rtol=1e-9)


def test_probabilities_add_up_to_one_after_any_history(page):
    rng = np.random.default_rng(1)
    levels = page.count(page.windows(rng.integers(0, 4, 200).astype("int32"), 3), 3)
    for history in np.ndindex(VOCAB, VOCAB):  # token 4 never stood in the text
        rows = np.array([[*history, token] for token in range(VOCAB)])
        assert page.probability(levels, rows).sum() == pytest.approx(1)


def test_counting_agrees_with_nltk(page):
    """NLTK has one discount for all, no uniform share, and one stream with no borders."""
    stream = np.random.default_rng(2).integers(0, VOCAB, 150)
    rows = np.lib.stride_tricks.sliding_window_view(stream, 3).astype("int64")
    levels = page.count(rows, 3, discount=lambda counts: np.array([0, 0.1, 0.1, 0.1]))
    model = KneserNeyInterpolated(3, discount=0.1)
    words = [str(token) for token in stream]
    model.fit([list(everygrams(words, max_len=3))], vocabulary_text=words)
    asked = rows[:40]
    ours = page.probability(levels, asked)
    theirs = [model.score(str(c), [str(a), str(b)]) for a, b, c in asked]
    np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_a_window_never_looks_across_a_text(page):
    rows = page.windows(np.array([0, 7, 8, 0, 9], "int32"), 3)
    assert rows.tolist() == [[0, 0, 7], [0, 7, 8], [7, 8, 0], [0, 0, 9], [0, 9, 0]]


def test_samples_hold_no_special_token(page):
    page.write.__globals__["tokens"] = SimpleNamespace(SPECIAL=range(4))
    model = page.build_decoder(SMALL)
    model.compile(jit_compile=False)
    samples = page.write(model, 3, 5, 1.0, np.random.default_rng(0))
    assert samples.shape == (3, 5) and samples.min() >= 4
    assert math.isfinite(samples.sum())
