"""A page's comparisons: paired tests of models on the same rows, corrected for how many there are.

Several pages ask "is one of these better, beyond luck?" and answer in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.learning import evaluation

LEVEL = 0.05  # a corrected p-value up to this counts as a difference


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows; differences in accuracy, between -1 and 1."""

    model: str
    against: str
    difference: float  # accuracy of `model` minus that of `against`
    standard_error: float  # of the difference
    first_only: int  # rows that only `model` gets right
    second_only: int
    p_value: float  # McNemar's exact test
    corrected: float  # the same after Holm's correction over the page's comparisons

    @property
    def verdict(self) -> str:
        """What may be said of it, in points of accuracy."""
        if self.corrected > LEVEL:
            return "no measurable difference"
        side = "better" if self.difference > 0 else "worse"
        return f"{100 * abs(self.difference):.1f} points {side}"

    @property
    def loss(self) -> str:
        """The same where `model` is a smaller stand-in for `against`."""
        worse = self.corrected <= LEVEL and self.difference < 0
        return f"{-100 * self.difference:.1f} points lost" if worse else "no measurable loss"

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference, in points."""
        reach = 1.96 * self.standard_error
        return 100 * (self.difference - reach), 100 * (self.difference + reach)


def compare(
    labels: np.ndarray, pairs: Sequence[tuple[str, np.ndarray, str, np.ndarray]]
) -> list[Comparison]:
    """Compare pairs of models on the same rows with McNemar's test and Holm's correction.

    Args:
        labels: 0 or 1, [rows].
        pairs: name and probabilities [rows] of a model, then of the one it is compared with.
    """
    tests = [evaluation.mcnemar(labels, first, second) for _, first, _, second in pairs]
    corrected = evaluation.holm([test["p_value"] for test in tests])
    return [
        Comparison(
            model=model,
            against=against,
            difference=evaluation.accuracy(labels, first) - evaluation.accuracy(labels, second),
            standard_error=evaluation.paired_standard_error(labels, first, second),
            first_only=int(test["first_only"]),
            second_only=int(test["second_only"]),
            p_value=test["p_value"],
            corrected=float(p),
        )
        for (model, first, against, second), test, p in zip(pairs, tests, corrected, strict=True)
    ]


def table_rows(comparisons: Sequence[Comparison]) -> list[dict[str, str]]:
    """Return comparisons as rows for `notebook.table`."""
    return [
        {
            "model": c.model,
            "against": c.against,
            "points": f"{100 * c.difference:+.1f}",
            "95 % interval": "{:+.1f} to {:+.1f}".format(*c.interval),
            "only one is right, rows": f"{c.first_only} and {c.second_only}",
            "p": f"{c.p_value:.2g}",
            "p, Holm": f"{c.corrected:.2g}",
            "verdict": c.verdict,
        }
        for c in comparisons
    ]
