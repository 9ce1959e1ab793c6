"""Drawing a token in the browser: the same numbers as in Python, and so the same token."""

import numpy as np
import pytest

from helpers.browser import page
from helpers.predictor import sampling
from tests.support import javascript

MODULE = page.HERE / "sampling.js"
SETTINGS = [
    {},
    {"temperature": 0},
    {"temperature": 0.7},
    {"temperature": 1.5, "top_k": 1},
    {"top_k": 5},
    {"top_k": 1000},
    {"top_p": 0.5},
    {"top_p": 0.9, "temperature": 0.3},
    {"top_p": 1e-9},
    {"min_p": 0.1},
    {"min_p": 2},
    {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.02},
]
RUN = """data.rows.map((row, i) => {
  const p = probabilities(row.map((x) => x ?? -Infinity), data.settings[i]);
  return [[...p], data.chances.map((chance) => pick(p, chance))];
})"""
NEAR = 1e-12  # of an edge: there the last bits of `exp` decide


def logits(generator, i):
    """Return a row that is smooth, steep, full of equal values, or partly forbidden."""
    row = generator.normal(0, (0.1, 1, 4, 30)[i % 4], generator.integers(1, 300))
    if i % 3 == 0:
        row = np.round(row)
    if i % 5 == 0:
        row[1:][generator.random(len(row) - 1) < 0.5] = -np.inf
    return row.astype("float32").astype(float)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Rows of logits, their settings, chances, and what JavaScript makes of them."""
    generator = np.random.default_rng(0)
    rows = [logits(generator, i) for i in range(3000)]
    settings = [SETTINGS[i % len(SETTINGS)] for i in range(len(rows))]
    chances = [0.0, 1 - 2**-32, *generator.random(8)]
    data = {
        "rows": [[x if np.isfinite(x) else None for x in row] for row in rows],
        "settings": settings,
        "chances": chances,
    }
    return rows, settings, chances, javascript.run(tmp_path_factory.mktemp("js"), MODULE, RUN, data)


def test_the_dice_fall_the_same_way(tmp_path):
    seeds = [0, 1, 42, 2**31, 2**32 - 1, 2**32 + 5, -1]
    code = """data.map((seed) => {
        const dice = new Dice(seed);
        return Array.from({length: 500}, () => dice.draw());
    })"""
    ours = [[dice.draw() for _ in range(500)] for dice in map(sampling.Dice, seeds)]
    assert javascript.run(tmp_path, MODULE, code, seeds) == ours
    spread = np.ravel(ours)
    assert spread.min() >= 0 and spread.max() < 1 and abs(spread.mean() - 0.5) < 0.02


def test_the_same_probabilities(drawn):
    rows, settings, _, answers = drawn
    for row, knobs, (theirs, _) in zip(rows, settings, answers, strict=True):
        ours = sampling.probabilities(row, **knobs)
        np.testing.assert_array_equal(ours > 0, np.array(theirs) > 0)
        np.testing.assert_allclose(theirs, ours, rtol=1e-13, atol=0)


def test_the_same_token(drawn):
    rows, settings, chances, answers = drawn
    near = 0
    for row, knobs, (_, picked) in zip(rows, settings, answers, strict=True):
        p = sampling.probabilities(row, **knobs)
        for chance, token_id in zip(chances, picked, strict=True):
            if token_id != sampling.pick(p, chance):
                assert np.min(np.abs(np.cumsum(p) - chance)) < NEAR
                near += 1
            assert p[token_id] > 0
    assert near < 0.001 * len(rows) * len(chances)


def test_bit_for_bit_where_exp_has_no_say(tmp_path):
    """Of equally likely tokens only sums and quotients are left, which IEEE 754 fixes."""
    rows = [[0.5] * n for n in range(1, 60)]
    data = {"rows": rows, "settings": [{"top_p": 0.5, "top_k": 40}] * 59, "chances": [0.3]}
    answers = javascript.run(tmp_path, MODULE, RUN, data)
    for row, (theirs, _) in zip(rows, answers, strict=True):
        assert theirs == list(sampling.probabilities(np.array(row), top_p=0.5, top_k=40))
