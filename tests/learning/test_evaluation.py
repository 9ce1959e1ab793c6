"""Evaluation: against values worked out by hand or by another library."""

import numpy as np
import pytest

from helpers.learning import evaluation
from tests.support.on_page import definitions


def two(p) -> np.ndarray:
    """Return probabilities of two classes, [rows, 2], from those of the second."""
    p = np.asarray(p, float)
    return np.stack([1 - p, p], axis=1)


THREE = np.array([[0.5, 0.3, 0.2], [0.1, 0.45, 0.45], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]])
# two labels a text: the first row has both, the second none, the third the second
SEVERAL = np.array([[1, 1], [0, 0], [0, 1]], bool)
ASKED = np.array([[0.9, 0.5], [0.1, 0.6], [0.2, 0.8]])


def test_accuracy_and_agreement():
    assert evaluation.accuracy([0, 1, 1, 0], two([0.1, 0.9, 0.4, 0.6])) == 0.5
    assert evaluation.agreement(two([0.1, 0.9]), two([0.4, 0.2])) == 0.5
    assert evaluation.agreement(ASKED, 1 - ASKED, several=True) == 0
    assert evaluation.agreement(ASKED, ASKED[[0, 0, 2]], several=True) == pytest.approx(2 / 3)


def test_wilson_interval_of_a_textbook_case():
    # 90 of 100: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96
    low, high = evaluation.wilson_interval(90, 100)
    assert low == pytest.approx(0.8256, abs=1e-3) and high == pytest.approx(0.9448, abs=1e-3)


def test_mcnemar_counts_only_rows_where_one_is_right():
    labels = np.array([1] * 12)
    first = two([0.9] * 10 + [0.1] * 2)
    second = two([0.9] * 2 + [0.1] * 8 + [0.9] + [0.1])
    found = evaluation.mcnemar(labels, first, second)
    assert (found["first_only"], found["second_only"]) == (8, 1)
    assert found["p_value"] == pytest.approx(2 * (1 + 9) / 2**9)
    assert evaluation.mcnemar(labels, first, first)["p_value"] == 1.0


def test_the_first_of_equal_classes_is_the_answer():
    assert evaluation.answers(THREE).tolist() == [0, 1, 2, 0]
    assert evaluation.right([0, 2, 2, 0], THREE).tolist() == [True, False, True, True]


def test_of_several_labels_all_must_be_right():
    assert evaluation.answers(ASKED, several=True).tolist() == [
        [True, True],
        [False, True],
        [False, True],
    ]
    assert evaluation.right(SEVERAL, ASKED).tolist() == [True, False, True]
    assert evaluation.majority(SEVERAL) == pytest.approx(1 / 3)
    assert evaluation.macro_f1(SEVERAL, ASKED) == pytest.approx((1 + 0.8) / 2)
    assert evaluation.recalls(SEVERAL, ASKED).tolist() == [1, 1]


def test_one_column_and_other_rows_are_refused():
    with pytest.raises(ValueError, match="rows, k"):
        evaluation.right([1, 0], np.array([0.9, 0.1]))
    with pytest.raises(ValueError, match="rows, k"):
        evaluation.right([1, 0], np.array([[0.9], [0.1]]))
    with pytest.raises(ValueError, match="labels of shape"):
        evaluation.right([1, 0, 1], two([0.9, 0.1]))


def test_recall_of_each_class():
    found = evaluation.recalls([0, 1, 1, 2], np.eye(4)[[0, 1, 2, 2]])
    assert found[:3].tolist() == [1, 0.5, 1] and np.isnan(found[3])


def test_macro_f1_notices_a_class_that_is_ignored():
    # class 0: 2 of 3 given, 2 of 2 found, F1 0.8; class 1: 1 of 1 given, 1 of 2 found, F1 2/3
    assert evaluation.macro_f1([0, 0, 1, 1], two([0.1, 0.2, 0.3, 0.9])) == pytest.approx(
        (0.8 + 2 / 3) / 2
    )
    labels, never = np.array([0] * 9 + [1]), two([0.1] * 10)
    assert evaluation.accuracy(labels, never) == 0.9
    assert evaluation.macro_f1(labels, never) == pytest.approx((18 / 19) / 2)


