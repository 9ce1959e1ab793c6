"""Data: prepared Parquet splits with a manifest, and the corpus a run works on.

`load_task` is what notebook 1 calls. It prepares `data/<task>/` once, from the source at hand,
and cuts the splits to the profile. Later notebooks read the corpus that notebook 1 left.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict

from helpers.data import imdb, own_file, settings
from helpers.data.settings import DataError, data_folder
from helpers.stages import workspace
from helpers.stages.errors import FileError
from helpers.stages.profiles import Profile
from helpers.stages.workspace import Run, Stage
from helpers.system.files import file_digest, replace_folder, write_json

SPLITS = ("train", "validation", "test", "unlabeled")
Tables = dict[str, pd.DataFrame]  # one for each of the SPLITS


class CorruptDataError(DataError):
    """A prepared file is not the one its manifest lists."""


def load_task(task: str, profile: Profile, **choices: str | None) -> DatasetDict:
    """Return the splits of a task, prepared if need be, at the size of the profile.

    Args:
        task: `imdb`, or the path of a reader's own file; see `tables.read_table`.
        profile: its row counts say how much of each split is kept.
        choices: see `settings.task_settings`.

    Returns:
        the splits train, validation, test (text, label 0 or 1) and unlabeled (text).

    Raises:
        DataError: with what to do, when the data cannot be had or is not as needed.
    """
    folder = prepare(task, **choices)
    for line in read_manifest(task).get("report", ()):
        print(line)
    rows = {part: getattr(profile, f"{part}_rows") for part in SPLITS}
    return DatasetDict(
        {part: _thin(read_parquet(folder / f"{part}.parquet"), rows[part]) for part in SPLITS}
    )


def prepare(task: str, **choices: str | None) -> Path:
    """Make `data/<task>/` unless it is there, made from the same input; return the folder.

    Arguments and errors are those of `load_task`.
    """
    wanted, folder = settings.task_settings(task, **choices), data_folder(task)
    if settings.is_made_from(settings.manifest_if_any(task), wanted):
        verify(task)
        return folder
    if folder.exists() and not (folder / settings.MANIFEST).is_file():
        raise FileError(f"{folder} holds something else. Move it, or rename the file.")
    source, tables, facts = _read(task, wanted)
    if more := choices.get("unlabeled") or os.environ.get("UNLABELED"):
        texts = own_file.read_unlabeled(settings.find_file(more))
        measuring = pd.concat([tables["validation"]["text"], tables["test"]["text"]])
        held_out = set(measuring.map(own_file.same_text))
        kept = [t for t in dict.fromkeys(texts) if own_file.same_text(t) not in held_out]
        added = pd.DataFrame({"text": kept}).assign(source="unlabeled")
        facts["report"] = [
            *facts.get("report", ()),
            f"{Path(more).name}: {len(texts):,} further texts, {len(kept):,} kept; left out is "
            "what stands there twice or is held out for measuring",
        ]
        tables["unlabeled"] = pd.concat([tables["unlabeled"], added], ignore_index=True)
    name = workspace.task_name(task)
    facts = {"task": name, "source_kind": source, "settings": wanted, **facts}
    _write(folder, tables, facts)
    return folder


def _read(task: str, wanted: dict[str, Any]) -> tuple[str, Tables, dict[str, Any]]:
    """Return (where the data is from, its splits, facts for the manifest)."""
    if task == "imdb":
        return imdb.load(wanted["source"])
    columns = {
        name: wanted[name] for name in ("text_column", "label_column", "group_column", "encoding")
    }
    return "file", *own_file.load(settings.find_file(task), **columns)


def read_manifest(task: str) -> dict[str, Any]:
    """Read what a prepared task was made from. Raises DataError when it is not prepared."""
    manifest = settings.manifest_if_any(task)
    if manifest is None:
        raise DataError(
            f"Task {workspace.task_name(task)!r} has no prepared data. Run notebook 01_corpus, "
            "or python data_scripts/imdb.py."
        )
    return manifest


def verify(task: str) -> None:
    """Compare the prepared files with their manifest. Raises CorruptDataError on a difference."""
    folder = data_folder(task)
    for name, entry in read_manifest(task)["files"].items():
        path = folder / name
        if not path.is_file() or file_digest(path) != entry["sha256"]:
            raise CorruptDataError(
                f"{name} in {folder} is missing or was altered since it was prepared. "
                "Delete that folder and run again: it is prepared anew."
            )


def save_corpus(corpus: DatasetDict, run: Run) -> None:
    """Write the four splits into a stage, as Parquet."""
    for part in SPLITS:
        pq.write_table(corpus[part].data.table, run.path(f"{part}.parquet"))


def load_corpus(stage: Stage) -> DatasetDict:
    """Read the four splits from stage 01_corpus, in memory."""
    return DatasetDict({part: read_parquet(stage.path(f"{part}.parquet")) for part in SPLITS})


def read_parquet(path: Path) -> Dataset:
    """Read a Parquet file into memory, with no copy in a cache folder."""
    return Dataset(pq.read_table(path))


def labeled_sentences(task: str) -> pd.DataFrame:
    """Return sentences of another source with labels of the same meaning, where there are any.

    For IMDb those are the packaged Rotten Tomatoes sentences (Pang and Lee, 2005), text and label;
    for a file of one's own there are none.
    """
    if task != "imdb":
        return pd.DataFrame({"text": pd.Series(dtype=str), "label": pd.Series(dtype=int)})
    return imdb.labeled_sentences()


def _thin(dataset: Dataset, rows: int | None) -> Dataset:
    """Keep about `rows` rows, evenly spaced in each class, in their order."""
    if rows is None or rows >= len(dataset):
        return dataset
    if "label" in dataset.column_names:
        labels = np.array(dataset["label"])
        kept = [_spread(np.flatnonzero(labels == value), rows // 2) for value in (0, 1)]
        chosen = np.sort(np.concatenate(kept))
    else:
        chosen = _spread(np.arange(len(dataset)), rows)
    # a real copy: `Dataset.select` keeps the whole table behind a list of rows
    return Dataset(dataset.data.table.take(pa.array(chosen)))


def _spread(members: np.ndarray, count: int) -> np.ndarray:
    return members[np.linspace(0, len(members) - 1, min(len(members), count)).astype(int)]


def _write(folder: Path, tables: Tables, facts: dict[str, Any]) -> None:
    draft = folder.with_name(f".draft-{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    files = {}
    for part in SPLITS:
        path = draft / f"{part}.parquet"
        pq.write_table(pa.Table.from_pandas(tables[part], preserve_index=False), path)
        files[path.name] = {"bytes": path.stat().st_size, "sha256": file_digest(path)}
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    rows = {part: len(tables[part]) for part in SPLITS}
    write_json(draft / settings.MANIFEST, {**facts, "rows": rows, "files": files, "digest": digest})
    replace_folder(draft, folder)
