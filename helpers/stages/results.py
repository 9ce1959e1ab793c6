"""What stands beside accuracies where one class is larger than the others: always saying that."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
ALWAYS = "always the larger class"


def always_the_larger(rows: Sequence[Row]) -> Row | None:
    """Return a result row for always answering with the most frequent class of the test rows.

    None where the classes are about equally large, or older rows do not say how large they are.
    Its macro-F1 is that of one class which is always found, over all classes.
    """
    known = [row for row in rows if row.get("majority")]
    if not known:
        return None
    most = max(known, key=lambda row: row["n"])
    share, classes = most["majority"], most["classes"]
    if share < 1.1 / classes:
        return None
    return {
        **most,
        "model": ALWAYS,
        "accuracy": share,
        "macro_f1": 2 * share / (1 + share) / classes,
        "interval": [share, share],
        "bytes": 0,
        "latency_us": None,
        "train_seconds": None,
    }


def no_better(rows: Sequence[Row]) -> str:
    """Say which models cannot be told from always answering with the larger class; "" if none."""
    names = [
        row["model"]
        for row in rows
        if always_the_larger([row]) is not None and row["interval"][0] <= row["majority"]
    ]
    if not names:
        return ""
    return f"No better than {ALWAYS}, as far as these rows can tell: {', '.join(names)}."
