"""Fonts of other scripts, and what is said where there are none."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.show import fonts, plots


@pytest.fixture
def usual_only(monkeypatch):
    """A machine with the one font that comes with the library."""
    monkeypatch.setattr(fonts, "of_other_scripts", list)
    monkeypatch.setattr(fonts, "_told", set())
    fonts._drawn.cache_clear()
    with plt.rc_context(), warnings.catch_warnings():  # the style is for these tests alone
        plots.use_style()
        yield
    fonts._drawn.cache_clear()


def test_a_lacking_script_is_said_once_and_in_place_of_warnings(usual_only, capsys):
    with warnings.catch_warnings(record=True) as caught:
        for _ in range(2):
            plots.bars(["ไม่ดี", "अच्छा", "مهم", "plain"], [1, 2, 3, 4], title="t", x="x")
            plt.gcf().canvas.draw()
        plots.confusion(np.array([0, 1]), np.eye(2), ["很好", "ไม่ดี"])
    assert not caught
    said = capsys.readouterr().out
    one, other = said.splitlines()
    assert "letters of Devanagari, Thai: " in one and one.endswith(fonts.ADVICE)
    assert other == "No installed font has the letters of Chinese: they are drawn as boxes."


def test_what_is_drawn_as_it_is(usual_only, capsys):
    assert fonts.literal("$5 or $6") == r"\$5 or \$6"
    assert capsys.readouterr().out == ""
