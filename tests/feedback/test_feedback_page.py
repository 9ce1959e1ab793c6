"""What page 12 teaches is what the helpers of the feedback room do."""

import numpy as np

from helpers.feedback import next_version, review
from helpers.predictor import hashing
from tests.support.on_page import definitions

PAGE = "12_feedback.ipynb"


def test_the_page_finds_the_most_uncertain_as_the_review_does():
    on_page = definitions(PAGE, "most_uncertain")["most_uncertain"]
    probabilities = np.random.default_rng(0).random(200).round(2)  # with ties
    for count in (0, 7, 500):
        expected = review.most_uncertain(probabilities, count)
        assert (on_page(probabilities, count) == expected).all()


def test_the_page_changes_weights_as_learning_on_does():
    on_page = definitions(PAGE, "weight_change")["weight_change"]
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.integers(0, 40, 8)) for _ in range(300)]
    tokenizer = hashing.HashTokenizer(max_words=20, longest=1, tail=0)
    rows = hashing.hash_batch(tokenizer, texts)
    target = np.array(["w1 " in f"{text} " for text in texts], float)
    weight = rng.random(len(texts)) + 0.5
    old = next_version.fit_anew(rows, target, np.ones(len(texts)), 32)
    x = old.table.features(rows)
    change = on_page(old, x, 1 - target, weight, 5.0)
    learned = next_version.learn_on(old, x, 1 - target, weight, pull=5.0)
    assert np.abs(change).max() > 0.1 and learned.bias != old.bias
    np.testing.assert_allclose(change[-1], learned.bias - old.bias, atol=1e-6)
    weights = old.codebook[old.codes] + change[:-1]
    rounded = next_version._coded(old.table, x, weights, old.bias + change[-1])
    assert (rounded.codes == learned.codes).all()
    np.testing.assert_allclose(rounded.codebook, learned.codebook, atol=1e-6)
