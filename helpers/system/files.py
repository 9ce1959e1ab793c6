"""Files written whole or not at all, and their checksums."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON under a temporary name, then rename, so no reader sees half a file.

    Raises FileExistsError where something other than a file is in the way (renaming a file over a
    device such as the null device would remove the device).
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is no file: choose another name to write to.")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def replace_folder(new: Path, target: Path) -> None:
    """Put the folder `new` where `target` is; a crash in between leaves one of the two whole."""
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
