"""Which classes of many are taken for one another."""

from collections.abc import Sequence

import numpy as np


def most_confused(counts: np.ndarray, count: int) -> list[int]:
    """Return the classes of the pairs that are most often taken for one another, in their order.

    Args:
        counts: rows of each class that are given each class, [k, k].
        count: at most so many classes.
    """
    either = np.triu(counts + counts.T, 1)
    chosen: set[int] = set()
    for place in np.argsort(-either, axis=None, kind="stable"):
        pair = {int(i) for i in np.unravel_index(place, either.shape)}
        if len(chosen | pair) <= count and either.flat[place]:
            chosen |= pair
    every = np.argsort(-counts.sum(axis=1), kind="stable").tolist()  # where little is confused
    return sorted([*chosen, *(i for i in every if i not in chosen)][:count])


def with_others(counts: np.ndarray, kept: Sequence[int]) -> np.ndarray:
    """Return the matrix [k, k] of the classes that are kept, all others summed as one more."""
    group = np.full(len(counts), len(kept))
    group[list(kept)] = range(len(kept))
    summed = np.zeros((len(kept) + 1, len(kept) + 1), int)
    np.add.at(summed, (group[:, None], group[None, :]), counts)
    return summed
