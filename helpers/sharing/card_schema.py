"""The metadata of a model card: read it, check it against what the Hub defines, summarize it.

The same check answers `ModelCard.validate`, and every commit that changes README.md passes it.
"""

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from helpers.sharing.card_vocabulary import LANGUAGES, LICENSES, TASKS

MAX_METADATA = 200_000  # characters
BLOCK = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
# the shape of a word, and what it is in words
SHAPES = {
    "license": (
        re.compile(r"[a-z0-9][a-z0-9.+-]{0,95}"),
        "an identifier like apache-2.0; for another one write other, with license_name and "
        "license_link",
    ),
    "language": (
        re.compile(r"([a-z]{2,3}|code|multilingual)(-[A-Za-z0-9]{2,8})*"),
        "an ISO 639 code like en, de or und",
    ),
    "pipeline_tag": (
        re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,9}"),
        "a task like text-classification",
    ),
}
TEXTS = ("license_name", "license_link", "library_name", "model_name", "inference", "thumbnail")
TEXT_LISTS = ("tags", "datasets", "metrics", "base_model", "language", "license")
# They would stand for arguments of huggingface_hub's own classes
UNUSABLE = {"self", "ignore_metadata_errors", "eval_results"}


@dataclass
class Report:
    """What a check found: the metadata, and messages in plain words."""

    metadata: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """Return errors and warnings in the shape the client expects."""
        return {
            "errors": [{"message": message} for message in self.errors],
            "warnings": [{"message": message} for message in self.warnings],
        }


_Fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Fastest):
    """Safe YAML in which dates stay texts, as JSON needs them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def split(text: str) -> tuple[str, str]:
    """Return the metadata block of a card, without its fences, and the text below it."""
    found = BLOCK.match(text)
    return (found.group(1), text[found.end() :]) if found else ("", text)


def check(content: bytes | str) -> Report:
    """Check a card. Errors are what the Hub refuses, warnings what it only frowns on."""
    report = Report()
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.errors.append("The card is no UTF-8 text.")
        return report
    block, _ = split(text)
    if not block.strip():
        if text.lstrip("\ufeff \t\r\n").startswith("---"):
            report.errors.append("The metadata block has no second line of ---, or is empty.")
        else:
            report.warnings.append("empty or missing yaml metadata in repo card")
        return report
    report.metadata = _parse(block, report)
    if report.metadata:
        _check_fields(report)
    return report


@lru_cache(maxsize=512)
def metadata(content: bytes) -> dict[str, Any]:
    """Return the metadata of a card that was accepted, or {}. Do not change what is returned."""
    report = check(content)
    return {} if report.errors else report.metadata


def _parse(block: str, report: Report) -> dict[str, Any]:
    if len(block) > MAX_METADATA:
        report.errors.append(f"The metadata is longer than {MAX_METADATA:,} characters.")
        return {}
    try:
        _check_events(block)
        found = yaml.load(block, _Loader)
        plain = _plain(found)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError) as error:
        report.errors.append(f"The metadata is no valid YAML: {' '.join(str(error).split())[:300]}")
        return {}
    if not isinstance(found, dict):
        report.errors.append("The metadata must be a list of `key: value` lines.")
    elif not plain:
        report.errors.append("The metadata may hold texts, numbers, lists and keys that are texts.")
    elif UNUSABLE & set(found):
        names = ", ".join(sorted(UNUSABLE & set(found)))
        report.errors.append(f"The metadata may not use these keys: {names}.")
    else:
        return found
    return {}


def _check_events(block: str) -> None:
    """Refuse YAML that would cost more than it says: raises ValueError before anything is built."""
    depth = 0
    for event in yaml.parse(block, _Loader):
        if isinstance(event, yaml.AliasEvent):
            # it repeats a block without writing it: a few lines could mean gigabytes
            raise ValueError("aliases (*name) are not possible here, write the values out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > 30:
            raise ValueError("nested more than 30 deep")


def _plain(value: Any) -> bool:
    """Say whether a value can be written as JSON."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and _plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, int):
        return abs(value) < 1 << 63
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str)


