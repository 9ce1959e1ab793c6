"""Two versions of a model side by side: what was measured, what the files weigh, what was reworded.

Everything is computed from the two revisions; the page only lays it out.
"""

import difflib
import json
import math
from dataclasses import dataclass
from typing import Any

from dulwich.objects import Commit
from dulwich.repo import Repo

from helpers.hub import history
from helpers.hub.changes import CARD
from helpers.hub.errors import HubError

METRICS = "metrics.json"
DIFFED = (CARD, "config.json")
MAX_METRICS, MAX_BARS, MAX_LINES = 200, 12, 2000
ROW, LABEL, WIDTH = 44, 210, 640  # of the plot, in its own units


@dataclass(frozen=True)
class Pair:
    """A number in the old and in the new version; None where a version has none."""

    name: str
    old: float | None
    new: float | None

    @property
    def difference(self) -> float | None:
        """New minus old, where both are there."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True)
class Bars:
    """Two bars of the plot, drawn to the scale of the longer one; lengths from 0 to 1."""

    pair: Pair
    y: int
    old: float
    new: float


def compare(git: Repo, old: Commit, new: Commit) -> dict[str, Any]:
    """Return {"metrics", "files", "bars", "height", "diffs"} of two commits."""
    metrics = pairs(read_metrics(git, old), read_metrics(git, new))
    sizes = [{e.path: e.size for e in history.files(git, commit)} for commit in (old, new)]
    shown = bars(metrics)
    return {
        "metrics": metrics,
        "files": pairs(*sizes),
        "bars": shown,
        "height": ROW * len(shown) + 10,
        "diffs": {name: diff(text(git, old, name), text(git, new, name)) for name in DIFFED},
    }


def read_metrics(git: Repo, commit: Commit) -> dict[str, float]:
    """Return the numbers of a revision's metrics.json under names like `test.accuracy`."""
    try:
        found = json.loads(text(git, commit, METRICS) or "{}")
    except (ValueError, RecursionError):
        return {}
    numbers: dict[str, float] = {}
    _flatten(found, "", numbers, 0)
    return numbers


def _flatten(value: Any, name: str, into: dict[str, float], depth: int) -> None:
    if depth > 20 or len(into) >= MAX_METRICS:
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
            into[name[:120] or "value"] = number


def pairs(old: dict[str, float], new: dict[str, float]) -> list[Pair]:
    """Put the numbers of two versions side by side, in the order of the new one."""
    names = [*new, *(name for name in old if name not in new)]
    return [Pair(name, old.get(name), new.get(name)) for name in names]


def bars(metrics: list[Pair]) -> list[Bars]:
    """Return what the plot draws: the first metrics that are not negative in both versions."""
    both = [p for p in metrics if p.difference is not None and min(p.old, p.new) >= 0]
    shown = []
    for i, pair in enumerate(both[:MAX_BARS]):
        longest = max(pair.old, pair.new) or 1.0
        shown.append(Bars(pair, ROW * i, pair.old / longest, pair.new / longest))
    return shown


def text(git: Repo, commit: Commit, path: str) -> str | None:
    """Return a text file of a revision, None if it is not there or no text."""
    try:
        return history.read_file(git, commit, path).data.decode("utf-8")
    except (HubError, UnicodeDecodeError):
        return None


def diff(old: str | None, new: str | None) -> list[tuple[str, str]]:
    """Return what changed between two texts as (kind, line): "add", "remove", "same" or "place"."""
    before = (old or "").splitlines()[:MAX_LINES]
    after = (new or "").splitlines()[:MAX_LINES]
    kinds = {"+": "add", "-": "remove", " ": "same", "@": "place"}
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    return [(kinds[line[0]], line if line[0] == "@" else line[1:]) for line in lines if line]
