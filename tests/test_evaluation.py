"""Evaluation: against values worked out by hand or by another library."""

import numpy as np
import pytest

from helpers.learning import evaluation


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
    assert set(row) == {
        "model", "stage", "protocol", "accuracy", "interval", "n", "bytes", "latency_us",
        "train_seconds", "seed", "bundle",
    }  # fmt: skip
