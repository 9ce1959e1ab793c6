"""A reader's own data: one file with a text and a label column becomes the splits of a task.

Every way in which such a file can be wrong has an error that says where and what to do.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.data.settings import ENDINGS, DataError, FileError

FEWEST_ROWS, FEWEST_PER_CLASS = 200, 20


class EncodingError(FileError):
    """A text file is not UTF-8."""


class MissingColumnError(DataError):
    """A needed column is not there."""


class LabelError(DataError):
    """There are not exactly two classes, or labels are missing or contradict each other."""


class EmptyTextError(DataError):
    """Rows have no text."""


class TooFewRowsError(DataError):
    """There are too few rows to train and to measure."""


def load(
    path: Path, text_column: str = "text", label_column: str = "label"
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (the four splits, facts for the manifest) of a reader's own file.

    The split is a rule, not a draw: within each class the rows are ordered by the SHA-256 of
    their text; the first tenth is test, the next validation, the rest training. Equal texts are
    one row, so none can be in two parts.

    Raises a DataError that names the row, column or class that is wrong.
    """
    if path.stem == "imdb":
        raise FileError(f"{path.name}: the name imdb is taken. Give the file another name.")
    rows = read_table(path)
    _check_columns(rows, text_column, label_column, path.name)
    rows = rows[[text_column, label_column]].set_axis(["text", "label"], axis=1)
    _check_texts(rows, path.name)
    names = _check_labels(rows, path.name)
    rows["label"] = (rows["label"].astype(str) == names[1]).astype(int)
    _check_conflicts(rows, path.name)
    rows = rows.drop_duplicates("text")
    _check_counts(rows, names, path.name)
    return _split(rows), {
        "source": f"own file {path.name}",
        "protocol": "own",
        "license": "as the file's owner says",
        "citation": f"The file {path.name}.",
        "split_rule": "80/10/10 within each class, in the order of the texts' SHA-256",
        "label_names": names,
    }


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV, Parquet or JSONL file. Raises FileError or EncodingError with the place."""
    if path.suffix not in ENDINGS:
        raise FileError(f"{path.name}: expected a file ending in {', '.join(ENDINGS)}.")
    if path.suffix == ".parquet":
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise FileError(f"{path.name} cannot be read as Parquet: {error}") from error
    text = _decode(path)
    if path.suffix == ".jsonl":
        return pd.DataFrame(_parse_lines(text, path.name))
    try:
        return pd.read_csv(io.StringIO(text))
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise FileError(
            f"{path.name} cannot be read as CSV: {error}. Texts with commas or line breaks must "
            "stand in double quotes."
        ) from error


def read_unlabeled(file: Path) -> list[str]:
    """Read texts from a Parquet file with a `text` column, or a text file with one a line."""
    if file.suffix == ".parquet":
        table = read_table(file)
        if "text" not in table:
            raise MissingColumnError(f"{file.name} has no column 'text', but: {list(table)}.")
        texts = table["text"].dropna().astype(str)
    else:
        texts = _decode(file).splitlines()
    return [text for text in texts if text.strip()]


def _decode(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"{path.name} is not UTF-8: byte {error.start} cannot be read. Save it as UTF-8, or "
            f"convert it: iconv -f LATIN1 -t UTF-8 {path.name} > utf8_{path.name}"
        ) from error


def _parse_lines(text: str, name: str) -> list[dict]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FileError(f"{name}, line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise FileError(f'{name}, line {number}: expected {{"text": ..., "label": ...}}.')
        rows.append(row)
    return rows


def _check_columns(rows: pd.DataFrame, text: str, label: str, name: str) -> None:
    for column, variable in ((text, "TEXT_COLUMN"), (label, "LABEL_COLUMN")):
        if column not in rows:
            raise MissingColumnError(
                f"{name} has no column {column!r}. It has: {', '.join(map(str, rows))}. "
                f"Set {variable} to the right one."
            )


def _check_texts(rows: pd.DataFrame, name: str) -> None:
    empty = rows["text"].isna() | (rows["text"].astype(str).str.strip() == "")
    if empty.any():
        where = ", ".join(str(i + 1) for i in empty.to_numpy().nonzero()[0][:5])
        raise EmptyTextError(
            f"{name}: {empty.sum()} rows have no text (the first are data rows {where}). "
            "Fill them in or delete them."
        )
    rows["text"] = rows["text"].astype(str)


def _check_labels(rows: pd.DataFrame, name: str) -> list[str]:
    missing = rows["label"].isna()
    if missing.any():
        first = missing.to_numpy().nonzero()[0][0] + 1
        raise LabelError(f"{name}: {missing.sum()} rows have no label, the first is row {first}.")
    names = sorted(rows["label"].astype(str).unique())
    if len(names) == 1:
        raise LabelError(f"{name}: every row has the label {names[0]!r}. Two classes are needed.")
    if len(names) > 2:
        raise LabelError(
            f"{name} has {len(names)} classes ({', '.join(names[:6])}...), this pipeline decides "
            "between two. Make a column that says one against the rest, and set LABEL_COLUMN."
        )
    return names


def _check_conflicts(rows: pd.DataFrame, name: str) -> None:
    labels = rows.groupby("text")["label"].nunique()
    if (labels > 1).any():
        text = labels[labels > 1].index[0]
        raise LabelError(
            f"{name}: {(labels > 1).sum()} texts stand there with both labels, such as "
            f"{text[:60]!r}. Decide for one."
        )


def _check_counts(rows: pd.DataFrame, names: list[str], name: str) -> None:
    counts = [int((rows["label"] == value).sum()) for value in (0, 1)]
    if sum(counts) < FEWEST_ROWS or min(counts) < FEWEST_PER_CLASS:
        raise TooFewRowsError(
            f"{name}: {counts[0]} different texts are {names[0]!r} and {counts[1]} {names[1]!r}; "
            f"needed are {FEWEST_ROWS} in all and {FEWEST_PER_CLASS} of each."
        )


def _split(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    key = [hashlib.sha256(text.encode()).hexdigest() for text in rows["text"]]
    rows = rows.assign(key=key).sort_values("key")
    rank = rows.groupby("label").cumcount() / rows.groupby("label")["text"].transform("size")
    parts = {"test": rank < 0.1, "validation": (rank >= 0.1) & (rank < 0.2), "train": rank >= 0.2}
    tables = {
        part: rows[chosen][["text", "label"]].reset_index(drop=True)
        for part, chosen in parts.items()
    }
    tables["unlabeled"] = pd.DataFrame({"text": tables["train"]["text"], "source": "train"})
    return tables