def texts(value: Any) -> list[str]:
    """Return a text or a list of texts as a list, leaving out anything else."""
    return [item for item in (value if isinstance(value, list) else [value]) if _is_text(item)]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _check_fields(report: Report) -> None:
    data, errors = report.metadata, report.errors
    for key in TEXT_LISTS:
        value = data.get(key)
        parts = value if isinstance(value, list) and key != "license" else [value]
        if key in data and not all(map(_is_text, parts)):
            hint = " (quote the code: 'no')" if key == "language" else ""
            kind = "a text" if key == "license" else "a list of texts"
            errors.append(f'"{key}" must be {kind}{hint}.')
    if _is_text(data.get("tags")):
        errors.append('"tags" must be a list of texts, a line with "- " each.')
    errors += [f'"{key}" must be a text.' for key in TEXTS if not _maybe_text(data, key)]
    for value in texts(data.get("license")):
        _check_word(report, "license", value, known=value in LICENSES)
    if data.get("license") == "other" and not data.get("license_name"):
        report.warnings.append('"license: other" should come with a license_name.')
    for value in texts(data.get("language")):
        code = value.split("-")[0]
        _check_word(report, "language", value, known=len(code) == 3 or code in LANGUAGES)
    if (task := data.get("pipeline_tag")) is not None:
        _check_word(report, "pipeline_tag", task, known=str(task) in TASKS)
    if not data.get("license"):
        report.warnings.append("The card names no license: nobody may use the model.")
    if "model-index" in data:
        errors += _check_model_index(data["model-index"])


def _check_word(report: Report, key: str, value: Any, *, known: bool) -> None:
    """Refuse what has not the shape of a word of the Hub; warn of one that is not known here.

    The Hub's lists grow, and what will be valid tomorrow must not be refused by those of today.
    """
    shape, like = SHAPES[key]
    if not (_is_text(value) and shape.fullmatch(value)):
        report.errors.append(f'"{key}" {value!r} is not {like}.')
    elif not known:
        report.warnings.append(f'"{key}" {value!r} is not known here. Is it {like}?')


def _maybe_text(data: dict[str, Any], key: str) -> bool:
    value = data.get(key)
    return (
        value is None or _is_text(value) or (key == "inference" and isinstance(value, dict | bool))
    )


def _check_model_index(index: Any) -> list[str]:
    """Return what is wrong with the measured results of a card."""
    if not isinstance(index, list) or not index:
        return ['"model-index" must be a list of models.']
    errors = []
    for i, model in enumerate(index):
        where = f'"model-index[{i}]'
        if not isinstance(model, dict) or not _is_text(model.get("name")):
            errors.append(f'{where}.name" must be a text.')
        elif not isinstance(model.get("results"), list):
            errors.append(f'{where}.results" must be a list.')
        else:
            for j, result in enumerate(model["results"]):
                errors += _check_result(result, f"{where}.results[{j}]")
    return errors


def _check_result(result: Any, where: str) -> list[str]:
    if not isinstance(result, dict):
        return [f'{where}" must have task, dataset and metrics.']
    errors = []
    for part, keys in (("task", ("type",)), ("dataset", ("type", "name"))):
        value = result.get(part)
        for key in keys:
            if not isinstance(value, dict) or not _is_text(value.get(key)):
                errors.append(f'{where}.{part}.{key}" must be a text.')
    metrics = result.get("metrics")
    if not isinstance(metrics, list) or not metrics:
        return [*errors, f'{where}.metrics" must be a list with one metric at least.']
    for k, metric in enumerate(metrics):
        if not isinstance(metric, dict) or not _is_text(metric.get("type")):
            errors.append(f'{where}.metrics[{k}].type" must be a text.')
        elif metric.get("value") is None:
            errors.append(f'{where}.metrics[{k}].value" is missing.')
    return errors
