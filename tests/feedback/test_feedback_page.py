"""What page 12 teaches is what the helpers of the feedback room do."""

import numpy as np
import pytest

from helpers.data.classes import Classes
from helpers.feedback import next_version, review
from helpers.learning import evaluation
from helpers.predictor import hashing
from tests.support.on_page import definitions

PAGE = "12_feedback.ipynb"
TOKENIZER = hashing.HashTokenizer(max_words=20, longest=1, tail=0)
TWO, THREE = Classes(("no", "yes")), Classes(("a", "b", "c"))


def test_the_page_finds_the_most_uncertain_as_the_review_does():
    on_page = definitions(PAGE, "most_uncertain")["most_uncertain"]
    p = np.random.default_rng(0).random(200).round(2)  # with ties
    probabilities = np.stack([p, 1 - p], axis=1)
    for count in (0, 7, 500):
        expected = review.most_uncertain(probabilities, count)
        assert (on_page(probabilities, count) == expected).all()


def texts_of(rng):
    return [" ".join(f"w{i}" for i in rng.integers(0, 40, 8)) for _ in range(300)]


def test_the_page_changes_weights_as_learning_on_does():
    on_page = definitions(PAGE, "weight_change")["weight_change"]
    rng = np.random.default_rng(0)
    texts = texts_of(rng)
    rows = hashing.hash_batch(TOKENIZER, texts)
    target = np.array(["w1 " in f"{text} " for text in texts], int)
    weight = rng.random(len(texts)) + 0.5
    old = next_version.fit_anew(rows, TWO.targets(target), np.ones(len(texts)), 32, TWO)
    x = old.features(rows)
    change = on_page(old, x, 1 - target, weight, 5.0)
    learned = next_version.learn_on(old, x, TWO.targets(1 - target), weight, TWO, pull=5.0)
    assert np.abs(change).max() > 0.1 and learned.bias != old.bias
    np.testing.assert_allclose(change[-1], learned.bias - old.bias, atol=1e-6)
    weights = old.weights + change[:-1]
    rounded = next_version._coded(old.table, x, weights, old.bias + change[-1])
    assert (rounded.codes == learned.codes).all()
    np.testing.assert_allclose(rounded.codebook, learned.codebook, atol=1e-6)


@pytest.mark.parametrize("classes", [THREE, Classes(THREE.names, several=True)])
def test_many_classes_are_learned_on_by_their_matrix(classes):
    rng = np.random.default_rng(0)
    texts = texts_of(rng)
    rows = hashing.hash_batch(TOKENIZER, texts)
    labels = np.array([2 * ("w1 " in f"{text} ") + ("w2 " in f"{text} ") for text in texts]) % 3
    before, after = classes.targets(labels), classes.targets((labels + 1) % 3)
    old = next_version.fit_anew(rows, before, np.ones(300), 64, classes)
    x = old.features(rows)
    held, free = (
        next_version.learn_on(old, x, after, np.ones(300), classes, pull=pull)
        for pull in (1e8, 1e-3)
    )
    np.testing.assert_allclose(held.kernel, old.kernel, atol=1e-3)

    def loss(bag):
        y = (labels + 1) % 3 if not classes.several else after.astype(bool)
        return evaluation.log_losses(y, bag.logits(rows)).mean()

    assert loss(free) < loss(held) - 0.1 and free.vectors is old.vectors
    assert next_version.make_room(old, x, rows, share=0.1) == (old, 0)
