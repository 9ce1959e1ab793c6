"""The schema of the calls: what the templates of the four languages may put into which argument."""

from collections.abc import Iterator
from typing import Any

from helpers.data import home_words
from helpers.predictor import calls
from helpers.writer import home_calls


def functions() -> list[dict[str, Any]]:
    """Return the schema of all calls of the four languages, in OpenAI's tool format."""
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for language in home_calls.LANGUAGES:
        for function, name in home_calls.functions_of(language).items():
            slots = kinds.setdefault(name, {})
            for block in home_calls.read_templates(language).intents[function].data:
                for slot, value in block.slots.items():
                    slots.setdefault(slot, {})[str(value)] = None
                for sentence in block.sentences:
                    for list_name, slot in _references(sentence.expression, language):
                        slots.setdefault(slot, {})[list_name] = language
    schemas = {name: home_calls.ordered(slots) for name, slots in sorted(kinds.items())}
    nothing: dict[str, Any] = {calls.NO_CALL: {}}
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": _description(name),
                "parameters": {
                    "type": "object",
                    "properties": {slot: _schema(found) for slot, found in slots.items()},
                    "required": [],
                },
            },
        }
        for name, slots in (schemas | nothing).items()
    ]


def _description(name: str) -> str:
    if name == calls.NO_CALL:
        return "What was said asks for nothing that the home can do."
    return name.replace("_", " ").capitalize() + "."


def _references(node: Any, language: str) -> Iterator[tuple[str, str]]:
    if hasattr(node, "slot_name"):
        yield node.list_name, node.slot_name
    elif hasattr(node, "rule_name"):
        rule = home_calls.read_templates(language).expansion_rules[node.rule_name]
        yield from _references(rule.expression, language)
    for item in getattr(node, "items", ()):
        yield from _references(item, language)


def _schema(found: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an argument from the lists (and fixed words) that may fill it."""
    words: set[str] = set()
    numbers: set[float] = set()
    copied = False
    for name, language in found.items():
        if language is None:
            words.add(name)
        elif name == "name" or name in home_words.SLOTS:
            copied = True
        else:
            for _, meaning in home_calls.listed(language, name):
                meant = home_calls.plain(meaning)
                words |= {meant} if isinstance(meant, str) else set()
                numbers |= set() if isinstance(meant, str) else {meant}
    kinds: list[dict[str, Any]] = [{"type": "string", "enum": sorted(words)}] if words else []
    if numbers:
        ordered = sorted(numbers)
        step = min(b - a for a, b in zip(ordered, ordered[1:], strict=False))
        whole = all(number % 1 == 0 for number in numbers)
        kinds.append({"type": "integer" if whole else "number", "minimum": ordered[0]})
        kinds[-1] |= {"maximum": ordered[-1], "multipleOf": step}
    if copied:
        kinds.append({"type": "string"})
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
