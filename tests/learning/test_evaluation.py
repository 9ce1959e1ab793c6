"""Evaluation: against values worked out by hand or by another library."""

import numpy as np
import pytest

from helpers.learning import evaluation
from tests.support.on_page import definitions


def test_accuracy_and_agreement():
    assert evaluation.accuracy([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5]) == 0.5
    assert evaluation.agreement([0.1, 0.9], [0.4, 0.2]) == 0.5


def test_wilson_interval_of_a_textbook_case():
    # 90 of 100: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96
    low, high = evaluation.wilson_interval(90, 100)
    assert low == pytest.approx(0.8256, abs=1e-3) and high == pytest.approx(0.9448, abs=1e-3)


def test_mcnemar_counts_only_rows_where_one_is_right():
    labels = np.array([1] * 12)
    first = np.array([0.9] * 10 + [0.1] * 2)
    second = np.array([0.9] * 2 + [0.1] * 8 + [0.9] + [0.1])
    found = evaluation.mcnemar(labels, first, second)
    assert (found["first_only"], found["second_only"]) == (8, 1)
    assert found["p_value"] == pytest.approx(2 * (1 + 9) / 2**9)
    assert evaluation.mcnemar(labels, first, first)["p_value"] == 1.0


def test_a_half_counts_as_class_1_and_columns_are_refused():
    assert evaluation.right([1, 0, 1], [0.5, 0.5, 0.49]).tolist() == [True, False, False]
    with pytest.raises(ValueError, match="rows"):
        evaluation.right([1, 0], np.array([[0.9], [0.1]]))  # would be compared row by row
    with pytest.raises(ValueError, match="2 probabilities"):
        evaluation.right([1, 0, 1], [0.9, 0.1])


def test_macro_f1_notices_a_class_that_is_ignored():
    # class 0: 2 of 3 given, 2 of 2 found, F1 0.8; class 1: 1 of 1 given, 1 of 2 found, F1 2/3
    assert evaluation.macro_f1([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9]) == pytest.approx(
        (0.8 + 2 / 3) / 2
    )
    labels, never = np.array([0] * 9 + [1]), np.full(10, 0.1)
    assert evaluation.accuracy(labels, never) == 0.9
    assert evaluation.macro_f1(labels, never) == pytest.approx((18 / 19) / 2)


def test_standard_errors():
    assert evaluation.standard_error(0.9, 100) == pytest.approx(0.03)  # sqrt(0.9 * 0.1 / 100)
    labels = np.ones(10)
    first = np.array([0.9] * 6 + [0.1] * 4)
    second = np.array([0.9] * 5 + [0.1] + [0.9] * 3 + [0.1])  # loses one, gains three
    # differences: one -1, three 1, six 0: mean 0.2, variance 0.4 - 0.04
    assert evaluation.paired_standard_error(labels, first, second) == pytest.approx(0.6 / 10**0.5)
    assert evaluation.paired_standard_error(labels, first, first) == 0


def test_log_odds_and_their_mix():
    assert evaluation.log_odds([0.5, 0.8]) == pytest.approx([0, np.log(4)])
    assert np.isfinite(evaluation.log_odds([0, 1])).all()
    # 0.8 says log 4, 0.5 nothing: half of log 4 is log 2, so 2 to 1
    assert evaluation.mix_log_odds([0.5, 0.5], [[0.8], [0.5]]) == pytest.approx([2 / 3])
    assert evaluation.mix_log_odds([1, 0], [[0.3], [0.9]]) == pytest.approx([0.3])
    assert evaluation.mix_log_odds([0], [[0.3]], bias=np.log(3)) == pytest.approx([0.75])


def test_holm_of_a_textbook_case():
    # sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, then 0.04 * 1, which may not fall below 0.06
    assert evaluation.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_stays_a_probability():
    assert evaluation.holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert evaluation.holm([0.2]).tolist() == [0.2]
    assert evaluation.holm([]).tolist() == []


def test_holm_as_page_26_defines_it():
    on_page = definitions("studies/26_scoreboard.ipynb", "holm")["holm"]
    p_values = np.random.default_rng(0).random(20) ** 3
    np.testing.assert_array_equal(on_page(p_values), evaluation.holm(p_values))


def test_compare_corrects_for_all_pairs():
    labels = np.ones(100)
    good, fair, same = np.full(100, 0.9), np.full(100, 0.9), np.full(100, 0.9)
    fair[:8], same[0] = 0.1, 0.1
    found = evaluation.compare(
        labels,
        {"good": good, "fair": fair, "same": same},
        [("good", "fair"), ("same", "good"), ("fair", "good")],
    )
    p_value = 2 / 2**8  # eight rows, all on one side
    assert [t["points"] for t in found] == [8, -1, -8]
    assert [t["p_value"] for t in found] == pytest.approx([p_value, 1, p_value])
    assert [t["holm"] for t in found] == pytest.approx([3 * p_value, 1, 3 * p_value])
    assert [t["verdict"] for t in found] == ["better", "no measurable difference", "worse"]
    assert found[0]["standard_error"] == pytest.approx(100 * (0.08 * 0.92 / 100) ** 0.5)


def test_calibration():
    labels = np.array([0, 0, 1, 1])
    assert evaluation.calibration_error(labels, np.array([0.0, 0.0, 1.0, 1.0])) == 0
    assert evaluation.calibration_error(labels, np.array([0.5, 0.5, 0.5, 0.5])) == 0
    assert evaluation.calibration_error(labels, np.array([0.9, 0.9, 0.9, 0.9])) == pytest.approx(
        0.4
    )


def test_result_row(run):
    run.protocol = "local"
    row = evaluation.add_result(run, "toy", np.array([0, 1]), np.array([0.2, 0.7]), size=10)
    assert row["accuracy"] == 1.0 and row["n"] == 2 and run.results == [row]
    assert row["macro_f1"] == 1.0 and row["classes"] == 2
    assert set(row) == {
        "model", "stage", "protocol", "accuracy", "macro_f1", "majority", "interval", "n",
        "classes", "bytes",
        "latency_us", "train_seconds", "seed", "teacher", "bundle",
    }  # fmt: skip
