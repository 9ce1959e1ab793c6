"""The chat of the page and of the helper: the same tokens, a loss on the answers only."""

import json

import numpy as np
import pytest

from helpers.learning import models
from helpers.predictor import calls
from helpers.writer import assistant, tokens
from helpers.writer.decoder import Config, build_decoder
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
