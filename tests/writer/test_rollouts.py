"""Many texts at a time, drawn with the cache: the same as one at a time without it."""

import keras
import numpy as np
import pytest

from helpers.writer import rollouts
from helpers.writer.decoder import Config, build_decoder

CONFIG = Config(
    vocab_size=11, seq_len=32, width=16, blocks=2, heads=2, kv_heads=1, head_width=8, hidden=24
)
LENGTH = 12
PROMPTS = [[0, 5, 6], [0, 7], [0, 8, 9, 10, 4], [0], [0, 6, 5, 9]]


@pytest.fixture(scope="module")
def decoder():
    keras.utils.set_random_seed(1)
    model = build_decoder(CONFIG)
    model.set_weights([10 * w if w.ndim > 1 else w for w in model.get_weights()])  # opinions
    return model


@pytest.fixture(scope="module")
def sampler():
    return rollouts.Sampler(CONFIG, 3, LENGTH)


def without_cache(decoder, prompt):
    """Return the likeliest continuation, by the whole text at every step."""
    ids = list(prompt)
    while len(ids) < LENGTH:
        ids.append(int(np.argmax(decoder(np.array([ids], "int32"))[0, -1])))
        if ids[-1] == rollouts.END_ID:
            break
    return ids


def test_the_likeliest_tokens_are_those_of_the_model_without_a_cache(decoder, sampler):
    drawn = sampler(decoder, PROMPTS, seed=0, temperature=0.0)
    for prompt, ids, own in zip(PROMPTS, drawn.token_ids, drawn.drawn, strict=True):
        expected = without_cache(decoder, prompt)
        assert ids[: len(expected)].tolist() == expected
        assert np.all(ids[len(expected) :] == rollouts.PAD_ID)
        assert np.flatnonzero(own).tolist() == list(range(len(prompt), len(expected)))


def test_a_seed_repeats_and_another_differs(decoder, sampler):
    once, again, other = (sampler(decoder, PROMPTS, seed) for seed in (3, 3, 4))
    assert np.array_equal(once.token_ids, again.token_ids)
    assert not np.array_equal(once.token_ids, other.token_ids)
    assert [
        ids[: len(p)].tolist() for ids, p in zip(once.token_ids, PROMPTS, strict=True)
    ] == PROMPTS


def test_tokens_are_drawn_as_often_as_the_model_says(decoder, sampler):
    drawn = sampler(decoder, [[0, 5, 6]] * 1500, seed=1).token_ids[:, 3]
    logits = decoder(np.array([[0, 5, 6]], "int32"))[0, -1]
    shares = np.bincount(drawn, minlength=CONFIG.vocab_size) / len(drawn)
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    assert np.abs(shares - expected).max() < 0.05


def test_answers_are_what_was_drawn_up_to_the_end():
    some = rollouts.Rollouts(
        np.array([[0, 5, 7, 0, 3, 3]]), np.array([[False, False, True, True, False, False]])
    )
    assert some.answers() == [[7]] and len(some[np.array([0, 0])]) == 2


def test_what_does_not_fit_is_refused(decoder, sampler):
    with pytest.raises(ValueError, match="a prompt has 1 to 11 tokens"):
        sampler(decoder, [[0] * LENGTH], seed=0)
    with pytest.raises(ValueError, match="do not fit"):
        rollouts.Sampler(CONFIG, 1, 33)
