"""Plots: what is on a front, and labels that keep apart."""

from itertools import combinations

import matplotlib
import numpy as np

from helpers.show import plots
from tests.support.on_page import definitions

matplotlib.use("agg")


def test_front_keeps_what_nothing_cheaper_beats():
    costs, scores = [1, 2, 3, 4], [0.7, 0.6, 0.9, 0.9]
    assert plots.pareto_front(costs, scores).tolist() == [True, False, True, False]


def test_front_in_any_order_and_with_equals():
    # of two that are equal in both the first counts; of two equally cheap the better
    assert plots.pareto_front([5, 5, 1], [0.9, 0.9, 0.5]).tolist() == [True, False, True]
    assert plots.pareto_front([5, 5], [0.8, 0.9]).tolist() == [False, True]
    assert plots.pareto_front([], []).tolist() == []


def test_front_against_the_definition():
    generator = np.random.default_rng(0)
    costs, scores = generator.random(60), generator.random(60)
    beaten = [
        any(costs[j] < costs[i] and scores[j] > scores[i] for j in range(60)) for i in range(60)
    ]
    assert (plots.pareto_front(costs, scores) == ~np.array(beaten)).all()


def test_front_as_page_26_defines_it():
    on_page = definitions("studies/26_scoreboard.ipynb", "pareto_front")["pareto_front"]
    generator = np.random.default_rng(1)
    costs, scores = generator.integers(0, 9, 40), generator.integers(0, 9, 40)  # with ties
    assert (on_page(costs, scores) == plots.pareto_front(costs, scores)).all()


def test_bars_begin_at_zero_and_points_need_not():
    names, values = ["a", "b"], [91.2, 91.7]
    assert plots.bars(names, values, title="t", x="%").get_xlim()[0] == 0
    ax = plots.points(names, values, title="t", x="%")
    assert ax.get_xlim()[0] > 91
    assert [note.get_text() for note in ax.texts] == ["91.2", "91.7"]


def test_many_models_are_named_only_on_the_front():
    rows = [
        {"model": f"m{i}", "bytes": 1000 * i, "accuracy": 0.9 - 0.01 * i, "interval": [0.7, 0.95]}
        for i in range(1, plots.MOST_LABELS + 2)
    ]
    assert [note.get_text() for note in plots.size_accuracy(rows, "t").texts] == ["m1"]
    assert len(plots.size_accuracy(rows[1:], "t").texts) == plots.MOST_LABELS


def test_labels_of_a_crowded_plot_keep_apart():
    rows = [
        {"model": f"a model, number {i}", "accuracy": 0.8 + 0.002 * i, "interval": [0.7, 0.9]}
        for i in range(8)
    ]
    costs = [100 + i for i in range(8)]
    ax = plots.cost_accuracy(rows, costs, title="t", x="KB", named=[row["model"] for row in rows])
    ax.figure.canvas.draw()
    boxes = [note.get_window_extent() for note in ax.texts]
    assert len(boxes) == 8
    shrunk = [box.shrunk(0.95, 0.9) for box in boxes]
    assert not any(a.overlaps(b) for a, b in combinations(shrunk, 2))
