"""Data sets of the Hugging Face Hub, or copies of them in a folder, for who has no way there.

The variable SLM_DATA_MIRROR names a folder with Parquet files `<name>_<split>.parquet`, where
`<name>` is what follows the owner in the data set's id: banking77_train.parquet.
"""

import os
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, load_dataset

from helpers.data.settings import SourceError

MIRROR = "SLM_DATA_MIRROR"


def load_splits(dataset: str, splits: Sequence[str], otherwise: str) -> dict[str, Dataset]:
    """Return splits of a data set.

    Args:
        dataset: its id on the Hub, `owner/name`.
        splits: the splits that are needed, such as `train` and `test`.
        otherwise: what a reader without a connection can do, the end of a sentence.

    Raises SourceError where neither a folder of copies nor the Hub has it.
    """
    if folder := os.environ.get(MIRROR):
        return _from_folder(Path(folder).expanduser(), dataset, splits)
    if not hub_answers():
        raise SourceError(
            "The Hugging Face Hub does not answer. Check the connection (and HF_HUB_OFFLINE and "
            f"HF_ENDPOINT), or {otherwise}."
        )
    try:
        loaded = load_dataset(dataset)
        return {split: loaded[split] for split in splits}
    except Exception as error:  # the client of the Hub raises many kinds
        raise SourceError(
            f"The Hugging Face Hub did not give the data set {dataset}. Check the connection, or "
            f"{otherwise}. It said: {error}"
        ) from error


def with_names(split: Dataset, dataset: str) -> pd.DataFrame:
    """Return text and label of a split, the labels as names, which a copy may have already.

    Raises SourceError where labels are numbers and nothing says what these stand for.
    """
    table, feature = split.to_pandas()[["text", "label"]], split.features["label"]
    if isinstance(feature, ClassLabel):
        table["label"] = table["label"].map(feature.int2str)
    if not all(isinstance(label, str) for label in table["label"]):
        raise SourceError(
            f"{dataset}: the labels are no names (the first is {table['label'].iloc[0]}). A copy "
            "needs names for labels, or what `datasets` writes into its Parquet files: what the "
            "numbers stand for."
        )
    return table


def hub_answers(seconds: float = 10.0) -> bool:
    """Tell within `seconds` whether the Hub's address answers an HTTP request."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")
    answers = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(request, timeout=seconds) as response:
                answers.append(response.status)
        except urllib.error.HTTPError as error:  # an answer all the same
            answers.append(error.code)
        except (OSError, ValueError):
            pass

    # looking up a name can hang far longer than the request's own time limit
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answers)


def _from_folder(folder: Path, dataset: str, splits: Sequence[str]) -> dict[str, Dataset]:
    name = dataset.rpartition("/")[2]
    tables = {}
    for split in splits:
        path = folder / f"{name}_{split}.parquet"
        if not path.is_file():
            raise SourceError(
                f"{MIRROR}: {folder} has no {path.name}. Put the data set's Parquet file of that "
                "split there, under that name."
            )
        try:
            tables[split] = Dataset(pq.read_table(path))
        except (OSError, pa.ArrowException) as error:
            raise SourceError(f"{MIRROR}: {path} cannot be read as Parquet: {error}") from error
    return tables
