"""Evaluation: what is right, intervals, paired tests, calibration, rows of the results table.

Probabilities are [rows, k]. Labels are int [rows], one a text, or bool [rows, k] where a text may
have several; every function sees from their shape which it is. What counts as an answer is decided
in `answers` and `right`. (The predictor, which stands alone, answers by the same rule.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import logsumexp

from helpers.stages.workspace import Run


def answers(probabilities: np.ndarray, several: bool = False) -> np.ndarray:
    """Return what each row is answered.

    The class of the highest probability, the first of equal ones, int [rows]; with `several`
    labels a text, each label of at least a half, bool [rows, k].

    Raises:
        ValueError: if `probabilities` is not [rows, k].
    """
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.shape[1] < 2:
        raise ValueError(f"expected probabilities [rows, k], not {probabilities.shape}")
    return probabilities >= 0.5 if several else probabilities.argmax(axis=1)


def right(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Tell which rows a model gets right, bool [rows]; of several labels all must be.

    Raises:
        ValueError: if labels and probabilities are not of the same rows and classes.
    """
    labels = np.asarray(labels)
    given = answers(probabilities, several=labels.ndim == 2)
    if labels.shape != given.shape:
        raise ValueError(f"answers of shape {given.shape} for labels of shape {labels.shape}")
    return (given == labels).all(axis=1) if labels.ndim == 2 else given == labels


def accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of rows that a model gets right."""
    return float(np.mean(right(labels, probabilities)))


def macro_f1(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of the classes' F1 scores; a class never met or never given counts 0.

    Unlike accuracy it notices a model that ignores a rare class.
    """
    from sklearn.metrics import f1_score

    labels = np.asarray(labels)
    given, classes = answers(probabilities, labels.ndim == 2), range(np.shape(probabilities)[1])
    return float(f1_score(labels, given, labels=classes, average="macro", zero_division=0))


