"""Tables as people have them: CSV with any delimiter, JSON, Parquet, Excel, packed or not.

What had to be found out (encoding, delimiter, names of columns) is noted, for the reader to see.
What cannot be right is refused, with the place where it stands.
"""

import csv
import gzip
import importlib.util
import io
import json
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.data.encodings import decode
from helpers.stages.errors import DataError, FileError
from helpers.stages.tasks import ENDINGS

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SWALLOWED = 3  # lines within one cell that look like rows: more are no accident


class MissingColumnError(DataError):
    """A needed column is not there."""


@dataclass
class Table:
    """Chosen columns of a file, as text where the file is text, with the place of each row.

    `rows` has the columns asked for; a cell without anything is None. Its index is the place in
    the file, which `unit` names: a line of text, or a row. `notes` say what was found out.
    """

    rows: pd.DataFrame
    unit: str
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, columns: Sequence[str], encoding: str | None = None) -> Table:
    """Read columns of a CSV, TSV, JSON, JSONL, Parquet or Excel file, packed with gzip or not.

    Args:
        path: the file.
        columns: their names; blanks around a name and its case may differ in the file.
        encoding: of a text file; by default UTF-8, or what its bytes say clearly.

    Raises FileError, EncodingError or MissingColumnError, with the place.
    """
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        raise FileError(f"{path.name}: expected a file ending in {', '.join(ENDINGS)}.")
    content = _unpacked(path)
    _check_kind(content, ending, path.name)
    notes: list[str] = []
    if ending in (".parquet", ".xlsx"):
        return _cut(_read_binary(content, ending, path.name), columns, "row", path.name, notes)
    text = decode(content, path.name, encoding, notes)
    if ending == ".jsonl":
        return _cut(_frame(_lines(text, path.name)), columns, "line", path.name, notes)
    if ending == ".json":
        return _cut(_frame(_array(text, path.name)), columns, "entry", path.name, notes)
    return _read_delimited(text, ending, columns, path.name, notes)


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{path.name} is packed with gzip and damaged: {error}.") from error


def _check_kind(content: bytes, ending: str, name: str) -> None:
    """Refuse a file whose first bytes contradict its ending."""
    if content.startswith(b"PK\x03\x04") and ending != ".xlsx":
        raise FileError(
            f"{name} is no text but a packed folder, as Excel writes: a workbook under another "
            "name. Rename it to end in .xlsx, or save it as CSV (UTF-8)."
        )
    if content.startswith(b"PAR1") and ending != ".parquet":
        raise FileError(f"{name} is a Parquet file under another name: let it end in .parquet.")


def _read_binary(content: bytes, ending: str, name: str) -> pd.DataFrame:
    if ending == ".parquet":
        try:
            return pd.read_parquet(io.BytesIO(content))
        except (OSError, ValueError) as error:
            raise FileError(f"{name} cannot be read as Parquet: {error}") from error
    if importlib.util.find_spec("openpyxl") is None:
        raise FileError(
            f"{name} is a workbook, and what reads it is not installed: pip install openpyxl. "
            "Or save it as CSV (UTF-8)."
        )
    try:
        rows = pd.read_excel(io.BytesIO(content), dtype=object, keep_default_na=False)
    except Exception as error:  # a damaged workbook raises many kinds
        raise FileError(f"{name} cannot be read as a workbook: {error}") from error
    return rows.set_axis(rows.index + 2)  # the first row holds the names, and rows count from one


def _read_delimited(
    text: str, ending: str, columns: Sequence[str], name: str, notes: list[str]
) -> Table:
    csv.field_size_limit(2**31 - 1)
    usual = "\t" if ending == ".tsv" else ","
    told = re.match(r"sep=.\r?\n", text)  # a line for Excel alone, which tells the delimiter
    text, above = (text[told.end() :], 1) if told else (text, 0)
    headers = {
        d: next(csv.reader(io.StringIO(text, newline=""), delimiter=d), []) for d in DELIMITERS
    }
    if not any("".join(header).strip() for header in headers.values()):
        raise FileError(f"{name} cannot be read as CSV: its first line, for the names, is empty.")
    fits = [d for d in (usual, *DELIMITERS) if _has(headers[d], columns)]
    delimiter = fits[0] if fits else max(headers, key=lambda d: (len(headers[d]), d == usual))
    header = headers[delimiter]
    places = _columns(header, columns, name, notes)
    if delimiter != usual:
        notes.append(f"delimited by {DELIMITERS[delimiter]}")
    rows, lines, begin = [], [], 1 + above
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
        begin = reader.line_num + above + 1
        for row in reader:
            if len(row) > 1 or "".join(row).strip(" \t\x1a"):  # Ctrl-Z ends files of old programs
                _check_row(row, header, max(places), delimiter, f"{name}, line {begin}")
                rows.append([row[place] or None for place in places])
                lines.append((begin, reader.line_num + above))
            begin = reader.line_num + above + 1
    except csv.Error as error:
        raise FileError(
            f"{name}, line {begin}, cannot be read as CSV: {error}. A text with quotes, delimiters "
            "or line breaks must stand in double quotes, and each quote in it twice."
        ) from error
    _check_swallowed("\n" * above + text, rows, lines, places, delimiter, len(header), name)
    frame = pd.DataFrame(rows, columns=list(columns), index=[first for first, _ in lines])
    return Table(frame.astype(object), "line", notes)


