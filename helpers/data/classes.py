"""The classes of a task: their names, and what a model's numbers mean for them.

One place knows whether a text has one label or several. Everywhere else labels are int [rows], or
for several labels bool [rows, k], and probabilities float32 [rows, k], for two classes as for two
hundred.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, softmax

from helpers.data.settings import ClassWeightsError, class_weights
from helpers.stages.workspace import Stage

if TYPE_CHECKING:
    import keras
    from datasets import Dataset


@dataclass(frozen=True)
class Classes:
    """The classes that a task tells apart.

    Attributes:
        names: of the classes 0 to k - 1.
        several: a text may have several of them as labels, or none.
        weights: what a training row of each class counts; None where all count the same.
    """

    names: tuple[str, ...]
    several: bool = False
    weights: tuple[float, ...] | None = None

    def __len__(self) -> int:
        """Return k, the number of classes."""
        return len(self.names)

    @property
    def questions(self) -> int:
        """Return how many yes-or-no questions a one-vs-rest model asks.

        One for each class, but for two classes one is enough: what is not the second is the first.
        """
        return 1 if len(self) == 2 and not self.several else len(self)

    @property
    def activation(self) -> str:
        """Return what turns logits into probabilities, as Keras calls it."""
        return "sigmoid" if self.several else "softmax"

    @property
    def head(self) -> str:
        """Return the name of a classifier's last layer, which tells what its numbers are."""
        return "label_logits" if self.several else "logits"

    def loss(self) -> "keras.losses.Loss":
        """Return the cross-entropy between targets [rows, k] and logits [rows, k]."""
        import keras

        from helpers.data.cross_entropy import CrossEntropy

        return keras.losses.BinaryCrossentropy(from_logits=True) if self.several else CrossEntropy()

    def accuracy(self) -> "keras.metrics.Metric":
        """Return the share of right answers, as a metric of targets and logits, both [rows, k].

        With several labels a text every label is an answer of its own, unlike in `evaluation`.
        """
        import keras

        if self.several:
            return keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
        return keras.metrics.CategoricalAccuracy(name="accuracy")

    def targets(self, labels: np.ndarray) -> np.ndarray:
        """Return what a perfect model would answer, float32 [rows, k]: one-hot, or the labels."""
        labels = np.asarray(labels)
        if labels.ndim == 2:
            return labels.astype("float32")
        return np.eye(len(self), dtype="float32")[labels.astype(int)]

    def weighted_targets(self, labels: np.ndarray) -> np.ndarray:
        """Return targets to train on, float32 [rows, k], each class times its weight.

        The cross-entropy adds up target times -log p, so a target of 3 counts a row three times.
        With several labels the weight is that of the question's *yes*, and stays out of it: there
        the targets are plain.
        """
        targets = self.targets(labels)
        if self.weights is None or self.several:
            return targets
        return targets * np.asarray(self.weights, "float32")

    def asked(self, targets: np.ndarray) -> np.ndarray:
        """Return the targets of the yes-or-no questions, [rows, questions], of those [rows, k]."""
        return targets[:, 1:] if self.questions == 1 else targets

    def row_weights(self, labels: np.ndarray) -> np.ndarray:
        """Return what each training row counts, float64 [rows]."""
        if self.weights is None or self.several:
            return np.ones(len(labels))
        return np.asarray(self.weights)[np.asarray(labels, int)]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the probabilities of logits [rows, k], float32 [rows, k]."""
        logits = np.asarray(logits, "float64")
        return (expit(logits) if self.several else softmax(logits, axis=1)).astype("float32")

    def logits_of_probabilities(self, probabilities: np.ndarray) -> np.ndarray:
        """Return logits, float64 [rows, k], of probabilities, first kept 1e-6 away from 0 and 1."""
        p = np.clip(np.asarray(probabilities, "float64"), 1e-6, 1 - 1e-6)
        return np.log(p / (1 - p)) if self.several else np.log(p)

    def logits_of_answers(self, answers: np.ndarray) -> np.ndarray:
        """Return the logits [rows, k] of one-vs-rest log-odds [rows, questions].

        Their softmax are the answers' probabilities, scaled to add up to one; for a single
        question z these are those of -z and z.
        """
        if self.several:
            return answers
        if answers.shape[1] == 1:
            answers = np.concatenate([-answers, answers], axis=1)
        return -np.logaddexp(0, -answers)  # log sigmoid

    def said(self, label: Any) -> str | list[str]:
        """Return a row's label as people say it: its name, or of several a list of names."""
        if self.several:
            return [name for name, given in zip(self.names, label, strict=True) if given]
        return self.names[int(label)]

    def heard(self, said: Iterable[str | Iterable[str]]) -> np.ndarray:
        """Return the labels that were said of some rows, int64 [rows] or bool [rows, k]."""
        if self.several:
            return np.array([[name in names for name in self.names] for names in said], bool)
        return np.array([self.names.index(name) for name in said], "int64")

    def as_record(self) -> dict[str, Any]:
        """Return what a stage keeps of it, as JSON can hold it."""
        weights = None if self.weights is None else list(self.weights)
        return {"names": list(self.names), "several": self.several, "weights": weights}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Classes":
        """Return the classes that `as_record` was asked for."""
        weights = record["weights"]
        return cls(tuple(record["names"]), record["several"], weights and tuple(weights))


def balanced_weights(labels: np.ndarray, count: int) -> tuple[float, ...]:
    """Return weights that let every class count the same in all: rows / (count * rows of it)."""
    rows = np.bincount(np.asarray(labels, int), minlength=count)
    return tuple((len(labels) / (count * np.maximum(rows, 1))).tolist())


def make_classes(manifest: dict[str, Any], train: "Dataset") -> Classes:
    """Return the classes of a task, weighted as the variable CLASS_WEIGHTS says.

    `balanced` lets every class count the same in training, however rare; by default every row does.

    Raises ClassWeightsError for any other word, and where a text may have several labels.
    """
    classes = Classes(tuple(manifest["label_names"]), manifest.get("several_labels", False))
    if class_weights() == "none":
        return classes
    if classes.several:
        raise ClassWeightsError(
            "CLASS_WEIGHTS=balanced is for one label a text, and here a text may have several."
        )
    return replace(classes, weights=balanced_weights(load_labels(train, classes), len(classes)))


def load_classes(stage: Stage) -> Classes:
    """Return the classes of a task, as stage 01_corpus keeps them."""
    return Classes.from_record(stage.metrics["classes"])


def load_labels(dataset: "Dataset", classes: Classes) -> np.ndarray:
    """Return the labels of a split: int64 [rows], or with several a text bool [rows, k]."""
    given = list(dataset["label"])
    if not classes.several:
        return np.array(given, dtype="int64")
    labels = np.zeros((len(dataset), len(classes)), bool)
    rows = np.repeat(np.arange(len(given)), [len(those) for those in given])
    labels[rows, np.array([label for those in given for label in those], int)] = True
    return labels
