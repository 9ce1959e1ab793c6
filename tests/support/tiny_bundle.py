"""A bundle of two kilobytes for tests: hashed words, one dense layer, and no TensorFlow."""

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from helpers.bundle import folders
from helpers.predictor import hashing

WORDS = 8
LABELS = ("negative", "positive")
# what a card is written from
ROW = {
    "model": "toy",
    "protocol": "local",
    "accuracy": 0.5,
    "interval": [0.4, 0.6],
    "n": 10,
    "bytes": 1000,
    "latency_us": {"median": 1.0, "p95": 2.0},
    "train_seconds": 360.0,
}
MANIFEST = {
    "protocol": "local",
    "source": "s",
    "license": "l",
    "citation": "c",
    "split_rule": "r",
}


def write_bundle(
    folder: Path, *, bias: float = 0.0, labels=LABELS, name="tiny", several: bool = False
) -> Path:
    """Write a bundle whose answers depend on the text and, through `bias`, on the version.

    The higher the bias, the likelier are the last labels. The probability of the last one is, of
    two labels and wherever a text may have several, sigmoid(1e-10 * sum of the ids + bias).
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    model, tokenizer = folder.parent / "tiny.tflite", folder.parent / "tiny.json"
    slopes = np.linspace(-1.0 if several else 0.0, 1.0, len(labels))
    weights = np.outer(slopes, np.full(WORDS, 1e-10))
    model.write_bytes(litert_file(weights, slopes * bias, several=several))
    hashing.HashTokenizer(max_words=WORDS, longest=1, tail=0).save(tokenizer)
    return folders.write_bundle(
        folder,
        name=name,
        models={"litert": model},
        tokenizer=tokenizer,
        labels=labels,
        several=several,
        metrics={"accuracy": 0.5 + bias / 100},
        card="---\nlicense: apache-2.0\n---\nA tiny model for tests.",
    )


def litert_file(weights: np.ndarray, biases: np.ndarray, several: bool = False) -> bytes:
    """Return a `.tflite` of int32 [1, words] -> softmax(weights @ ids + biases), float32 [1, k].

    With `several`, sigmoid takes the place of softmax. Weights are [k, words], biases [k].
    """
    count, words = weights.shape
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs = 3, [graph]
    model.buffers = [_buffer(b"")]
    graph.tensors = []

    def tensor(shape, kind=schema.TensorType.FLOAT32, content=b""):
        made = schema.TensorT()
        made.shape, made.type, made.name = list(shape), kind, f"t{len(graph.tensors)}"
        made.buffer = len(model.buffers) if content else 0
        if content:
            model.buffers.append(_buffer(content))
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    ids = tensor((1, words), schema.TensorType.INT32)
    numbers = tensor((1, words))
    kernel = tensor((count, words), content=weights.astype("float32").tobytes())
    offset = tensor((count,), content=biases.astype("float32").tobytes())
    logits, probabilities = tensor((1, count)), tensor((1, count))
    code = schema.BuiltinOperator
    last = (code.LOGISTIC, None) if several else (code.SOFTMAX, _softmax())
    steps = [
        (code.CAST, None, [ids], [numbers]),
        (code.FULLY_CONNECTED, _dense(), [numbers, kernel, offset], [logits]),
        (*last, [logits], [probabilities]),
    ]
    model.operatorCodes, graph.operators = [], []
    for i, (builtin, options, inputs, outputs) in enumerate(steps):
        kind, operator = schema.OperatorCodeT(), schema.OperatorT()
        kind.builtinCode = kind.deprecatedBuiltinCode = builtin
        operator.opcodeIndex, operator.inputs, operator.outputs = i, inputs, outputs
        if options:
            operator.builtinOptionsType, operator.builtinOptions = options
        model.operatorCodes.append(kind)
        graph.operators.append(operator)
    graph.inputs, graph.outputs = [ids], [probabilities]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(content: bytes):
    buffer = schema.BufferT()
    buffer.data = list(content)
    return buffer


def _dense():
    options = schema.FullyConnectedOptionsT()
    options.weightsFormat = 0
    return schema.BuiltinOptions.FullyConnectedOptions, options


def _softmax():
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    return schema.BuiltinOptions.SoftmaxOptions, options
