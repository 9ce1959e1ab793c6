"""Text with delimiters between its cells, a row at a time, as people have it.

The delimiter is found out. Rows that a stray quote swallowed are refused, with their line.
"""

import csv
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from helpers.data.labels import MOST_CLASSES
from helpers.predictor.columns import called as columns_called
from helpers.stages.errors import DataError, FileError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SWALLOWED = 3  # lines within one cell that look like rows: more are no accident
BATCH = 5_000  # rows in memory at a time
BACKSLASHED = re.compile(r'(?<!\\)\\"')

Lines = Callable[[], Iterator[str]]  # the lines of a text from its beginning, with their ends
Batches = Callable[[], Iterator[pd.DataFrame]]  # rows from the beginning, a few at a time
Row = tuple[list[str], int, list[str]]  # cells, the first of its lines, its lines


class MissingColumnError(DataError):
    """A needed column is not there."""


@dataclass(frozen=True)
class Layout:
    """How a text with delimiters is laid out: `places` are those of the wanted columns.

    `above` lines stand before the one with the names.
    """

    delimiter: str
    header: list[str]
    places: list[int]
    above: int


def read_csv(
    lines: Lines, ending: str, columns: Sequence[str], name: str, notes: list[str]
) -> Batches:
    """Check a text with delimiters; return its rows. Memory depends on the longest row only.

    Where the text cannot be read, it is tried once more with backslashes before quotes.

    Raises FileError or MissingColumnError, with the place.
    """
    try:
        return _read_delimited(lines, ending, columns, name, notes)
    except FileError:
        if not any(BACKSLASHED.search(line) for line in lines()):
            raise
        try:
            batches = _read_delimited(
                lambda: (BACKSLASHED.sub('""', line) for line in lines()),
                ending, columns, name, notes,
            )  # fmt: skip
        except FileError:
            pass  # backslashes are not what is wrong: the first reading says where it failed
        else:
            notes.append('quotes with a backslash before them (\\") were taken for quotes')
            return batches
        raise


