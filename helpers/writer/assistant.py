"""The assistant as later pages use it: chat as tokens, and answers that are always calls.

Its page builds these by hand; here they stand for the pages after it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tokenizers import Tokenizer

from helpers.predictor import calls
from helpers.predictor.grammar import CallGrammar, Function
from helpers.predictor.streaming import token_bytes
from helpers.writer import tokens
from helpers.writer.decoder import Config, build_cached_decoder

Turn = tuple[str, calls.Call]  # what was said, and the call that it means
NOTHING = {"name": calls.NO_CALL, "arguments": {}}


def call_tokens(functions: Sequence[Function]) -> list[str]:
    """Return what calls are made of, each to be one token: openings, arguments, listed values."""
    openings: list[str] = []
    arguments: dict[str, None] = {}
    for function in (each["function"] for each in functions):
        openings.append(f'{{"name":"{function["name"]}","arguments":{{')
        for name, schema in function["parameters"]["properties"].items():
            for kind in schema.get("anyOf", [schema]):
                if "enum" in kind:
                    arguments |= {f'"{name}":"{value}"': None for value in kind["enum"]}
                else:
                    arguments[f'"{name}":' + '"' * (kind["type"] == "string")] = None
    return ["}}", *openings, *arguments, *(f",{argument}" for argument in arguments)]


def encode(
    tokenizer: Tokenizer, functions: Sequence[Function], conversation: Sequence[Turn]
) -> tuple[list[int], list[int]]:
    """Return a conversation as tokens, and the places whose next token the assistant writes.

    USER, what was said, ASSISTANT, the call, END; and so on for each turn.
    """
    end, user, assistant = (tokens.SPECIAL.index(t) for t in tokens.SPECIAL[:3])
    ids: list[int] = []
    places: list[int] = []
    for text, call in conversation:
        ids += [user, *tokenizer.encode(calls.spaced(text)).ids, assistant]
        answer = [*tokenizer.encode(calls.written(call, functions)).ids, end]
        places += range(len(ids) - 1, len(ids) - 1 + len(answer))
        ids += answer
    return ids, places


class Assistant:
    """The assistant of a stage (or of files in a folder like it), one conversation at a time."""

    def __init__(self, folder: Path):
        """Load model, tokenizer, functions and settings."""
        content = (folder / "tokenizer.json").read_text(encoding="utf-8")
        self.tokenizer = tokens.load(content)
        self.functions = json.loads((folder / "functions.json").read_text(encoding="utf-8"))
        self.settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        config = Config(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
        end = tokens.SPECIAL.index(tokens.END)
        self.grammar = CallGrammar(self.functions, token_bytes(self.tokenizer), end)
        self.openings = [
            self.tokenizer.token_to_id(f'{{"name":"{f["function"]["name"]}","arguments":{{')
            for f in self.functions
        ]
        self.model = build_cached_decoder(config)
        saved = keras.models.load_model(folder / "assistant.keras", compile=False)
        self.model.set_weights(saved.get_weights())
        inputs = [tf.TensorSpec(each.shape, each.dtype) for each in self.model.inputs]
        self.read = tf.function(lambda *given: self.model(given), input_signature=inputs)
        self.cache = [tf.zeros(each.shape) for each in self.model.inputs[2:]]
        self.room = config.seq_len

    def answer(self, text: str, before: Sequence[Turn] = ()) -> tuple[calls.Call, float]:
        """Return the call that is meant, and how sure its function is.

        Below the threshold of the settings, and where nothing is asked, it is `no_call`.
        """
        said = [*(each for each, _ in before), text]
        known, _ = encode(self.tokenizer, self.functions, [*before, (text, NOTHING)])
        ids = known[: -1 - len(self.tokenizer.encode(calls.written(NOTHING, self.functions)).ids)]
        answer = self.grammar.begin("\n".join(map(calls.spaced, said)))
        written: list[int] = []
        sure = 0.0
        keys, values = self.cache
        start, ahead = 0, ids
        while not answer.done:
            if start + len(ahead) >= self.room:
                return NOTHING, 0.0  # no room for the whole answer
            logits, keys, values = self.read(
                tf.constant([ahead]), tf.constant([start]), keys, values
            )
            start += len(ahead)
            scores = np.where(answer.mask(), np.array(logits)[0, -1], -np.inf)
            ahead = [int(scores.argmax())]
            if not written:
                likely = np.exp(scores - scores.max())
                sure = float(likely[ahead[0]] / likely.sum())
                if sure < self.settings["threshold"]:
                    return NOTHING, sure
            answer.add(ahead[0])
            written += ahead
        content: Any = b"".join(self.grammar.bytes[token] for token in written)
        return calls.read(content.decode(), said), sure
