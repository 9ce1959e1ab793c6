"""Evaluation: what is right, intervals, paired tests, calibration, rows of the results table.

Probabilities are those of class 1, [rows]: there are two classes. What counts as an answer is
decided in `answers` and `right`. (The predictor, which stands alone, answers by the same rule.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit

from helpers.stages.workspace import Run

CLASSES = 2


def answers(probabilities: np.ndarray) -> np.ndarray:
    """Return the class that each row is given, int [rows]: class 1 from a half upwards.

    Raises:
        ValueError: if `probabilities` is not [rows].
    """
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 1:
        raise ValueError(f"expected the probability of class 1, [rows], not {probabilities.shape}")
    return (probabilities >= 0.5).astype(int)


def right(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Tell which rows a model gets right, bool [rows].

    Raises:
        ValueError: if labels and probabilities are not one a row.
    """
    labels, given = np.asarray(labels), answers(probabilities)
    if labels.shape != given.shape:
        raise ValueError(f"{len(given)} probabilities for labels of shape {labels.shape}")
    return given == labels


def accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of rows that a model gets right."""
    return float(np.mean(right(labels, probabilities)))


def macro_f1(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of the classes' F1 scores; a class never met or never given counts 0.

    Unlike accuracy it notices a model that ignores a rare class.
    """
    from sklearn.metrics import f1_score

    classes = range(CLASSES)
    return float(
        f1_score(labels, answers(probabilities), labels=classes, average="macro", zero_division=0)
    )


def standard_error(accuracy: float, n: int) -> float:
    """Return the standard error of an accuracy that was measured on `n` rows."""
    return float(np.sqrt(accuracy * (1 - accuracy) / n))


def paired_standard_error(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the standard error of the difference of two accuracies on the same rows.

    Rows that both models get right, or both wrong, say nothing of the difference; so it is
    smaller than for separate rows.

    Args:
        labels: 0 or 1, [rows].
        first, second: the models' probabilities, [rows].
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
        labels: 0 or 1, [rows].
        first, second: the models' probabilities, [rows].

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


def compare(
    labels: np.ndarray, probabilities: dict[str, np.ndarray], pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Compare pairs of models on the same rows, p-values corrected for all pairs at once.

    Args:
        labels: 0 or 1, [rows].
        probabilities: each model's, [rows].
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
        tests.append({**names, **counts, "points": points, "standard_error": error})
    for test, corrected in zip(tests, holm([t["p_value"] for t in tests]), strict=True):
        differs = "better" if test["points"] > 0 else "worse"
        test["holm"] = float(corrected)
        test["verdict"] = differs if corrected < 0.05 else "no measurable difference"
    return tests


def calibration_bins(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean probability, share of positives and row count of equally wide bins, [bins].

    Empty bins hold NaN in the first two.
    """
    index = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    counts = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(index, weights=probabilities, minlength=bins) / counts
        observed = np.bincount(index, weights=labels, minlength=bins) / counts
    return predicted, observed, counts


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error (Guo et al., 2017), 0 for a calibrated model."""
    predicted, observed, counts = calibration_bins(labels, probabilities, bins)
    return float(np.nansum(counts * np.abs(predicted - observed)) / counts.sum())


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Return the share of rows on which two models give the same label."""
    return float(np.mean(answers(first) == answers(second)))


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)), float64; probabilities are first kept 1e-6 away from 0 and 1."""
    p = np.clip(np.asarray(probabilities, "float64"), 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def mix_log_odds(
    weights: Sequence[float], probabilities: Sequence[np.ndarray], bias: float = 0.0
) -> np.ndarray:
    """Return the probabilities of a weighted sum of several models' log-odds, [rows].

    Args:
        weights: what each model's log-odds count, [models].
        probabilities: each model's probabilities, [models][rows].
        bias: is added to every sum.
    """
    columns = zip(weights, probabilities, strict=True)
    return expit(bias + sum(weight * log_odds(p) for weight, p in columns))


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
        labels, probabilities: of the test rows, [rows].
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
        "majority": float(np.bincount(np.asarray(labels, int)).max() / len(labels)),
        "interval": list(wilson_interval(round(score * len(labels)), len(labels))),
        "n": len(labels),
        "classes": CLASSES,
        "bytes": int(size),
        "latency_us": latency_us,
        "train_seconds": None if train_seconds is None else round(train_seconds, 1),
        "seed": run.seed,
        "teacher": teacher,
        "bundle": bundle,
    }
    run.results[:] = [other for other in run.results if other["model"] != model]
    run.results.append(row)
    return row
