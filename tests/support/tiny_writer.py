"""A writer and an assistant of a few thousand weights, in bundles of all formats."""

import functools
import json
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import AddedToken

from helpers.bundle import decoder_files, folders
from helpers.predictor import calls
from helpers.writer import tokens
from helpers.writer.decoder import Config, build_decoder

SAID = "Turn on the light in the Kitchen, please."
FUNCTIONS = [
    {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}
    for name, parameters in {
        "light_set": {
            "type": "object",
            "properties": {
                "area": {"type": "string"},
                "brightness": {"type": "integer", "minimum": 0, "maximum": 100},
            },
            "required": [],
        },
        "turn_on": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "area": {"type": "string"}},
            "required": ["name"],
        },
        calls.NO_CALL: {"type": "object", "properties": {}, "required": []},
    }.items()
]
CARD = "# tiny\n\n## Limits\n\n- It knows `nothing`.\n"
FORMATS = {"litert": ".tflite", "onnx": ".onnx", "keras": ".keras"}


def tokenizer():
    """Return a tokenizer of all bytes, with whole calls' beginnings as tokens, as page 15 adds."""
    made = tokens.train_tokenizer([SAID, "the film was the film", "电影 élan"] * 4, 300)
    openings = [f'{{"name":"{f["function"]["name"]}","arguments":{{' for f in FUNCTIONS]
    made.add_tokens([AddedToken(each, normalized=False) for each in [*openings, "}}"]])
    return made


@functools.cache
def decoder():
    """Return (decoder, config), with weights large enough for logits that differ."""
    config = Config(tokenizer().get_vocab_size(), 96, 32, 2, 2, 1, 16, 64)
    model, rng = build_decoder(config), np.random.default_rng(0)
    weights = [rng.normal(1 if w.ndim == 1 else 0, 0.2, w.shape) for w in model.get_weights()]
    model.set_weights([w.astype("float32") for w in weights])
    return model, config


@functools.cache
def float_file() -> bytes:
    return decoder_files.float_litert(*decoder())


@functools.cache
def folder() -> Path:
    """Return a folder with the bundles `writer`, `assistant`, `doubtful`, made once a process."""
    made = Path(tempfile.mkdtemp(prefix="tiny-writer-"))
    tokenizer().save(str(made / "tokenizer.json"))
    (made / "functions.json").write_text(json.dumps(FUNCTIONS))
    models = {kind: made / f"model{ending}" for kind, ending in FORMATS.items()}
    decoder_files.save_litert(float_file(), models["litert"], 8)
    decoder_files.to_onnx(*decoder(), models["onnx"])
    decoder_files.to_keras(*decoder(), models["keras"])
    parts = {"models": models, "tokenizer": made / "tokenizer.json", "card": CARD}
    parts["metrics"] = {"exact_match": 0.5}
    folders.write_writer_bundle(made / "writer", name="tiny-writer", examples=["The film"], **parts)
    for name, threshold in (("assistant", 0.0), ("doubtful", 0.7)):  # the second refuses some
        folders.write_writer_bundle(
            made / name,
            name=f"tiny-{name}",
            chat=True,
            functions=made / "functions.json",
            threshold=threshold,
            examples=[SAID],
            **parts,
        )
    return made
