"""A reader's own data: one file with a text and a label column becomes the splits of a task.

What is mended (blanks, case, numbers for labels) or left out is said, with counts; every way in
which such a file cannot be used has an error that says where and what to do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import encodings, labels, parts, survey, tables
from helpers.data.labels import MOST_CLASSES, LabelError
from helpers.data.tables import MissingColumnError
from helpers.predictor.texts import readable
from helpers.stages import tasks
from helpers.stages.errors import DataError

FEWEST_ROWS = 200
# Of each class. Two are often a rare one and the rest, and what is rare must be measured, too; of
# many classes eight are the fewest that a tenth for test and one for validation leave a row of.
FEWEST_OF_TWO, FEWEST_OF_MANY = 20, 8
SHOWN = 6  # classes named in a message
PARTS = {part: number for number, part in enumerate(parts.LABELED)}


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
    language: str = "und",
) -> tuple[parts.Stream, dict[str, Any]]:
    """Return (rows of the four splits, facts for the manifest) of a reader's own file.

    The file is read twice, a few thousand rows at a time. Of the first time only numbers stay,
    about a hundred bytes a row while they are sorted, so that texts need not fit into memory. They
    are read again while the splits are taken.

    The split is a rule, not a draw: within each class the rows are ordered by the SHA-256 of
    their text; the first tenth is test, the next validation, the rest training. Texts that a
    tokenizer reads as one (case, blanks, curly quotes and the like do not count) are one row, so
    none can be in two parts. With groups, the groups are ordered so, and each stays in one part.
    A row with several labels goes with the rarest of them, a row of none with others of none.

    Args:
        path: the file.
        text_column: of the text, or several with commas between: they are joined by line breaks.
        label_column: of the label; where it holds lists, a text has several labels, or none.
        group_column: of what must not be on two sides: an author, a product, a conversation.
        encoding: of a text file that is not UTF-8.
        language: of the texts, for the manifest: a code such as `en`, or several with commas.

    Returns:
        the splits, in pieces: text; label, the number of its class, or a list of such numbers.

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
    name = readable(path.name)
    table = _open(path, [*of_text, label_column, *of_group], encoding)
    notes, place = table.notes, f"{name}, {table.unit}"
    rows = survey.survey(table, of_text, label_column, group_column, place)
    names, several = survey.read_labels(rows, place, notes)
    combinations = list(dict.fromkeys(row for row in names if row is not None))
    numbers = {row: i for i, row in enumerate(combinations)}
    of_cell = [-1 if row is None else numbers[row] for row in names]
    label = np.array([*of_cell, -1], "int32")[rows.cell]
    if rows.alone:
        notes.append(f"{rows.alone:,} rows have no group: each was taken for a group of its own")
    read = len(label)
    kept, dropped = _without_useless(rows, label, name)
    label = label[kept]
    classes = _count_classes(label, rows.at[kept], combinations)
    order, groups = rows.order[kept], rows.group[kept]
    del rows  # the largest thing in memory
    label_names = _check_classes(classes, len(kept), name, table.unit)
    number = {label_name: i for i, label_name in enumerate(label_names)}
    of_row = {i: [number[label_name] for label_name in combinations[i]] for i in classes.times}
    strata = np.zeros(len(combinations), "int32")
    strata[[*of_row]] = parts.strata([*of_row.values()], classes.times.values())
    share = parts.shares_of_groups(groups) if of_group else parts.shares(order, strata[label])
    part = np.full(len(kept), PARTS["train"], "int8")
    part[share < 0.2], part[share < 0.1] = PARTS["validation"], PARTS["test"]
    _check_parts(part, label, of_row, label_names, name, groups if group_column else None)
    position = np.empty(len(kept), int)
    position[np.lexsort((order, groups))] = np.arange(len(kept))
    columns = pd.DataFrame({"label": label, "part": part, "position": position})
    picked = _pick(table, of_text, kept, columns, place)
    given = {i: np.array(row, int) if several else row[0] for i, row in of_row.items()}
    splits = _cut(parts.in_order(picked, len(kept), tasks.root() / "data"), given)
    within = "the rarest of a text's labels" if several else "each class"
    rule = f"80/10/10 within {within}, in the order of the texts' SHA-256"
    whole = f"80/10/10, whole groups of {_shown_name(group_column or '')}"
    return splits, {
        "source": f"own file {_shown_name(name)}",
        "protocol": "own",
        "license": "as the file's owner says",
        "citation": f"The file {_shown_name(name)}.",
        "split_rule": whole if group_column else rule,
        "label_names": label_names,
        "several_labels": several,
        "language": tasks.languages(language),
        "dataset": None,
        "domain": f"texts like those of {_shown_name(name)}",
        "model_license": "other",
        "examples": [],
        "report": _report(name, read, len(kept), dropped, notes),
    }


