"""Model cards: written from measured rows, checked before anything is published.

After Mitchell et al. (2019). Nobody types a number into a card: it comes from the results row of
the file that is shared.
"""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from helpers.sharing import card_schema
from helpers.stages.results import always_the_larger, no_better

# What a card says of a model trained on IMDb, and of one trained on somebody's own file
IMDB_TERMS: dict[str, Any] = {"language": "en", "license": "apache-2.0"}
OWN_TERMS: dict[str, Any] = {"language": "und", "license": "other"}
NEEDED = ("license", "language", "pipeline_tag", "model-index")
REPOSITORY = "https://github.com/small-language-models/small-language-models"
PREDICTOR = f"git+{REPOSITORY}#subdirectory=helpers/predictor"  # what a stranger installs


class CardError(ValueError):
    """A card that a hub would refuse; the message says why."""


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
    hashed: bool = False,
) -> str:
    """Write a model card from measured numbers, with Hub metadata.

    Args:
        name: the model's name.
        task: what it decides, in a sentence: its intended use.
        labels: names of class 0 and class 1.
        row: the model's own row of the results table.
        comparisons: other rows of the same test rows.
        manifest: the data manifest.
        formats: which of `litert`, `onnx`, `keras` the bundle holds.
        limits: known limits, a sentence each.
        hashed: its tokenizer has no vocabulary: it runs in a browser, too.
    """
    metadata = card_metadata(name, row, manifest, formats)
    header = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    loading = [_in_python(formats), _over_http()] + ([_in_javascript()] if hashed else [])
    sections = [
        f"---\n{header}---\n",
        f"# {name}\n\n{task}",
        f"Labels: 0 {labels[0]}, 1 {labels[1]}. Input: a text. Output: a probability.",
        _evaluation_section(row, comparisons, manifest),
        "## Load it\n\n" + "\n\n".join(loading),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits),
        f"## Training data\n\n{manifest['source']}, license: {manifest['license']}.\n\n"
        f"{manifest['citation']}",
    ]
    return "\n\n".join(sections) + "\n"


def card_metadata(
    name: str, row: dict[str, Any], manifest: dict[str, Any], formats: Sequence[str]
) -> dict[str, Any]:
    """Return the metadata block of a card as the Hugging Face Hub defines it."""
    from huggingface_hub import EvalResult, ModelCardData

    own = manifest["protocol"] == "own"
    result = EvalResult(
        task_type="text-classification",
        dataset_type="own" if own else "stanfordnlp/imdb",
        dataset_name=f"test rows, {manifest['protocol']} protocol",
        # the test rows of the local protocol come from the half that is published as "train"
        dataset_split="train" if manifest["protocol"] == "local" else "test",
        metric_type="accuracy",
        metric_value=round(row["accuracy"], 4),
    )
    card = ModelCardData(
        model_name=name,
        **(OWN_TERMS if own else IMDB_TERMS),
        library_name="keras" if "keras" in formats else None,
        pipeline_tag="text-classification",
        tags=["small-language-model", *formats],
        datasets=[] if own else ["stanfordnlp/imdb"],
        metrics=["accuracy"],
        eval_results=[result],
    )
    return {key: value for key, value in card.to_dict().items() if value not in (None, [])}


def check_card(text: str) -> dict[str, Any]:
    """Return the metadata. Raises CardError where a hub would refuse it, or a part is missing."""
    report = card_schema.check(text)
    if not (report.metadata or report.errors):
        raise CardError("The card does not open with a metadata block between two lines of ---.")
    problems = report.errors or [
        f"The card's metadata needs {key!r}." for key in NEEDED if not report.metadata.get(key)
    ]
    if problems:
        raise CardError(" ".join(problems))
    return report.metadata


def _evaluation_section(
    row: dict[str, Any], comparisons: Sequence[dict[str, Any]], manifest: dict[str, Any]
) -> str:
    lines = [
        f"## Evaluation\n\nMeasured on {row['n']:,} test rows, protocol `{row['protocol']}` "
        f"({manifest['split_rule']}). Intervals are 95 % (Wilson). Sizes are of the model "
        "file and the tokenizer, both packed with gzip.\n",
        "| model | accuracy, % | 95 % interval | size, KB |",
        "|---|---|---|---|",
    ]
    larger = always_the_larger([row])
    for r in [row, *comparisons, *([larger] if larger else [])]:
        low, high = (100 * bound for bound in r["interval"])
        lines.append(
            f"| {r['model']} | {100 * r['accuracy']:.1f} | {low:.1f} to {high:.1f} "
            f"| {r['bytes'] / 1000:,.0f} |"
        )
    if larger:
        lines.append(
            f"\nOne class is {100 * row['majority']:.1f} % of these rows, so accuracy says little: "
            f"the model's macro-F1 is {100 * row['macro_f1']:.1f} %. {no_better([row])}".rstrip()
        )
    if row["latency_us"]:
        median, p95 = row["latency_us"]["median"] / 1000, row["latency_us"]["p95"] / 1000
        lines.append(
            f"\nLatency from raw text, one thread, on the machine that trained it: "
            f"median {median:.2f} ms, 95th percentile {p95:.2f} ms."
        )
    if seconds := row.get("train_seconds"):
        lines.append(
            f"\nThe last step of its training took {seconds:,.0f} seconds on that machine, without "
            f"what it builds on. Energy was not metered; each 10 watts of the machine's draw make "
            f"{seconds / 360:.2g} watt-hours of it."
        )
    return "\n".join(lines)


def _in_python(formats: Sequence[str]) -> str:
    first, *others = formats
    extra = "" if first == "litert" else f"[{first}]"
    chosen = "" if first == "litert" else f', format="{first}"'
    lines = (
        "from slm_predictor import load_predictor",
        f'model = load_predictor("."{chosen})  # this folder, or owner/name on a hub',
        'print(model.predict(["what a lovely mess"]))',
    )
    code = "\n".join(lines)
    more = "".join(
        f'\n\nThe {kind} file: `pip install "slm-predictor[{kind}] @ {PREDICTOR}"`, '
        f'then `load_predictor(".", format="{kind}")`.'
        for kind in others
    )
    return f'`pip install "slm-predictor{extra} @ {PREDICTOR}"`\n\n```python\n{code}\n```{more}'


def _over_http() -> str:
    return (
        "Over HTTP, once `python -m helpers.serving FOLDER` answers:\n\n"
        "```\ncurl -s http://127.0.0.1:8080/predict -H 'Content-Type: application/json' "
        """-d '{"text": "what a lovely mess"}'\n```"""
    )


def _in_javascript() -> str:
    return (
        "In a browser (`python -m helpers.browser FOLDER PAGE` writes these files):\n\n"
        "```javascript\n"
        'import { openBundle } from "./classifier.js";\n'
        'const bundle = await openBundle("./model/");\n'
        'const probability = await bundle.predict("what a lovely mess");\n```'
    )
