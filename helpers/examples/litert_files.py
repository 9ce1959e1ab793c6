"""Networks of any inputs as LiteRT files: written with 8-bit weights, loaded, stretched, run."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers.bundle import export
from helpers.predictor.quiet import stderr_to


def write(model: Any, inputs: Sequence[tuple[Sequence[int | None], str]], path: Path) -> int:
    """Write a Keras model as a `.tflite` file whose weights are int8; return its bytes.

    Args:
        model: of one output; it is called with an array, or with a list of several.
        inputs: shape and dtype of each input, in the model's order; a length None stays open.
        path: of the file.

    Raises export.ExportError, and leaves `path` as it was, where the file does not open.
    """
    import tensorflow as tf

    specs = [
        tf.TensorSpec(shape, kind, name=f"input_{i}") for i, (shape, kind) in enumerate(inputs)
    ]

    @tf.function(input_signature=specs)  # type: ignore[untyped-decorator, unused-ignore]
    def call(*given: Any) -> Any:
        return model(list(given) if len(given) > 1 else given[0], training=False)

    with export.quiet():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
    with export.opens_with(load, path) as temporary:
        return temporary.write_bytes(content)


def load(path: Path, threads: int = 1) -> Callable[..., np.ndarray]:
    """Return a function: arrays, in the model's order, -> its output, as the model gives it.

    Each array has the shape of its input, any length where that is open (other lengths than before
    stretch the input), and is converted to its dtype. The function raises ValueError for another
    number of arrays, RuntimeError for shapes that the network cannot take, and can be asked again.

    Args:
        path: of a file that `write` made.
        threads: to compute with.

    Raises OSError or ValueError where the file is missing or is not LiteRT.
    """
    from ai_edge_litert.interpreter import Interpreter

    with stderr_to():  # it announces itself
        interpreter = Interpreter(model_content=path.read_bytes(), num_threads=threads)
        interpreter.allocate_tensors()
    inputs = sorted(
        interpreter.get_input_details(),
        key=lambda details: [int(number) for number in re.findall(r"\d+", details["name"])],
    )
    output = interpreter.get_output_details()[0]["index"]
    shapes = [tuple(details["shape"]) for details in inputs]

    def run(*arrays: np.ndarray) -> np.ndarray:
        wanted = [array.shape for array in arrays]
        if wanted != shapes:
            shapes.clear()  # so that the next call sets them, should one of these be refused
            for details, shape in zip(inputs, wanted, strict=True):
                interpreter.resize_tensor_input(details["index"], shape)
            interpreter.allocate_tensors()
            shapes[:] = wanted
        for details, array in zip(inputs, arrays, strict=True):
            interpreter.set_tensor(details["index"], array.astype(details["dtype"]))
        interpreter.invoke()
        return np.array(interpreter.get_tensor(output))

    return run


def load_rows(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function: rows [rows, ...], asked one at a time -> answers [rows, ...].

    Rows have the shape of the file's one input without its first axis, which is 1. No rows have no
    answers, [0, ...]. Errors are those of `load`.
    """
    run = load(path)

    def answer(rows: np.ndarray) -> np.ndarray:
        asked = rows if len(rows) else np.zeros_like(rows, shape=(1, *rows.shape[1:]))
        return np.concatenate([run(row[None]) for row in asked])[: len(rows)]

    return answer
