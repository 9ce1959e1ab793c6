"""The strong cheap baseline: NB-weighted n-gram logistic regression (Wang and Manning, 2012).

It trains in seconds and beats most published neural examples on IMDb, so every results table
starts with it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from helpers.predictor.texts import without_html
from helpers.system.files import written_whole

TOKEN_PATTERN = r"\w+|[^\w\s]"  # words and single punctuation marks, so "great !" is a bigram


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
        token_pattern=TOKEN_PATTERN,
        preprocessor=clean,
        dtype=np.float32,
        **more,
    )


def clean(text: str) -> str:
    """Lower-case a text and turn its HTML line breaks into spaces."""
    return without_html(text).lower()


def log_count_ratio(
    counts: sparse.csr_matrix, target: np.ndarray, weight: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return the naive Bayes weight of each n-gram, float32 [features] (Wang and Manning, 2.1).

    Positive where an n-gram is likelier in class 1, by the smoothed log ratio. `target` [rows]
    holds labels or probabilities of class 1, `weight` [rows] what each row counts.
    """
    target = np.asarray(target, "float64")
    positive = 1 + counts.T @ (weight * target)
    negative = 1 + counts.T @ (weight * (1 - target))
    ratio = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
    return ratio.astype("float32")


def fit_weighted(
    counts: sparse.csr_matrix, target: np.ndarray, weight: np.ndarray, strength: float = 0.1
) -> tuple[np.ndarray, float]:
    """Fit logistic regression on NB-weighted counts: one weight a column, and the bias.

    A target [rows] between 0 and 1 counts partly as class 1 and partly as class 0; `weight`
    [rows] is what each row counts. `strength` is the inverse of the L2 penalty.
    """
    ratio = log_count_ratio(counts, target, weight)
    scaled = counts.multiply(ratio).tocsr()
    sides = np.repeat([1, 0], len(target))
    share = np.concatenate([weight * target, weight * (1 - target)])
    used = share > 0
    regression = LogisticRegression(C=strength, solver="liblinear", dual=True, random_state=0)
    regression.fit(sparse.vstack([scaled, scaled]).tocsr()[used], sides[used], share[used])
    return regression.coef_[0] * ratio, float(regression.intercept_[0])


@dataclass(frozen=True)
class NgramModel:
    """A fitted baseline: its n-grams, one weight each, and a bias."""

    vectorizer: CountVectorizer
    weights: np.ndarray  # float32 [features]
    bias: float

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """Return the probability of class 1, [texts]."""
        logits = self.vectorizer.transform(texts) @ self.weights + self.bias
        return 1 / (1 + np.exp(-logits))

    def save(self, path: Path) -> None:
        """Write everything a prediction needs as one compressed `.npz`, without pickle."""
        ngrams = "\n".join(self.vectorizer.get_feature_names_out())
        config = {"bias": self.bias, "longest": self.vectorizer.ngram_range[1]}
        with written_whole(path) as temporary:
            np.savez_compressed(
                temporary,
                ngrams=np.frombuffer(ngrams.encode(), dtype="uint8"),
                weights=self.weights,
                config=np.frombuffer(json.dumps(config).encode(), dtype="uint8"),
            )


def load_ngram_model(path: Path) -> NgramModel:
    """Load what `NgramModel.save` wrote; nothing in the file is executed."""
    with np.load(path, allow_pickle=False) as saved:
        config = json.loads(saved["config"].tobytes())
        ngrams = saved["ngrams"].tobytes().decode().split("\n")
        weights = saved["weights"]
    return NgramModel(_vectorizer(config["longest"], vocabulary=ngrams), weights, config["bias"])


def fit_ngram_model(
    texts: list[str], labels: np.ndarray, *, longest: int = 3, strength: float = 0.1
) -> NgramModel:
    """Fit logistic regression on NB-weighted n-grams.

    Args:
        texts, labels: training rows; labels are 0 or 1.
        longest: n-grams of one to this many tokens.
        strength: inverse of the L2 penalty (scikit-learn's `C`).
    """
    labels = np.asarray(labels)
    vectorizer, counts = count_ngrams(texts, longest)
    ratio = log_count_ratio(counts, labels)
    # liblinear in its dual form: seconds, where other solvers take minutes on so many features
    regression = LogisticRegression(C=strength, solver="liblinear", dual=True, random_state=0)
    regression.fit(counts.multiply(ratio).tocsr(), labels)
    weights = (regression.coef_[0] * ratio).astype("float32")
    return NgramModel(vectorizer, weights, float(regression.intercept_[0]))
