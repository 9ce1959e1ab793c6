"""Calls and their grammar in JavaScript, beside Python's."""

import json
import random

from helpers.browser.page import HERE
from helpers.predictor import calls
from helpers.predictor.grammar import CallGrammar
from helpers.predictor.streaming import token_bytes
from helpers.writer import tokens
from tests.support import javascript

AREA = {"type": "string"}
LEVEL = {"type": "integer", "minimum": 0, "maximum": 100, "multipleOf": 10}
FUNCTIONS = [
    {"type": "function", "function": {"name": name, "parameters": parameters}}
    for name, parameters in {
        "light_set": {
            "type": "object",
            "properties": {
                "area": AREA,
                "color": {"type": "string", "enum": ["red", "réd", "white"]},
                "level": {"anyOf": [LEVEL, {"type": "string", "enum": ["half", "full"]}]},
            },
        },
        "turn_on": {
            "type": "object",
            "properties": {"name": AREA, "area": AREA},
            "required": ["name"],
        },
        "no_call": {"type": "object", "properties": {}},
    }.items()
]
SAID = (
    "Dim the Kids’ room to 40, please!",
    "把 卧室 的灯调到 50%。",
    "Schalte die Küche auf 1,5 ein… ²x ⅷ\ufeff\x85 İ ΑΣ cafe\u0301",
    "a\x1cb\u3000c\u200bd _ e_f १२",
    "",
)


def tokenizer_json() -> str:
    written = [json.dumps(calls.written(CALL, FUNCTIONS), ensure_ascii=False), *SAID]
    return tokens.train_tokenizer([*written, *map(calls.spaced, SAID)] * 3, 420).to_str()


CALL = {"name": "light_set", "arguments": {"area": "kids' room", "color": "red", "level": 40}}


def test_pieces_are_those_of_python(tmp_path):
    theirs = javascript.run(tmp_path, HERE / "grammar.js", "data.map(spaced)", SAID)
    assert theirs == [calls.spaced(text) for text in SAID]


def test_calls_are_spelled_as_they_were_said(tmp_path):
    answer = calls.written(CALL, FUNCTIONS)
    messages = [{"role": "user", "content": text} for text in SAID[:2]]
    code = "read(data[0], data[1])"
    theirs = javascript.run(tmp_path, HERE / "grammar.js", code, [answer, messages])
    assert theirs == calls.read(answer, SAID[:2])
    assert theirs["arguments"]["area"] == "Kids’ room"


def test_the_same_tokens_are_allowed_at_every_step(tmp_path):
    tokenizer = tokens.load(tokenizer_json())
    written, end = token_bytes(tokenizer), tokenizer.token_to_id(tokens.END)
    grammar, chance, walks = CallGrammar(FUNCTIONS, written, end), random.Random(0), []
    for i in range(30):
        said = "\n".join(map(calls.spaced, SAID[: 1 + i % 5]))
        answer, walk = grammar.begin(said), []
        for _ in range(80):
            allowed = answer.mask().nonzero()[0].tolist()
            walk.append([chance.choice(allowed), allowed])
            if walk[-1][0] == end:
                break
            answer.add(walk[-1][0])
        walks.append([said, walk])
    assert sum(walk[-1][0] == end for _, walk in walks) > 10
    code = """(() => {
        const bytes = data.bytes.map((b) => Uint8Array.from(b));
        const grammar = openGrammar(data.functions, bytes, data.end);
        return data.walks.map(([said, walk]) => {
            const answer = grammar.begin(said);
            return walk.map(([token]) => {
                const allowed = [...answer.allowed()].sort((a, b) => a - b);
                if (token !== data.end) answer.add(token);
                return [token, allowed];
            });
        });
    })()"""
    data = {"functions": FUNCTIONS, "bytes": [list(b) for b in written], "end": end}
    theirs = javascript.run(tmp_path, HERE / "grammar.js", code, data | {"walks": walks})
    assert theirs == [walk for _, walk in walks]
