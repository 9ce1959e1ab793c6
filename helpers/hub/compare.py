"""Two versions of a model side by side: what was measured, what the files weigh, what was reworded.

Everything is computed from the two revisions; the page only lays it out.
"""

from dataclasses import dataclass
from typing import Any

from dulwich.objects import Commit
from dulwich.repo import Repo

from helpers.hub import history
from helpers.hub.changes import CARD
from helpers.hub.errors import HubError
from helpers.sharing import comparison
from helpers.sharing.comparison import Row

METRICS = "metrics.json"
DIFFED = (CARD, "config.json")
MAX_BARS = 12
ROW = 44  # height of two bars of the plot, in its own units


@dataclass(frozen=True)
class Bars:
    """Two bars of the plot, drawn to the scale of the longer one; lengths from 0 to 1."""

    row: Row
    y: int
    old: float
    new: float


def compare(git: Repo, old: Commit, new: Commit) -> dict[str, Any]:
    """Return {"metrics", "files", "bars", "height", "diffs"} of two commits."""
    numbers = [comparison.read_numbers(text(git, commit, METRICS)) for commit in (old, new)]
    old_sizes, new_sizes = (
        {entry.path: float(entry.size) for entry in history.files(git, commit)}
        for commit in (old, new)
    )
    metrics = comparison.side_by_side(*numbers)
    pairs = bars(metrics)
    return {
        "metrics": metrics,
        "files": comparison.side_by_side(old_sizes, new_sizes),
        "bars": pairs,
        "height": ROW * len(pairs) + 10,
        "diffs": {name: diff(text(git, old, name), text(git, new, name)) for name in DIFFED},
    }


def bars(metrics: list[Row]) -> list[Bars]:
    """Return what the plot draws: the first metrics that are not negative in both versions."""
    drawn = [r for r in metrics if r["difference"] is not None and min(r["old"], r["new"]) >= 0]
    pairs = []
    for i, row in enumerate(drawn[:MAX_BARS]):
        longest = max(row["old"], row["new"]) or 1.0
        pairs.append(Bars(row, ROW * i, row["old"] / longest, row["new"] / longest))
    return pairs


def text(git: Repo, commit: Commit, path: str) -> str | None:
    """Return a text file of a revision, None if it is not there or no text."""
    try:
        return history.read_file(git, commit, path).data.decode("utf-8")
    except (HubError, UnicodeDecodeError):
        return None


def diff(old: str | None, new: str | None) -> list[tuple[str, str]]:
    """Return what changed between two texts as (kind, line): "add", "remove", "same" or "place"."""
    kinds = {"+": "add", "-": "remove", " ": "same", "@": "place"}
    lines = comparison.changed_lines(old, new)
    return [(kinds[line[0]], line if line[0] == "@" else line[1:]) for line in lines if line]
