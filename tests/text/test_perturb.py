"""Perturbations: repeatable, and changing what they say and nothing else."""

import json
import re
from functools import partial
from pathlib import Path
from random import Random

import pytest

from helpers.text import perturb

PAGE = Path(__file__).parents[2] / "notebooks" / "studies" / "23_robustness.ipynb"

TEXT = 'I saw "Star Wars" with Jane Doe.<br /><br />It wasn\'t bad at all, really wonderful!'
RATED = {
    "typos": lambda text, rng: perturb.add_typos(text, rng, 0.5),
    "drop": lambda text, rng: perturb.drop_words(text, rng, 0.5),
}


@pytest.mark.parametrize("change", RATED.values(), ids=RATED)
def test_the_seed_decides(change):
    first, again, other = (perturb.perturb([TEXT, TEXT], change, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first[0] != first[1]  # each text has a generator of its own
    assert perturb.perturb([TEXT], change, 0) == first[:1]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_typos_come_at_their_rate(rate):
    words = ["wonderful"] * 2000
    changed = perturb.add_typos(" ".join(words), Random(0), rate).split(" ")
    # exchanging two equal letters would change nothing, but "wonderful" has no twins
    assert len(changed) == 2000
    assert abs(sum(word != "wonderful" for word in changed) / 2000 - rate) < 0.04


def test_typos_spare_short_words_and_line_breaks():
    assert perturb.add_typos("it was not bad <br /> 1984", Random(0), 1.0) == (
        "it was not bad <br /> 1984"
    )


def test_each_typo_is_the_one_it_says():
    for seed in range(50):
        word = "film"
        swapped = perturb.swap_letters(word, Random(seed))
        assert sorted(swapped) == sorted(word) and swapped != word
        assert len(perturb.drop_letter(word, Random(seed))) == 3
        doubled = perturb.double_letter(word, Random(seed))
        assert len(doubled) == 5 and set(doubled) == set(word)
        slipped = perturb.slip_key(word, Random(seed))
        assert sum(a != b for a, b in zip(word, slipped, strict=True)) == 1
    assert perturb.slip_key("ქქქ", Random(0)) == "ქქქ"  # no keyboard here has this letter
    assert perturb.slip_key("P", Random(0)) == "O"


@pytest.mark.parametrize(
    ("word", "keys"),
    [("жжж", "дэ"), ("GRÜN", "TZEFHPOÖÄÜM B"), ("λλλ", "κ"), ("ששש", "ד"), ("ككك", "مط")],
)
def test_a_finger_slips_on_the_keyboard_of_the_script(word, keys):
    for seed in range(20):
        slipped = perturb.slip_key(word, Random(seed))
        new = [b for a, b in zip(word, slipped, strict=True) if a != b]
        assert len(new) == 1 and new[0] in keys


def test_marks_stay_with_their_letters():
    for word in ("हिन्दुस्तान", "שָׁלוֹם", "cafe\u0301s"):
        marks = {letter[1:] for letter in perturb.CHARACTER.findall(word)}
        changed = {perturb.add_typos(word, Random(seed), 1.0) for seed in range(30)}
        assert len(changed) > 5
        letters = [letter for other in changed for letter in perturb.CHARACTER.findall(other)]
        assert {letter[1:] for letter in letters} == marks


def test_texts_without_spaces_are_disturbed_too():
    text = "这部电影很好看，我非常喜欢。" * 20
    typos = perturb.add_typos(text, Random(0), 0.3)
    assert typos != text and set(typos) == set(text)
    assert abs(len(typos) - len(text)) < 20
    assert perturb.keep_first("很好看，不错", Random(0), 2) == "很好"
    assert perturb.keep_last("很好看，不错", Random(0), 2) == "不错"
    shorter = perturb.drop_words(text, Random(0), 0.3)
    assert abs(len(shorter) / len(text) - 0.7) < 0.1
    assert perturb.drop_words(text, Random(0), 1.0) == "这"
    assert perturb.strip_punctuation("很好！“是”", Random(0)) == "很好是"


def test_names_are_found_where_there_are_capitals():
    assert perturb.find_names("фильм, Андрей Тарковский снял") == ["Андрей Тарковский"]
    assert perturb.find_names("con Penélope Cruz y más") == ["Penélope Cruz"]
    assert perturb.find_names("由张艺谋导演") == []


def test_case_keeps_line_breaks_whole():
    rng = Random(0)
    assert perturb.upper_case("so bad<br />yes", rng) == "SO BAD<br />YES"


def test_punctuation_goes_and_words_stay_apart():
    assert perturb.strip_punctuation("bad.<br />don't!", Random(0)) == "bad dont"


def test_cutting():
    assert perturb.keep_first("a b  c d", Random(0), 2) == "a b"
    assert perturb.keep_last("a b  c d", Random(0), 2) == "c d"
    assert perturb.keep_first("a b", Random(0), 9) == perturb.keep_last("a b", Random(0), 9)


def test_dropping_leaves_something():
    assert perturb.drop_words("one two three", Random(0), 1.0) == "one"
    assert perturb.drop_words("one two three", Random(0), 0.0) == "one two three"


def test_synonyms_keep_capitals_and_other_words():
    table = {"film": ["movie"]}
    replaced = perturb.replace_synonyms("Film of a filmmaker, a film", Random(0), table, 1.0)
    assert replaced == "Movie of a filmmaker, a movie"
    assert perturb.replace_synonyms("a film", Random(0), table, 0.0) == "a film"


def test_names_are_found_and_swapped_alike():
    assert perturb.find_names(TEXT) == ["Jane Doe"]
    text = TEXT + " She and Jane Doe agree."
    swapped = perturb.swap_names(text, Random(0), ["Ann Lee", "Bob Roe"])
    assert "Jane Doe" not in swapped
    assert len({name for name in ("Ann Lee", "Bob Roe") if name in swapped}) == 1
    assert perturb.swap_names("No names Here.", Random(0), []) == "No names Here."


def test_an_opinion_is_no_name():
    text = "It is, Total Waste of time, said Jane Doe. Then Bad Dialog came."
    no_names = {"waste", "bad"}
    assert perturb.find_names(text, no_names) == ["Jane Doe"]
    swapped = perturb.swap_names(text, Random(0), ["Ann Lee"], no_names)
    assert swapped == text.replace("Jane Doe", "Ann Lee")


def test_the_page_teaches_what_the_helper_does():
    page = json.loads(PAGE.read_text(encoding="utf-8"))
    taught = {"perturb": perturb, "re": re, "Random": Random, "partial": partial, "SEED": 0}
    for cell in page["cells"]:
        if cell["id"] == "cell-typos":
            exec("".join(cell["source"]), taught)
    texts = [TEXT, "Das ist \u00fcberragend, \u0436\u0436\u0436\u0436.", ""]
    for rate in (0.1, 0.5, 1.0):
        ours, theirs = (
            every(texts, partial(some, rate=rate), 3)
            for every, some in (
                (taught["change_each"], taught["add_typos"]),
                (perturb.perturb, perturb.add_typos),
            )
        )
        assert ours == theirs
