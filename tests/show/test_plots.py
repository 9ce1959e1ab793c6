"""Plots: what is on a front, and labels that keep apart."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest

from helpers.show import plots
from helpers.show.confusions import most_confused
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


def test_names_are_no_mathematics():
    name, row = "cost $5 or $6", {"accuracy": 0.5, "interval": [0.4, 0.6]}
    drawn = [
        plots.bars([name], [1], title="t", x="x"),
        plots.points([name], [1], title="t", x="x"),
        plots.accuracies([row | {"model": name}], "t"),
        plots.recalls([name], [0.5], [10]),
    ]
    for ax in drawn:
        (tick,) = ax.get_yticklabels()
        assert tick.get_text().replace(" (10)", "") == r"cost \$5 or \$6"
        plain, is_math = tick._preprocess_math(tick.get_text())
        assert not is_math and plain.startswith(name)


def test_training_and_validation_of_one_epoch_are_told_apart():
    one, two = {"loss": [0.5], "val_loss": [0.5]}, {"loss": [0.5, 0.4], "val_loss": [0.5, 0.4]}
    dot, ring = plots.histories({"m": one}, "loss", title="t", y="loss").lines
    assert dot.get_fillstyle() == "full" and ring.get_fillstyle() == "none"
    assert ring.get_markersize() > dot.get_markersize()  # both are seen where they are equal
    lines = plots.histories({"m": two}, "loss", title="t", y="loss").lines
    assert {line.get_fillstyle() for line in lines} == {"full"}
    assert len({line.get_markersize() for line in lines}) == 1


def test_a_small_confusion_matrix_is_shown_whole():
    p = np.eye(2)[[0, 0, 1, 1, 1]]
    ax = plots.confusion(np.array([0, 1, 1, 1, 0]), p, ["$no$", "<yes>"])
    assert [text.get_text() for text in ax.texts] == ["1", "1", "1", "2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [r"\$no\$", "<yes>"]
    ax = plots.confusion(np.arange(12), np.eye(12), [f"class {i}" for i in range(12)])
    assert len(ax.texts) == 12 and len(ax.get_xticks()) == 12
    with pytest.raises(ValueError, match="recalls"):
        plots.confusion(np.ones((2, 2), bool), np.eye(2), ["a", "b"])


def test_of_many_classes_those_are_shown_that_are_confused():
    labels = np.arange(77).repeat(4)
    given = labels.copy()
    given[labels == 70], given[labels == 3] = 3, 76
    ax = plots.confusion(labels, np.eye(77)[given], [f"class {i}" for i in range(77)])
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert {"class 3", "class 70", "class 76", "others"} < set(shown) and len(shown) == 13
    assert "12 of 77" in ax.get_title()
    total = sum(int(text.get_text()) for text in ax.texts)
    assert total == len(labels)  # nothing is lost
    counts = np.zeros((77, 77), int)
    np.add.at(counts, (labels, given), 1)
    assert most_confused(counts, 3) == [3, 70, 76]


def test_the_weakest_recalls_come_first():
    recalls = np.linspace(1, 0, 30)
    recalls[5] = np.nan
    ax = plots.recalls([f"class {i}" for i in range(30)], recalls, [10] * 5 + [0] + [10] * 24)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) == 20 and names[0] == "class 29 (10)"
    assert "20 of 29" in ax.get_title()
    (low, _), (high, _) = ax.collections[0].get_segments()[0]
    assert low == pytest.approx(0) and high == pytest.approx(27.75, abs=0.01)  # Wilson, 0 of 10


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
