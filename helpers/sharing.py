"""Sharing: a bundle folder that anyone can load, verify and publish.

A bundle holds models, tokenizer, labels, measured metrics, a model card and the checksums of all
of them. Publishing copies it under a version that never changes again.
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from helpers.runtime import PACKAGES, BundleError, read_config, verify_checksums
from helpers.workspace import file_digest, write_json

CHECKSUMS = "checksums.sha256"
VERSION = re.compile(r"v\d+\.\d+(\.\d+)?")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,95}")
# What a card says of a model trained on IMDb, and of one trained on somebody's own file
IMDB_TERMS = {"language": "en", "license": "apache-2.0"}
OWN_TERMS = {"language": "und", "license": "other"}


class SharingError(ValueError):
    """A name, a version or a card that cannot be published; the message says why."""


def write_bundle(
    folder: Path,
    *,
    name: str,
    models: dict[str, Path],
    tokenizer: Path,
    labels: Sequence[str],
    metrics: dict[str, Any],
    card: str,
) -> Path:
    """Write a bundle folder, whole or not at all.

    Args:
        folder: where; an older bundle there is replaced.
        name: the model's name.
        models: a file for each format: `litert`, `onnx`, `keras`.
        tokenizer: the `tokenizer.json`.
        labels: names of class 0 and class 1.
        metrics: what was measured, kept as `metrics.json`.
        card: the text of the model card, kept as `README.md`.
    """
    draft = folder.with_name(f".draft-{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    config = {
        "name": name,
        "labels": list(labels),
        "tokenizer": "tokenizer.json",
        "models": {kind: f"model{path.suffix}" for kind, path in models.items()},
        "input": "int32 token ids [batch, seq_len], padded with 0",
        "output": f"float32 [batch, 1], probability of {labels[1]!r}",
    }
    for kind, path in models.items():
        shutil.copyfile(path, draft / config["models"][kind])
    shutil.copyfile(tokenizer, draft / config["tokenizer"])
    write_json(draft / "config.json", config)
    write_json(draft / "metrics.json", metrics)
    (draft / "README.md").write_text(card, encoding="utf-8")
    lines = [f"{file_digest(path)}  {path.name}\n" for path in sorted(draft.iterdir())]
    (draft / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return folder


def publish_to_folder(bundle: Path, target: Path, version: str) -> Path:
    """Copy a verified bundle to `<target>/<name>/<version>`, which must not exist yet.

    Raises SharingError for a bad name, a version not like `v1.0`, an invalid card or a version
    that was published before, and BundleError for a bundle whose checksums do not hold.
    """
    verify_checksums(bundle)
    name = read_config(bundle)["name"]
    if not NAME.fullmatch(name):
        raise SharingError(
            f"{name!r} is no model name: use lower-case letters, digits, - _ and dots."
        )
    if not VERSION.fullmatch(version):
        raise SharingError(f"{version!r} is no version. Write it like v1.0 or v1.0.2.")
    check_card((bundle / "README.md").read_text(encoding="utf-8"))
    destination = target / name / version
    if destination.exists():
        raise SharingError(
            f"{name} {version} is published already and versions never change. Take the next one."
        )
    draft = destination.with_name(f".draft-{version}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(bundle, draft)
    draft.rename(destination)
    return destination


def model_name(task: str, model: str) -> str:
    """Return a name a hub accepts, made of a task's (any file name) and a model's."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", task.lower()).strip("-._")[:80]
    return f"{slug or 'own'}-{model}"


def model_card(
    *,
    name: str,
    task: str,
    labels: Sequence[str],
    row: dict[str, Any],
    comparisons: Sequence[dict[str, Any]],
    manifest: dict[str, Any],
    formats: Sequence[str],
    limits: Sequence[str],
) -> str:
    """Write a model card (Mitchell et al., 2019) from measured numbers, with Hub metadata.

    Args:
        name: the model's name.
        task: what it decides, in a sentence.
        labels: names of class 0 and class 1.
        row: the model's own row of the results table.
        comparisons: other rows of the same test rows.
        manifest: the data manifest.
        formats: which of `litert`, `onnx`, `keras` the bundle holds.
        limits: known limits, a sentence each.
    """
    header = yaml.safe_dump(card_metadata(name, row, manifest), sort_keys=False, allow_unicode=True)
    sections = [
        f"---\n{header}---\n",
        f"# {name}\n\n{task}",
        f"Labels: 0 {labels[0]}, 1 {labels[1]}. Input: a text. Output: a probability.",
        _evaluation_section(row, comparisons, manifest),
        "## Load it\n\n" + "\n\n".join(_loading(kind) for kind in formats),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits),
        f"## Training data\n\n{manifest['source']}, license: {manifest['license']}.\n\n"
        f"{manifest['citation']}",
    ]
    return "\n\n".join(sections) + "\n"


