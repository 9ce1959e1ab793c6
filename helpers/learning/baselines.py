"""The strong cheap baseline: NB-weighted n-gram logistic regression (Wang and Manning, 2012).

It trains in seconds and beats most published neural examples on IMDb, so every results table
starts with it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import regex
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from helpers.data.classes import Classes
from helpers.learning.evaluation import accuracy, log_losses
from helpers.predictor.texts import folded
from helpers.system.files import written_whole
from helpers.text.scripts import SYLLABLE

# words, characters of scripts without spaces, single punctuation marks: "great !" is a bigram
TOKEN_PATTERN = regex.compile(rf"{SYLLABLE}|(?:(?!{SYLLABLE})[\p{{L}}\p{{N}}\p{{M}}_])+|[^\w\s]")


def count_ngrams(texts: list[str], longest: int = 3) -> tuple[CountVectorizer, sparse.csr_matrix]:
    """Return a fitted vectorizer and which n-grams each text holds, binary [texts, features].

    An n-gram must be in at least two texts.
    """
    vectorizer = _vectorizer(longest, min_df=2)
    return vectorizer, vectorizer.fit_transform(texts)


def _vectorizer(longest: int, **more: object) -> CountVectorizer:
    return CountVectorizer(
        binary=True,
        ngram_range=(1, longest),
        tokenizer=tokens,
        token_pattern=None,
        preprocessor=clean,
        dtype=np.float32,
        **more,
    )


def tokens(text: str) -> list[str]:
    """Return what TOKEN_PATTERN finds in a text; in ASCII, where that is simple, sooner."""
    return re.findall(r"\w+|[^\w\s]", text) if text.isascii() else TOKEN_PATTERN.findall(text)


def clean(text: str) -> str:
    """Return a text in small letters, without HTML line breaks (`texts.folded`)."""
    return folded(text)


def log_count_ratio(
    counts: sparse.csr_matrix, target: np.ndarray, weight: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return the naive Bayes weight of each n-gram, float32 [features] (Wang and Manning, 2.1).

    Positive where an n-gram is likelier where the answer is yes, by the smoothed log ratio.
    `target` [rows] holds 1 for yes and 0 for no, or the probability of yes, `weight` [rows] what
    each row counts.
    """
    target = np.asarray(target, "float64")
    positive = 1 + counts.T @ (weight * target)
    negative = 1 + counts.T @ (weight * (1 - target))
    ratio = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return ratio.astype("float32")


def fit_question(
    counts: sparse.csr_matrix, target: np.ndarray, weight: np.ndarray, strength: float = 0.1
) -> tuple[np.ndarray, float]:
    """Fit logistic regression on NB-weighted counts to a yes-or-no question.

    A target [rows] between 0 and 1 counts partly as yes and partly as no; `weight` [rows] is what
    each row counts. `strength` is the inverse of the L2 penalty.

    Returns one weight a column, and the bias: log-odds of yes.
    """
    ratio = log_count_ratio(counts, target, weight)
    scaled = counts.multiply(ratio).tocsr()
    # each row once as yes and once as no, as far as its target says so
    sides = np.repeat([1, 0], len(target))
    share = np.concatenate([weight * target, weight * (1 - target)])
    used = share > 0
    if len(set(sides[used])) == 1:  # no row says anything else
        return np.zeros(counts.shape[1]), 10.0 * (2 * sides[used][0] - 1)
    rows = np.tile(np.arange(len(target)), 2)[used]
    # liblinear in its dual form: seconds, where other solvers take minutes on so many features
    solver = {"solver": "liblinear", "dual": True, "max_iter": 1000, "random_state": 0}
    regression = LogisticRegression(C=strength, **solver)
    regression.fit(scaled[rows], sides[used], share[used])
    return regression.coef_[0] * ratio, float(regression.intercept_[0])


