"""The release gate: a new version replaces the old one only if it is shown to be better.

It compares two bundles on rows of the kind the old version was made for and on rows of the kind
users sent, and says of every rule what was measured, what was allowed and whether it held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from helpers.bundle import packing
from helpers.learning import evaluation
from helpers.predictor import runtime

Rows = dict[str, tuple[Sequence[str], np.ndarray]]  # {"old" or "new": (texts, labels)}


@dataclass(frozen=True)
class Limits:
    """What the gate allows; shares are of 1."""

    margin: float = 0.02  # the accuracy on old rows that may be lost, at the worst
    gain: float = 0.0  # the accuracy on new rows that must be won, at the least
    confidence: float = 0.95  # of each of the two bounds, one-sided
    churn: float = 0.10  # answers to old rows that may flip
    macro_f1: float = 0.02  # by which macro-F1 on old rows may fall: no class is given up
    calibration: float = 0.02  # by which the calibration error may grow
    growth: float = 1.1  # by which the download may grow, as a factor
    fewest_rows: int = 200  # of each kind


@dataclass(frozen=True)
class Verdict:
    """What the gate says: each rule with its figure, and whether the version may go out."""

    rules: list[dict[str, Any]]

    @property
    def accepted(self) -> bool:
        """Tell whether every rule held."""
        return all(rule["holds"] for rule in self.rules)

    def rule(self, name: str, measured: float, allowed: float, *, at_most: bool = False) -> None:
        """Add a rule: what was measured must reach what is allowed, or must not pass it."""
        holds = measured <= allowed if at_most else measured >= allowed
        side = "at most" if at_most else "at least"
        figures = {"measured": float(measured), "side": side, "allowed": float(allowed)}
        self.rules.append({"rule": name, **figures, "holds": bool(holds)})

    def value(self, rule: str) -> float:
        """Return the figure that was measured for a rule."""
        return next(r["measured"] for r in self.rules if r["rule"] == rule)


def difference_bound(
    labels: np.ndarray, old: np.ndarray, new: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Return how much more accurate `new` is, and the one-sided lower bound of that.

    The models answer the same rows, so the bound is for paired proportions: Newcombe (1998,
    Statistics in Medicine 17, 2635-2650), method 10, made of two Wilson intervals.
    """
    right_old, right_new = (evaluation.right(labels, p) for p in (old, new))
    return paired_bound(right_old, right_new, confidence)


def paired_bound(
    right_old: np.ndarray, right_new: np.ndarray, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the same as `difference_bound` for rows of which each is right or wrong, bool."""
    n = len(right_old)
    both, neither = int(np.sum(right_old & right_new)), int(np.sum(~right_old & ~right_new))
    won, lost = int(np.sum(right_new & ~right_old)), int(np.sum(right_old & ~right_new))
    two_sided = 2 * confidence - 1
    below = (both + won) / n - evaluation.wilson_interval(both + won, n, two_sided)[0]
    above = evaluation.wilson_interval(both + lost, n, two_sided)[1] - (both + lost) / n
    margins = (both + won) * (lost + neither) * (both + lost) * (won + neither)
    product = float(both * neither - won * lost)
    product = max(product - n / 2, 0.0) if product > 0 else product
    phi = product / np.sqrt(float(margins)) if margins else 0.0
    bound = (won - lost) / n - np.sqrt(below**2 - 2 * phi * below * above + above**2)
    return (won - lost) / n, float(bound)


def judge(
    labels: dict[str, np.ndarray],
    old: dict[str, np.ndarray],
    new: dict[str, np.ndarray],
    sizes: tuple[int, int],
    limits: Limits = Limits(),
) -> Verdict:
    """Return the verdict on a new version, given both versions' probabilities.

    Args:
        labels: of the rows of each kind, `old` and `new`: int [rows], or bool [rows, k].
        old, new: the old and the new version's probabilities of the rows of each kind, [rows, k].
        sizes: bytes of the old and of the new download.
        limits: what is allowed.
    """
    verdict = Verdict([])
    rule = verdict.rule
    for kind in ("old", "new"):
        rule(f"{kind} rows, number", len(labels[kind]), limits.fewest_rows)
    bound = {
        kind: difference_bound(labels[kind], old[kind], new[kind], limits.confidence)[1]
        for kind in ("old", "new")
    }
    rule("old rows, accuracy won, lower bound", bound["old"], -limits.margin)
    rule("new rows, accuracy won, lower bound", bound["new"], limits.gain)
    before, after = (evaluation.macro_f1(labels["old"], p["old"]) for p in (old, new))
    rule("old rows, macro-F1 lost", before - after, limits.macro_f1, at_most=True)
    churn = 1 - evaluation.agreement(old["old"], new["old"], labels["old"].ndim == 2)
    rule("old rows, answers that flip", churn, limits.churn, at_most=True)
    for kind in ("old", "new"):
        grown = evaluation.calibration_error(labels[kind], new[kind])
        grown -= evaluation.calibration_error(labels[kind], old[kind])
        rule(f"{kind} rows, calibration error grown", grown, limits.calibration, at_most=True)
    rule("download, factor", sizes[1] / sizes[0], limits.growth, at_most=True)
    return verdict


def release_gate(old: Path, new: Path, rows: Rows, limits: Limits = Limits()) -> Verdict:
    """Judge the bundle `new` beside the bundle `old`, by the answers of the files themselves.

    Args:
        old, new: bundle folders; checksums are verified.
        rows: texts and labels, of the `old` kind (held out when the old version was made) and
            of the `new` kind. Never test rows: a gate passed on them makes them training rows.
        limits: what is allowed.

    Raises BundleError for a bundle that is not whole.
    """
    labels = {kind: np.asarray(y) for kind, (_, y) in rows.items()}
    answers = []
    for folder in (old, new):
        predictor = runtime.load_bundle(folder)
        answers.append({kind: predictor.probabilities(texts) for kind, (texts, _) in rows.items()})
    sizes = packing.bundle_bytes(old), packing.bundle_bytes(new)
    return judge(labels, answers[0], answers[1], sizes, limits)


def accuracy_change(labels: np.ndarray, old: np.ndarray, new: np.ndarray) -> dict[str, float | int]:
    """Return accuracies before and after, answers won and lost, and the exact one-sided p-value.

    The p-value is that of McNemar's test: how likely so good a balance of won and lost answers
    is if the new version is no better.
    """
    test = evaluation.mcnemar(labels, old, new)
    won, lost = test["second_only"], test["first_only"]
    p_value = stats.binomtest(won, won + lost, 0.5, "greater").pvalue if won + lost else 1.0
    before, after = evaluation.accuracy(labels, old), evaluation.accuracy(labels, new)
    kept = {"before": before, "after": after, "won": won, "lost": lost}
    return {**kept, "rows": len(labels), "p_value": float(p_value)}


def changelog(version: str, before: str, facts: Sequence[str], verdict: Verdict) -> str:
    """Write the changes of a version from measured rows, for its card.

    Args:
        version, before: the new version and the one it was made from.
        facts: what changed, a sentence each.
        verdict: of the gate.
    """
    lines = [f"## Changes in {version}, made from {before}", ""]
    lines += [f"- {fact}" for fact in facts]
    lines += ["", "| release rule | measured | allowed | |", "|---|---|---|---|"]
    lines += [
        f"| {r['rule']} | {r['measured']:.4g} | {r['side']} {r['allowed']:.4g} "
        f"| {'held' if r['holds'] else '**broken**'} |"
        for r in verdict.rules
    ]
    return "\n".join(lines) + "\n"
