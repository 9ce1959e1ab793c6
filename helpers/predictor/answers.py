"""The labels of a text in the order of their probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np

MOST_LABELS = 200  # of a bundle


def most_probable(
    probabilities: np.ndarray, labels: Sequence[str], count: int
) -> list[dict[str, Any]]:
    """Return {"label", "probability"} of the most probable labels, the first of equal ones first.

    Args:
        probabilities: of the labels, float [k].
        labels: their names.
        count: how many to return; at most k are.
    """
    order = np.argsort(-probabilities, kind="stable")[:count].tolist()
    return [{"label": labels[i], "probability": float(probabilities[i])} for i in order]
