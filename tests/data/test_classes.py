"""The classes of a task: what numbers mean, for two, many and several labels a text."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from datasets import Dataset

from helpers.data import classes as of_data
from helpers.data import settings
from helpers.data.classes import Classes

TWO, THREE = Classes(("no", "yes")), Classes(("a", "b", "c"))
SEVERAL = Classes(("a", "b"), several=True)
Z = np.array([[1.0], [-2.0]])


def test_two_classes_are_one_question():
    assert [each.questions for each in (TWO, THREE, SEVERAL)] == [1, 3, 2]
    targets = TWO.targets([0, 1, 1])
    assert targets.tolist() == [[1, 0], [0, 1], [0, 1]]
    assert TWO.asked(targets).tolist() == [[0], [1], [1]]
    assert THREE.asked(THREE.targets([2])).tolist() == [[0, 0, 1]]


def test_answers_become_probabilities():
    p = TWO.probabilities(TWO.logits_of_answers(Z))
    assert p[:, 1] == pytest.approx(1 / (1 + np.exp(-Z[:, 0]))) and p.sum(axis=1) == pytest.approx(
        1
    )
    log_odds = np.array([[0.0, 0.0, np.log(3)]])  # a half, a half, three quarters
    p = THREE.probabilities(THREE.logits_of_answers(log_odds))
    assert p.tolist() == [pytest.approx([0.5 / 1.75, 0.5 / 1.75, 0.75 / 1.75])]
    p = SEVERAL.probabilities(SEVERAL.logits_of_answers(log_odds[:, 1:]))
    assert p.tolist() == [pytest.approx([0.5, 0.75])]


@pytest.mark.parametrize("classes", [TWO, THREE, SEVERAL])
def test_there_and_back(classes):
    logits = np.random.default_rng(0).normal(size=(5, len(classes)))
    p = classes.probabilities(logits)
    assert classes.probabilities(classes.logits_of_probabilities(p)) == pytest.approx(p, abs=1e-5)
    assert np.isfinite(classes.logits_of_probabilities(np.round(p))).all()
    from_record = Classes.from_record(classes.as_record())
    assert from_record == classes
    labels = np.array([0, 1, 1, 0, 1]) if not classes.several else p > 0.5
    loss = classes.loss()(classes.targets(labels), logits)
    assert float(loss) > 0 and keras.activations.get(classes.activation)


def test_class_weights(monkeypatch):
    rows = Dataset.from_dict({"label": [0, 0, 0, 1]})
    manifest = {"label_names": ["no", "yes"]}
    assert of_data.make_classes(manifest, rows).weights is None
    monkeypatch.setenv("CLASS_WEIGHTS", "balanced")
    classes = of_data.make_classes(manifest, rows)
    assert classes.weights == pytest.approx((2 / 3, 2))  # three rows count two, as one row does
    assert classes.row_weights([0, 0, 0, 1]).sum() == pytest.approx(4)
    assert classes.weighted_targets([1]).tolist() == [[0, 2]]
    monkeypatch.setenv("CLASS_WEIGHTS", "heavy")
    with pytest.raises(settings.ClassWeightsError, match="balanced"):
        of_data.make_classes(manifest, rows)


def test_a_row_that_counts_three_times_pulls_three_times_as_hard():
    classes = Classes(("a", "b", "c"), weights=(3.0, 1.0, 0.5))
    logits, loss = tf.Variable([[0.3, -0.2, 0.5]]), classes.loss()
    for label in range(3):
        with tf.GradientTape() as weighted, tf.GradientTape() as plain:
            values = [
                loss(targets([label]), logits)
                for targets in (classes.weighted_targets, classes.targets)
            ]
        gradients = [t.gradient(v, logits) for t, v in zip((weighted, plain), values, strict=True)]
        ratio = classes.weights[label]
        np.testing.assert_allclose(values[0], ratio * values[1], rtol=1e-5)
        np.testing.assert_allclose(gradients[0], ratio * gradients[1], rtol=1e-5)
        ours = keras.ops.softmax(logits) - classes.targets([label])
        np.testing.assert_allclose(gradients[1], ours, rtol=1e-5)


def test_lists_of_labels():
    rows = Dataset.from_dict({"label": [[0, 1], [], [1]]})
    classes = of_data.make_classes({"label_names": ["a", "b"], "several_labels": True}, rows)
    labels = of_data.load_labels(rows, classes)
    assert labels.dtype == bool and labels.tolist() == [[True, True], [False, False], [False, True]]
    assert classes.targets(labels).tolist() == [[1, 1], [0, 0], [0, 1]]
