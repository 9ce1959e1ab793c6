import numpy as np
import pytest

from helpers.learning import comparisons, evaluation

LABELS = np.arange(1000) % 2


def answers(wrong):
    """Probabilities that are right but for these rows."""
    right = np.where(LABELS == 1, 0.9, 0.1)
    right[wrong] = 1 - right[wrong]
    return right


def test_a_difference_beyond_luck_is_told_in_points():
    (c,) = comparisons.compare(LABELS, [("a", answers(range(10)), "b", answers(range(60)))])
    assert (c.first_only, c.second_only) == (50, 0)
    assert c.difference == pytest.approx(0.05) and c.verdict == "5.0 points better"
    assert c.loss == "no measurable loss"
    low, high = c.interval
    assert low < 5 < high and low > 3


def test_the_other_way_round_it_is_a_loss():
    (c,) = comparisons.compare(LABELS, [("a", answers(range(60)), "b", answers(range(10)))])
    assert c.verdict == "5.0 points worse" and c.loss == "5.0 points lost"


def test_p_values_are_corrected_for_how_many_there_are():
    near = ("a", answers(range(6)), "b", answers([]))  # p = 0.031 alone
    (alone,) = comparisons.compare(LABELS, [near])
    among = comparisons.compare(LABELS, [near, near])[0]
    assert alone.p_value == among.p_value == pytest.approx(2 * 0.5**6)
    assert alone.loss == "0.6 points lost" and among.loss == "no measurable loss"
    assert among.corrected == evaluation.holm([near_p := alone.p_value, near_p])[0]


def test_the_table_tells_what_was_compared():
    (row,) = comparisons.table_rows(
        comparisons.compare(LABELS, [("a", answers([0]), "b", answers([1, 2]))])
    )
    assert row["points"] == "+0.1" and row["only one is right, rows"] == "2 and 1"
    assert row["verdict"] == "no measurable difference"
