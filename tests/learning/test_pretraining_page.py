"""The page on pretraining defines its encoder, its head and its sampled softmax: they hold."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from helpers.learning import models
from tests.support.on_page import definitions

PAGE = "03_pretraining.ipynb"
VOCAB, SEQ_LEN, MASKED = 60, 16, 3
NAMES = ("mask_rows", "gated_block", "build_encoder", "add_head", "sampled_batch", "add_sampling")


@pytest.fixture(scope="module")
def page():
    functions = SimpleNamespace(**definitions(PAGE, *NAMES))
    functions.build_encoder.__globals__.update(
        profile=SimpleNamespace(width=8, blocks=2, kernel_size=5),
        vocab_size=VOCAB,
        masked_per_row=MASKED,
        draws=10,
        log_chance=np.zeros(VOCAB, "float32"),
        MASK_ID=2,
        FIRST_WORD_ID=4,
    )
    return functions


@pytest.fixture(scope="module")
def puzzles(page):
    rows = np.random.default_rng(0).integers(4, VOCAB, (5, SEQ_LEN)).astype("int32")
    return page.mask_rows(rows, np.random.default_rng(1))


def layout(model):
    return [(weight.path.split("/")[-2:], weight.shape) for weight in model.weights]


def test_the_page_builds_the_encoder_and_the_head_of_the_helper(page, puzzles):
    keras.utils.set_random_seed(0)
    encoders = (
        page.build_encoder(),
        models.build_gated_encoder(VOCAB, width=8, blocks=2, kernel_size=5),
    )
    heads = page.add_head(encoders[0]), models.add_masked_lm_head(encoders[1], MASKED)
    assert layout(encoders[0]) == layout(encoders[1])
    assert layout(heads[0]) == layout(heads[1])
    heads[1].set_weights(heads[0].get_weights())
    inputs = list(puzzles[0])
    np.testing.assert_allclose(heads[0](inputs), heads[1](inputs), atol=1e-6)


def test_all_words_as_candidates_are_the_full_softmax(page, puzzles):
    encoder = page.build_encoder()
    masked_lm = page.add_head(encoder)
    sampled = page.add_sampling(masked_lm, encoder)
    everything, nothing = np.arange(VOCAB, dtype="int32"), np.zeros(VOCAB, "float32")
    logits = sampled([*puzzles[0], everything, nothing])
    np.testing.assert_allclose(logits, masked_lm(list(puzzles[0])), atol=1e-5)


def test_every_answer_stands_in_its_place_among_the_candidates(page):
    rows = np.random.default_rng(0).integers(4, VOCAB, (5, SEQ_LEN)).astype("int32")
    (ids, positions), answers = page.mask_rows(rows, np.random.default_rng(1))
    inputs, places = page.sampled_batch(rows, np.random.default_rng(1))
    np.testing.assert_array_equal(inputs[0], ids)
    np.testing.assert_array_equal(inputs[1], positions)
    np.testing.assert_array_equal(inputs[2][places], answers)
    assert 10 <= len(inputs[2]) <= 10 + answers.size and len(inputs[3]) == len(inputs[2])
