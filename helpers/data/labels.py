"""The labels of a reader's own file: one a row or a list of them, mended where that is plain."""

import ast
import itertools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from helpers.predictor.texts import CONTROLS, FILLERS, folded, is_blank, readable
from helpers.stages.errors import DataError

MOST_CLASSES = 200
# strings, brackets, commas and what else stands in a list
TOKENS = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|[][,]|[^][,'"\s]+""")
# 1, -1.5, .5, 1e3, and 1,5 as many countries write it; of 1,000 nobody knows what it is
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*|,[0-9]{1,2})?|\.[0-9]+)(e[+-]?[0-9]{1,3})?")
_CONTROL = re.compile(f"[{CONTROLS}]")
_FILLER = re.compile(f"[{FILLERS}]")
Names = tuple[str, ...]  # the labels of one row, each once, in order


class LabelError(DataError):
    """There are too few or too many classes, or the labels are of a kind that cannot be used."""


def read_labels(
    column: pd.Series, counts: np.ndarray, place: str, notes: list[str]
) -> tuple[list[Names | None], bool]:
    """Return each cell's labels as names, None where there are none; and whether they are lists.

    Lists are those of JSON and Parquet; in a text file a label is one when every label of the
    column is written as `["a", "b"]` (JSON) or `['a', 'b']` (as pandas writes it). An empty list
    is a row with no label, and it counts. A name has no blanks around it, one spelling, and no
    needless `.0`.

    Args:
        column: different cells, at the places of their first rows.
        counts: how often each is there, int [cells]: the spelling of most rows is taken.
        place: what a message begins with, before the place of a row.
        notes: what was mended is added here.

    Raises LabelError where some labels are lists and others are not, or hold something else, and
    for lists that are written in another way.
    """
    cells = [None if is_missing(cell) else cell for cell in column]
    cells = _written_lists(cells, column.index, place)
    lists = [isinstance(cell, list | tuple | np.ndarray) for cell in cells]
    several = any(lists)
    rows = []
    for at, cell, is_list in zip(column.index, cells, lists, strict=True):
        if isinstance(cell, dict) or (cell is not None and several and not is_list):
            raise LabelError(
                f"{place} {at}: the label is {str(cell)[:60]!r}. Every row needs one label, or "
                "every row a list of them. Choose another column with LABEL_COLUMN."
            )
        rows.append(None if cell is None else list(cell) if is_list else [cell])
    flat = [(i, item) for i, row in enumerate(rows) for item in row or () if not is_missing(item)]
    for i, item in flat:
        if isinstance(item, dict | list | tuple | np.ndarray):
            raise LabelError(
                f"{place} {column.index[i]}: a label is no word, but {str(item)[:60]}."
            )
    names = _names([item for _, item in flat], [int(counts[i]) for i, _ in flat], notes)
    named: list[set[str]] = [set() for _ in rows]
    for (i, _), name in zip(flat, names, strict=True):
        named[i].add(name)
    empty = [
        row is None or (not several and not name) for row, name in zip(rows, named, strict=True)
    ]
    sorted_names = [tuple(sorted(row, key=by_number)) for row in named]
    return [None if no else row for no, row in zip(empty, sorted_names, strict=True)], several


