"""What the data of a task is made from, and whether the prepared files are made from just that.

Light, so that the runner can ask before every run: nothing here reads a table.
"""

import json
import os
from pathlib import Path
from typing import Any

from helpers.stages import tasks
from helpers.stages.errors import DataError
from helpers.stages.tasks import find_file
from helpers.system.files import file_digest

MANIFEST = "manifest.json"


class SourceError(DataError):
    """A built-in task's data cannot be had from the source asked for."""


class ClassWeightsError(DataError):
    """CLASS_WEIGHTS names no way to weight the classes."""


def task_settings(
    task: str,
    *,
    source: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    encoding: str | None = None,
    unlabeled: str | None = None,
    language: str | None = None,
) -> dict[str, Any]:
    """Return what the data of a task is made from; another value prepares it again.

    Args:
        task: a built-in task, or the path of a reader's own file.
        source: of a built-in task: `package` or `hub`; by default the variable SOURCE, then the
            first it has.
        text_column: of an own file, several with commas; by default TEXT_COLUMN, then `text`.
        label_column: of an own file; by default LABEL_COLUMN, then `label`.
        group_column: of what must stay on one side of the split; by default GROUP_COLUMN.
        encoding: of an own text file that is not UTF-8; by default ENCODING.
        unlabeled: a file with more texts; by default the variable UNLABELED. Its column and its
            encoding are those above.
        language: of an own file, a code such as `en`, several with commas; by default
            TEXT_LANGUAGE (LANGUAGE is what a desktop speaks), then `und`, not known.

    Raises:
        FileError: where there is no such file, or no such task.
        SourceError: for a source that the task does not have.
        LanguageError: for a language that is no code.
    """
    tasks.check(task)
    reading = {
        "text_column": text_column or os.environ.get("TEXT_COLUMN") or "text",
        "encoding": encoding or told_encoding(),
    }
    more = unlabeled or os.environ.get("UNLABELED")
    settings: dict[str, Any] = {
        "unlabeled": {"file": file_digest(find_file(more)), **reading} if more else None
    }
    if not tasks.is_file(task):
        sources = tasks.BUILT_IN[task]
        settings["source"] = source or os.environ.get("SOURCE") or sources[0]
        if settings["source"] not in sources:
            raise SourceError(
                f"Task {task!r} has no source {settings['source']!r}. SOURCE can be: "
                f"{', '.join(sources)}."
            )
        return settings
    language = language or os.environ.get("TEXT_LANGUAGE") or "und"
    tasks.languages(language)  # says what is wrong with it before the file is read
    return {
        **settings,
        **reading,
        "file": file_digest(find_file(task)),
        "label_column": label_column or os.environ.get("LABEL_COLUMN") or "label",
        "group_column": group_column or os.environ.get("GROUP_COLUMN") or None,
        "language": language,
    }


def told_encoding() -> str | None:
    """Return how a reader's text files are encoded: ENCODING, or None to find it out."""
    return os.environ.get("ENCODING") or None


def class_weights() -> str:
    """Return how classes are weighted in training: CLASS_WEIGHTS, `none` or `balanced`.

    Raises ClassWeightsError for any other word.
    """
    wish = os.environ.get("CLASS_WEIGHTS") or "none"
    if wish not in ("none", "balanced"):
        raise ClassWeightsError(f"CLASS_WEIGHTS is none or balanced, not {wish!r}.")
    return wish


def is_made_from(manifest: dict[str, Any] | None, settings: dict[str, Any]) -> bool:
    """Say whether prepared data is what these settings ask for."""
    if manifest is None or not {"language", "domain", "examples"} <= manifest.keys():
        return False  # an earlier version of this project prepared it
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
    return tasks.root() / "data" / tasks.task_name(task)


def manifest_if_any(task: str) -> dict[str, Any] | None:
    """Return what a task's data was made from, or None where none is prepared.

    None, too, where the manifest cannot be read, as a full disk leaves it: it is made anew.
    """
    path = data_folder(task) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        return manifest if isinstance(manifest, dict) and "settings" in manifest else None
    except (FileNotFoundError, ValueError):
        return None
