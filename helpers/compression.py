"""Compression: what a model weighs, and the parts of it that can be cut off."""

import gzip
from pathlib import Path

import keras
import numpy as np


def packed_bytes(path: Path) -> int:
    """Return the size of a file after gzip at its strongest, in bytes."""
    return len(gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0))


def download_bytes(model_path: Path, tokenizer_path: Path, *, packed: bool = False) -> int:
    """Return what a user downloads: the model file and the gzip-compressed tokenizer, in bytes.

    With `packed` the model file counts compressed too.
    """
    model = packed_bytes(model_path) if packed else Path(model_path).stat().st_size
    return model + packed_bytes(tokenizer_path)


def large_kernels(model: keras.Model, smallest: int = 1024) -> list[keras.Variable]:
    """Return the weights worth pruning: kernels and embeddings of at least `smallest` entries.

    Biases, normalization and the last unit are few and matter: they are left alone.
    """
    return [
        weight
        for weight in model.trainable_variables
        if weight.name in ("kernel", "embeddings") and int(np.prod(weight.shape)) >= smallest
    ]


def sparsity(model: keras.Model) -> float:
    """Return the share of exact zeros in the large kernels of a model."""
    kernels = [weight.numpy() for weight in large_kernels(model)]
    return sum(np.sum(k == 0) for k in kernels) / sum(k.size for k in kernels)
