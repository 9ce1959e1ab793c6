"""What stands beside accuracies where one class is larger than the others: always saying that."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
ALWAYS = "always the larger class"
ALWAYS_OF_MANY = "always the largest class"
ALWAYS_SEVERAL = "always the most frequent labels"
ALWAYS_NONE = "always no label"
FINDS_RARE = 0.05  # macro-F1 above that of always the same: rare classes are found


def always_the_larger(rows: Sequence[Row]) -> Row | None:
    """Return a result row for always answering with the most frequent class of the test rows.

    Where a text may have several labels, that is the most frequent set of them, often the empty
    one. None where the classes are about equally large, or older rows do not say how large they
    are. Its macro-F1 is that of one class which is always found, over all classes; of a set of
    labels the row says it, in `majority_f1`.
    """
    known = [row for row in rows if row.get("majority")]
    if not known:
        return None
    most = max(known, key=lambda row: row["n"])
    share, classes, several = most["majority"], most["classes"], most.get("several", False)
    if share < 1.1 / classes and not several:
        return None
    macro_f1 = most.get("majority_f1", 0.0) if several else 2 * share / (1 + share) / classes
    name = ALWAYS if classes == 2 else ALWAYS_OF_MANY
    if several:
        name = ALWAYS_SEVERAL if macro_f1 else ALWAYS_NONE
    return {
        **most,
        "model": name,
        "accuracy": share,
        "macro_f1": macro_f1,
        "interval": [share, share],
        "recalls": None,
        "bytes": 0,
        "latency_us": None,
        "train_seconds": None,
    }


def needs_macro_f1(rows: Sequence[Row]) -> bool:
    """Tell whether accuracy alone would hide something: many classes, or one that is larger."""
    return always_the_larger(rows) is not None or any(
        row.get("classes", 2) > 2
        or row.get("several", False)
        or row["accuracy"] - row.get("macro_f1", row["accuracy"]) > 0.01
        for row in rows
    )


def no_better(rows: Sequence[Row]) -> str:
    """Say which models cannot be told from always answering with the larger class; "" if none.

    A row says so itself (`beats_always`); of an older one the interval reaches down to that. A
    model that finds rare classes at the cost of frequent ones has a higher macro-F1: it is named
    apart.
    """
    named: dict[str, list[str]] = {}
    for row in rows:
        larger = always_the_larger([row])
        if larger is None or row.get("beats_always", row["interval"][0] > row["majority"]):
            continue
        rarer = row.get("macro_f1", 0.0) > larger["macro_f1"] + FINDS_RARE
        words = "In accuracy no better" if rarer else "No better"
        more = ", but in macro-F1" if rarer else ""
        start = f"{words} than {larger['model']}{more}, as far as these rows can tell"
        named.setdefault(start, []).append(row["model"])
    return " ".join(f"{start}: {'; '.join(names)}." for start, names in named.items())
