"""Data sets of the network, or copies of them in a folder, for who has no way there.

The variable SLM_DATA_MIRROR names a folder with Parquet files. Those of a data set of the Hugging
Face Hub are `<name>_<split>.parquet`, where `<name>` is what follows the owner in its id:
banking77_train.parquet. What a copy of another data set is called says the module that reads it.
"""

import http.client
import io
import os
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, load_dataset

from helpers.data.settings import SourceError

MIRROR = "SLM_DATA_MIRROR"
SCHEME = "https://"  # of what is fetched: nobody on the way can put other data in its place


def mirror() -> Path | None:
    """Return the folder of copies that SLM_DATA_MIRROR names, or None where it names none."""
    folder = os.environ.get(MIRROR)
    return Path(folder).expanduser() if folder else None


def read_copy(
    name: str, columns: Sequence[str], renamed: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return columns of `<name>.parquet` in the folder of copies, in the order asked for.

    A cell without anything (null) is refused: a row that was dropped in silence would make other
    data of a published set.

    Args:
        name: of the copy, without its ending.
        columns: their names.
        renamed: what a column may be called in the copy: {name there: name among `columns`}.

    Raises SourceError where the file is missing or unreadable, lacks a column, or has no rows or
    a cell without anything.
    """
    folder = mirror()
    if folder is None:
        raise SourceError(f"Put {name}.parquet into a folder and name that in {MIRROR}.")
    path = folder / f"{name}.parquet"
    copied = _read_parquet(path, f"Put a copy there (columns {', '.join(columns)})")
    others = {old: new for old, new in (renamed or {}).items() if new not in copied.column_names}
    copied = copied.rename_columns([others.get(column, column) for column in copied.column_names])
    if missing := [column for column in columns if column not in copied.column_names]:
        raise SourceError(
            f"{MIRROR}: {path} has no column {missing[0]!r}. A copy needs the columns "
            f"{', '.join(columns)}; this one has {', '.join(copied.column_names) or 'none'}."
        )
    rows = copied.select(list(columns)).to_pandas(ignore_metadata=True)
    if rows.empty:
        raise SourceError(f"{MIRROR}: {path} has no rows. Put a whole copy in its place.")
    for column in columns:
        if (empty := rows[column].isna()).any():
            raise SourceError(
                f"{MIRROR}: {path}, row {int(empty.argmax()) + 1}: {column} is empty. Put a whole "
                "copy in its place, or leave such rows out of it."
            )
    return rows


def load_splits(
    dataset: str, splits: Sequence[str], otherwise: str, config: str | None = None
) -> dict[str, Dataset]:
    """Return splits of a data set.

    Args:
        dataset: its id on the Hub, `owner/name`.
        splits: the splits that are needed, such as `train` and `test`.
        otherwise: what a reader without a connection can do, the end of a sentence.
        config: which of the data set's configurations, where it has several. A copy's name says
            nothing of it.

    Raises SourceError where neither a folder of copies nor the Hub has it.
    """
    if folder := mirror():
        return _from_folder(folder, dataset, splits)
    require_hub(otherwise)
    try:
        loaded = load_dataset(dataset, config)
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


def require_hub(otherwise: str) -> None:
    """Raise SourceError where the Hub does not answer; `otherwise` as in `load_splits`."""
    if not hub_answers():
        raise SourceError(
            "The Hugging Face Hub does not answer. Check the connection (and HF_HUB_OFFLINE and "
            f"HF_ENDPOINT), or {otherwise}."
        )


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


def fetch(url: str, most: int, otherwise: str) -> bytes:
    """Return a whole file from the network.

    Args:
        url: its address, which begins with https, as does the one it may lead to.
        most: bytes; a larger file is refused, never cut.
        otherwise: what a reader without a connection can do, the end of a sentence.

    Raises SourceError where the address does not answer, or not with a whole file of that size.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "small-language-models"})
    try:
        _check_scheme(url)
        with urllib.request.urlopen(request, timeout=30) as answer:
            _check_scheme(answer.url)
            content = answer.read(most + 1)
            told = int(answer.headers.get("Content-Length") or len(content))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SourceError(
            f"{url} cannot be had ({error}). Check the connection, or {otherwise}."
        ) from error
    if max(told, len(content)) > most:
        raise SourceError(
            f"{url} is larger than the {most:,} bytes that are expected at most: another file? "
            f"You can {otherwise}."
        )
    if len(content) < told:
        raise SourceError(
            f"{url} broke off after {len(content):,} of {told:,} bytes. Run again, or {otherwise}."
        )
    return content


def unpack(archive: bytes, name: str, most: int, otherwise: str) -> bytes:
    """Return a file of a zip archive that was fetched.

    Args:
        archive: the archive's bytes.
        name: of the file in it.
        most: bytes of the file; a larger one is not unpacked.
        otherwise: as in `fetch`.

    Raises SourceError where the archive is none, or has no such file of that size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed, packed.open(name) as file:
            if (size := packed.getinfo(name).file_size) > most:
                raise ValueError(f"it has {size:,} bytes, {most:,} are the most")
            return file.read(size)  # read() unpacks what is there, whatever size is told
    except Exception as error:  # a damaged archive raises many kinds
        raise SourceError(
            f"What was fetched is not the archive that was expected, with {name} in it ({error}). "
            f"Run again, or {otherwise}."
        ) from error


def _check_scheme(url: str) -> None:
    if not url.startswith(SCHEME):
        raise ValueError(f"{url} does not begin with {SCHEME}")


def _from_folder(folder: Path, dataset: str, splits: Sequence[str]) -> dict[str, Dataset]:
    name = dataset.rpartition("/")[2]
    paths = {split: folder / f"{name}_{split}.parquet" for split in splits}
    asked = "Put the data set's Parquet file of that split there, under that name"
    return {split: Dataset(_read_parquet(path, asked)) for split, path in paths.items()}


def _read_parquet(path: Path, asked: str) -> pa.Table:
    """Return a copy as it is. Raises SourceError, which ends in what is asked of a reader."""
    if not path.is_file():
        raise SourceError(f"{MIRROR}: {path.parent} has no {path.name}. {asked}.")
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"{MIRROR}: {path} cannot be read as Parquet. {asked}. It said: {error}"
        ) from error
