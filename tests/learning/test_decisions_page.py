"""What page 27 teaches: its thresholds and curves beside what trying everything finds."""

import numpy as np
import pytest

from helpers.data.classes import Classes
from helpers.learning import evaluation
from helpers.stages import results
from tests.support.on_page import definitions

PAGE = "studies/27_decisions.ipynb"
ANSWERED = ("confidence", "coverage_curve", "least_for", "answered")


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def page():
    return definitions(PAGE, "no_better", "thin", "precision_recall", "costs", "cost_threshold")


def test_no_better_says_what_tables_say(page, generator):
    labels = (generator.random(400) < 0.05).astype(int)
    for flips in (0, 10, 40):
        p = Classes(("a", "b")).targets(labels)
        p[:flips] = p[:flips, ::-1]
        right = int(evaluation.right(labels, p).sum())
        row = {"model": "m", "n": 400, "classes": 2, "accuracy": right / 400}
        row |= {"interval": evaluation.wilson_interval(right, 400)}
        row |= {"majority": evaluation.majority(labels), "macro_f1": 0.5}
        row["beats_always"] = evaluation.beats_always(labels, p)
        assert page["no_better"](labels, p) == bool(results.no_better([row]))


def test_thin_keeps_each_no_and_some_yes(page):
    yes = np.array([True, False, True, True, False, True])
    assert page["thin"](yes, 3).tolist() == [0, 1, 4, 5]
    assert page["thin"](yes, 1).tolist() == [0, 1, 2, 3, 4, 5]


def test_precision_and_recall_of_nothing_are_no_number(page):
    yes, said = np.array([True, True, False, False]), np.array([True, False, True, True])
    assert page["precision_recall"](yes, said) == [1 / 3, 1 / 2]
    assert np.isnan(page["precision_recall"](yes, ~yes & yes)[0])
    assert np.isnan(page["precision_recall"](~yes & yes, said)[1])


@pytest.mark.parametrize("miss", [0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("levels", [4, 1000])
def test_no_threshold_costs_less(page, generator, miss, levels):
    costs, cost_threshold = page["costs"], page["cost_threshold"]
    for share in (0.0, 0.1, 0.6, 1.0):
        yes = generator.random(80) < share
        p = generator.integers(0, levels + 1, 80) / levels  # with ties, and with 0 and 1
        best = costs(yes, p >= cost_threshold(yes, p, miss), miss).sum()
        every = [costs(yes, p >= t, miss).sum() for t in [*np.unique(p), 2.0]]
        assert best == pytest.approx(min(every))


def test_the_cheapest_threshold_of_calibrated_probabilities_is_the_theoretical_one(page, generator):
    p = generator.random(200_000)
    yes = generator.random(200_000) < p
    assert page["cost_threshold"](yes, p, 4.0) == pytest.approx(1 / (1 + 4), abs=0.03)


def test_coverage_curve_is_what_each_threshold_gives(generator):
    curve = definitions(PAGE, *ANSWERED)["coverage_curve"]
    sure, right = generator.integers(5, 11, 60) / 10, generator.random(60) < 0.7
    threshold, coverage, risk = curve(right, sure)
    assert threshold.tolist() == sorted(set(sure), reverse=True)
    for t, covered, wrong in zip(threshold, coverage, risk, strict=True):
        given = sure >= t
        assert covered == pytest.approx(given.mean())
        assert wrong == pytest.approx(np.mean(~right[given]))
    assert coverage[-1] == 1 and risk[-1] == pytest.approx(np.mean(~right))


def test_least_for_answers_as_much_as_the_goal_allows(generator):
    least_for = definitions(PAGE, *ANSWERED)["least_for"]
    sure = generator.random(500)
    right = generator.random(500) < 0.5 + sure / 2
    least = least_for(0.9, right, sure)
    assert right[sure >= least].mean() >= 0.9
    assert all(right[sure >= t].mean() < 0.9 for t in sure[sure < least])
    assert least_for(0.9, np.zeros(500, bool), sure) > 1
    assert least_for(0.9, np.ones(500, bool), sure) == sure.min()


@pytest.mark.parametrize("several", [False, True])
def test_confidence_is_that_of_the_answer(several):
    page = definitions(PAGE, *ANSWERED)
    page["confidence"].__globals__["classes"] = Classes(("a", "b", "c"), several)
    p = np.array([[0.2, 0.7, 0.1], [0.6, 0.1, 0.3]])
    assert page["confidence"](p).tolist() == pytest.approx([0.7, 0.6])
    labels = np.array([[0, 1, 0], [0, 0, 0]], bool) if several else np.array([1, 2])
    assert page["answered"](labels, p, 0.65) == (1, 1)
    assert page["answered"](labels, p, 0.5) == (2, 1)
    assert page["answered"](labels, p, 1.01) == (0, 0)
