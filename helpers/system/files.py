"""Files and folders that are written whole or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

from helpers.predictor.checksums import file_digest as file_digest
from helpers.predictor.files import written_whole as written_whole


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
