"""Tables as people have them: CSV with any delimiter, JSON, Parquet, Excel, packed or not.

What had to be found out (encoding, delimiter, names of columns) is noted, for the reader to see.
What cannot be right is refused, with the place where it stands. Rows come a few at a time, so that
a file may be larger than memory: Parquet, and in UTF-8 CSV, TSV and JSONL. What has to be read as
one (a JSON array, a workbook, text of another encoding) has to fit.
"""

import codecs
import gzip
import importlib.util
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.data import delimited
from helpers.data.delimited import BATCH, Batches, frames
from helpers.data.delimited import MissingColumnError as MissingColumnError
from helpers.data.encodings import decode
from helpers.stages.errors import FileError
from helpers.stages.tasks import ENDINGS

CHUNK, GZIP = 2**20, b"\x1f\x8b"  # bytes read at a time; what a packed file begins with
Opener = Callable[[str], IO[str]]  # opens a text with the kind of line ends it is given


class ChangedFileError(FileError):
    """A file was written to while it was read."""


@dataclass
class Table:
    """Chosen columns of a file, as text where the file is text, with the place of each row.

    `batches()` reads from the beginning each time: tables of at most BATCH rows with the columns
    asked for; a cell without anything is None. Their index is the place in the file, which `unit`
    names: a line of text, or a row. `notes` say what was found out. Each reading gives the same
    rows: it raises ChangedFileError where the file was written to since it was opened.
    """

    batches: Batches
    unit: str
    notes: list[str] = field(default_factory=list)


def open_table(path: Path, columns: Sequence[str], encoding: str | None = None) -> Table:
    """Open columns of a CSV, TSV, JSON, JSONL, Parquet or Excel file, packed with gzip or not.

    A text is read once to its end, so that its rows can be read when this returns.

    Args:
        path: the file.
        columns: their names; blanks around a name and its case may differ in the file.
        encoding: of a text file; by default UTF-8, or what its bytes say clearly.

    Raises FileError, EncodingError or MissingColumnError, with the place.
    """
    state = _state(path)
    table = _open(path, columns, encoding)
    return replace(table, batches=lambda: _unchanged(path, state, table.batches()))


