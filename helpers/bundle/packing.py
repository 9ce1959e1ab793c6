"""What a model weighs: the bytes that a user downloads."""

import gzip
from pathlib import Path


def packed_bytes(path: Path) -> int:
    """Return the size of a file after gzip at its strongest, in bytes."""
    return len(gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0))


def download_bytes(model_path: Path, tokenizer_path: Path, *, packed: bool = False) -> int:
    """Return what a user downloads: the model file and the gzip-compressed tokenizer, in bytes.

    With `packed` the model file counts compressed too.
    """
    model = packed_bytes(model_path) if packed else Path(model_path).stat().st_size
    return model + packed_bytes(tokenizer_path)
