"""Small networks of one input and one output as LiteRT files, written and opened again."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from helpers.bundle.export import quiet
from helpers.predictor.quiet import stderr_to
from helpers.system.files import written_whole


def to_litert(model: keras.Model, path: Path, shape: tuple[int, ...], dtype: str = "int32") -> Path:
    """Write a model of one input and one output as a .tflite file, large weights in 8 bits.

    The file takes one row at a time.

    Args:
        model: takes rows [batch, ...], where ids are int32 and 0 is padding.
        path: where.
        shape: of a row.
        dtype: of the input.
    """
    signature = [keras.InputSpec(shape=(1, *shape), dtype=dtype)]
    with tempfile.TemporaryDirectory() as folder, quiet():
        model.export(folder, verbose=False, input_signature=signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
    return path


def open_litert(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function: rows [rows, ...] -> what the file answers, float32 [rows, width]."""
    ask = Interpreter(str(path), num_threads=1).get_signature_runner()
    given, row = next(iter(ask.get_input_details().items()))
    said = next(iter(ask.get_output_details()))
    with stderr_to():  # it announces itself when it is first asked
        ask(**{given: np.zeros(row["shape"], row["dtype"])})
    return lambda rows: np.concatenate([ask(**{given: row[None]})[said] for row in rows])
