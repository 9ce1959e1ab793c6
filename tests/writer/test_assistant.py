"""A chat as tokens: what the assistant writes, and what it reads."""

import pytest

from helpers.predictor import calls
from helpers.writer import assistant, tokens
from tests.writer.test_grammar import FUNCTIONS

CHAT = [
    ("Turn on the radio", {"name": "turn_on", "arguments": {"name": "radio"}}),
    ("and the lamp", {"name": "turn_on", "arguments": {"name": "lamp"}}),
]


@pytest.fixture(scope="module")
def tokenizer():
    made = tokens.train_tokenizer([calls.spaced(text) for text, _ in CHAT] * 3, 300)
    made.add_tokens(assistant.call_tokens(FUNCTIONS))
    return made


def test_the_assistant_writes_its_calls_and_reads_the_rest(tokenizer):
    ids, places = assistant.encode(tokenizer, FUNCTIONS, CHAT)
    marks = [i for i, token in enumerate(ids) if token in (1, 2)]
    assert [ids[i] for i in marks] == [1, 2, 1, 2]
    written = [tokenizer.decode([ids[i + 1]], skip_special_tokens=False) for i in places]
    wanted = "".join(calls.written(call, FUNCTIONS) + tokens.END for _, call in CHAT)
    assert "".join(written) == wanted
    assert places[0] == marks[1] and places[-1] == len(ids) - 2
