"""What the data of a task is made from, and whether the prepared files are made from just that.

Light, so that the runner can ask before every run: nothing here reads a table.
"""

import json
import os
from pathlib import Path
from typing import Any

from helpers.stages import workspace
from helpers.stages.errors import PlainError
from helpers.system.files import file_digest

ENDINGS = (".csv", ".parquet", ".jsonl")
SOURCES = ("package", "hub")
MANIFEST = "manifest.json"


class DataError(PlainError, ValueError):
    """Data cannot be used as it is; the message says what to do."""


class FileError(DataError):
    """A file is missing, of an unknown kind, or not readable as that kind."""


class SourceError(DataError):
    """IMDb cannot be had from the source asked for."""


def task_settings(
    task: str,
    *,
    source: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    unlabeled: str | None = None,
) -> dict[str, Any]:
    """Return what the data of a task is made from; another value prepares it again.

    Args:
        task: `imdb`, or the path of a reader's own file.
        source: for IMDb: `package` or `hub`; by default the variable SOURCE, then `package`.
        text_column: of an own file; by default TEXT_COLUMN, then `text`.
        label_column: of an own file; by default LABEL_COLUMN, then `label`.
        unlabeled: a file with more texts; by default the variable UNLABELED.

    Raises:
        FileError: where there is no such file.
        SourceError: for a source of another name.
    """
    more = unlabeled or os.environ.get("UNLABELED")
    settings: dict[str, Any] = {"unlabeled": file_digest(find_file(more)) if more else None}
    if task == "imdb":
        settings["source"] = source or os.environ.get("SOURCE") or "package"
        if settings["source"] not in SOURCES:
            raise SourceError(
                f"There is no source {settings['source']!r}. Choose one of: {', '.join(SOURCES)}."
            )
        return settings
    columns = {
        "text": text_column or os.environ.get("TEXT_COLUMN"),
        "label": label_column or os.environ.get("LABEL_COLUMN"),
    }
    named = [name or column for column, name in columns.items()]
    return {**settings, "file": file_digest(find_file(task)), "columns": named}


def is_made_from(manifest: dict[str, Any] | None, settings: dict[str, Any]) -> bool:
    """Say whether prepared data is what these settings ask for."""
    if manifest is None:
        return False
    known = dict(manifest["settings"])
    if "source" in settings:
        known["source"] = manifest["source_kind"]
    return known == settings


def prepared_digest(task: str) -> str | None:
    """Return the digest of a task's data, or None when it has to be prepared (again)."""
    manifest = manifest_if_any(task)
    return manifest["digest"] if manifest and is_made_from(manifest, task_settings(task)) else None


def data_folder(task: str) -> Path:
    """Return the folder of a task's prepared data."""
    return workspace.root() / "data" / workspace.task_name(task)


def manifest_if_any(task: str) -> dict[str, Any] | None:
    """Return what a task's data was made from, or None where none is prepared."""
    path = data_folder(task) / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def find_file(path: str) -> Path:
    """Return the path of a file given relative to here or to the project. Raises FileError."""
    for candidate in (Path(path).expanduser(), workspace.root() / path, Path("..") / path):
        if candidate.is_file():
            return candidate.resolve()
    hint = "" if path.endswith(ENDINGS) else f" (a task is imdb, or a file ending in {ENDINGS})"
    raise FileError(f"There is no file {path!r}{hint}. Looked here and in {workspace.root()}.")