def frames(rows: Iterable[tuple[int, list]], columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield tables of at most BATCH rows from pairs of a place and the cells there."""
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, BATCH)):
        places, cells = zip(*chunk, strict=True)
        yield pd.DataFrame(list(cells), list(places), list(columns), dtype=object)


def _read_delimited(
    lines: Lines, ending: str, columns: Sequence[str], name: str, notes: list[str]
) -> Batches:
    csv.field_size_limit(2**31 - 1)
    layout = _layout(lines, ending, columns, name, notes)
    walk = partial(_walk, lines, layout, name)
    _check_swallowed(walk, layout, name)  # reads to the end, and so every row is checked
    places = layout.places
    return lambda: frames(
        ((first, [row[place] or None for place in places]) for row, first, _ in walk()), columns
    )


def _layout(
    lines: Lines, ending: str, columns: Sequence[str], name: str, notes: list[str]
) -> Layout:
    usual = "\t" if ending == ".tsv" else ","
    # a line for Excel alone, which tells the delimiter
    above = int(re.match(r"sep=.\r?\n", next(lines(), "")) is not None)
    headers = {
        d: next(csv.reader(itertools.islice(lines(), above, None), delimiter=d), [])
        for d in DELIMITERS
    }
    if not any("".join(header).strip() for header in headers.values()):
        raise FileError(f"{name} cannot be read as CSV: its first line, for the names, is empty.")
    fits = [d for d in (usual, *DELIMITERS) if all(columns_called(headers[d], c) for c in columns)]
    delimiter = fits[0] if fits else max(headers, key=lambda d: (len(headers[d]), d == usual))
    places = find_columns(headers[delimiter], columns, name, notes)
    if delimiter != usual:
        notes.append(f"delimited by {DELIMITERS[delimiter]}")
    return Layout(delimiter, headers[delimiter], places, above)


def _walk(lines: Lines, layout: Layout, name: str) -> Iterator[Row]:
    """Yield the rows; the list of a row's lines is used again for the next one."""
    spent: list[str] = []

    def read() -> Iterator[str]:
        for line in itertools.islice(lines(), layout.above, None):
            spent.append(line)
            yield line

    reader = csv.reader(read(), delimiter=layout.delimiter, strict=True)
    begin, last = 1 + layout.above, max(layout.places)
    try:
        next(reader)
        begin += len(spent)
        spent.clear()
        for row in reader:
            if len(row) > 1 or "".join(row).strip(" \t\x1a"):  # Ctrl-Z ends files of old programs
                if len(row) > len(layout.header) or len(row) <= last:
                    _check_row(row, layout, f"{name}, line {begin}")
                yield row, begin, spent
            begin += len(spent)
            spent.clear()
    except csv.Error as error:
        raise FileError(
            f"{name}, line {begin}, cannot be read as CSV: {error}. A text with quotes, delimiters "
            "or line breaks must stand in double quotes, and each quote in it twice."
        ) from error


def _check_row(row: list[str], layout: Layout, place: str) -> None:
    fields = len(layout.header)
    if len(row) > fields and any(cell.strip() for cell in row[fields:]):
        raise FileError(
            f"{place} has {len(row)} fields, the first line {fields}. A text with "
            f"{DELIMITERS[layout.delimiter]} in it must stand in double quotes."
        )
    if len(row) <= max(layout.places):
        raise FileError(
            f"{place} has {len(row)} of {fields} fields. A text with a line break in it must "
            "stand in double quotes."
        )


def _check_swallowed(walk: Callable[[], Iterator[Row]], layout: Layout, name: str) -> None:
    """Refuse a row in which others disappeared: a quote that opens there closes far below.

    Lines within it look like rows when they have as many fields, and what the columns of few
    values, the labels as a rule, have elsewhere. Without such a column nothing is refused: lines
    of a text may have as many commas as rows have.
    """
    values: list[set[str | None]] = [set() for _ in layout.places]
    short = long = 0
    for row, _, lines in walk():
        long += len(lines) > SWALLOWED
        if len(lines) == 1:
            short += 1
            for seen, place in zip(values, layout.places, strict=True):
                if len(seen) <= MOST_CLASSES:
                    seen.add(row[place] or None)
    if not long:
        return
    most = min(MOST_CLASSES, short / 5)
    known = [
        (seen, place)
        for seen, place in zip(values, layout.places, strict=True)
        if len(seen) <= most
    ]
    if not known:
        return
    for _, first, lines in walk():
        if len(lines) <= SWALLOWED:
            continue
        inner = [line.rstrip("\r\n").split(layout.delimiter) for line in lines[1:-1]]
        alike = sum(
            len(cells) == len(layout.header)
            and all(cells[place].strip().strip('"') in seen for seen, place in known)
            for cells in inner
        )
        if alike >= max(SWALLOWED, 0.5 * len(inner)):
            raise FileError(
                f"{name}, line {first}: a quote opens there and closes in line "
                f"{first + len(lines) - 1}; the {alike} lines between look like rows of their "
                "own. Close that quote, or write it twice."
            )


def find_columns(
    header: Sequence[str], columns: Sequence[str], name: str, notes: list[str]
) -> list[int]:
    """Return the place of each wanted column. Raises MissingColumnError."""
    places = []
    for wanted in columns:
        found = columns_called(header, wanted)
        if not found:
            shown = ", ".join(given.strip()[:40] or "(no name)" for given in header[:20])
            raise MissingColumnError(f"{name} has no column {wanted!r}. It has: {shown}.")
        if len(found) > 1:
            raise MissingColumnError(f"{name} has {len(found)} columns {wanted!r}. Rename one.")
        if header[found[0]] != wanted:
            notes.append(f"the column {header[found[0]]!r} was taken for {wanted!r}")
        places.append(found[0])
    return places
