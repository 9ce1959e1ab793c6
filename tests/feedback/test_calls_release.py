"""Corrections of calls, and the gate for an assistant's next version."""

import json

import pytest

from helpers.feedback import calls_release as release
from helpers.feedback.from_hub import _as_named
from helpers.feedback.said import FeedbackError
from helpers.feedback.store import FeedbackStore, StoreError
from helpers.predictor import calls
from tests.support import tiny_writer

FUNCTIONS = tiny_writer.FUNCTIONS
NAMES = tuple(each["function"]["name"] for each in FUNCTIONS)
RIGHT = {"name": "light_set", "arguments": {"area": "Kitchen", "brightness": 40}}
NOTHING = {"name": calls.NO_CALL, "arguments": {}}


@pytest.fixture
def store(tmp_path):
    with FeedbackStore(tmp_path / "calls.sqlite", NAMES, functions=FUNCTIONS) as opened:
        yield opened


def test_a_correction_becomes_a_row_to_learn_from(store):
    receipt = store.add("dim the Kitchen to 40", RIGHT, answer=NOTHING, version="v1.0")
    again = {"name": "light_set", "arguments": {"brightness": 40, "area": "Kitchen"}}
    assert store.add("dim the Kitchen to 40", again, answer=NOTHING, version="v1.0").times == 2
    (row,) = store.rows()
    assert row["id"] == receipt.id and row["label"] == RIGHT and row["answer"] == NOTHING
    assert store.majority() == {"dim the Kitchen to 40": RIGHT}
    assert store.opinions() == {"dim the Kitchen to 40": [2, 0, 0]}
    store.decide("dim the Kitchen to 40", RIGHT)
    store.decide("never mind", None)
    (learned,) = release.corrections(store, FUNCTIONS)
    assert learned["call"] == RIGHT
    assert learned["answer"] == calls.written(RIGHT, FUNCTIONS)
    assert learned["answer"].count(" kitchen") == 1  # as the model copies


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("light_set", "must be a call"),
        ({"name": "fly", "arguments": {}}, "must call one of"),
        ({"name": "light_set", "arguments": {"speed": 1}}, "has these arguments"),
        ({"name": "light_set", "arguments": {"brightness": 400}}, "cannot be 400"),
        ({"name": "light_set", "arguments": {"brightness": True}}, "cannot be True"),
        ({"name": "light_set", "arguments": {"area": "x" * 300}}, "area of light_set"),
        ({"name": "turn_on", "arguments": {}}, "needs name"),
        ({"name": ["a"], "arguments": {}}, "must call one of"),
        ("[" * 100_000, "must be a call"),
    ],
)
def test_what_is_no_call_is_refused(store, call, why):
    with pytest.raises(FeedbackError, match=why):
        store.add("text", call)


def test_people_write_calls_in_two_ways(store):
    written = 'light_set(area="Kitchen", brightness=40)'
    for said in (written, json.dumps(RIGHT)):
        assert store.add("a", _as_named(said, store)).id == 1


def test_a_store_keeps_labels_or_calls(store, tmp_path):
    with pytest.raises(StoreError, match="made for calls"):
        FeedbackStore(tmp_path / "calls.sqlite", NAMES)
    FeedbackStore(tmp_path / "labels.sqlite", ("a", "b")).close()
    with pytest.raises(StoreError, match="made for labels"):
        FeedbackStore(tmp_path / "labels.sqlite", NAMES, functions=FUNCTIONS)


def rows(count=250):
    meant = [RIGHT, {"name": "turn_on", "arguments": {"name": "fan"}}, NOTHING]
    return [(f"text {i}", meant[i % 3]) for i in range(count)]


def judged(old, new, sizes=(100, 100), **limits):
    kinds = {"old": rows(), "new": rows()}
    said = [{kind: [answer(i) for i in range(250)] for kind in kinds} for answer in (old, new)]
    return release.judge_calls(kinds, *said, sizes, release.CallLimits(**limits))


def good(i):
    return rows()[i][1]


def worse(i):
    return NOTHING if i % 10 == 1 else good(i)


def test_a_better_version_goes_out_and_a_worse_one_does_not():
    assert judged(worse, good).accepted
    verdict = judged(good, worse)
    broken = {rule["rule"] for rule in verdict.rules if not rule["holds"]}
    assert "old rows, exact calls won, lower bound" in broken
    assert "new rows, exact calls won, lower bound" in broken
    assert judged(good, good, gain=-0.02).accepted and not judged(good, worse, gain=-0.02).accepted


def test_each_rule_can_refuse_alone():
    def broken(new, **options):
        verdict = judged(worse, new, **options)
        return [rule["rule"] for rule in verdict.rules if not rule["holds"]]

    def chatty(i):  # a call where none is meant
        return RIGHT if i in (2, 5) else good(i)

    def mute(i):
        return None if i == 0 else good(i)

    assert broken(chatty) == ["old rows, wrong calls grown", "new rows, wrong calls grown"]
    assert broken(mute) == ["old rows, valid calls", "new rows, valid calls"]
    assert broken(good, sizes=(100, 120)) == ["download, factor"]
    assert broken(good, churn=0.01) == ["old rows, answers that change"]


def test_the_gate_asks_the_files():
    bundle = tiny_writer.folder() / "assistant"
    few = [(tiny_writer.SAID, RIGHT), ("hello", NOTHING)]
    limits = release.CallLimits(fewest_rows=2, margin=1.0, gain=-1.0)
    verdict = release.calls_gate(bundle, bundle, {"old": few, "new": few}, limits)
    assert verdict.accepted and verdict.value("download, factor") == 1
