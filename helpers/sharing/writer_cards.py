"""Cards of models that write: as `cards`, with what is measured of words and of calls."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from helpers.sharing.cards import OWN_LICENSE, PREDICTOR, code

FIGURES = {  # of a row: how the table heads it, and how it is written
    "bits_per_byte": ("bits per byte", "{:.3f}"),
    "exact_match": ("exact calls, %", "{:.1%}"),
    "n": ("rows", "{:,}"),
    "bytes": ("file, MB", "{:.2f}"),
    "first_token_ms": ("first token, ms", "{:.1f}"),
    "tokens_per_second": ("tokens a second", "{:,.0f}"),
}
METRICS = {"bits_per_byte": "bits_per_byte", "exact_match": "exact_match"}


def writer_card(
    *,
    name: str,
    task: str,
    row: dict[str, Any],
    comparisons: Sequence[dict[str, Any]],
    data: dict[str, Any],
    formats: Sequence[str],
    limits: Sequence[str],
    example: str,
    functions: Sequence[dict[str, Any]] = (),
) -> str:
    """Write the card of a model that writes, with Hub metadata.

    Args:
        name: the model's name.
        task: what it does, in a sentence: its intended use.
        row: what was measured: some of FIGURES, and `test`, what the rows are.
        comparisons: the same of others, for the same rows; `model` names each.
        data: `source`, `license` and `citation` of what it learned from, `language` (a code or
            several), `model_license`, and `dataset`, the Hub's name, if there is one.
        formats: which of `litert`, `onnx`, `keras` the bundle holds.
        limits: known limits, a sentence each.
        example: something to say to it.
        functions: those it calls, of an assistant.
    """
    header = yaml.safe_dump(_metadata(name, row, data, formats), sort_keys=False)
    sections = [f"---\n{header}---\n", f"# {name}\n\n{task}"]
    sections += [_functions_section(functions)] if functions else []
    sections += [
        _evaluation_section(row, comparisons),
        _loading_section(name, example, bool(functions)),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits),
        f"## Training data\n\n{data['source']}, license: {data['license']}.\n\n{data['citation']}",
    ]
    return "\n\n".join(sections) + "\n"


def _metadata(
    name: str, row: dict[str, Any], data: dict[str, Any], formats: Sequence[str]
) -> dict[str, Any]:
    from huggingface_hub import EvalResult, ModelCardData

    dataset, license_name = data.get("dataset"), data["model_license"]
    results = [
        EvalResult(
            task_type="text-generation",
            dataset_type=dataset or "other",
            dataset_name=row["test"],
            metric_type=metric,
            metric_value=round(float(row[key]), 4),  # numpy's floats are no YAML
        )
        for key, metric in METRICS.items()
        if row.get(key) is not None
    ]
    card = ModelCardData(
        model_name=name,
        language=data["language"],
        license=license_name,
        license_name=OWN_LICENSE if license_name == "other" else None,
        pipeline_tag="text-generation",
        tags=["small-language-model", *formats],
        datasets=[dataset] if dataset else [],
        metrics=[result.metric_type for result in results],
        eval_results=results,
    )
    return {key: value for key, value in card.to_dict().items() if value not in (None, [])}


def _functions_section(functions: Sequence[dict[str, Any]]) -> str:
    lines = []
    for each in (tool["function"] for tool in functions):
        names = ", ".join(code(name) for name in each["parameters"].get("properties", {}))
        lines.append(f"- {code(each['name'])}: {names or 'no arguments'}")
    listed = "\n".join(lines)
    return (
        f"It answers with a call of one of {len(lines)} functions, as JSON, and with nothing else: "
        "other tokens are struck out while it writes.\n\n"
        f"<details>\n<summary>The functions and their arguments</summary>\n\n{listed}\n\n</details>"
    )


def _evaluation_section(row: dict[str, Any], comparisons: Sequence[dict[str, Any]]) -> str:
    rows = [row, *comparisons]
    used = [key for key in FIGURES if any(each.get(key) is not None for each in rows)]
    lines = [
        f"## Evaluation\n\nMeasured on {row['test']}. Speed is of one thread of the machine that "
        "made it.\n",
        "| model | " + " | ".join(FIGURES[key][0] for key in used) + " |",
        "|---|" + "---|" * len(used),
    ]
    lines += [
        f"| {each['model']} | " + " | ".join(_cell(each, key) for key in used) + " |"
        for each in rows
    ]
    if interval := row.get("interval"):
        low, high = interval
        lines.append(f"\nExact calls, 95 % interval (Wilson): {low:.1%} to {high:.1%}.")
    return "\n".join(lines)


def _cell(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    return FIGURES[key][1].format(value / 1e6 if key == "bytes" else value).replace("%", "")


def _loading_section(name: str, example: str, calls: bool) -> str:
    said = json.dumps(example, ensure_ascii=False)
    python = [
        "from slm_predictor import load_writer",
        'model = load_writer(".")  # this folder, or owner/name on a hub',
    ]
    python += (
        [f"print(model.call({said}))"]
        if calls
        else [f"for piece in model.stream({said}, temperature=0.8):"]
        + ['    print(piece, end="", flush=True)']
    )
    client = ["from openai import OpenAI"]
    client += ['client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="none")']
    if calls:
        messages = f'[{{"role": "user", "content": {said}}}]'
        client.append(f'client.chat.completions.create(model="{name}", messages={messages})')
    else:
        client.append(f'client.completions.create(model="{name}", prompt={said}, max_tokens=50)')
    code_of = {"python": "\n".join(python), "client": "\n".join(client)}
    return (
        f'## Load it\n\n`pip install "slm-predictor @ {PREDICTOR}"`\n\n'
        f"```python\n{code_of['python']}\n```\n\n"
        "In a terminal: `python -m slm_predictor chat .`\n\n"
        "Over HTTP, once `python -m helpers.serving FOLDER` answers, with any client of OpenAI's:"
        f"\n\n```python\n{code_of['client']}\n```\n\n"
        "In a browser: `python -m helpers.browser FOLDER PAGE` writes the page."
    )
