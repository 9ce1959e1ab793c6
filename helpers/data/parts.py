"""The parts of a data set, and cutting them by a rule: no draw, no text on two sides."""

import contextlib
import hashlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.predictor.texts import folded

LABELED = ("train", "validation", "test")
SPLITS = (*LABELED, "unlabeled")
Tables = dict[str, pd.DataFrame]  # one for each of the SPLITS
Stream = Iterable[tuple[str, pd.DataFrame]]  # rows of the SPLITS, each with the split's name
AT_ONCE = 10_000  # rows in memory at a time at least
MOST_FILES = 64  # open at a time: macOS allows a process 256, and a notebook has others open


def same_text(text: str) -> str:
    """Return what two texts have in common that the tokenizers here read as one, or nearly.

    That is all but case, blanks, ways to write a letter, a quote or a dash, and marks that nobody
    sees.
    """
    return " ".join(folded(text).split())


def digest(text: str) -> str:
    """Return the SHA-256 of a text, whose order is as good as a draw and always the same."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_unlabeled(tables: Tables) -> Tables:
    """Return the labeled splits and, as unlabeled text, the texts of the training rows."""
    texts = tables["train"]["text"]
    return {**tables, "unlabeled": pd.DataFrame({"text": texts, "source": "train"})}


def without_crossing_texts(tables: Tables, key: Callable[[str], str] = same_text) -> Tables:
    """Drop texts that a more held-out part has too: test keeps all, training loses most.

    Two texts are taken for equal when they have the same `key`.
    """
    held_out: set[str] = set()
    kept = {}
    for part in reversed(LABELED):
        same = tables[part]["text"].map(key)
        kept[part] = tables[part][~same.isin(held_out)].reset_index(drop=True)
        held_out |= set(same)
    return kept


def number(text: str) -> int:
    """Return the first 64 bits of `digest`: the same order in the room of a number."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def rank_in_class(texts: pd.Series, classes: pd.Series) -> pd.Series:
    """Return where each row stands in its class, 0 to 1, in the order of the texts' SHA-256."""
    order = texts.map(number).to_numpy("uint64")
    return pd.Series(shares(order, classes.to_numpy()), texts.index)


def shares(order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return which share of its class stands before each row: float64 [rows], 0 to 1.

    Args:
        order: the `number` of each row, by which a class is ordered, uint64 [rows].
        classes: of the rows, [rows].
    """
    places = np.lexsort((order, classes))
    _, starts, sizes = np.unique(classes[places], return_index=True, return_counts=True)
    out = np.empty(len(order))
    for start, size in zip(starts, sizes, strict=True):
        out[places[start : start + size]] = np.arange(size) / size
    return out


def shares_of_groups(groups: np.ndarray) -> np.ndarray:
    """Return which share of all rows is of earlier groups: float64 [rows], the same in a group.

    `groups` uint64 [rows] is the `number` of each row's group, by which groups are ordered.
    """
    _, of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return ((np.cumsum(sizes) - sizes) / len(groups))[of_row]


def linked(pairs: np.ndarray, rows: int) -> np.ndarray:
    """Return the number of each row's group, int [rows]: rows that `pairs` connect are one group.

    Args:
        pairs: of rows that belong together, int [pairs, 2].
        rows: how many rows there are; one without a pair is a group of its own.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(rows, rows))
    return connected_components(links, directed=False)[1]


def strata(labels: Sequence, times: Iterable[int] | None = None) -> list[int]:
    """Return for each row the class that it is cut with: its label, or the rarest of them.

    Args:
        labels: a number or a list of numbers for each row.
        times: how often each of these rows is there; by default once.

    Returns:
        a number for each row; -1 for one without any label. What each of these has in a part,
        the classes have, too, the rarest above all.
    """
    if not len(labels) or not isinstance(labels[0], list | tuple | np.ndarray):
        return list(labels)
    counts = label_counts(labels, times or itertools.repeat(1))
    rarest = {label: place for place, label in enumerate(reversed(counts))}
    return [min(row, key=lambda label: rarest[label], default=-1) for row in labels]


def label_counts(labels: Iterable[Sequence], times: Iterable[int]) -> dict[Any, int]:
    """Return how many rows each label has, the most frequent first, of equal ones the first seen.

    Each row of labels is there as often as `times` says.
    """
    counts: Counter = Counter()
    for row, count in zip(labels, times, strict=False):
        for label in row:
            counts[label] += count
    return dict(counts.most_common())


def in_order(frames: Iterable[pd.DataFrame], rows: int, folder: Path) -> Iterator[pd.DataFrame]:
    """Yield rows in the order of their column `position`, 0 to `rows` - 1, in bounded memory.

    They are spread over files by their position, and each file is sorted by itself (a distribution
    sort; Knuth, The art of computer programming, volume 3, section 5.2.5).

    Args:
        frames: the rows, a few at a time, in any order.
        rows: how many there are in all.
        folder: for the files, which are gone in the end.
    """
    share = max(AT_ONCE, -(-rows // MOST_FILES))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".order-", dir=folder) as temporary:
        paths = [Path(temporary, f"{i}.arrow") for i in range(-(-rows // share))]
        _spread(frames, share, paths)
        for path in paths:
            frame = pa.ipc.open_stream(path.read_bytes()).read_all().to_pandas()
            path.unlink()
            yield frame.sort_values("position", ignore_index=True)


def _spread(frames: Iterable[pd.DataFrame], share: int, paths: list[Path]) -> None:
    with contextlib.ExitStack() as opened:
        writers: list[pa.ipc.RecordBatchStreamWriter] = []
        for frame in frames:
            frame = frame.sort_values("position")
            table = pa.Table.from_pandas(frame, preserve_index=False)
            if not writers:
                writers = [opened.enter_context(pa.ipc.new_stream(p, table.schema)) for p in paths]
            ends = np.searchsorted(frame["position"], share * np.arange(len(paths) + 1))
            for i in np.flatnonzero(np.diff(ends)):
                writers[i].write_table(table[ends[i] : ends[i + 1]])
