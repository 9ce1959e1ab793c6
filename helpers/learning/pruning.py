"""Which weights are worth pruning, and how many of them are zero."""

import keras
import numpy as np


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
