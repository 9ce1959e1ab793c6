"""Figures of sentences that come in groups: those of one template are right or wrong together."""

from collections.abc import Sequence

import numpy as np


def interval(
    right: np.ndarray, groups: Sequence[str], draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % interval of a share, whole groups drawn again (the bootstrap, by group).

    Args:
        right: bool [rows].
        groups: of each row, its template.
        draws: how often.
        seed: of the draws.
    """
    _, group = np.unique(groups, return_inverse=True)
    hits, sizes = np.bincount(group, right), np.bincount(group)
    chosen = np.random.default_rng(seed).integers(0, len(sizes), (draws, len(sizes)))
    shares = hits[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def paired(
    first: np.ndarray, second: np.ndarray, groups: Sequence[str], draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Return the difference of two systems on the same rows, and its p-value by permutation.

    If both are equally good, the sign of each group's difference is a coin: the p-value is how
    often coins give a difference as large, two-sided (Fisher, 1935).
    """
    _, group = np.unique(groups, return_inverse=True)
    gains = np.bincount(group, np.asarray(first, float) - second)
    signs = np.random.default_rng(seed).choice([-1, 1], (draws, len(gains)))
    reached = np.sum(np.abs(signs @ gains) >= abs(gains.sum()) - 1e-9)
    return float(gains.sum() / len(first)), float((1 + reached) / (1 + draws))