def _state(path: Path) -> tuple[int, ...]:
    """Return what differs once a file was written to or replaced."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _unchanged(
    path: Path, state: tuple[int, ...], rows: Iterator[pd.DataFrame]
) -> Iterator[pd.DataFrame]:
    """Yield rows of a file. Raises ChangedFileError where it has another state, before or after."""
    for pieces in (rows, ()):
        if _state(path) != state:
            raise ChangedFileError(
                f"{path.name} was changed while it was read. Run again when nothing writes to it."
            )
        yield from pieces


def _open(path: Path, columns: Sequence[str], encoding: str | None) -> Table:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        raise FileError(f"{path.name}: expected a file ending in {', '.join(ENDINGS)}.")
    notes: list[str] = []
    if ending == ".parquet":
        source = path if _begins(path, b"PAR1") else io.BytesIO(_content(path))
        return _open_parquet(source, columns, path.name, notes)
    with _unpacked(path) as file:
        _check_kind(file.read(4), ending, path.name)
    if ending == ".xlsx":
        return _whole(_read_workbook(_content(path), path.name), columns, "row", path.name, notes)
    opener = text_opener(path, encoding, notes)
    if ending == ".json":
        text = opener("").read()
        if not re.match(r"\s*\{.*\}\s*\n\s*\{", text):
            return _whole(_array(text, path.name), columns, "entry", path.name, notes)
        notes.append("one JSON object a line, as in a .jsonl file")
    if ending in (".json", ".jsonl"):
        return _open_lines(opener, columns, path.name, notes)

    def lines() -> Iterator[str]:
        with opener("") as file:
            yield from file

    batches = delimited.read_csv(lines, ending, columns, path.name, notes)
    return Table(batches, "line", notes)


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Open a file, packed with gzip or not."""
    opened = gzip.open if _begins(path, GZIP) else open
    with opened(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise FileError(f"{path.name} is packed with gzip and damaged: {error}.") from error


def _content(path: Path) -> bytes:
    with _unpacked(path) as file:
        return file.read()


def text_opener(path: Path, encoding: str | None, notes: list[str]) -> Opener:
    """Return what opens a text: on disk if it is plain UTF-8, else in memory, decoded.

    Packed with gzip or not. Raises FileError or EncodingError.
    """
    if _is_plain(path, encoding):
        opened = gzip.open if _begins(path, GZIP) else open
        return lambda newline: opened(path, "rt", encoding="utf-8-sig", newline=newline)
    text = decode(_content(path), path.name, encoding, notes)
    return lambda newline: io.StringIO(text, newline=newline)


def _begins(path: Path, mark: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(mark)) == mark


def _is_plain(path: Path, encoding: str | None) -> bool:
    """Say whether a file is UTF-8 to its end, without zero bytes, and nothing else was told."""
    try:
        told = codecs.lookup(encoding or "utf-8").name
    except LookupError:
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _unpacked(path) as file:
        try:
            while chunk := file.read(CHUNK):
                if b"\0" in chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return told == "utf-8"


def _check_kind(head: bytes, ending: str, name: str) -> None:
    """Refuse a file whose first bytes contradict its ending."""
    if head == b"PK\x03\x04" and ending != ".xlsx":
        raise FileError(
            f"{name} is no text but a packed folder, as Excel writes: a workbook under another "
            "name. Rename it to end in .xlsx, or save it as CSV (UTF-8)."
        )
    if head == b"PAR1":
        raise FileError(f"{name} is a Parquet file under another name: let it end in .parquet.")


def _open_parquet(
    source: Path | io.BytesIO, columns: Sequence[str], name: str, notes: list[str]
) -> Table:
    """Open what is asked for only: a file may have a hundred more columns."""
    try:
        with pq.ParquetFile(source) as file:
            header = file.schema_arrow.names
    except (OSError, pa.ArrowException) as error:
        raise FileError(f"{name} cannot be read as Parquet: {error}") from error
    chosen = [header[place] for place in delimited.find_columns(header, columns, name, notes)]

    def batches() -> Iterator[pd.DataFrame]:
        place = 1
        try:
            # buffered: else a row group, which may be the whole file, is in memory
            with pq.ParquetFile(source, buffer_size=CHUNK, pre_buffer=False) as file:
                for batch in file.iter_batches(BATCH, columns=chosen):
                    rows = pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True)[chosen]
                    at = range(place, place + len(rows))
                    yield rows.set_axis(list(columns), axis=1).set_axis(at)
                    place += len(rows)
        except (OSError, pa.ArrowException) as error:
            raise FileError(f"{name} cannot be read as Parquet: {error}") from error

    return Table(batches, "row", notes)


def _read_workbook(content: bytes, name: str) -> pd.DataFrame:
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


def _open_lines(opener: Opener, columns: Sequence[str], name: str, notes: list[str]) -> Table:
    header = list(dict.fromkeys(key for _, row in _lines(opener, name) for key in row))
    keys = [header[place] for place in delimited.find_columns(header, columns, name, notes)]

    def batches() -> Iterator[pd.DataFrame]:
        rows = ((n, [row.get(key) for key in keys]) for n, row in _lines(opener, name))
        return frames(rows, columns)

    return Table(batches, "line", notes)


def _lines(opener: Opener, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with opener("\n") as file:  # no other character ends a line of JSON
        for number, line in enumerate(file, 1):
            if line.strip():
                row = _parse(line.removesuffix("\n"), f"{name}, line {number}")
                if not isinstance(row, dict):
                    raise FileError(
                        f'{name}, line {number}: expected {{"text": ..., "label": ...}}.'
                    )
                yield number, row


def _array(text: str, name: str) -> pd.DataFrame:
    entries = _parse(text, name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileError(f'{name}: expected a list, [{{"text": ..., "label": ...}}, ...].')
    return pd.DataFrame(entries, index=range(1, len(entries) + 1), dtype=object)


def _parse(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{place} is no JSON: {error}") from error


def _whole(
    rows: pd.DataFrame, columns: Sequence[str], unit: str, name: str, notes: list[str]
) -> Table:
    places = delimited.find_columns([str(column) for column in rows], columns, name, notes)
    chosen = rows.iloc[:, places].set_axis(list(columns), axis=1)
    starts = range(0, len(chosen), BATCH)
    return Table(lambda: (chosen[i : i + BATCH] for i in starts), unit, notes)
