"""Two versions of a model side by side, wherever their files come from: numbers and texts."""

import difflib
import json
import math
from typing import Any

MAX_NUMBERS, MAX_DEPTH, MAX_NAME, MAX_LINES = 1000, 20, 120, 2000  # of files from outside

# name, old and new value (None where a version has none), new minus old
Row = dict[str, Any]


def read_numbers(text: str | None) -> dict[str, float]:
    """Return the numbers in a JSON text under names like `result.interval[0]`; {} for no JSON."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    numbers: dict[str, float] = {}
    _flatten(found, "", numbers, 0)
    return numbers


def _flatten(value: Any, name: str, into: dict[str, float], depth: int) -> None:
    if depth > MAX_DEPTH or len(into) >= MAX_NUMBERS:
        return
    if isinstance(value, dict):
        for key, below in value.items():
            _flatten(below, f"{name}.{key}" if name else str(key), into, depth + 1)
    elif isinstance(value, list):
        for i, below in enumerate(value):
            _flatten(below, f"{name}[{i}]", into, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return
        if math.isfinite(number):
            into[name[:MAX_NAME] or "value"] = number


def side_by_side(old: dict[str, float], new: dict[str, float]) -> list[Row]:
    """Return {"name", "old", "new", "difference"} for each name, in the order of the new version.

    Where a version has no value, it and the difference are None.
    """
    rows = []
    for name in dict.fromkeys([*new, *old]):
        before, after = old.get(name), new.get(name)
        change = None if before is None or after is None else after - before
        rows.append({"name": name, "old": before, "new": after, "difference": change})
    return rows


def changed_lines(old: str | None, new: str | None, context: int = 2) -> list[str]:
    """Return the changes between two texts as the lines of a unified diff, without its head."""
    before, after = ((text or "").splitlines()[:MAX_LINES] for text in (old, new))
    return list(difflib.unified_diff(before, after, lineterm="", n=context))[2:]
