"""What may be said of an answer: its parts, checked and cleaned before anything is kept.

Where a text may have several labels, what is said of it is a list of them, maybe an empty one; it
is kept as JSON in the order of the store's labels, so that the same labels are the same text. Of an
assistant it is a call, kept as JSON with its arguments in the order of the function.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from helpers.predictor.calls import Call
from helpers.web.texts import check_text, tidy

SOURCES = ("api", "discussion")
LONGEST_COMMENT = 2000  # characters
SHOWN = 12  # labels, in a message
LONGEST_VALUE = 200  # characters of an argument
CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
ARGUMENT = re.compile(r'(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|[^",]+)')
VERSION = re.compile(r"[\w.+-]{0,64}", re.ASCII)
Said = str | Sequence[str] | Call  # a label, where a text may have several a list, or a call
Functions = Sequence[dict[str, Any]]  # in OpenAI's tool format, as a bundle's `functions.json`


class FeedbackError(ValueError):
    """A piece of feedback is not as it must be; `field` names the part, the message says why."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field}: {message}")
        self.field = field


def check_label(labels: Sequence[str], several: bool, value: Any, part: str = "label") -> str:
    """Return a label as it is kept: itself, or of several a JSON list in the order of `labels`.

    Raises FeedbackError, naming the part, for anything else.
    """
    if not several and isinstance(value, str) and value in labels:
        return value
    if several and isinstance(value, list | tuple) and all(name in labels for name in value):
        return json.dumps([name for name in labels if name in value], ensure_ascii=False)
    what = "be a list of some of" if several else "be one of"
    shown, more = labels[:SHOWN], f" and {len(labels) - SHOWN} more" * (len(labels) > SHOWN)
    raise FeedbackError(part, f"must {what}: {', '.join(shown)}{more}.")


def check_said(
    labels: Sequence[str], several: bool, functions: Functions, value: Any, part: str = "label"
) -> str:
    """Return a label, labels, or where there are functions a call, as it is kept.

    Raises FeedbackError, naming the part, for anything else.
    """
    if functions:
        return check_call(functions, value, part)
    return check_label(labels, several, value, part)


def check_call(functions: Functions, value: Any, part: str = "label") -> str:
    """Return a call as it is kept: JSON, arguments in the order of the function's parameters.

    It may come as {"name", "arguments"}, as the JSON of that, or as `light_set(area="kitchen")`.
    Raises FeedbackError, naming the part, for anything else.
    """
    call = _read_call(value) if isinstance(value, str) else value
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        raise FeedbackError(part, 'must be a call: {"name": ..., "arguments": {...}}.')
    known = {each["function"]["name"]: each["function"]["parameters"] for each in functions}
    name, given = call["name"], call["arguments"]
    if not isinstance(name, str) or name not in known:
        raise FeedbackError(part, f"must call one of: {', '.join([*known][:SHOWN])}.")
    properties = known[name].get("properties", {})
    if not isinstance(given, dict) or not set(given) <= set(properties):
        raise FeedbackError(part, f"{name} has these arguments: {', '.join(properties) or 'none'}.")
    if missing := [each for each in known[name].get("required", ()) if each not in given]:
        raise FeedbackError(part, f"{name} needs {', '.join(missing)}.")
    for argument, content in given.items():
        if not _fits(content, properties[argument]):
            raise FeedbackError(part, f"{argument} of {name} cannot be {content!r}.")
    ordered = {each: given[each] for each in properties if each in given}
    return json.dumps({"name": name, "arguments": ordered}, ensure_ascii=False)


def _read_call(text: str) -> Any:
    """Return the call that a text is, as JSON or as `name(argument=value, ...)`; None for none."""
    try:
        if not (match := CALL.fullmatch(text.strip())):
            return json.loads(text)
        parts = ARGUMENT.findall(match[2])
        return {"name": match[1], "arguments": {key: json.loads(value) for key, value in parts}}
    except (ValueError, RecursionError):
        return None


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Tell whether a value is one that a parameter may have."""
    for kind in schema.get("anyOf", [schema]):
        if "enum" in kind:
            fits = value in kind["enum"]
        elif kind.get("type") == "string":
            fits = isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_VALUE
        else:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            fits = fits and kind.get("minimum", value) <= value <= kind.get("maximum", value)
        if fits:
            return True
    return False


def check_feedback(
    labels: Sequence[str], several: bool = False, functions: Functions = (), **parts: Any
) -> dict[str, Any]:
    """Return text, label, answer, comment, version and source, cleaned.

    Raises FeedbackError for the first part that is not as it must be.
    """
    for name in ("text", "comment"):
        if not isinstance(value := parts.get(name) or "", str):
            raise FeedbackError(name, f"is a {type(value).__name__}, not a text.")
    try:
        text, comment = check_text(parts.get("text") or ""), tidy(parts.get("comment") or "")
    except ValueError as error:
        raise FeedbackError("text", str(error)) from error
    if len(comment) > LONGEST_COMMENT:
        raise FeedbackError("comment", f"is longer than {LONGEST_COMMENT:,} characters.")
    kind = (labels, several, functions)
    label, answer = check_said(*kind, parts.get("label")), parts.get("answer")
    answer = None if answer is None else check_said(*kind, answer, "answer")
    version, source = parts.get("version") or "", parts.get("source", "api")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise FeedbackError("version", "is no version. Write it like v1.0.")
    if source not in SOURCES:
        raise FeedbackError("source", f"must be one of: {', '.join(SOURCES)}.")
    kept = {"text": text, "label": label, "answer": answer, "comment": comment}
    return {**kept, "version": version, "source": source}