def read_unlabeled(file: Path, text_column: str = "text", encoding: str | None = None) -> list[str]:
    """Read texts from columns of a table, joined as those of `load`, or from a file of lines."""
    if tasks.is_file(file.name):
        of_text = [column.strip() for column in text_column.split(",") if column.strip()]
        batches = _open(file, of_text, encoding).batches()
        return [text for rows in batches for text in survey.read_texts(rows, file.name)[0] if text]
    lines = encodings.decode(file.read_bytes(), file.name, encoding, []).split("\n")
    return [line.strip() for line in lines if line.strip()]


def _open(path: Path, columns: Sequence[str], encoding: str | None) -> tables.Table:
    """Open a table whose columns the reader may name. Errors are those of `tables.open_table`."""
    try:
        return tables.open_table(path, columns, encoding)
    except MissingColumnError as error:
        raise MissingColumnError(f"{error} Set TEXT_COLUMN, LABEL_COLUMN, GROUP_COLUMN.") from error


def _without_useless(
    rows: survey.Survey, label: np.ndarray, name: str
) -> tuple[np.ndarray, dict[str, int]]:
    """Return which rows to use, and how many were left out for which reason."""
    total, no_text, no_label = len(label), ~rows.has_text, label < 0
    if no_text.sum() > total / 2:
        raise EmptyTextError(f"{name}: {no_text.sum():,} of {total:,} rows have no text.")
    if no_label.sum() > total / 2:
        raise LabelError(f"{name}: {no_label.sum():,} of {total:,} rows have no label.")
    used = np.flatnonzero(~no_text & ~no_label)
    same = rows.same[used]
    order = np.argsort(same, kind="stable")  # what is the same, side by side
    used, same = used[order], same[order]
    del order  # with five million rows every array is felt
    starts = np.flatnonzero(np.r_[True, same[1:] != same[:-1]][: len(same)])
    del same
    label, sizes = label[used], np.diff(starts, append=len(used))
    clear = np.minimum.reduceat(label, starts) == np.maximum.reduceat(label, starts)
    kept = np.sort(used[starts[clear]])
    return kept, {
        "without a text": int(no_text.sum()),
        "without a label": int((no_label & ~no_text).sum()),
        "whose text stands there with different labels": int(sizes[~clear].sum()),
        "whose text stands there already": int(sizes[clear].sum()) - len(kept),
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


@dataclass(frozen=True)
class Found:
    """The classes of the rows to use.

    Attributes:
        times: how many rows have which combination of labels, in the order they are first seen.
        counts: how many rows have each label, the most frequent first.
        first: the place of each label's first row.
    """

    times: dict[int, int]
    counts: dict[str, int]
    first: dict[str, int]


def _count_classes(label: np.ndarray, at: np.ndarray, combinations: list[labels.Names]) -> Found:
    number, first, times = np.unique(label, return_index=True, return_counts=True)
    seen = np.argsort(first)
    rows = [combinations[i] for i in number[seen]]
    places: dict[str, int] = {}
    for names, place in zip(rows, at[first[seen]].tolist(), strict=True):
        for name in names:
            places.setdefault(name, place)
    counts = parts.label_counts(rows, times[seen].tolist())
    return Found(
        dict(zip(number[seen].tolist(), times[seen].tolist(), strict=True)), counts, places
    )


def _check_classes(classes: Found, rows: int, name: str, unit: str) -> list[str]:
    """Return the names of the classes. Raises LabelError or TooFewRowsError."""
    names = sorted(classes.counts, key=labels.by_number)
    if len(names) < 2:
        what = f"every row has the label {names[0]!r}" if names else "no row can be used"
        raise LabelError(f"{name}: {what}. Two classes or more are needed.")
    if len(names) > MOST_CLASSES:
        raise LabelError(
            f"{name} has {len(names):,} classes, {MOST_CLASSES} are the most: "
            f"{_shown(classes, [*classes.counts], unit)}. Is LABEL_COLUMN the right one? If it is, "
            "put rare classes together."
        )
    fewest = FEWEST_OF_TWO if len(names) == 2 else FEWEST_OF_MANY
    rare = [label for label in reversed(classes.counts) if classes.counts[label] < fewest]
    if rare or rows < FEWEST_ROWS:
        few = f"; too few of {_shown(classes, rare, unit)}" if rare else ""
        raise TooFewRowsError(
            f"{name}: {rows:,} different texts of {len(names)} classes; needed are "
            f"{FEWEST_ROWS} in all and {fewest} of each{few}."
        )
    return names


def _shown(classes: Found, names: list[str], unit: str) -> str:
    """Return the first of some classes, each with its rows and where one of them stands."""
    shown = [
        f"{label[:40]!r} ({classes.counts[label]:,}, {unit} {classes.first[label]})"
        for label in names[:SHOWN]
    ]
    return ", ".join(shown) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def _check_parts(
    part: np.ndarray,
    label: np.ndarray,
    of_row: dict[int, list[int]],
    names: list[str],
    name: str,
    groups: np.ndarray | None,
) -> None:
    """Raise TooFewRowsError unless every class is in every part."""
    for part_name, number in PARTS.items():
        there = {i for row in np.unique(label[part == number]).tolist() for i in of_row[row]}
        missing = [label_name for i, label_name in enumerate(names) if i not in there]
        if not missing:
            continue
        what = "rows" if groups is None else f"{len(np.unique(groups)):,} groups"
        more = "rows with that label" if groups is None else "and smaller groups"
        raise TooFewRowsError(
            f"{name}: its {what} cannot be cut so that every class is in the {part_name} rows "
            f"(there is none of {', '.join(map(repr, missing[:SHOWN]))}). More {more} are needed."
        )


def _pick(
    table: tables.Table, of_text: list[str], kept: np.ndarray, columns: pd.DataFrame, place: str
) -> Iterator[pd.DataFrame]:
    """Read once more; yield the rows to keep: their texts beside `columns`, a row of each.

    Raises ChangedFileError where the file changed: its rows are those of before by place only.
    """
    begin = 0
    for rows in table.batches():
        chosen = slice(*np.searchsorted(kept, [begin, begin + len(rows)]))
        texts, _ = survey.read_texts(rows.iloc[kept[chosen] - begin][of_text], place)
        yield columns[chosen].assign(text=pd.array(texts, dtype="str"))
        begin += len(rows)


def _shown_name(name: str) -> str:
    """Return a name as code of Markdown, which cards are: it may hold marks of any kind."""
    return f"`{' '.join(readable(name).replace('`', chr(39)).split())}`"


def _cut(rows: Iterable[pd.DataFrame], given: dict[int, Any]) -> parts.Stream:
    """Yield ordered rows as pieces of the four splits, their labels as they are `given`."""
    for frame in rows:
        frame["label"] = pd.Series([given[i] for i in frame["label"]])
        pieces = {
            part: frame.loc[frame["part"] == number, ["text", "label"]].reset_index(drop=True)
            for part, number in PARTS.items()
        }
        for part, piece in parts.with_unlabeled(pieces).items():
            if len(piece):
                yield part, piece
