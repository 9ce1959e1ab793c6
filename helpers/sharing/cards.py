"""Model cards: written from measured rows, checked before anything is published.

After Mitchell et al. (2019). Nobody types a number into a card: it comes from the results row of
the file that is shared.
"""

import json
import re
import shlex
from collections.abc import Sequence
from typing import Any

import yaml

from helpers.sharing import card_schema
from helpers.stages.results import always_the_larger, needs_macro_f1, no_better

# What older manifests leave unsaid: all are of IMDb, or of somebody's own file
OLDER: dict[str, Any] = {"language": "en", "model_license": "apache-2.0"}
OLDER |= {"dataset": "stanfordnlp/imdb", "examples": []}
OWN_LICENSE = "as-the-owner-of-the-texts-says"
OLDER_OWN = OLDER | {"language": "und", "model_license": "other", "dataset": None}
EXAMPLE = "what a lovely mess"  # where the data names no text to try
FEW = 12  # labels of more are folded away
WEAKEST = 5
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
    several: bool = False,
) -> str:
    """Write a model card from measured numbers, with Hub metadata.

    Args:
        name: the model's name.
        task: what it decides, in a sentence: its intended use.
        labels: names of the classes.
        row: the model's own row of the results table; with `recalls`, [k], the classes that it
            finds least often are named.
        comparisons: other rows of the same test rows.
        manifest: the data manifest.
        formats: which of `litert`, `onnx`, `keras` the bundle holds.
        limits: known limits, a sentence each.
        hashed: its tokenizer has no vocabulary: it runs in a browser, too.
        several: a text may have several labels, or none.
    """
    facts = _facts(manifest)
    example = next(iter(facts["examples"]), EXAMPLE)
    metadata = card_metadata(name, row, manifest, formats)
    header = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    loading = [_in_python(formats, example, several), _over_http(example)]
    loading += [_in_javascript(example)] if hashed else []
    sections = [
        f"---\n{header}---\n",
        f"# {name}\n\n{task}",
        _labels_section(labels, several, facts.get("domain")),
        _evaluation_section(row, comparisons, manifest, labels),
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

    facts, protocol = _facts(manifest), manifest["protocol"]
    dataset = facts["dataset"]
    metrics = {"accuracy": row["accuracy"]}
    metrics |= {"f1": row["macro_f1"]} if needs_macro_f1([row]) else {}
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=dataset or ("own" if protocol == "own" else "other"),
            dataset_name=f"test rows, {protocol} protocol",
            # those of the local protocol come from the half of IMDb that is published as "train"
            dataset_split="train" if dataset and protocol == "local" else "test",
            metric_type=metric,
            metric_name="macro-F1" if metric == "f1" else None,
            metric_value=round(float(value), 4),  # numpy's floats are no YAML
        )
        for metric, value in metrics.items()
    ]
    card = ModelCardData(
        model_name=name,
        language=facts["language"],
        license=facts["model_license"],
        license_name=OWN_LICENSE if facts["model_license"] == "other" else None,
        library_name="keras" if "keras" in formats else None,
        pipeline_tag="text-classification",
        tags=["small-language-model", *formats],
        datasets=[dataset] if dataset else [],
        metrics=[*metrics],
        eval_results=results,
    )
    return {key: value for key, value in card.to_dict().items() if value not in (None, [])}


