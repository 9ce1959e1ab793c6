"""Files and folders that are written whole or not at all."""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.predictor.checksums import file_digest as file_digest


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` when all went well, else it is removed.

    So no reader sees half a file. The temporary name ends as `path` does (some libraries go by
    that) and lies beside it, in a folder that is made if need be.

    Raises FileExistsError where something other than a file is in the way (renaming a file over a
    device such as the null device would remove the device).
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is no file: choose another name to write to.")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8, whole or not at all; see `written_whole`."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all; see `written_whole`."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def replace_folder(new: Path, target: Path) -> None:
    """Put the folder `new` where `target` is; a crash in between leaves one of the two whole."""
    old = target.with_name(f".old-{target.name}")
    if old.exists() and not target.exists():
        old.rename(target)  # of a process that died between the two renames below
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
