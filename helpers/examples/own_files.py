"""A reader's own table, as the examples read it: any format, no needed cell empty."""

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from helpers.data.delimited import MissingColumnError
from helpers.data.settings import told_encoding
from helpers.data.tables import open_table
from helpers.predictor.texts import readable
from helpers.stages.errors import DataError, FileError


def read_rows(
    path: Path, columns: Sequence[str], filled: Sequence[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Return columns of a table as text without blanks around, and what was found out about it.

    The index says where a row stands: `mine.csv, line 3`. A cell without anything is "".

    Args:
        path: CSV, TSV, JSON, JSONL, Parquet or Excel, packed with gzip or not. A text is read as
            ENCODING says; without it as UTF-8, or as its bytes say clearly.
        columns: their names.
        filled: those that no row may leave empty; by default all.

    Raises DataError, with the place: a column is missing, a needed cell is empty, no row is there,
    or the file cannot be read.
    """
    name = readable(path.name)
    try:
        table = open_table(path, columns, told_encoding())
    except MissingColumnError as error:
        told = f"Needed are the columns {', '.join(columns)}: rename those of the file."
        raise MissingColumnError(f"{error} {told}") from error
    rows = pd.concat([*table.batches()] or [pd.DataFrame(columns=[*columns])])[[*columns]]
    if rows.empty:
        raise DataError(f"{name} has no rows below its column names.")
    rows.index = pd.Index([f"{name}, {table.unit} {place}" for place in rows.index])
    given = rows.notna()
    rows = rows.map(lambda cell: readable(cell) if isinstance(cell, str) else cell).astype(str)
    rows = rows.where(given, "").apply(lambda column: column.str.strip())
    needed = columns if filled is None else filled
    for column in needed:
        if empty := [*rows.index[rows[column] == ""]]:
            raise DataError(f"{empty[0]}: {column} is empty. Every row needs {', '.join(needed)}.")
    return rows, table.notes


def files(path: Path) -> list[Path]:
    """Return the files that the column `file` of a table names, seen from it, that are there.

    None where the table cannot be read: `read_rows` tells why.
    """
    try:
        rows, _ = read_rows(path, ["file"], filled=[])
    except DataError:
        return []
    return [file for file in map(path.parent.joinpath, rows["file"]) if os.path.isfile(file)]


def beside(table: Path, file: str, place: str) -> Path:
    """Return where a file is that a table names, seen from the table. Raises FileError."""
    path = table.parent / file
    if not os.path.isfile(path):
        slashes = " Write / between folders." if "\\" in file else ""
        raise FileError(f"{place}: there is no file {file!r} beside {table.name}.{slashes}")
    return path
