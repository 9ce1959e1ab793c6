"""A table of n-grams, alone or beside a network, in one `.tflite` file (notebook 9)."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from helpers.bundle.export import opens_with, quiet
from helpers.bundle.ngram_bag import NgramBag
from helpers.bundle.ngram_table import CodedTable
from helpers.predictor import runtime


def to_litert(
    wide: CodedTable | NgramBag,
    ngrams: int,
    path: Path,
    *,
    deep: Callable | None = None,
    deep_length: int = 0,
    mix: tuple[float, float] = (1.0, 0.0),
    activation: str = "softmax",
) -> Path:
    """Write a table, alone or beside a Keras network, as one int8 `.tflite` file.

    Args:
        wide: the table; for more than two classes the bag.
        ngrams: how many hashes a row has; zeros are padding.
        path: where to write.
        deep: a Keras model, int32 [1, deep_length] -> logits [1, k]; its weights become int8.
        deep_length: the entries of a row that are for `deep`; they stand before the hashes.
        mix: (a, b) for the logits a * wide + b * deep.
        activation: `softmax`, or `sigmoid` for several labels a text.

    The file maps int32 [1, deep_length + ngrams] to probabilities [1, k].
    """
    wide_logits = wide.in_tensorflow(mix[0])

    def probabilities(token_ids: tf.Tensor) -> tf.Tensor:
        logits = wide_logits(token_ids[:, deep_length:])
        if deep is not None:
            logits += mix[1] * deep(token_ids[:, :deep_length], training=False)
        return keras.activations.get(activation)(logits)

    # by way of a SavedModel: converted directly, the variables of the network would be left out
    archive = keras.export.ExportArchive()
    if deep is not None:
        archive.track(deep)
    row = tf.TensorSpec([1, deep_length + ngrams], tf.int32, name="token_ids")
    archive.add_endpoint("serve", probabilities, input_signature=[row])
    with tempfile.TemporaryDirectory() as folder, quiet():
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
    with opens_with(runtime.load_litert, path) as temporary:
        temporary.write_bytes(content)
    return path
