import re

import numpy as np
import pytest

from helpers.show import course, notebook


def cells(table):
    return [
        re.findall(r"<t[hd] [^>]*>(.*?)</t[hd]>", row) for row in table.data.split("</tr>")[:-1]
    ]


def test_a_table_shows_every_kind_of_value():
    rows = [
        {"model": "a <b>", "KB": 1234, "share": 1},
        {"model": "b", "KB": np.int64(5), "share": np.float32(0.25), "note": True},
        {"model": None, "share": float("nan")},
    ]
    assert cells(notebook.table(rows, digits=2)) == [
        ["model", "KB", "share", "note"],
        ["a &lt;b&gt;", "1,234", "1.00", ""],
        ["b", "5", "0.25", "True"],
        ["", "", "", ""],
    ]


def test_a_saved_table_is_aligned_without_its_style_sheet():
    shown = notebook.table([{"a": 1}]).data
    assert "<style" not in shown
    assert shown.count('<th style="text-align:left">') == 1
    assert shown.count('<td style="text-align:left">') == 1


def test_a_table_may_be_empty():
    assert cells(notebook.table([])) == [[]]


@pytest.mark.parametrize(("macro_f1", "shown"), [(0.9, False), (0.6, True)])
def test_results_show_macro_f1_where_it_says_something_else(macro_f1, shown):
    row = {
        "model": "m",
        "accuracy": 0.9,
        "macro_f1": macro_f1,
        "interval": [0.88, 0.92],
        "bytes": 1500,
        "latency_us": None,
    }
    assert ("macro-F1, %" in cells(notebook.results([row]))[0]) == shown
    older = {key: value for key, value in row.items() if key != "macro_f1"}
    assert ("macro-F1, %" in cells(notebook.results([row, older]))[0]) == shown


def test_many_classes_show_macro_f1_and_comparisons_do_where_it_was_compared():
    row = {"model": "m", "accuracy": 0.9, "macro_f1": 0.9, "classes": 77, "majority": 0.013}
    row |= {"interval": [0.88, 0.92], "bytes": 1500, "latency_us": None, "n": 100}
    shown = cells(notebook.results([row]))
    assert "macro-F1, %" in shown[0] and len(shown) == 2  # no class is larger than the others
    test = {"model": "m", "against": "a", "points": 1.0, "standard_error": 0.5, "holm": 0.04}
    test |= {"first_only": 5, "second_only": 3, "p_value": 0.02, "verdict": "better"}
    assert "macro-F1, points" not in cells(notebook.comparisons([test]))[0]
    both = cells(notebook.comparisons([test, test | {"macro_f1_points": -2.04}]))
    assert [line[3] for line in both] == ["macro-F1, points", "", "-2.0"]
    assert notebook.loss(test | {"macro_f1_points": -2.04}).endswith(", macro-F1 -2.0")


def test_progress_is_not_a_sign_that_nobody_is_there(monkeypatch):
    monkeypatch.setenv("SLM_PROGRESS", "progress.json")
    monkeypatch.delenv("SLM_HEADLESS")
    assert notebook.attended()
    monkeypatch.setenv("SLM_HEADLESS", "1")
    assert not notebook.attended()


def test_a_slider_stands_at_its_first_value_where_nobody_moves_it():
    drawn = []
    course.explore(lambda x, name: drawn.append((x, name)), x=(3, 0, 9, 1), name=["a", "b"])
    assert drawn == [(3, "a")]


@pytest.mark.parametrize(
    ("points", "verdict", "words"),
    [
        (-1.2, "worse", "1.2 points lost (-2.2 to -0.2)"),
        (0.1, "no measurable difference", "no measurable loss (-0.9 to +1.1)"),
        (1.3, "better", "1.3 points won (+0.3 to +2.3)"),
    ],
)
def test_a_loss_is_told_only_where_it_was_measured(points, verdict, words):
    test = {"points": points, "standard_error": 1 / 1.96, "verdict": verdict}
    assert notebook.loss(test) == words


def test_what_is_read_from_the_right_is_shown_so():
    arabic, mixed = "قال الطبيب: هذا الدواء excellent.", "صحة 60%, رياضة 30%"
    assert '<blockquote dir="auto"' in notebook.show_text(arabic).data
    assert '<div dir="auto"' in notebook.show_pieces(["لا", "good"]).data
    shown = notebook.table([{"text": "plain", "label": mixed}]).data
    assert shown.count('<td dir="auto"') == 1 and f'">{mixed}</td>' in shown
    assert "dir=" not in notebook.show_text("中文 and ไทย").data
