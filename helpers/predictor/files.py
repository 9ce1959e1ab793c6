"""A file that is written whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


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