def _facts(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest with what an older one leaves unsaid."""
    return (OLDER_OWN if manifest["protocol"] == "own" else OLDER) | manifest


def code(text: str) -> str:
    """Return any text as Markdown that shows it as it is: a label may hold marks of any kind."""
    text = " ".join(text.split()) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    edge = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _labels_section(labels: Sequence[str], several: bool, domain: str | None) -> str:
    shown = ", ".join(f"{i} {code(label)}" for i, label in enumerate(labels))
    if len(labels) > FEW:
        folded = f"<details>\n<summary>All {len(labels)} labels</summary>\n\n{shown}\n\n</details>"
        begin, end = f"Labels: {len(labels)}, see below.", f"\n\n{folded}"
    else:
        begin, end = f"Labels: {shown}.", ""
    output = "a probability for each label, " + (
        "and the text has those of at least one half: several, one or none"
        if several
        else "and the most probable one is the answer"
    )
    made_for = f", of this kind: {domain}" if domain else ""
    return f"{begin} Input: a text{made_for}. Output: {output}.{end}"


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
    row: dict[str, Any],
    comparisons: Sequence[dict[str, Any]],
    manifest: dict[str, Any],
    labels: Sequence[str],
) -> str:
    larger = always_the_larger([row])
    rows = [row, *comparisons, *([larger] if larger else [])]
    with_f1 = needs_macro_f1(rows)
    lines = [
        f"## Evaluation\n\nMeasured on {row['n']:,} test rows, protocol `{row['protocol']}` "
        f"({manifest['split_rule']}). Intervals are 95 % (Wilson). Sizes are of the model "
        "file and the tokenizer, both packed with gzip.\n",
        f"| model | accuracy, % | 95 % interval |{' macro-F1, % |' * with_f1} size, KB |",
        f"|---|---|---|{'---|' * with_f1}---|",
    ]
    for r in rows:
        low, high = (100 * bound for bound in r["interval"])
        f1 = f" {100 * r.get('macro_f1', r['accuracy']):.1f} |" * with_f1
        lines.append(
            f"| {r['model']} | {100 * r['accuracy']:.1f} | {low:.1f} to {high:.1f} |{f1} "
            f"{r['bytes'] / 1000:,.0f} |"
        )
    if row.get("several"):
        lines.append("\nAn answer counts as right when all of a text's labels are.")
    if larger:
        what = "the same labels" if row.get("several") else "the largest class"
        lines.append(
            f"\nAlways {what} would be right in {100 * row['majority']:.1f} % of these rows; the "
            f"model's macro-F1 is {100 * row['macro_f1']:.1f} %. {no_better([row])}".rstrip()
        )
    if with_f1 and (weak := _weakest(row.get("recalls"), labels)):
        lines.append(f"\nIt finds these classes least often, recall in percent: {weak}.")
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


def _weakest(recalls: Sequence[float | None] | None, labels: Sequence[str]) -> str:
    """Return the classes of the smallest recall, with it; "" where no recalls are known."""
    pairs = zip(recalls or (), labels, strict=False)
    # None or NaN: the class has no test rows
    known = sorted((r, label) for r, label in pairs if r is not None and r == r)
    return ", ".join(f"{code(label)} {100 * recall:.0f}" for recall, label in known[:WEAKEST])


def _in_python(formats: Sequence[str], example: str, several: bool) -> str:
    first, *others = formats
    extra = "" if first == "litert" else f"[{first}]"
    chosen = "" if first == "litert" else f', format="{first}"'
    lines = (
        "from slm_predictor import load_predictor",
        f'model = load_predictor("."{chosen})  # this folder, or owner/name on a hub',
        f"print(model.predict([{_quoted(example)}]))",
        "# [{'labels': [...], 'probabilities': {...}}]: its labels, and the probability of each"
        if several
        else "# [{'label': '...', 'probability': ...}]: the most probable label",
    )
    code = "\n".join(lines)
    more = "".join(
        f'\n\nThe {kind} file: `pip install "slm-predictor[{kind}] @ {PREDICTOR}"`, '
        f'then `load_predictor(".", format="{kind}")`.'
        for kind in others
    )
    return f'`pip install "slm-predictor{extra} @ {PREDICTOR}"`\n\n```python\n{code}\n```{more}'


def _quoted(text: str) -> str:
    """Return a text as Python, JSON and JavaScript write it."""
    return json.dumps(text, ensure_ascii=False)


def _over_http(example: str) -> str:
    sent = shlex.quote(f'{{"text": {_quoted(example)}}}')
    return (
        "Over HTTP, once `python -m helpers.serving FOLDER` answers:\n\n"
        "```\ncurl -s http://127.0.0.1:8080/predict -H 'Content-Type: application/json' "
        f"-d {sent}\n```"
    )


def _in_javascript(example: str) -> str:
    return (
        "In a browser (`python -m helpers.browser FOLDER PAGE` writes these files):\n\n"
        "```javascript\n"
        'import { openBundle } from "./classifier.js";\n'
        'const bundle = await openBundle("./model/");\n'
        f"const probabilities = await bundle.predict({_quoted(example)});\n"
        "// a Float32Array, in the order of bundle.config.labels\n```"
    )
