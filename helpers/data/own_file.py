"""A reader's own data: one file with a text and a label column becomes the splits of a task.

What is mended (blanks, case, numbers for labels) or left out is said, with counts; every way in
which such a file cannot be used has an error that says where and what to do.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import encodings, tables
from helpers.data.tables import MissingColumnError
from helpers.predictor.texts import readable, without_html
from helpers.stages import tasks
from helpers.stages.errors import DataError, FileError

FEWEST_ROWS, FEWEST_PER_CLASS = 200, 20


class LabelError(DataError):
    """There are not exactly two classes, or the labels are of a kind that cannot be used."""


class EmptyTextError(DataError):
    """Hardly any row has a text."""


class TooFewRowsError(DataError):
    """There are too few rows, or groups of rows, to train and to measure."""


def load(
    path: Path,
    text_column: str = "text",
    label_column: str = "label",
    group_column: str | None = None,
    encoding: str | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (the four splits, facts for the manifest) of a reader's own file.

    The split is a rule, not a draw: within each class the rows are ordered by the SHA-256 of
    their text; the first tenth is test, the next validation, the rest training. Texts that are
    equal but for case and blanks are one row, so none can be in two parts. With groups, the groups
    are ordered so, and each stays in one part.

    Args:
        path: the file.
        text_column: of the text, or several with commas between: they are joined by line breaks.
        label_column: of the label.
        group_column: of what must not be on two sides: an author, a product, a conversation.
        encoding: of a text file that is not UTF-8.

    Raises a DataError that names the line, column or class that is wrong.
    """
    of_text = [column.strip() for column in text_column.split(",") if column.strip()]
    of_group = [group_column] if group_column else []
    wanted = [name.strip().casefold() for name in (*of_text, label_column, *of_group)]
    if not of_text or len(set(wanted)) < len(wanted):
        raise MissingColumnError(
            "TEXT_COLUMN, LABEL_COLUMN and GROUP_COLUMN must name different columns, not "
            f"{', '.join((text_column, label_column, *of_group))}."
        )
    table = tables.read_table(path, [*of_text, label_column, *of_group], encoding)
    notes = table.notes
    place = f"{path.name}, {table.unit}"
    rows = pd.DataFrame(
        {
            "text": _texts(table.rows[of_text], place, notes),
            "label": _labels(table.rows[label_column], place, notes),
            "group": _groups(table.rows[group_column], notes) if group_column else "",
        },
        index=table.rows.index,
    )
    kept, dropped = _without_useless(rows, path.name)
    names = sorted(kept["label"].unique(), key=_by_number)
    _check_counts(kept, names, path.name)
    kept["label"] = kept["label"].map({name: i for i, name in enumerate(names)})
    splits = _split_groups(kept, path.name) if group_column else _split(kept)
    rule = "80/10/10 within each class, in the order of the texts' SHA-256"
    return splits, {
        "source": f"own file {path.name}",
        "protocol": "own",
        "license": "as the file's owner says",
        "citation": f"The file {path.name}.",
        "split_rule": f"80/10/10, whole groups of {group_column!r}" if group_column else rule,
        "label_names": names,
        "report": _report(path.name, len(rows), len(kept), dropped, notes),
    }


def read_unlabeled(file: Path) -> list[str]:
    """Read texts from a table with a `text` column, or a text file with one a line."""
    if tasks.is_file(file.name):
        texts = _texts(tables.read_table(file, ["text"]).rows, file.name, [])
        return [text for text in texts if text]
    lines = encodings.decode(file.read_bytes(), file.name, None, []).split("\n")
    return [line.strip() for line in lines if line.strip()]


def _texts(columns: pd.DataFrame, place: str, notes: list[str]) -> list[str | None]:
    """Return each row's text, its columns joined; None where there is none."""
    cut = 0
    texts = []
    for at, cells in zip(columns.index, columns.itertuples(index=False), strict=True):
        parts = []
        for cell in cells:
            if _is_missing(cell):
                continue
            if isinstance(cell, dict | list | tuple | np.ndarray | bytes):
                raise FileError(
                    f"{place} {at}: the text is no string, but {type(cell).__name__} "
                    f"({str(cell)[:60]}). Choose a column of strings with TEXT_COLUMN."
                )
            part = readable(str(cell).strip())
            cut += part != str(cell).strip()
            parts.append(part)
        texts.append("\n".join(part for part in parts if part) or None)
    if cut:
        notes.append(f"{cut:,} texts held half a character, as a cut emoji leaves it: now \ufffd")
    return texts


def _labels(column: pd.Series, place: str, notes: list[str]) -> list[str | None]:
    """Return each row's label as a name: no blanks around it, one spelling, no needless .0."""
    given: list[str | None] = []
    for at, cell in zip(column.index, column, strict=True):
        if isinstance(cell, dict | list | tuple | np.ndarray):
            raise LabelError(
                f"{place} {at}: the label is a {type(cell).__name__}; one label a row is needed. "
                "Choose another column with LABEL_COLUMN."
            )
        label = readable(unicodedata.normalize("NFC", str(cell)))
        given.append(None if _is_missing(cell) else label)
    plain = [label and (label.strip() or None) for label in given]
    if blanks := sum(a != b for a, b in zip(given, plain, strict=True)):
        notes.append(f"{blanks:,} labels had blanks around them, which were taken off")
    known = {label for label in plain if label is not None}
    if any(label.endswith(".0") for label in known) and all(map(_is_whole, known)):
        notes.append("labels such as 1.0 were taken for whole numbers")
        plain = [label and str(int(label.partition(".")[0])) for label in plain]
    return _one_spelling(plain, notes)


