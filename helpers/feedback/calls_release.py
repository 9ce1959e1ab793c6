"""The assistant's next version: corrections become rows to learn from, and a gate lets it out.

The rules are those of `release`, said of calls: exact ones, valid ones, and those made where no
function was meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.bundle import packing
from helpers.feedback.release import Verdict, paired_bound
from helpers.feedback.store import FeedbackStore
from helpers.predictor import calls
from helpers.predictor.writer import Writer, open_writer

Rows = Sequence[tuple[str, calls.Call]]  # what is said, and the call that is meant


@dataclass(frozen=True)
class CallLimits:
    """What the gate allows; shares are of 1."""

    margin: float = 0.02  # exact calls on old rows that may be lost, at the worst
    gain: float = 0.0  # exact calls on new rows that must be won, at the least
    confidence: float = 0.95  # of each of the two bounds, one-sided
    churn: float = 0.10  # answers to old rows that may change
    function: float = 0.10  # by which exact calls of any function may fall: none is given up
    fewest_of_function: int = 20  # rows of a function that is looked at by itself
    wrong: float = 0.01  # by which calls may grow where none was meant
    growth: float = 1.1  # by which the download may grow, as a factor
    fewest_rows: int = 200  # of each kind


def corrections(store: FeedbackStore, functions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reviewed corrections as rows to fine-tune on, in the order of their review.

    Each is {"text": what was said, "call": the call that was meant, "answer": that call as the
    model writes it}. What was looked at and skipped teaches nothing.
    """
    return [
        {"text": text, "call": call, "answer": calls.written(call, functions)}
        for text, call in store.decisions().items()
        if call is not None
    ]


def answers(folder: Path, texts: Sequence[str]) -> list[calls.Call | None]:
    """Return what a bundle calls for each text; None where it writes no call."""
    writer = open_writer(folder)
    return [_call(writer, text) for text in texts]


def _call(writer: Writer, text: str) -> calls.Call | None:
    try:
        return writer.call(text, temperature=0.0)
    except ValueError:
        return None


def judge_calls(
    rows: dict[str, Rows],
    old: dict[str, list[calls.Call | None]],
    new: dict[str, list[calls.Call | None]],
    sizes: tuple[int, int],
    limits: CallLimits = CallLimits(),
) -> Verdict:
    """Return the verdict on a new version, given what both versions called.

    Args:
        rows: of each kind, `old` (held out when the old version was made) and `new` (as users
            sent them). Never test rows.
        old, new: the versions' answers to the rows of each kind.
        sizes: bytes of the old and of the new download.
        limits: what is allowed.
    """
    verdict = Verdict([])
    rule = verdict.rule
    for kind in ("old", "new"):
        rule(f"{kind} rows, number", len(rows[kind]), limits.fewest_rows)
    for kind, allowed in (("old", -limits.margin), ("new", limits.gain)):
        before, after = (_exact(rows[kind], said[kind]) for said in (old, new))
        bound = paired_bound(before, after, limits.confidence)[1]
        rule(f"{kind} rows, exact calls won, lower bound", bound, allowed)
    lost = _lost_by_function(rows["old"], old["old"], new["old"], limits.fewest_of_function)
    rule("old rows, exact calls of a function lost", lost, limits.function, at_most=True)
    changed = np.mean([not _same(a, b) for a, b in zip(old["old"], new["old"], strict=True)])
    rule("old rows, answers that change", float(changed), limits.churn, at_most=True)
    for kind in ("old", "new"):
        grown = _wrong(rows[kind], new[kind]) - _wrong(rows[kind], old[kind])
        rule(f"{kind} rows, wrong calls grown", grown, limits.wrong, at_most=True)
        valid = np.mean([call is not None for call in new[kind]])
        rule(f"{kind} rows, valid calls", float(valid), 1.0)
    rule("download, factor", sizes[1] / sizes[0], limits.growth, at_most=True)
    return verdict


def calls_gate(
    old: Path, new: Path, rows: dict[str, Rows], limits: CallLimits = CallLimits()
) -> Verdict:
    """Judge the bundle `new` beside the bundle `old`, by the calls of the files themselves.

    Raises BundleError for a bundle that is not whole.
    """
    said = [
        {kind: answers(folder, [text for text, _ in part]) for kind, part in rows.items()}
        for folder in (old, new)
    ]
    sizes = packing.bundle_bytes(old), packing.bundle_bytes(new)
    return judge_calls(rows, said[0], said[1], sizes, limits)


def _same(first: calls.Call | None, second: calls.Call | None) -> bool:
    return first == second or (
        first is not None and second is not None and calls.same(first, second)
    )


def _exact(rows: Rows, said: Sequence[calls.Call | None]) -> np.ndarray:
    pairs = zip(rows, said, strict=True)
    return np.array([_same(call, meant) for (_, meant), call in pairs], bool)


def _wrong(rows: Rows, said: Sequence[calls.Call | None]) -> float:
    """Return the share of calls among the rows that mean none; 0 where there are no such rows."""
    called = [
        call is not None and call["name"] != calls.NO_CALL
        for (_, meant), call in zip(rows, said, strict=True)
        if meant["name"] == calls.NO_CALL
    ]
    return float(np.mean(called)) if called else 0.0


def _lost_by_function(
    rows: Rows,
    old: Sequence[calls.Call | None],
    new: Sequence[calls.Call | None],
    fewest: int,
) -> float:
    """Return by how much the share of exact calls fell, of the function that lost most."""
    names = np.array([meant["name"] for _, meant in rows])
    change = _exact(rows, old).astype(float) - _exact(rows, new)

    losses = [change[names == name].mean() for name in {*names} if (names == name).sum() >= fewest]
    return float(max(losses, default=0.0))
