"""IBM model 1: a table of words from pairs of texts, and the likeliest word of each."""

from collections.abc import Sequence

import numpy as np


def fit(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], rounds: int, size: int
) -> np.ndarray:
    """Return how likely each target token comes from each source token, float32 [size, size].

    Every target token comes from one source token, or from none; which, is not known, so each is
    shared out by the present table, and the table is counted anew (Brown et al., 1993). Source 0
    stands for none; the row of a token that no text has is 0.

    Args:
        sources: token ids of each text, from 1 to size - 1.
        targets: token ids of each translation.
        rounds: how often the table is counted anew.
        size: of the vocabulary that both share.
    """
    cells = [
        (a * size + b, row * 1000 + place)
        for row, (source, target) in enumerate(zip(sources, targets, strict=True))
        for place, b in enumerate(target)
        for a in (0, *dict.fromkeys(source))
    ]
    (pairs, pair), (_, token) = (
        np.unique(column, return_inverse=True) for column in np.array(cells).reshape(-1, 2).T
    )
    source = np.unique(pairs // size, return_inverse=True)[1]
    p = np.ones(len(pairs))
    for _ in range(rounds):
        shared = np.bincount(pair, p[pair] / np.bincount(token, p[pair])[token])
        p = np.asarray(shared / np.bincount(source, shared)[source])
    table = np.zeros(size * size, "float32")
    table[pairs] = p
    return table.reshape(size, size)
