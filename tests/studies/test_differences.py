"""Differences: a sentence says no more than its interval."""

import pytest

from helpers.studies.differences import verdict


@pytest.mark.parametrize(
    ("difference", "low", "high", "said"),
    [
        (1.25, -0.5, 3.0, "a minus b: +1.2 points (-0.5 to +3.0): no measurable difference"),
        (2.0, 0.0, 4.0, "a minus b: +2.0 points (+0.0 to +4.0): no measurable difference"),
        (2.0, 0.5, 3.5, "a minus b: +2.0 points (+0.5 to +3.5): measurably more"),
        (-2.0, -3.5, -0.5, "a minus b: -2.0 points (-3.5 to -0.5): measurably less"),
    ],
)
def test_a_difference_is_told_only_where_its_interval_leaves_out_none(difference, low, high, said):
    assert verdict("a minus b", difference, low, high) == said


def test_a_unit_has_the_decimals_it_needs():
    assert verdict("a", 0.00641, 0.0024, 0.0104, unit="of log loss", digits=4) == (
        "a: +0.0064 of log loss (+0.0024 to +0.0104): measurably more"
    )