def _check_row(row: list[str], header: list[str], last: int, delimiter: str, place: str) -> None:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        raise FileError(
            f"{place} has {len(row)} fields, the first line {len(header)}. A text with "
            f"{DELIMITERS[delimiter]} in it must stand in double quotes."
        )
    if len(row) <= last:
        raise FileError(
            f"{place} has {len(row)} of {len(header)} fields. A text with a line break in it must "
            "stand in double quotes."
        )


def _check_swallowed(
    text: str,
    rows: list[list[str | None]],
    lines: list[tuple[int, int]],
    places: list[int],
    delimiter: str,
    fields: int,
    name: str,
) -> None:
    """Refuse a row in which others disappeared: a quote that opens there closes far below.

    Lines within it look like rows when they have as many fields, and what the columns of few
    values (the label, as a rule) have elsewhere.
    """
    long = [(first, last) for first, last in lines if last - first >= SWALLOWED]
    if not long:
        return
    short = [row for row, (first, last) in zip(rows, lines, strict=True) if first == last]
    known = [({row[i] for row in short}, place) for i, place in enumerate(places)]
    known = [(values, place) for values, place in known if len(values) <= min(20, len(short) / 5)]
    physical = text.splitlines() if "\r" in text else text.split("\n")
    for first, last in long:
        inner = [line.split(delimiter) for line in physical[first : last - 1]]
        alike = sum(
            len(cells) == fields
            and all(cells[place].strip().strip('"') in values for values, place in known)
            for cells in inner
        )
        if alike >= max(SWALLOWED, 0.5 * len(inner)):
            raise FileError(
                f"{name}, line {first}: a quote opens there and closes in line {last}; the "
                f"{alike} lines between look like rows of their own. Close that quote, or write it "
                "twice."
            )


def _lines(text: str, name: str) -> Iterable[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):  # no other character ends a line of JSON
        if line.strip():
            row = _parse(line, f"{name}, line {number}")
            if not isinstance(row, dict):
                raise FileError(f'{name}, line {number}: expected {{"text": ..., "label": ...}}.')
            yield number, row


def _array(text: str, name: str) -> Iterable[tuple[int, dict[str, Any]]]:
    entries = _parse(text, name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileError(f'{name}: expected a list, [{{"text": ..., "label": ...}}, ...].')
    return enumerate(entries, 1)


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{place} is no JSON: {error}") from error


def _frame(entries: Iterable[tuple[int, dict[str, Any]]]) -> pd.DataFrame:
    places, rows = zip(*entries, strict=True) if (entries := list(entries)) else ((), ())
    return pd.DataFrame(list(rows), index=list(places), dtype=object)


def _cut(
    rows: pd.DataFrame, columns: Sequence[str], unit: str, name: str, notes: list[str]
) -> Table:
    places = _columns([str(column) for column in rows], columns, name, notes)
    if unit == "row" and isinstance(rows.index, pd.RangeIndex) and rows.index.start == 0:
        rows = rows.set_axis(rows.index + 1)
    return Table(rows.iloc[:, places].set_axis(list(columns), axis=1), unit, notes)


def _plain(name: str) -> str:
    return name.strip().casefold()


def _has(header: Sequence[str], columns: Sequence[str]) -> bool:
    return {_plain(column) for column in columns} <= {_plain(given) for given in header}


def _columns(
    header: Sequence[str], columns: Sequence[str], name: str, notes: list[str]
) -> list[int]:
    """Return the place of each wanted column. Raises MissingColumnError."""
    places = []
    for wanted in columns:
        found = [i for i, given in enumerate(header) if given == wanted]
        found = found or [i for i, given in enumerate(header) if _plain(given) == _plain(wanted)]
        if not found:
            shown = ", ".join(given.strip()[:40] or "(no name)" for given in header[:20])
            raise MissingColumnError(
                f"{name} has no column {wanted!r}. It has: {shown}. Set TEXT_COLUMN, LABEL_COLUMN "
                "or GROUP_COLUMN to the right one."
            )
        if len(found) > 1:
            raise MissingColumnError(f"{name} has {len(found)} columns {wanted!r}. Rename one.")
        if header[found[0]] != wanted:
            notes.append(f"the column {header[found[0]]!r} was taken for {wanted!r}")
        places.append(found[0])
    return places