def test_standard_errors():
    assert evaluation.standard_error(0.9, 100) == pytest.approx(0.03)  # sqrt(0.9 * 0.1 / 100)
    labels = np.ones(10)
    first = two([0.9] * 6 + [0.1] * 4)
    second = two([0.9] * 5 + [0.1] + [0.9] * 3 + [0.1])  # loses one, gains three
    # differences: one -1, three 1, six 0: mean 0.2, variance 0.4 - 0.04
    assert evaluation.paired_standard_error(labels, first, second) == pytest.approx(0.6 / 10**0.5)
    assert evaluation.paired_standard_error(labels, first, first) == 0


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
        {"good": two(good), "fair": two(fair), "same": two(same)},
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
    assert evaluation.calibration_error(labels, two([0, 0, 1, 1])) == 0
    assert evaluation.calibration_error(labels, two([0.5] * 4)) == 0
    assert evaluation.calibration_error(labels, two([0.9] * 4)) == pytest.approx(0.4)
    # sure of class 0 to 0.5, 0.4: right, right; of class 1 to 0.45: wrong; of class 2 to 0.6: right
    expected, observed, counts = evaluation.calibration_bins([0, 2, 2, 0], THREE)
    assert counts[4:7].tolist() == [2, 1, 1] and expected[4] == pytest.approx(0.425)
    assert observed[4:7].tolist() == [0.5, 1, 1]
    # answers no 0.9, 0.8, yes 0.9, 0.5, 0.6, 0.8: only the 0.6 is wrong
    expected, observed, counts = evaluation.calibration_bins(SEVERAL, ASKED)
    assert counts.sum() == 6 and observed[6] == 0 and observed[5] == observed[9] == 1


@pytest.mark.parametrize(
    ("found", "wrong", "beats"), [(14, 3, True), (3, 0, False), (3, 14, False)]
)
def test_to_beat_always_the_same_is_a_matter_of_the_same_rows(found, wrong, beats):
    labels = np.repeat([0, 1], [2500, 132])  # rare ones found, others taken for rare
    said = np.zeros(2632, int)
    said[2500 : 2500 + found], said[:wrong] = 1, 1
    p = np.eye(2)[said]
    assert evaluation.beats_always(labels, p) is beats
    three = np.pad(p, ((0, 0), (0, 1)))
    assert evaluation.beats_always(labels, three) is beats
    several = np.stack([labels == 1, labels == 1], axis=1)
    assert evaluation.beats_always(several, np.stack([said, said], axis=1)) is beats


def test_log_losses():
    assert evaluation.log_losses([0, 2], np.log(THREE[:2])) == pytest.approx(-np.log([0.5, 0.45]))
    yes = np.array([[0.0, np.log(4)]])  # a half, and four to one
    assert evaluation.log_losses(SEVERAL[2:], yes) == pytest.approx([-np.log(0.5 * 0.8) / 2])


def test_result_row(run):
    run.protocol = "local"
    row = evaluation.add_result(run, "toy", np.array([0, 1]), two([0.2, 0.7]), size=10)
    assert row["accuracy"] == 1.0 and row["n"] == 2 and run.results == [row]
    assert row["macro_f1"] == 1.0 and row["classes"] == 2 and row["recalls"] == [1, 1]
    several = evaluation.add_result(run, "more", SEVERAL, ASKED, size=10)
    assert several["several"] and several["majority_f1"] == 0  # no label at all
    assert row["beats_always"] is False  # one right answer more is luck
    assert set(row) == {
        "model", "stage", "protocol", "accuracy", "macro_f1", "majority", "beats_always",
        "interval", "n",
        "classes", "bytes",
        "latency_us", "train_seconds", "seed", "teacher", "bundle", "several", "recalls",
    }  # fmt: skip


def test_a_model_does_not_win_or_lose_by_being_too_sure():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)  # well calibrated
    labels = (generator.random((4000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    plain = evaluation.log_losses(labels, logits).mean()
    for factor in (0.5, 1, 4):
        losses = evaluation.tempered_losses(labels, factor * logits)
        assert losses.shape == (4000,) and losses.mean() == pytest.approx(plain, abs=1e-3)
