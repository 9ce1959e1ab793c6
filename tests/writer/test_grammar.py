"""The grammar of calls: what it allows, as the page says it, and nothing else."""

import json

import numpy as np
import pytest

from helpers.predictor import calls, grammar
from helpers.predictor.streaming import token_bytes
from helpers.writer import tokens
from helpers.writer.assistant import call_tokens


def function(name, /, **properties):
    parameters = {"type": "object", "properties": properties, "required": []}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


FUNCTIONS = [
    function(
        "turn_on",
        name={"type": "string"},
        domain={"type": "string", "enum": ["fan", "light"]},
    ),
    function(
        "set_volume",
        area={"type": "string"},
        step={
            "anyOf": [
                {"type": "string", "enum": ["up", "down"]},
                {"type": "integer", "minimum": -10, "maximum": 100},
            ]
        },
    ),
    function("no_call"),
]
SAID = calls.spaced("Turn the Küche's radio to 10, 厨房!")


@pytest.fixture(scope="module")
def tokenizer():
    made = tokens.train_tokenizer([SAID, ' "a":{ 1 2 10 100', "turn set volume"] * 3, 400)
    made.add_tokens(call_tokens(FUNCTIONS))
    return made


@pytest.fixture(scope="module")
def rules(tokenizer):
    return grammar.CallGrammar(FUNCTIONS, token_bytes(tokenizer), 0)


CALLS = [
    {"name": "turn_on", "arguments": {"name": "küche's radio", "domain": "fan"}},
    {"name": "turn_on", "arguments": {}},
    {"name": "set_volume", "arguments": {"area": "厨房", "step": 10}},
    {"name": "set_volume", "arguments": {"step": 100}},
    {"name": "set_volume", "arguments": {"step": -1}},
    {"name": "set_volume", "arguments": {"area": "radio", "step": "down"}},
    {"name": "no_call", "arguments": {}},
]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_drawn_is_a_known_call(rules, seed):
    generator = np.random.default_rng(seed)
    answer, written = rules.begin(SAID), b""
    while not answer.done:
        token = int(generator.choice(np.flatnonzero(answer.mask())))
        answer.add(token)
        written += rules.bytes[token]
    call = json.loads(written)
    known = {f["function"]["name"]: f["function"]["parameters"]["properties"] for f in FUNCTIONS}
    assert set(call["arguments"]) <= set(known[call["name"]])
    for value in call["arguments"].values():
        if isinstance(value, str):
            assert value in ("up", "down", "fan", "light") or value + " " in SAID + " "
        else:
            assert -10 <= value <= 100


def test_what_was_not_said_is_not_allowed(rules):
    beginning = '{"name":"turn_on","arguments":{"name":"'
    assert rules.allowed(beginning + " radio", SAID)
    assert not rules.allowed(beginning + " lamp", SAID)
    assert not rules.allowed('{"name":"turn_off"', SAID)
    assert not rules.allowed('{"name":"set_volume","arguments":{"step": 101', SAID)


def test_nothing_is_copied_across_sentences(rules):
    said = calls.spaced("the radio") + "\n" + calls.spaced("the lamp")
    beginning = '{"name":"turn_on","arguments":{"name":"'
    assert rules.allowed(beginning + " radio", said)
    assert not rules.allowed(beginning + " radio the", said)