def card_metadata(name: str, row: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata block of a card as the Hugging Face Hub defines it."""
    from huggingface_hub import EvalResult, ModelCardData

    result = EvalResult(
        task_type="text-classification",
        dataset_type="stanfordnlp/imdb" if manifest["protocol"] != "own" else "own",
        dataset_name=f"test rows, {manifest['protocol']} protocol",
        dataset_split="test",
        metric_type="accuracy",
        metric_value=round(row["accuracy"], 4),
    )
    card = ModelCardData(
        model_name=name,
        **(OWN_TERMS if manifest["protocol"] == "own" else IMDB_TERMS),
        library_name="keras",
        pipeline_tag="text-classification",
        tags=["small-language-model", "litert", "onnx"],
        datasets=["stanfordnlp/imdb"] if manifest["protocol"] != "own" else [],
        metrics=["accuracy"],
        eval_results=[result],
    )
    return {key: value for key, value in card.to_dict().items() if value not in (None, [])}


def check_card(text: str) -> dict[str, Any]:
    """Return a card's metadata. Raises SharingError where the Hub would refuse the card."""
    parts = text.split("---\n", 2)
    if len(parts) < 3 or parts[0]:
        raise SharingError("The card does not open with a metadata block between two lines of ---.")
    try:
        metadata = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise SharingError(f"The card's metadata is no valid YAML: {error}") from error
    needed = {"license": str, "language": str, "pipeline_tag": str, "model-index": list}
    for key, kind in needed.items():
        if not isinstance((metadata or {}).get(key), kind):
            raise SharingError(f"The card's metadata needs {key!r}, as a {kind.__name__}.")
    return metadata


def _evaluation_section(
    row: dict[str, Any], comparisons: Sequence[dict[str, Any]], manifest: dict[str, Any]
) -> str:
    lines = [
        f"## Evaluation\n\nMeasured on {row['n']:,} test rows, protocol `{row['protocol']}` "
        f"({manifest['split_rule']}). Intervals are 95 % (Wilson). Sizes count the model file "
        "and the packed tokenizer.\n",
        "| model | accuracy, % | 95 % interval | size, KB |",
        "|---|---|---|---|",
    ]
    for r in [row, *comparisons]:
        low, high = (100 * bound for bound in r["interval"])
        lines.append(
            f"| {r['model']} | {100 * r['accuracy']:.1f} | {low:.1f} to {high:.1f} "
            f"| {r['bytes'] / 1000:,.0f} |"
        )
    if row["latency_us"]:
        median, p95 = row["latency_us"]["median"] / 1000, row["latency_us"]["p95"] / 1000
        lines.append(
            f"\nLatency from raw text, one thread, on the machine that trained it: "
            f"median {median:.2f} ms, 95th percentile {p95:.2f} ms."
        )
    return "\n".join(lines)


def _loading(kind: str) -> str:
    code = {
        "litert": (
            "from ai_edge_litert.interpreter import Interpreter",
            'model = Interpreter("model.tflite"); model.allocate_tensors()',
            'model.set_tensor(model.get_input_details()[0]["index"], ids); model.invoke()',
            'probability = model.get_tensor(model.get_output_details()[0]["index"])',
        ),
        "onnx": (
            "import onnxruntime",
            'session = onnxruntime.InferenceSession("model.onnx")',
            'probability = session.run(None, {"token_ids": ids})[0]',
        ),
        "keras": (
            "import keras",
            'model = keras.saving.load_model("model.keras", compile=False)',
            "probability = model.predict(ids)",
        ),
    }[kind]
    ids = (
        "import numpy as np; from tokenizers import Tokenizer",
        'text = "what a lovely mess"',
        'ids = np.array([Tokenizer.from_file("tokenizer.json").encode(text).ids], "int32")',
    )
    lines = "\n".join((*ids, *code))
    return f"`pip install tokenizers {PACKAGES[kind]}`\n\n```python\n{lines}\n```"


def pull_from_folder(source: Path, name: str, version: str, target: Path) -> Path:
    """Copy a published version to `target` and verify it. Raises BundleError if it is not whole."""
    published = source / name / version
    if not published.is_dir():
        there = sorted(p.name for p in (source / name).glob("v*"))
        raise BundleError(
            f"There is no {name} {version}. Published: {', '.join(there) or 'nothing'}."
        )
    verify_checksums(published)
    shutil.copytree(published, target, dirs_exist_ok=True)
    return target


def bundle_summary(folder: Path) -> list[dict[str, Any]]:
    """Return each file of a bundle with its size in KB, for a table."""
    return [
        {"file": path.name, "KB": path.stat().st_size / 1000} for path in sorted(folder.iterdir())
    ]