def recalls(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the share of each class's rows that are given it, float [k]; NaN for no rows."""
    labels, k = np.asarray(labels), np.shape(probabilities)[1]
    given = answers(probabilities, labels.ndim == 2)
    if labels.ndim == 1:
        labels, given = (np.eye(k, dtype=bool)[each.astype(int)] for each in (labels, given))
    with np.errstate(invalid="ignore"):
        return (labels & given).sum(axis=0) / labels.sum(axis=0)


def majority(labels: np.ndarray) -> float:
    """Return the share of rows that always giving the most frequent label (or labels) gets."""
    counts = np.unique(np.asarray(labels), axis=0, return_counts=True)[1]
    return float(counts.max() / len(labels))


def always_the_same(labels: np.ndarray, k: int) -> np.ndarray:
    """Return probabilities that always give the most frequent label (or labels), [rows, k]."""
    kinds, counts = np.unique(np.asarray(labels), axis=0, return_counts=True)
    most = kinds[counts.argmax()]
    return np.tile(most.astype(float) if most.ndim else np.eye(k)[int(most)], (len(labels), 1))


def beats_always(labels: np.ndarray, probabilities: np.ndarray) -> bool:
    """Tell by McNemar's test, at 0.05, whether a model is better than always the same answer."""
    test = mcnemar(labels, probabilities, always_the_same(labels, np.shape(probabilities)[1]))
    return test["first_only"] > test["second_only"] and test["p_value"] < 0.05


def standard_error(accuracy: float, n: int) -> float:
    """Return the standard error of an accuracy that was measured on `n` rows."""
    return float(np.sqrt(accuracy * (1 - accuracy) / n))


def paired_standard_error(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the standard error of the difference of two accuracies on the same rows.

    Rows that both models get right, or both wrong, say nothing of the difference; so it is
    smaller than for separate rows.

    Args:
        labels: of the rows.
        first, second: the models' probabilities, [rows, k].
    """
    gained = right(labels, second).astype(int) - right(labels, first)
    return float(np.std(gained) / np.sqrt(len(gained)))


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion (Wilson, 1927)."""
    interval = stats.binomtest(int(correct), int(n)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Compare two models on the same rows with McNemar's exact test (McNemar, 1947).

    Args:
        labels: of the rows.
        first, second: the models' probabilities, [rows, k].

    Returns:
        `first_only` and `second_only`: rows that only that model gets right; `p_value`,
        two-sided: how likely so uneven a split is if both models are equally good.
    """
    first_right, second_right = right(labels, first), right(labels, second)
    first_only = int(np.sum(first_right & ~second_right))
    second_only = int(np.sum(second_right & ~first_right))
    n = first_only + second_only
    p_value = stats.binomtest(first_only, n, 0.5).pvalue if n else 1.0
    return {"first_only": first_only, "second_only": second_only, "p_value": float(p_value)}


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Correct p-values for how many there are (Holm, 1979): [tests], in the order given.

    The smallest is multiplied by the number of tests, the next by one less, and so on; none may
    come out smaller than one before it, and none above 1.
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _of_classes(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Return what a row says of its classes: recalls, None for one without rows."""
    found = recalls(labels, probabilities).tolist()
    row: dict[str, Any] = {"several": labels.ndim == 2}
    if labels.ndim == 2:  # what always giving the most frequent labels is worth
        row["majority_f1"] = macro_f1(labels, always_the_same(labels, labels.shape[1]))
    return row | {"recalls": [None if np.isnan(r) else round(r, 4) for r in found]}


def compare(
    labels: np.ndarray, probabilities: dict[str, np.ndarray], pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Compare pairs of models on the same rows, p-values corrected for all pairs at once.

    Args:
        labels: of the rows.
        probabilities: each model's, [rows, k].
        pairs: (model, the one it is compared with).

    Returns one dictionary a pair: `model`, `against`, what `mcnemar` gives, `holm`, the corrected
    p-value, `points` and `standard_error` of the difference in percent, and `verdict`: better,
    worse, or no measurable difference, at 0.05 after the correction.
    """
    tests: list[dict[str, Any]] = []
    for model, against in pairs:
        first, second = probabilities[model], probabilities[against]
        counts = mcnemar(labels, first, second)
        points = 100 * (counts["first_only"] - counts["second_only"]) / len(labels)
        error = 100 * paired_standard_error(labels, first, second)
        names = {"model": model, "against": against}
        macro = 100 * (macro_f1(labels, first) - macro_f1(labels, second))
        measured = {"points": points, "standard_error": error, "macro_f1_points": macro}
        tests.append({**names, **counts, **measured})
    for test, corrected in zip(tests, holm([t["p_value"] for t in tests]), strict=True):
        differs = "better" if test["points"] > 0 else "worse"
        test["holm"] = float(corrected)
        test["verdict"] = differs if corrected < 0.05 else "no measurable difference"
    return tests


def calibration_bins(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean confidence, share of right answers and row count of equally wide bins, [bins].

    The confidence is the probability of the answer given (Guo et al., 2017); with several labels
    a text every label is an answer of its own, yes or no. Empty bins hold NaN in the first two.
    """
    labels, p = np.asarray(labels), np.asarray(probabilities, "float64")
    if labels.ndim == 2:
        confidence, hits = np.maximum(p, 1 - p).ravel(), ((p >= 0.5) == labels).ravel()
    else:
        confidence, hits = p.max(axis=1), right(labels, p)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        expected = np.bincount(index, weights=confidence, minlength=bins) / counts
        observed = np.bincount(index, weights=hits, minlength=bins) / counts
    return expected, observed, counts


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error (Guo et al., 2017), 0 for a calibrated model."""
    expected, observed, counts = calibration_bins(labels, probabilities, bins)
    return float(np.nansum(counts * np.abs(expected - observed)) / counts.sum())


def log_losses(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each row, [rows], in nats.

    With several labels a text it is the mean over the labels.

    Args:
        labels: of the rows.
        logits: [rows, k].
    """
    labels = np.asarray(labels)
    if labels.ndim == 2:
        return np.logaddexp(0, np.where(labels, -logits, logits)).mean(axis=1)
    return logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels.astype(int)]


def tempered_losses(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the log loss of each row, [rows], at the temperature that suits all rows best.

    Logits [rows, k] are divided by one number, the temperature (Guo et al., 2017), so that a model
    does not win or lose by being too sure of itself. Notebook 9 shows it.
    """
    losses = (log_losses(labels, logits / t) for t in np.geomspace(0.2, 20, 200))
    return min(losses, key=np.mean)


def agreement(first: np.ndarray, second: np.ndarray, several: bool = False) -> float:
    """Return the share of rows on which two models give the same label, or labels."""
    same = answers(first, several) == answers(second, several)
    return float(np.mean(same.all(axis=1) if several else same))


def file_name(model: str) -> str:
    """Return a row's name as the stages write it in file names."""
    return model.replace(",", "").replace(" ", "_")


def add_result(
    run: Run,
    model: str,
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    size: int,
    latency_us: dict[str, float] | None = None,
    train_seconds: float | None = None,
    teacher: str | None = None,
    bundle: str | None = None,
) -> dict[str, Any]:
    """Add a row to the results table, in place of an earlier one of that name, and return it.

    Args:
        run: the stage being made.
        model: the row's name.
        labels, probabilities: of the test rows, [rows] and [rows, k].
        size: the bytes a user downloads.
        latency_us: from `runtime.measure_latency`, raw text to probability, one thread.
        train_seconds: what this step of training took.
        teacher: the row of the model whose answers this one learned from.
        bundle: the bundle that answers as this row says, relative to the folder of the task.
    """
    score = accuracy(labels, probabilities)
    row = {
        "model": model,
        "stage": run.stage,
        "protocol": run.protocol,
        "accuracy": score,
        "macro_f1": macro_f1(labels, probabilities),
        "majority": majority(labels),
        "beats_always": beats_always(labels, probabilities),
        "interval": list(wilson_interval(round(score * len(labels)), len(labels))),
        "n": len(labels),
        "classes": np.shape(probabilities)[1],
        "bytes": int(size),
        "latency_us": latency_us,
        "train_seconds": None if train_seconds is None else round(train_seconds, 1),
        "seed": run.seed,
        "teacher": teacher,
        "bundle": bundle,
        **_of_classes(np.asarray(labels), probabilities),
    }
    run.results[:] = [other for other in run.results if other["model"] != model]
    run.results.append(row)
    return row
