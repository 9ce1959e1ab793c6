"""What a model weighs: the bytes that a user downloads, counted alike for every model.

A user fetches the model file and its tokenizer, and both count as gzip packs them: so do app
stores and web servers send files, and only so do zeros weigh what they are worth. The config, a
few hundred bytes that are the same for all, is not counted.
"""

import gzip
from pathlib import Path

from helpers.predictor import runtime


def packed_bytes(path: Path) -> int:
    """Return the size of a file after gzip at its strongest, in bytes."""
    return len(gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0))


def download_bytes(model_path: Path, tokenizer_path: Path) -> int:
    """Return what a user downloads: the packed model file and the packed tokenizer, in bytes."""
    return packed_bytes(model_path) + packed_bytes(tokenizer_path)


def bundle_bytes(folder: Path, format: str = "litert") -> int:
    """Return what a user of one format of a bundle downloads, in bytes: `download_bytes` of it.

    Raises BundleError when the folder is no bundle.
    """
    config = runtime.read_config(folder)
    return download_bytes(folder / config["models"][format], folder / config["tokenizer"])
