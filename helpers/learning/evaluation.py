"""Evaluation: intervals, paired tests, calibration, and the rows of the results table."""

from typing import Any

import numpy as np
from scipy import stats

from helpers.stages.workspace import Run


def accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of rows whose probability is on the label's side of 0.5."""
    return float(np.mean((np.asarray(probabilities) >= 0.5) == np.asarray(labels)))


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
    first_right = (np.asarray(first) >= 0.5) == labels
    second_right = (np.asarray(second) >= 0.5) == labels
    first_only = int(np.sum(first_right & ~second_right))
    second_only = int(np.sum(second_right & ~first_right))
    n = first_only + second_only
    p_value = stats.binomtest(first_only, n, 0.5).pvalue if n else 1.0
    return {"first_only": first_only, "second_only": second_only, "p_value": float(p_value)}


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
    return float(np.mean((np.asarray(first) >= 0.5) == (np.asarray(second) >= 0.5)))


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
        bundle: the bundle that answers as this row says, relative to the folder of the task.
    """
    score = accuracy(labels, probabilities)
    row = {
        "model": model,
        "stage": run.stage,
        "protocol": run.protocol,
        "accuracy": score,
        "interval": list(wilson_interval(round(score * len(labels)), len(labels))),
        "n": len(labels),
        "bytes": int(size),
        "latency_us": latency_us,
        "train_seconds": None if train_seconds is None else round(train_seconds, 1),
        "seed": run.seed,
        "bundle": bundle,
    }
    run.results[:] = [other for other in run.results if other["model"] != model]
    run.results.append(row)
    return row