def is_missing(cell: Any) -> bool:
    """Say whether a cell of a table holds nothing, or nothing that is seen."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return is_blank(cell) if isinstance(cell, str) else isinstance(cell, float) and cell != cell


def is_whole(label: str) -> bool:
    """Say whether a label is a whole number, as it is or with a needless `.0`."""
    return re.fullmatch(r"[+-]?[0-9]{1,15}(\.0+)?", label) is not None


def by_number(label: str) -> tuple[Decimal, str]:
    """Sort numbers by their value, whatever their digits, and before words."""
    number = alike(label)
    value = number.replace(",", ".") if NUMBER.fullmatch(number) else "inf"
    return (Decimal(value), label)


def alike(name: str) -> str:
    """Return what names have in common that differ in nothing a reader goes by.

    That is case, blanks, ways to write one letter, digits of another script, marks that nobody
    sees, and the line that stretches an Arabic word. Accents stay.
    """
    name = _CONTROL.sub("", " ".join(folded(name).split()))
    if not name.isascii():
        digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in name)
        name = "".join(digits).replace("\u0640", "").replace("\u066b", ".")  # the Arabic point
        # what stood between a letter and its accent may be gone now
        name = unicodedata.normalize("NFC", _FILLER.sub(" ", name))
    return " ".join(name.split())


def _written_lists(cells: list[Any], places: Iterable[Any], place: str) -> list[Any]:
    """Return the cells as lists where each of them that is there is a list, written as text.

    Where none is, they are labels with brackets. Raises LabelError where only some are lists, or
    where one is written like a list, but not as JSON or Python write it.
    """
    there = [cell for cell in cells if cell is not None]
    if not all(isinstance(cell, str) and cell.strip()[:1] == "[" for cell in there):
        return cells
    read = [None if cell is None else _written_list(cell.strip()) for cell in cells]
    parsed = any(row is not None for row in read)
    for at, cell, row in zip(places, cells, read, strict=True):
        tokens = TOKENS.findall(cell or "")
        in_brackets = tokens[-1:] == ["]"] and "]" not in tokens[:-1]
        if in_brackets and _lacks_comma(tokens):
            why = "a list without commas between its labels, as NumPy writes it"
        elif cell and row is None and (parsed or (in_brackets and "," in tokens)):
            why = "like a list, but cannot be read as one"
        else:
            continue
        raise LabelError(
            f"{place} {at}: the label is {cell[:60]!r}, {why}. Write lists with quotes and commas: "
            '["joy", "anger"].'
        )
    return read if parsed else cells


def _lacks_comma(tokens: list[str]) -> bool:
    """Say whether two strings, or two numbers, of a list have no comma between them.

    Python would make one string of two such.
    """
    kinds = [_kind(token) for token in tokens]
    return any(a and a == b for a, b in itertools.pairwise(kinds))


def _kind(token: str) -> str | None:
    """Return what a token of a list is: a `string`, a `number` (a truth value, too) or None."""
    if token[-1] in "'\"":
        return "string"
    try:
        float({"True": "1", "False": "0"}.get(token, token))
    except ValueError:
        return None
    return "number"


def _written_list(text: str) -> list[Any] | None:
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list):
            return value
    return None


def _names(items: list[Any], counts: list[int], notes: list[str]) -> list[str]:
    """Return labels as names: no blanks around them, one spelling, no needless .0.

    Each is there as often as `counts` says.
    """
    given = [readable(unicodedata.normalize("NFC", str(item))) for item in items]
    plain = [label.strip() for label in given]
    if blanks := sum(n for a, b, n in zip(given, plain, counts, strict=True) if a != b):
        notes.append(f"{blanks:,} labels had blanks around them, which were taken off")
    names = _one_spelling(plain, counts, notes)
    keys = {name: alike(name) for name in set(names)}
    if any(key.endswith(".0") for key in keys.values()) and all(map(is_whole, keys.values())):
        notes.append("labels such as 1.0 were taken for whole numbers")
        whole = {
            name: str(int(key.partition(".")[0])) if is_whole(name) or "." in key else name
            for name, key in keys.items()
        }
        names = _one_spelling([whole[name] for name in names], counts, notes)
    return names


def _one_spelling(labels: list[str], counts: list[int], notes: list[str]) -> list[str]:
    """Give labels that look alike the spelling that most of them have; see `alike`."""
    rows: Counter[str] = Counter()
    for label, count in zip(labels, counts, strict=True):
        rows[label] += count
    keys = {label: alike(label) for label in rows}
    usual: dict[str, str] = {}
    for label, _ in sorted(rows.items(), key=lambda item: (-item[1], item[0])):
        usual.setdefault(keys[label], label)
    for label, count in sorted(rows.items()):
        if label != (name := usual[keys[label]]):
            notes.append(f"{label!r} ({count:,} rows) was taken for {name!r}")
    return [usual[keys[label]] for label in labels]