def _groups(column: pd.Series, notes: list[str]) -> list[str]:
    """Return each row's group in one spelling; a row without one is a group of its own."""
    groups, alone = [], 0
    for i, cell in enumerate(column):
        name = readable(str(cell))
        name = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
        alone += (missing := _is_missing(cell))
        groups.append(f"\0{i}" if missing else name.removesuffix(".0") if _is_whole(name) else name)
    if alone:
        notes.append(f"{alone:,} rows have no group: each was taken for a group of its own")
    return groups


def same_text(text: str) -> str:
    """Return what two texts have in common that differ in case, blanks and line breaks only."""
    return " ".join(unicodedata.normalize("NFC", without_html(text)).casefold().split())


def _one_spelling(labels: list[str | None], notes: list[str]) -> list[str | None]:
    """Give labels that differ in case alone the spelling that most of them have."""
    counts = Counter(label for label in labels if label is not None)
    usual: dict[str, str] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        usual.setdefault(label.casefold(), label)
    for label, count in sorted(counts.items()):
        if label != usual[label.casefold()]:
            notes.append(f"{label!r} ({count:,} rows) was taken for {usual[label.casefold()]!r}")
    return [label and usual[label.casefold()] for label in labels]


def _is_missing(cell: Any) -> bool:
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return (isinstance(cell, float) and cell != cell) or (
        isinstance(cell, str) and not cell.strip()
    )


def _is_whole(label: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,15}(\.0+)?", label) is not None


def _by_number(label: str) -> tuple[float, str]:
    """Sort whole numbers by their size, and before words."""
    return (float(label) if _is_whole(label) else float("inf"), label)


def _without_useless(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows to use, and how many were left out for which reason."""
    no_text, no_label = rows["text"].isna(), rows["label"].isna()
    if no_text.sum() > len(rows) / 2:
        raise EmptyTextError(f"{name}: {no_text.sum():,} of {len(rows):,} rows have no text.")
    if no_label.sum() > len(rows) / 2:
        raise LabelError(f"{name}: {no_label.sum():,} of {len(rows):,} rows have no label.")
    used = rows[~no_text & ~no_label]
    used = used.assign(same=used["text"].map(same_text))
    labels = used.groupby("same", sort=False)["label"].transform("nunique")
    clear = used[labels == 1]
    kept = clear.drop_duplicates("same").drop(columns="same")
    return kept, {
        "without a text": int(no_text.sum()),
        "without a label": int((no_label & ~no_text).sum()),
        "whose text stands there with different labels": len(used) - len(clear),
        "whose text stands there already": len(clear) - len(kept),
    }


def _report(
    name: str, read: int, kept: int, dropped: dict[str, int], notes: list[str]
) -> list[str]:
    """Return the lines that tell a reader what became of the file."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items() if count)
    lines = [
        f"{name}: {read:,} rows read, {kept:,} kept" + (f"; left out: {reasons}" * bool(reasons))
    ]
    return lines + [f"{name}: {note}." for note in notes]


def _check_counts(rows: pd.DataFrame, names: list[str], name: str) -> None:
    if len(names) < 2:
        what = f"every row has the label {names[0]!r}" if names else "no row can be used"
        raise LabelError(f"{name}: {what}. Two classes are needed.")
    if len(names) > 2:
        raise LabelError(
            f"{name} has {len(names)} classes ({', '.join(names[:6])}...), this pipeline decides "
            "between two. Make a column that says one against the rest, and set LABEL_COLUMN."
        )
    counts = rows["label"].value_counts()
    if len(rows) < FEWEST_ROWS or counts.min() < FEWEST_PER_CLASS:
        shown = ", ".join(f"{counts[label]:,} {label!r}" for label in names)
        raise TooFewRowsError(
            f"{name}: different texts of each class: {shown}; needed are {FEWEST_ROWS} in all and "
            f"{FEWEST_PER_CLASS} of each."
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _split(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    rows = rows.assign(key=rows["text"].map(_digest)).sort_values("key")
    rank = rows.groupby("label").cumcount() / rows.groupby("label")["text"].transform("size")
    return _parts(rows, rank)


def _split_groups(rows: pd.DataFrame, name: str) -> dict[str, pd.DataFrame]:
    """Cut the groups, in the order of their SHA-256; raises TooFewRowsError."""
    rows = rows.assign(key=rows["group"].map(_digest), tie=rows["text"].map(_digest))
    rows = rows.sort_values(["key", "tie"])
    sizes = rows.groupby("key", sort=True)["text"].size()
    before = (sizes.cumsum() - sizes) / len(rows)  # the share of the rows in earlier groups
    splits = _parts(rows, rows["key"].map(before))
    for part in ("train", "validation", "test"):
        if splits[part]["label"].nunique() < rows["label"].nunique():
            raise TooFewRowsError(
                f"{name}: its {len(sizes):,} groups cannot be cut so that every class is in the "
                f"{part} rows. More and smaller groups are needed."
            )
    return splits


def _parts(rows: pd.DataFrame, share: pd.Series) -> dict[str, pd.DataFrame]:
    test, validation = share < 0.1, (share >= 0.1) & (share < 0.2)
    parts = {"test": test, "validation": validation, "train": share >= 0.2}
    splits = {
        part: rows.loc[chosen, ["text", "label"]].reset_index(drop=True)
        for part, chosen in parts.items()
    }
    splits["unlabeled"] = pd.DataFrame({"text": splits["train"]["text"], "source": "train"})
    return splits
