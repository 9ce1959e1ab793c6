"""IBM model 1: a table of words from pairs of texts, and translation word by word with it."""

from collections.abc import Sequence

import numpy as np

Table = dict[int, tuple[int, float]]


def fit(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], rounds: int) -> Table:
    """Return source token -> (its likeliest target token, how likely); source 0 is for none.

    Every target token comes from one source token, or from none; which, is not known, so each is
    shared out by the present table, and the table is counted anew (Brown et al., 1993).

    Args:
        sources: token ids of each text, none of them 0.
        targets: token ids of each translation.
        rounds: how often the table is counted anew.
    """
    size = 1 + max(max(map(max, filter(len, side)), default=0) for side in (sources, targets))
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
    order = np.argsort(p, kind="stable")  # the likeliest is written last
    return {int(pairs[i] // size): (int(pairs[i] % size), float(p[i])) for i in order}
