"""The page on sampling defines knobs, dice, a cache and a beam: the helpers hold to them."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from helpers.predictor import sampling
from helpers.writer.decoder import Config, build_cached_decoder, build_decoder
from tests.support.on_page import definitions

PAGE = "writer/14_sampling.ipynb"
KNOBS = ("softmax", "keep_top_k", "keep_top_p", "keep_min_p", "probabilities", "pick")
MODEL = ("norm", "heads", "turn", "attend", "think", "whole", "read", "say", "empty_cache")
CONFIG = Config(
    vocab_size=11, seq_len=24, width=16, blocks=2, heads=4, kv_heads=2, head_width=8, hidden=24
)


@pytest.fixture(scope="module")
def knobs():
    return SimpleNamespace(**definitions(PAGE, *KNOBS))


@pytest.fixture(scope="module")
def decoder():
    model, generator = build_decoder(CONFIG), np.random.default_rng(1)
    weights = model.get_weights()  # at first the blocks add nothing: these do
    model.set_weights([generator.normal(w.ndim == 1, 0.3, w.shape) for w in weights])
    return model


@pytest.fixture(scope="module")
def page(decoder):
    names = (*MODEL, "compiled", "read_on", "beam_search", "repetition")
    functions = SimpleNamespace(**definitions(PAGE, *names))
    functions.think.__globals__.update(
        config=CONFIG,
        w={weight.path: weight for weight in decoder.weights},
        special=[0],
        OPENING=2,
    )
    return functions


@pytest.fixture(scope="module")
def token_ids():
    return np.random.default_rng(0).integers(0, CONFIG.vocab_size, (3, 20)).astype("int32")


@pytest.mark.parametrize("temperature", [0, 0.3, 1, 2])
@pytest.mark.parametrize("top_k", [0, 1, 7, 1000])
@pytest.mark.parametrize("top_p", [0.1, 0.9, 1])
@pytest.mark.parametrize("min_p", [0, 0.05, 1])
def test_the_knobs_are_those_of_the_helper(knobs, temperature, top_k, top_p, min_p):
    setting = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    for logits in np.random.default_rng(0).normal(0, 3, (10, 60)):
        logits[::7] = -np.inf
        ours, theirs = (f(logits, **setting) for f in (knobs.probabilities, sampling.probabilities))
        np.testing.assert_array_equal(ours > 0, theirs > 0)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_equal_tokens_stand_in_the_order_of_their_ids(knobs):
    for probabilities in (knobs.probabilities, sampling.probabilities):
        assert np.flatnonzero(probabilities(np.zeros(8), top_k=3)).tolist() == [0, 1, 2]
        assert np.flatnonzero(probabilities(np.zeros(8), top_p=0.5)).tolist() == [0, 1, 2, 3]
        assert np.flatnonzero(probabilities(np.zeros(8), top_p=0)).tolist() == [0]
        assert probabilities(np.zeros(8), temperature=0)[0] == 1


def test_a_roll_falls_into_the_same_part(knobs):
    generator = np.random.default_rng(0)
    for _ in range(500):
        p = sampling.probabilities(generator.normal(0, 2, 40), top_k=10)
        chance = generator.random()
        assert knobs.pick(p, chance) == sampling.pick(p, chance)
        assert p[sampling.pick(p, 1 - 2**-32)] > 0


def test_the_forward_pass_of_the_page_is_the_decoder(page, decoder, token_ids):
    expected = decoder(token_ids).numpy()
    np.testing.assert_allclose(page.say(page.whole(token_ids)), expected, atol=1e-5)


@pytest.mark.parametrize("cuts", [(), (1, 2, 3), (7,), (5, 6, 19)])
def test_the_cache_changes_no_logit(page, decoder, token_ids, cuts):
    """Nor does it matter how the text is cut into pieces: the helper's cache says so, too."""
    expected = decoder(token_ids).numpy()
    helper = build_cached_decoder(CONFIG, batch=3)
    helper.set_weights(decoder.get_weights())
    shape = (3, CONFIG.blocks, CONFIG.kv_heads, CONFIG.seq_len, CONFIG.head_width)
    cache, keys, values = page.empty_cache(3), np.zeros(shape), np.zeros(shape)
    for start, end in itertools.pairwise((0, *cuts, token_ids.shape[1])):
        new = token_ids[:, start:end]
        x, cache = page.read(new, start, cache)
        np.testing.assert_allclose(page.say(x), expected[:, start:end], atol=1e-5)
        inputs = [new, np.array([start], "int32"), keys, values]
        logits, keys, values = (output.numpy() for output in helper(inputs))
        np.testing.assert_allclose(logits, expected[:, start:end], atol=1e-5)
    for block, pair in enumerate(cache):
        for ours, theirs in zip(pair, (keys, values), strict=True):
            np.testing.assert_allclose(ours, theirs[:, block], atol=1e-5)


def test_a_wide_beam_finds_the_likeliest_text(page, decoder):
    opening = np.array([4, 7], "int32")
    wide = CONFIG.vocab_size**2
    page.beam_search.__globals__.update(
        length=3,
        BEAM=wide,
        beam_prefill=page.compiled(page.read_on, wide, 2),
        beam_step=page.compiled(page.read_on, wide, 1),
    )
    endings = np.array(list(itertools.product(range(1, CONFIG.vocab_size), repeat=3)), "int32")
    texts = np.c_[np.tile(opening, (len(endings), 1)), endings]
    log_p = tf.nn.log_softmax(decoder(texts[:, :-1]))[:, 1:]
    sums = tf.gather(log_p, endings, batch_dims=2).numpy().sum(axis=1)
    np.testing.assert_array_equal(page.beam_search(opening), texts[sums.argmax()])


def test_repetition_counts_runs_that_stood_there_before(page):
    texts = np.array([[9, 9, 1, 2, 3, 1, 2, 3], [9, 9, 1, 2, 3, 4, 5, 6], [9, 9, 1, 1, 1, 1, 1, 1]])
    assert page.repetition(texts).tolist() == [0.25, 0, 0.75]


def test_a_cache_of_another_length_serves_the_same_weights(decoder, token_ids):
    shorter = replace(CONFIG, seq_len=20)
    helper = build_cached_decoder(shorter, batch=3)
    helper.set_weights(decoder.get_weights())
    empty = np.zeros((3, 2, 2, 20, 8))
    logits, *_ = helper([token_ids, np.zeros(1, "int32"), empty, empty])
    np.testing.assert_allclose(logits, decoder(token_ids), atol=1e-5)
