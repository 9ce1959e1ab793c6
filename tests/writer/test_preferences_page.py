"""The page on preferences: its losses and distances against formulas and counting."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.writer import rollouts
from helpers.writer.decoder import Config, build_decoder
from tests.support.on_page import definitions

PAGE = "writer/16_preferences.ipynb"
NAMES = ("cut", "next_log_p", "log_probability", "divergence", "dpo_loss", "advantages")
MORE = ("policy_gradient_loss", "make_pairs", "Trainer", "of_pairs", "of_goal")
CONFIG = Config(
    vocab_size=11, seq_len=16, width=16, blocks=1, heads=2, kv_heads=1, head_width=8, hidden=24
)
GROUP, BETA = 4, 0.3


@pytest.fixture(scope="module")
def page():
    functions = SimpleNamespace(**definitions(PAGE, *NAMES, *MORE))
    functions.make_pairs.__globals__.update(GROUP=GROUP, PAIRS=2)
    return functions


def decoder(seed):
    keras.utils.set_random_seed(seed)
    model = build_decoder(CONFIG)
    model.set_weights([5 * w if w.ndim > 1 else w for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def some():
    """Eight texts of nine tokens, of which the last four to six were drawn."""
    token_ids = np.random.default_rng(0).integers(0, 11, (8, 9)).astype("int32")
    return rollouts.Rollouts(token_ids, np.arange(9) >= np.arange(8)[:, None] % 3 + 3)


def log_softmax(x):
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def test_the_probability_of_an_answer_is_the_product_of_its_tokens(page, some):
    model = decoder(0)
    found = page.log_probability(model, some.token_ids, some.drawn).numpy()
    log_p = log_softmax(model(some.token_ids).numpy())
    expected = [
        sum(log_p[i, t - 1, some.token_ids[i, t]] for t in range(1, 9) if some.drawn[i, t])
        for i in range(8)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_kl_is_that_of_its_definition_and_never_negative(page, some):
    one, other = (page.next_log_p(decoder(i), some.token_ids) for i in (0, 1))
    found = page.divergence(one, other, some.drawn).numpy()
    p, log_p, log_q = np.exp(one), np.array(one), np.array(other)
    expected = [np.sum((p * (log_p - log_q))[i][some.drawn[i, 1:]]) for i in range(8)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found.min() > 0.1
    assert np.abs(page.divergence(one, one, some.drawn)).max() == 0


def test_dpo_is_the_logistic_loss_of_the_difference(page):
    better, worse = tf.constant([0.0, 3.0, -2.0]), tf.constant([0.0, 1.0, 2.0])
    margins = BETA * (better - worse).numpy()
    loss = page.dpo_loss(better, worse, BETA)
    np.testing.assert_allclose(loss, np.mean(-np.log(1 / (1 + np.exp(-margins)))), rtol=1e-6)
    assert float(page.dpo_loss(better[:1], worse[:1], BETA)) == pytest.approx(np.log(2))


def test_an_advantage_is_against_the_others_of_the_group(page):
    found = page.advantages(np.array([1.0, 2.0, 6.0, 5.0, 5.0, 5.0]), 3)
    np.testing.assert_allclose(found, [-3.0, -1.5, 4.5, 0, 0, 0])


def test_the_policy_gradient_is_that_of_the_goal(page):
    """One word out of four, in groups of two: all sixteen groups, each as often as it happens."""
    generator = np.random.default_rng(1)
    theta, reward, log_ref = generator.normal(size=(3, 4))
    log_ref = log_softmax(log_ref)

    def goal(theta):
        log_p = log_softmax(theta)
        return np.sum(np.exp(log_p) * (reward - BETA * (log_p - log_ref)))

    expected = [(goal(theta + e) - goal(theta - e)) / 2e-5 for e in 1e-5 * np.eye(4)]
    variable, chance = tf.Variable(theta), np.exp(log_softmax(theta))
    total = np.zeros(4)
    for i in range(4):
        for j in range(4):
            with tf.GradientTape() as tape:
                log_p = tf.gather(tf.nn.log_softmax(variable), [i, j])
                goals = reward[[i, j]] - BETA * (log_p - log_ref[[i, j]])
                loss = page.policy_gradient_loss(log_p, goals, 2)
            total -= chance[i] * chance[j] * tape.gradient(loss, variable).numpy()
    np.testing.assert_allclose(total, expected, atol=1e-8)


def test_pairs_are_of_one_start_and_the_better_one_comes_first(page):
    starts = [[0, i] for i in range(3) for _ in range(GROUP)]
    rewards = np.array([3, 1, 4, 2, 9, 7, 8, 6, 0, 5, 1, 2], "float64")
    page.make_pairs.__globals__.update(
        prompts_of=lambda seed, step: starts,
        sampler=lambda *_: "answers",
        texts_of=lambda _: None,
        reward_of=lambda _: rewards,
        writer=None,
    )
    answers, better, worse = page.make_pairs(0, 1)
    assert answers == "answers" and sorted([*better, *worse]) == list(range(12))
    assert np.all(better // GROUP == worse // GROUP) and np.all(rewards[better] > rewards[worse])
    assert (better[:2].tolist(), worse[:2].tolist()) == ([2, 0], [3, 1])


@pytest.mark.parametrize("loss", ["of_pairs", "of_goal"])
def test_a_step_makes_better_texts_likelier_and_a_restart_forgets_it(page, some, loss):
    reference = decoder(0)
    trainer = page.Trainer(reference, CONFIG)
    rewards = np.array([1, 1, 1, 1, 0, 0, 0, 0], "float32").reshape(2, 4).T.ravel()
    if loss == "of_pairs":
        rewards = np.sort(rewards)[::-1]

    def gain():
        one, other = (
            page.log_probability(model, some.token_ids, some.drawn).numpy()
            for model in (trainer.policy, reference)
        )
        return one - other

    for _ in range(2):
        trainer.restart(3e-3)
        assert np.abs(gain()).max() < 1e-5
        first = trainer.step(
            getattr(page, loss), some.token_ids, some.drawn, rewards, np.float32(BETA)
        )
        assert np.abs(first).max() < 1e-5  # before the step, policy and reference are the same
        assert gain()[rewards == 1].mean() > gain()[rewards == 0].mean() + 0.01


def test_pieces_keep_their_labels_and_short_ends_are_left_out(page):
    texts, labels = page.cut(["a b c d e", "f<br />g", "h"], [0, 1, 1], words=2, most=2)
    assert texts == ["a b", "c d", "f g", "h"] and labels.tolist() == [0, 0, 1, 1]
