"""Data: prepared Parquet splits with a manifest, and the corpus a run works on.

`load_task` is what notebook 1 calls. It prepares `data/<task>/` once, from the source at hand,
and cuts the splits to the profile. Later notebooks read the corpus that notebook 1 left.
"""

import contextlib
import hashlib
import importlib
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

from helpers.data import imdb, own_file, parts, settings
from helpers.data.classes import load_classes as load_classes
from helpers.data.classes import load_labels as load_labels
from helpers.data.classes import make_classes as make_classes
from helpers.data.parts import SPLITS, Stream
from helpers.data.settings import DataError, data_folder
from helpers.stages import tasks, workspace
from helpers.stages.errors import FileError
from helpers.stages.profiles import Profile
from helpers.stages.workspace import Run, Stage
from helpers.system.files import file_digest, replace_folder, write_json


class CorruptDataError(DataError):
    """A prepared file is not the one its manifest lists."""


def load_task(task: str, profile: Profile, **choices: str | None) -> DatasetDict:
    """Return the splits of a task, prepared if need be, at the size of the profile.

    Args:
        task: one of `tasks.BUILT_IN`, or the path of a reader's own file; see `own_file.load`.
        profile: its row counts say how much of each split is kept.
        choices: see `settings.task_settings`.

    Returns:
        the splits train, validation, test (text; label: the number of its class, or the list of
        its labels where the manifest says `several_labels`) and unlabeled (text).

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
    source, stream, facts = _read(task, wanted)
    if more := choices.get("unlabeled") or os.environ.get("UNLABELED"):
        reading = wanted["unlabeled"]
        texts = own_file.read_unlabeled(
            settings.find_file(more), reading["text_column"], reading["encoding"]
        )
        facts["report"] = [*facts.get("report", ())]
        stream = _with_further(stream, texts, Path(more).name, facts["report"])
    name = workspace.task_name(task)
    facts = {"task": name, "source_kind": source, "settings": wanted, **facts}
    _write(folder, stream, facts)
    return folder


def _read(task: str, wanted: dict[str, Any]) -> tuple[str, Stream, dict[str, Any]]:
    """Return (where the data is from, rows of its splits, facts for the manifest)."""
    if not tasks.is_file(task):  # a built-in task is a module of this room
        module = importlib.import_module(f"helpers.data.{task.replace('-', '_')}")
        source, tables, facts = module.load(wanted["source"])
        return source, tables.items(), facts
    names = ("text_column", "label_column", "group_column", "encoding", "language")
    choices = {name: wanted[name] for name in names}
    return "file", *own_file.load(settings.find_file(task), **choices)


def _with_further(stream: Stream, texts: list[str], name: str, report: list[str]) -> Stream:
    """Yield a stream, then further texts but those held out for measuring; report how many."""
    held_out: set[int] = set()
    for part, rows in stream:
        if part in ("validation", "test"):
            held_out |= {parts.number(parts.same_text(text)) for text in rows["text"]}
        yield part, rows
    different = dict.fromkeys(texts)
    kept = [t for t in different if parts.number(parts.same_text(t)) not in held_out]
    report.append(
        f"{name}: {len(texts):,} further texts, {len(kept):,} kept; left out is "
        "what stands there twice or is held out for measuring"
    )
    yield "unlabeled", pd.DataFrame({"text": kept, "source": "unlabeled"}, dtype=str)


def read_manifest(task: str) -> dict[str, Any]:
    """Read what a prepared task was made from. Raises DataError when it is not prepared."""
    manifest = settings.manifest_if_any(task)
    if manifest is None:
        raise DataError(
            f"Task {workspace.task_name(task)!r} has no prepared data. Run notebook 01_corpus, "
            f"or python data_scripts/prepare.py {task}"
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
    """Keep about `rows` rows, evenly spaced in each class, in their order.

    A class keeps its share. Where a text may have several labels, those of a kind are the texts
    with the same rarest label. Every class keeps one row at least.
    """
    if rows is None or rows >= len(dataset):
        return dataset
    table = dataset.data.table
    labels: list[Any] = [0] * len(dataset)
    if "label" in table.column_names:
        labels = table["label"].to_pylist()
    strata = np.array(parts.strata(labels))
    kept: list[int] = []
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        kept += _spread(members, max(1, round(rows * len(members) / len(dataset)))).tolist()
    if isinstance(labels[0], list):
        kept += _of_missing_classes(labels, kept)
    # a real copy: `Dataset.select` keeps the whole table behind a list of rows
    return Dataset(table.take(pa.array(sorted(kept))))


def _of_missing_classes(labels: list[list[int]], kept: list[int]) -> list[int]:
    """Return the first rows of the labels that none of the kept rows has."""
    there = {label for row in kept for label in labels[row]}
    added = []
    for row, given in enumerate(labels):
        if not there.issuperset(given):
            there.update(given)
            added.append(row)
    return added


def _spread(members: np.ndarray, count: int) -> np.ndarray:
    return members[np.linspace(0, len(members) - 1, min(len(members), count)).astype(int)]


def _write(folder: Path, stream: Stream, facts: dict[str, Any]) -> None:
    """Write pieces of the splits as Parquet, a row group each, with a manifest."""
    draft = folder.with_name(f".draft-{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        rows = _write_parts(draft, stream)
        paths = [draft / f"{part}.parquet" for part in SPLITS]
        files = {p.name: {"bytes": p.stat().st_size, "sha256": file_digest(p)} for p in paths}
        digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        manifest = {**facts, "rows": rows, "files": files, "digest": digest}
        write_json(draft / settings.MANIFEST, manifest)
        replace_folder(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_parts(folder: Path, stream: Stream) -> dict[str, int]:
    """Write each split, a row group a piece; return how many rows each has."""
    rows = dict.fromkeys(SPLITS, 0)
    writers: dict[str, pq.ParquetWriter] = {}
    with contextlib.ExitStack() as opened:
        for part, piece in stream:
            schema = writers[part].schema if part in writers else None
            table = pa.Table.from_pandas(piece, schema, preserve_index=False)
            if part not in writers:
                writer = pq.ParquetWriter(folder / f"{part}.parquet", table.schema)
                writers[part] = opened.enter_context(writer)
            writers[part].write_table(table)
            rows[part] += len(piece)
    return rows