def fit_weighted(
    counts: sparse.csr_matrix, targets: np.ndarray, weight: np.ndarray, strength: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a linear model of NB-weighted counts to every question (one-vs-rest).

    Args:
        counts: [rows, features].
        targets: of the questions, [rows, questions]; see `Classes.asked`.
        weight: what each row counts, [rows].
        strength: the inverse of the L2 penalty.

    Returns weights float32 [features, questions] and biases [questions]: log-odds of yes.
    """
    answers = [fit_question(counts, target, weight, strength) for target in targets.T]
    weights, biases = zip(*answers, strict=True)
    return np.stack(weights, axis=1).astype("float32"), np.array(biases)


@dataclass(frozen=True)
class NgramModel:
    """A fitted baseline: its n-grams, and for each question one weight an n-gram and a bias."""

    vectorizer: CountVectorizer
    weights: np.ndarray  # float32 [features, questions]
    biases: np.ndarray  # float64 [questions]
    classes: Classes

    def logits(self, texts: list[str]) -> np.ndarray:
        """Return the classes' logits, float64 [texts, k]."""
        answers = self.vectorizer.transform(texts) @ self.weights + self.biases
        return self.classes.logits_of_answers(answers)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """Return the classes' probabilities, float32 [texts, k]."""
        return self.classes.probabilities(self.logits(texts))

    def save(self, path: Path) -> None:
        """Write everything a prediction needs as one compressed `.npz`, without pickle."""
        ngrams = "\n".join(self.vectorizer.get_feature_names_out())
        config = {"longest": self.vectorizer.ngram_range[1], "classes": self.classes.as_record()}
        with written_whole(path) as temporary:
            np.savez_compressed(
                temporary,
                ngrams=np.frombuffer(ngrams.encode(), dtype="uint8"),
                weights=self.weights,
                biases=self.biases,
                config=np.frombuffer(json.dumps(config).encode(), dtype="uint8"),
            )


def load_ngram_model(path: Path) -> NgramModel:
    """Load what `NgramModel.save` wrote; nothing in the file is executed."""
    with np.load(path, allow_pickle=False) as saved:
        config = json.loads(saved["config"].tobytes())
        ngrams = saved["ngrams"].tobytes().decode().split("\n")
        weights, biases = saved["weights"], saved["biases"]
    vectorizer = _vectorizer(config["longest"], vocabulary=ngrams)
    return NgramModel(vectorizer, weights, biases, Classes.from_record(config["classes"]))


def fit_ngram_model(
    texts: list[str],
    labels: np.ndarray,
    classes: Classes,
    *,
    longest: int = 3,
    strength: float = 0.1,
) -> NgramModel:
    """Fit logistic regression on NB-weighted n-grams.

    Args:
        texts, labels: training rows.
        classes: of the task.
        longest: n-grams of one to this many tokens.
        strength: inverse of the L2 penalty (scikit-learn's `C`).
    """
    vectorizer, counts = count_ngrams(texts, longest)
    targets = classes.asked(classes.targets(labels))
    weights, biases = fit_weighted(counts, targets, classes.row_weights(labels), strength)
    return NgramModel(vectorizer, weights, biases, classes)


@dataclass(frozen=True)
class SvmModel:
    """TF-IDF of words and of characters, and a linear support vector machine on both."""

    vectorizer: FeatureUnion
    machine: LinearSVC
    classes: Classes
    scale: float  # what a margin counts as log-odds

    def logits(self, texts: list[str]) -> np.ndarray:
        """Return the classes' logits, float64 [texts, k]."""
        margins = _margins(self.machine, self.vectorizer.transform(texts))
        return self.classes.logits_of_answers(self.scale * margins)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """Return the classes' probabilities, float32 [texts, k]."""
        return self.classes.probabilities(self.logits(texts))

    def save(self, path: Path) -> None:
        """Write what a prediction needs as one compressed `.npz`: what this model weighs."""
        machines = getattr(self.machine, "estimators_", [self.machine])
        machines = [m for m in machines if hasattr(m, "coef_")]  # a class without rows has none
        names = "\n".join(self.vectorizer.get_feature_names_out()).encode()
        with written_whole(path) as temporary:
            np.savez_compressed(
                temporary,
                ngrams=np.frombuffer(names, dtype="uint8"),
                idf=np.concatenate([v.idf_ for _, v in self.vectorizer.transformer_list]),
                weights=np.concatenate([m.coef_ for m in machines]).astype("float32"),
                biases=np.concatenate([m.intercept_ for m in machines]),
            )


def _margins(machine: Any, x: sparse.csr_matrix) -> np.ndarray:
    """Return the distances to the machine's planes, [rows, questions].

    A class without training rows has no plane: it is never given.
    """
    margins = machine.decision_function(x).reshape(x.shape[0], -1)
    for c, one in enumerate(getattr(machine, "estimators_", ())):
        if not hasattr(one, "coef_"):
            margins[:, c] = -10.0
    return margins


def fit_svm(
    texts: list[str],
    labels: np.ndarray,
    validation: tuple[list[str], np.ndarray],
    classes: Classes,
    strengths: Sequence[float] = (0.3, 1.0, 3.0),
) -> SvmModel:
    """Fit the strong baseline of short texts: words 1-2 and, inside words, characters 2-5.

    Its strength (scikit-learn's `C`) is the best on the validation rows; so is the factor that
    turns margins into log-odds, without which there would be no probabilities (Platt, 1999).

    Args:
        texts, labels: training rows.
        validation: texts and labels to choose by.
        classes: of the task.
        strengths: to choose from.
    """
    words = TfidfVectorizer(
        tokenizer=TOKEN_PATTERN.findall, token_pattern=None, preprocessor=clean,
        ngram_range=(1, 2), sublinear_tf=True,
    )  # fmt: skip
    letters = TfidfVectorizer(
        analyzer="char_wb", preprocessor=clean, ngram_range=(2, 5), min_df=2, sublinear_tf=True
    )
    both = FeatureUnion([("words", words), ("characters", letters)])
    x, held_out = both.fit_transform(texts), both.transform(validation[0])
    balanced = "balanced" if classes.weights else None

    def fit(strength: float) -> tuple[float, LinearSVC, np.ndarray]:
        machine: Any = LinearSVC(C=strength, class_weight=balanced)
        machine = (OneVsRestClassifier(machine) if classes.several else machine).fit(x, labels)
        margins = _margins(machine, held_out)
        right = accuracy(validation[1], classes.probabilities(classes.logits_of_answers(margins)))
        return right, machine, margins

    def loss(scale: float) -> float:
        return float(log_losses(validation[1], classes.logits_of_answers(scale * margins)).mean())

    _, machine, margins = max(map(fit, strengths), key=lambda fitted: fitted[0])
    return SvmModel(both, machine, classes, min((1.0, 2.0, 4.0, 8.0), key=loss))
