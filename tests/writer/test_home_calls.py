"""Commands and calls: no template and no value crosses parts, and each call can be read off."""

import pytest

from helpers.predictor import calls
from helpers.writer import by_template, home_calls, home_schema, home_talk, home_turns, made_up
from helpers.writer.home_lists import WORDS

PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def functions():
    return home_schema.functions()


@pytest.fixture(scope="module", params=("en", "zh"))
def said(request):
    return {p: home_calls.sample(request.param, p, 4, invent=0.5 * (p == "train")) for p in PARTS}


def test_no_template_is_in_two_parts(said):
    templates = {part: {s.template for s in found} for part, found in said.items()}
    assert all(templates.values())
    assert not templates["test"] & (templates["train"] | templates["validation"])
    assert not templates["train"] & templates["validation"]


@pytest.mark.parametrize("language", home_calls.LANGUAGES)
def test_no_value_is_in_two_parts(language):
    for name in set(WORDS[language]) - {"floor"}:
        cut = {part: set(home_calls.values(language, name, part)) for part in PARTS}
        assert all(cut.values())
        assert not cut["test"] & (cut["train"] | cut["validation"])
        assert not cut["train"] & cut["validation"]
        if name != "area":
            assert set.union(*cut.values()) == set(WORDS[language][name].split("|"))


def test_made_up_values_are_nobody_elses(said):
    language = said["train"][0].language
    known = made_up.held_out(language)
    made = [
        made_up.value(language, "area", like, home_calls.Random(i))
        for i, like in enumerate(home_calls.values(language, "area", "train"))
    ]
    assert sum(value in known for value in made) <= 2  # five draws failed


def test_a_call_is_written_and_read(said, functions):
    for each in [s for found in said.values() for s in found]:
        answer = calls.written(each.call, functions)
        assert calls.same(calls.read(answer, [each.text]), each.call)
        copied = [v for v in calls.json.loads(answer)["arguments"].values() if str(v)[:1] == " "]
        assert all(value + " " in calls.spaced(each.text) + " " for value in copied)


def test_what_was_said_is_given_back_as_it_was_spelled():
    answer = '{"name":"turn_on","arguments":{"name":" kids \' lamp","area":" 客 厅"}}'
    call = calls.read(answer, ["Turn on the Kids’ lamp, 客厅!"])
    assert call["arguments"] == {"name": "Kids’ lamp", "area": "客厅"}
    assert calls.spaced("Set it to 21,5°!") == " set it to 21.5 °"


def test_no_phrase_is_in_two_parts():
    for language in home_calls.LANGUAGES:
        cut = [set(home_talk.cut(home_talk.HOUSE_TALK[language], part)) for part in PARTS]
        assert not (cut[0] & cut[1] or cut[0] & cut[2] or cut[1] & cut[2]) and all(cut)


def test_a_second_turn_changes_one_thing(said):
    found = home_turns.conversations(said["train"], "train", 30)
    assert found
    for (_, first), (text, second) in found:
        changed = {
            name for name in second["arguments"]
            if second["arguments"][name] != first["arguments"].get(name)
        }  # fmt: skip
        assert (first["name"] != second["name"]) + len(changed) == 1
        assert all(second["arguments"][name] in text for name in changed)


def test_intervals_know_groups():
    np = by_template.np
    right = np.repeat([True, False, True, True], 10)
    low, high = by_template.interval(right, np.repeat(["a", "b", "c", "d"], 10))
    alone = by_template.interval(right, [str(i) for i in range(40)])
    assert low < alone[0] and high >= alone[1]
    difference, p = by_template.paired(right, ~right, np.repeat(["a", "b", "c", "d"], 10))
    assert difference == 0.5 and p > 0.2
