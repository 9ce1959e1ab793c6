"""The first reading of a reader's own file: numbers in the place of texts, so that it may be large.

Two texts, or two groups, whose 64 bits of SHA-256 are equal are taken for equal: among five million
different ones that happens to any two once in a million files.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import labels, parts, tables
from helpers.predictor.columns import joined
from helpers.predictor.texts import readable
from helpers.stages.errors import FileError


@dataclass
class Survey:
    """What the first reading leaves of a file.

    Attributes, of each row, [rows]:
        at: its place in the file, int64.
        has_text: bool.
        same: the number of what its text has in common with those it is taken for equal to, uint64.
        order: the number of its text, by which rows are ordered, uint64.
        group: the number of its group, uint64; where there are none zeros, uint8.
        cell: which of `cells` its label is, int32; -1 where there is none.
    Others:
        cells, first, counts: what stands in the column of labels, at which place, and how often.
        alone: how many rows have no group.
    """

    at: np.ndarray
    has_text: np.ndarray
    same: np.ndarray
    order: np.ndarray
    group: np.ndarray
    cell: np.ndarray
    cells: list[Any]
    first: list[int]
    counts: np.ndarray
    alone: int


TYPES = {"at": "int64", "has_text": "bool", "same": "uint64", "order": "uint64"}
TYPES |= {"cell": "int32"}


def survey(
    table: tables.Table, of_text: list[str], of_label: str, of_group: str | None, place: str
) -> Survey:
    """Read a table to its end.

    Args:
        table: with the columns named by `of_text`, `of_label` and, if given, `of_group`.
        place: what a message begins with, before the place of a row.

    Raises FileError where a text is no string.
    """
    types = TYPES | {"group": "uint64" if of_group else "uint8"}
    columns = {name: bytearray() for name in types}  # they grow in place, where lists leave gaps
    known: dict[Any, int] = {}
    cells: list[Any] = []
    first: list[int] = []
    read = cut = alone = 0
    for rows in table.batches():
        texts, halves = read_texts(rows[of_text], place)
        cell = []
        for at, given in zip(rows.index, rows[of_label], strict=True):
            if labels.is_missing(given):
                cell.append(-1)
                continue
            number = known.setdefault(_key(given), len(known))
            cell.append(number)
            if number == len(cells):
                cells.append(given)
                first.append(at)
        groups = _groups(rows[of_group], read) if of_group else []
        found = {
            "at": rows.index,
            "has_text": [text is not None for text in texts],
            "same": [parts.number(parts.same_text(text or "")) for text in texts],
            "order": [parts.number(text or "") for text in texts],
            "group": [*map(parts.number, groups)] if of_group else np.zeros(len(rows)),
            "cell": cell,
        }
        for name, values in found.items():
            columns[name] += np.array(values, types[name]).tobytes()
        read, cut = read + len(rows), cut + halves
        alone += sum(group.startswith("\0") for group in groups)
    if cut:
        table.notes.append(
            f"{cut:,} texts held half a character, as a cut emoji leaves it: now \ufffd"
        )
    whole = {name: np.frombuffer(columns[name], type_) for name, type_ in types.items()}
    counts = np.bincount(whole["cell"][whole["cell"] >= 0], minlength=len(cells))
    return Survey(**whole, cells=cells, first=first, counts=counts, alone=alone)


def _key(cell: Any) -> Any:
    """Return what tells a cell from others: 1, 1.0, True and "1" are four."""
    if isinstance(cell, list | tuple | np.ndarray | dict):
        return type(cell), repr(list(cell.items() if isinstance(cell, dict) else cell))
    return type(cell), cell


def read_labels(
    rows: Survey, place: str, notes: list[str]
) -> tuple[list[labels.Names | None], bool]:
    """Return the labels of each of the cells, and whether they are lists; see `read_labels`."""
    cells = np.empty(len(rows.cells), object)
    cells[:] = rows.cells
    return labels.read_labels(pd.Series(cells, rows.first), rows.counts, place, notes)


def read_texts(columns: pd.DataFrame, place: str) -> tuple[list[str | None], int]:
    """Return each row's text, its columns joined, None where there is none; and how many were cut.

    A text that was cut holds half a character.
    """
    cut = 0
    texts = []
    for at, cells in zip(columns.index, columns.itertuples(index=False), strict=True):
        pieces = []
        for cell in cells:
            if labels.is_missing(cell):
                continue
            if isinstance(cell, dict | list | tuple | np.ndarray | bytes):
                raise FileError(
                    f"{place} {at}: the text is no string, but {type(cell).__name__} "
                    f"({str(cell)[:60]}). Choose a column of strings with TEXT_COLUMN."
                )
            piece = readable(str(cell).strip())
            cut += piece != str(cell).strip()
            pieces.append(piece)
        texts.append(joined(pieces) or None)
    return texts, cut


def _groups(column: pd.Series, start: int) -> list[str]:
    """Return each row's group in one spelling; a row without one is a group of its own."""
    groups = []
    for i, cell in enumerate(column, start):
        name = labels.alike(str(cell))
        missing = labels.is_missing(cell)
        groups.append(
            f"\0{i}" if missing else name.removesuffix(".0") if labels.is_whole(name) else name
        )
    return groups
