"""Skewed classes: what always answering with the larger class gets, and who is no better."""

import pytest

from helpers.stages import results


def row(model, accuracy, interval, majority=0.95, classes=2):
    return {
        "model": model,
        "accuracy": accuracy,
        "macro_f1": 0.5,
        "interval": interval,
        "majority": majority,
        "classes": classes,
        "n": 80,
    }


def test_the_larger_class_is_a_row_of_its_own():
    made = results.always_the_larger([row("a", 0.95, [0.88, 0.98])])
    assert made["model"] == "always the larger class" and made["accuracy"] == 0.95
    assert made["macro_f1"] == pytest.approx((2 * 0.95 / 1.95) / 2)  # the other class: F1 of 0
    # three classes of 50, 30 and 20 %: precision .5, recall 1, two classes never found
    three = results.always_the_larger([row("a", 0.5, [0.4, 0.6], 0.5, classes=3)])
    assert three["model"] == "always the largest class"
    assert three["macro_f1"] == pytest.approx((2 * 0.5 * 1 / 1.5) / 3)


@pytest.mark.parametrize("majority", [0.5, 0.54, None])
def test_classes_of_about_one_size_need_no_such_row(majority):
    assert results.always_the_larger([row("a", 0.5, [0.4, 0.6], majority)]) is None
    assert results.no_better([row("a", 0.5, [0.4, 0.6], majority)]) == ""


def test_of_several_labels_the_most_frequent_set_is_a_row():
    several = row("a", 0.5, [0.4, 0.6], 0.02, classes=77) | {"several": True}
    made = results.always_the_larger([several])
    assert (made["model"], made["accuracy"], made["macro_f1"]) == ("always no label", 0.02, 0)
    made = results.always_the_larger([several | {"majority_f1": 0.03}])
    assert (made["model"], made["macro_f1"]) == ("always the most frequent labels", 0.03)


def test_who_is_no_better_is_named():
    rows = [row("a", 0.95, [0.88, 0.98]), row("b", 0.99, [0.96, 1.0]), row("c", 0.9, [0.8, 0.93])]
    assert results.no_better(rows) == (
        "No better than always the larger class, as far as these rows can tell: a; c."
    )


def test_a_model_that_finds_the_rare_class_is_named_apart():
    finds = row("balanced", 0.95, [0.93, 0.96]) | {"macro_f1": 0.73}
    assert results.no_better([finds]) == (
        "In accuracy no better than always the larger class, but in macro-F1, as far as these "
        "rows can tell: balanced."
    )
