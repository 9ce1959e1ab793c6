"""The chat of the page and of the helper: the same tokens, a loss on the answers only."""

import json

import numpy as np
import pytest

from helpers.learning import models
from helpers.predictor import calls
from helpers.writer import assistant, tokens
from helpers.writer.decoder import Config, build_decoder
from tests.support import on_page
from tests.writer.test_grammar import FUNCTIONS, PAGE

CHAT = [
    ("Turn on the radio", {"name": "turn_on", "arguments": {"name": "radio"}}),
    ("and the lamp", {"name": "turn_on", "arguments": {"name": "lamp"}}),
]


@pytest.fixture(scope="module")
def tokenizer():
    made = tokens.train_tokenizer([calls.spaced(text) for text, _ in CHAT] * 3, 300)
    made.add_tokens(assistant.call_tokens(FUNCTIONS))
    return made


def test_the_loss_counts_the_answers_and_nothing_else(tokenizer):
    page = on_page.definitions(PAGE, "encode", "stacked")
    marks = dict(zip(("END", "USER", "ASSISTANT", "PAD"), range(4), strict=True))
    page["encode"].__globals__.update(marks, functions=FUNCTIONS, tokenizer=tokenizer)
    ids, places = page["encode"](CHAT)
    assert (ids, places) == assistant.encode(tokenizer, FUNCTIONS, CHAT)
    token_ids, where, targets = page["stacked"]([(ids, places), page["encode"](CHAT[:1])])
    answers = b"".join(
        tokenizer.decode([i], skip_special_tokens=False).encode() for i in targets[0]
    )
    wanted = "".join(calls.written(call, FUNCTIONS) + tokens.END for _, call in CHAT)
    assert answers.decode() == wanted
    assert [ids[place + 1] for place in where[0]] == targets[0].tolist()
    assert (targets[1] == -1).sum() == len(targets[0]) // 2
    assert token_ids.shape == (2, len(ids) - 1)


def test_every_answer_of_a_saved_assistant_is_a_call(tokenizer, tmp_path):
    config = Config(tokenizer.get_vocab_size(), 64, 32, 1, 1, 1, 32, 48)
    models.save(build_decoder(config), tmp_path / "assistant.keras")
    (tmp_path / "config.json").write_text(json.dumps(config.as_dict()))
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    (tmp_path / "functions.json").write_text(json.dumps(FUNCTIONS))
    (tmp_path / "settings.json").write_text(json.dumps({"threshold": 0.0}))
    loaded = assistant.Assistant(tmp_path)
    names = [f["function"]["name"] for f in FUNCTIONS]
    for text in ("Turn on the RADIO!", "", "完全不同的东西", "a " * 200):
        call, sure = loaded.answer(text)
        assert call["name"] in names and 0 <= sure <= 1
    call, _ = loaded.answer("and the lamp", CHAT[:1])
    assert call["name"] in names
    loaded.settings["threshold"] = 1.1
    assert loaded.answer("Turn on the radio")[0] == assistant.NOTHING
    assert np.isfinite(loaded.answer("lamp")[1])
