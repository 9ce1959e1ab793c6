"""Writing a bundle: a folder that anyone can load, verify and publish.

It holds models, tokenizer, labels, measured metrics, a model card and the checksums of all of
them.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.predictor.checksums import write_checksums
from helpers.predictor.runtime import WRITER
from helpers.system.files import replace_folder, write_json


def write_bundle(
    folder: Path,
    *,
    name: str,
    models: dict[str, Path],
    tokenizer: Path,
    labels: Sequence[str],
    metrics: dict[str, Any],
    card: str,
    several: bool = False,
    examples: Sequence[str] = (),
) -> Path:
    """Write a bundle folder, whole or not at all.

    Args:
        folder: where; an older bundle there is replaced.
        name: the model's name.
        models: a file for each format: `litert`, `onnx`, `keras`.
        tokenizer: the `tokenizer.json`.
        labels: names of the classes.
        metrics: what was measured, kept as `metrics.json`.
        card: the text of the model card, kept as `README.md`.
        several: a text may have several labels, or none.
        examples: texts to try it with.
    """
    names = {kind: f"model{path.suffix}" for kind, path in models.items()}
    config = {
        "name": name,
        "labels": list(labels),
        "several": several,
        "examples": list(examples),
        "tokenizer": "tokenizer.json",
        "models": names,
        "input": "int32 token ids [batch, seq_len], padded with 0",
        "output": f"float32 [batch, {len(labels)}], the probability of each label",
    }
    return _write(folder, config, models, {"tokenizer.json": tokenizer}, metrics, card)


def write_writer_bundle(
    folder: Path,
    *,
    name: str,
    models: dict[str, Path],
    tokenizer: Path,
    metrics: dict[str, Any],
    card: str,
    chat: bool = False,
    functions: Path | None = None,
    threshold: float = 0.0,
    examples: Sequence[str] = (),
) -> Path:
    """Write the bundle folder of a model that writes, whole or not at all.

    Args:
        folder, name, models, tokenizer, metrics, card: as in `write_bundle`.
        chat: it has learned to answer what a user says; else it goes on with a text.
        functions: the JSON file of the functions that it calls, of an assistant.
        threshold: where it finds it less likely that anything is asked, it calls nothing.
        examples: prompts to try it with.
    """
    config = {
        "name": name,
        "kind": WRITER,
        "chat": chat,
        "examples": list(examples),
        "tokenizer": "tokenizer.json",
        "models": {kind: f"model{path.suffix}" for kind, path in models.items()},
        "input": "int32 token ids [1, n], start [1], a cache of keys and values",
        "output": "float32 logits [1, n, vocab_size], and the cache",
    }
    files = {"tokenizer.json": tokenizer}
    if functions:
        config |= {"functions": "functions.json", "threshold": threshold}
        files["functions.json"] = functions
    return _write(folder, config, models, files, metrics, card)


def _write(
    folder: Path,
    config: dict[str, Any],
    models: dict[str, Path],
    files: dict[str, Path],
    metrics: dict[str, Any],
    card: str,
) -> Path:
    draft = folder.with_name(f".draft-{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for kind, path in models.items():
        shutil.copyfile(path, draft / config["models"][kind])
    for name, path in files.items():
        shutil.copyfile(path, draft / name)
    write_json(draft / "config.json", config)
    write_json(draft / "metrics.json", metrics)
    (draft / "README.md").write_text(card, encoding="utf-8")
    write_checksums(draft)
    replace_folder(draft, folder)
    return folder
