"""What notebook 6 teaches, for the pages after it: which weights to prune, and what keeps zeros."""

import keras
import numpy as np
from keras import ops


def large_kernels(model: keras.Model, smallest: int = 1024) -> list[keras.Variable]:
    """Return the weights worth pruning: kernels and embeddings of at least `smallest` entries.

    Biases, normalization and a last layer of few classes are small and matter: left alone.
    """
    return [
        weight
        for weight in model.trainable_variables
        if weight.name in ("kernel", "embeddings") and np.prod(weight.shape) >= smallest
    ]


class KeepZeros:
    """A constraint for a weight: what is zero when it is made stays zero after every step."""

    def __init__(self, kernel: keras.Variable):
        nonzero = ops.cast(ops.not_equal(kernel, 0), "float32")
        self.mask = keras.Variable(nonzero, trainable=False, name="mask")  # ones and zeros

    def __call__(self, kernel: keras.KerasTensor) -> keras.KerasTensor:
        return kernel * self.mask
