"""Export: a Keras model becomes a LiteRT (`.tflite`) or ONNX file, and is proven to open.

Every function writes under a temporary name, opens the result with the runtime that will serve
it, and only then renames it.
"""

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from helpers.bundle import packing
from helpers.bundle.stable_onnx import make_stable
from helpers.learning import evaluation, models
from helpers.predictor import hashing, runtime
from helpers.predictor.quiet import stderr_to
from helpers.stages.workspace import Run
from helpers.system.files import written_whole
from helpers.text import tokenization

Precision = Literal["float32", "float16", "int8"]


class ExportError(RuntimeError):
    """An exported file does not open in its runtime."""


def to_litert(
    classifier: keras.Model,
    path: Path,
    seq_len: int,
    precision: Precision = "float32",
    *,
    examples: np.ndarray | None = None,
) -> Path:
    """Write `classifier` as a `.tflite` file: int32 [1, seq_len] in, probabilities [1, k] out.

    A classifier that takes any length and ignores padding makes a file that does, too: its input
    has `seq_len` entries until it is resized, as `runtime.load_litert` does to spare the padding.

    `int8` is dynamic-range quantization: int8 weights, float32 in between; `float16` halves the
    weights only. With `examples`, token ids int32 [rows, seq_len] that show the ranges, activations
    become int8 too, where LiteRT has such an operation.

    Raises ExportError when the file needs operations that LiteRT does not have.
    """
    model = models.with_probability(classifier)
    any_length = examples is None and _ignores_padding(model, seq_len)
    with tempfile.TemporaryDirectory() as folder, quiet():
        length = None if any_length else seq_len
        model.export(folder, verbose=False, input_signature=[_signature(1, length)])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if examples is not None:
            converter.representative_dataset = lambda: ([row[None]] for row in examples)
        content = bytearray(converter.convert())
    if any_length:
        _set_input_length(content, seq_len)
    with opens_with(runtime.load_litert, path) as temporary:
        temporary.write_bytes(content)
    return path


def _ignores_padding(model: keras.Model, seq_len: int) -> bool:
    """Tell whether a model takes rows of any length and answers them alike however padded."""
    if model.inputs[0].shape[1] is not None:
        return False
    row = np.zeros((1, seq_len), "int32")
    row[:, : seq_len // 2] = 1
    cut = row[:, : seq_len // 2 + 1]  # one entry of padding stays: see `models.predict_by_length`
    return bool(np.allclose(model.predict_on_batch(row), model.predict_on_batch(cut), atol=1e-6))


def _set_input_length(content: bytearray, seq_len: int) -> None:
    """Give the open length of a LiteRT file's input a value to begin with, in place."""
    from ai_edge_litert.schema_py_generated import Model

    graph = Model.GetRootAs(content).Subgraphs(0)
    graph.Tensors(graph.Inputs(0)).ShapeAsNumpy()[1] = seq_len  # a view of the bytes


def to_onnx(classifier: keras.Model, path: Path, seq_len: int, *, quantize: bool = False) -> Path:
    """Write `classifier` as an `.onnx` file: int32 [batch, seq_len] in, probabilities out.

    With `quantize`, weights become unsigned int8 (unsigned, because signed ones run several
    times slower on x86 processors).

    Raises ExportError when ONNX Runtime cannot open the file: the converter only logs an
    operation it does not know.
    """
    model = models.with_probability(classifier)
    with opens_with(runtime.load_onnx, path) as temporary:
        with quiet():
            model.export(
                temporary, format="onnx", verbose=False, input_signature=[_signature(None, seq_len)]
            )
            if quantize:
                from onnxruntime.quantization import QuantType, quantize_dynamic

                quantize_dynamic(temporary, temporary, weight_type=QuantType.QUInt8)
        make_stable(temporary, "probability")
    return path


def measure(
    run: Run,
    name: str,
    classifier: keras.Model,
    tokenizer_path: Path,
    texts: Sequence[str],
    labels: np.ndarray,
    *,
    precision: Precision = "float32",
    train_seconds: float | None = None,
    teacher: str | None = None,
) -> np.ndarray:
    """Export a classifier to LiteRT, let the file answer the test rows, and add its result row.

    Args:
        run: the stage being made; the file is left in it as `<name>.tflite`.
        name: the row's name.
        classifier: a model with logits or probabilities out.
        tokenizer_path: its `tokenizer.json`.
        texts, labels: the test rows.
        precision: of the exported weights.
        train_seconds: what this step of training took.
        teacher: the row of the model whose answers it learned from.

    Returns the probabilities of the test rows, float32 [rows, k].
    """
    tokenizer = tokenization.load(tokenizer_path)
    path = run.path(f"{evaluation.file_name(name)}.tflite")
    to_litert(classifier, path, hashing.fixed_length(tokenizer), precision)
    probabilities = runtime.run_litert(path, tokenization.encode(tokenizer, texts))
    names = [str(i) for i in range(probabilities.shape[1])]
    predictor = runtime.load_files(tokenizer_path, path, names)
    evaluation.add_result(
        run,
        name,
        labels,
        probabilities,
        size=packing.download_bytes(path, tokenizer_path),
        latency_us=runtime.measure_latency(
            lambda text: predictor.probabilities([text]),
            texts,
            run.profile.latency_texts,
        ),
        train_seconds=train_seconds,
        teacher=teacher,
    )
    return probabilities


def keras_probabilities(classifier: keras.Model, token_ids: np.ndarray) -> np.ndarray:
    """Return what Keras itself answers, float32 [rows, k], to compare an exported file with."""
    return models.predict_by_length(models.with_probability(classifier), token_ids)


def save_keras(classifier: keras.Model, path: Path) -> Path:
    """Save a classifier with a probability output as `.keras`, without optimizer state."""
    with written_whole(path) as temporary:
        models.save(models.with_probability(classifier), temporary)
    return path


def with_probability_file(source: Path, path: Path) -> Path:
    """Copy a saved classifier, in safe mode, to a `.keras` file with a probability output."""
    return save_keras(keras.saving.load_model(source, compile=False, safe_mode=True), path)


def _signature(batch: int | None, seq_len: int | None) -> keras.InputSpec:
    return keras.InputSpec(shape=(batch, seq_len), dtype="int32", name="token_ids")


@contextlib.contextmanager
def opens_with(open_file: Callable[[Path], object], path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` once `open_file` has opened it.

    Raises ExportError where it does not open.
    """
    with written_whole(path) as temporary:
        yield temporary
        try:
            open_file(temporary)
        except Exception as error:
            raise ExportError(
                f"{path.name} was converted but does not open in its runtime. Look for a layer "
                "that the format does not support (string operations and exact GELU are common): "
                f"{error}"
            ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back the converters' chatter; what goes wrong is raised, not logged."""
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        aside = io.StringIO()
        with (
            contextlib.redirect_stdout(aside),
            contextlib.redirect_stderr(aside),
            stderr_to(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
