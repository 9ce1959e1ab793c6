"""Calls as the assistant reads and writes them: plain rules that any language can repeat.

A person's words become pieces, each with a space before it and in small letters, so that a word
has the same tokens wherever it stands: `Dim the Kids' room!` is ` dim the kids ' room`. A call is
JSON, without blanks but one: before whatever is copied from the person's words, and before numbers.

    {"name":"light_set","arguments":{"area":" kids ' room","brightness": 40}}

`read` takes these blanks away and gives back what was said, as it was spelled.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

# one Chinese character, a number, a run of letters, or any other mark
PIECE = re.compile(r"[\u3400-\u9fff]|\d+(?:[.,]\d+)?|(?:(?![\u3400-\u9fff])[^\W\d_])+|\S")
UNSAID = frozenset('.,!?;:…"“”„«»¿¡。，！？；：、（）()[]{}<>|\\')
APOSTROPHES = str.maketrans("’‘ʼ", "'''")
NO_CALL = "no_call"  # the function of what is no command
Call = dict[str, Any]  # {"name": ..., "arguments": {...}}
Place = tuple[str, int, int]  # a piece, and where it stands in the text


def places(text: str) -> list[Place]:
    """Return the pieces of a text with their places; marks that nobody says are left out."""
    found = []
    for match in PIECE.finditer(text.translate(APOSTROPHES)):
        if match.group() not in UNSAID:
            found.append((_heard(match.group()), match.start(), match.end()))
    return found


def spaced(text: str) -> str:
    """Return a text as the model reads it: a space before each of its pieces."""
    text = unicodedata.normalize("NFC", text).translate(APOSTROPHES)
    return "".join(f" {_heard(piece)}" for piece in PIECE.findall(text) if piece not in UNSAID)


def written(call: Call, functions: Sequence[dict[str, Any]]) -> str:
    """Return the JSON that the model writes for a call, arguments in the order of the schema.

    Raises KeyError for a function or an argument that the schema does not have.
    """
    properties = next(
        each["function"]["parameters"]["properties"]
        for each in functions
        if each["function"]["name"] == call["name"]
    )
    unknown = set(call["arguments"]) - set(properties)
    if unknown:
        raise KeyError(f"{call['name']} has no argument {', '.join(sorted(unknown))}")
    pairs = ",".join(
        f'"{name}":{_literal(call["arguments"][name], schema)}'
        for name, schema in properties.items()
        if name in call["arguments"]
    )
    return f'{{"name":"{call["name"]}","arguments":{{{pairs}}}}}'


def read(answer: str, said: Iterable[str] = ()) -> Call:
    """Return the call that an answer is; what was copied, as `said` spells it.

    Args:
        answer: what the model wrote.
        said: the sentences of the conversation, the last one last.

    Raises ValueError if the answer is no JSON of a call.
    """
    call = json.loads(answer)
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        raise ValueError(f"no call: {answer[:80]}")
    texts = [unicodedata.normalize("NFC", text) for text in said]
    return {
        "name": call["name"],
        "arguments": {
            name: respelled(value, texts) if isinstance(value, str) else value
            for name, value in call["arguments"].items()
        },
    }


def respelled(value: str, said: Sequence[str]) -> str:
    """Return a copied value as the last sentence that has it spells it; another as it is."""
    if not value.startswith(" "):
        return value
    wanted = value.split()
    for text in reversed(said):
        found = places(text)
        for i in range(len(found) - len(wanted) + 1):
            run = found[i : i + len(wanted)]
            if [piece for piece, _, _ in run] == wanted:
                return text[run[0][1] : run[-1][2]]
    return value.strip()


def same(first: Call, second: Call) -> bool:
    """Tell whether two calls mean the same: names and numbers alike, words piece by piece."""
    return first["name"] == second["name"] and _said(first) == _said(second)


def _said(call: Call) -> dict[str, Any]:
    arguments = call["arguments"].items()
    return {name: spaced(v) if isinstance(v, str) else float(v) for name, v in arguments}


def _heard(piece: str) -> str:
    return piece.replace(",", ".") if piece[0].isdigit() else piece.lower()


def _literal(value: Any, schema: dict[str, Any]) -> str:
    """Return a value as JSON: listed words plain, copied ones spaced, numbers after a space."""
    if not isinstance(value, str):
        return f" {value:g}"
    listed = any(value in kind.get("enum", ()) for kind in schema.get("anyOf", [schema]))
    return json.dumps(value if listed else spaced(value), ensure_ascii=False)
