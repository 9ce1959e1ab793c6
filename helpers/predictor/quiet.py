"""Holding back the chatter that C++ libraries write straight to standard error."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_only_one = threading.RLock()  # the descriptor belongs to the whole process


@contextlib.contextmanager
def stderr_to(path: Path | str = os.devnull) -> Iterator[None]:
    """Send what is written to descriptor 2 meanwhile into a file, by default into nothing."""
    with _only_one:
        sys.stderr.flush()
        before = os.dup(2)
        with open(path, "ab") as file:
            os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
