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


def write_bundle(folder: Path, *, bias: float = 0.0, labels=LABELS, name="tiny") -> Path:
    """Write a bundle whose answers depend on the text and, through `bias`, on the version."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    model, tokenizer = folder.parent / "tiny.tflite", folder.parent / "tiny.json"
    model.write_bytes(litert_file(np.full((1, WORDS), 1e-10, "float32"), bias))
    hashing.HashTokenizer(max_words=WORDS, longest=1, tail=0).save(tokenizer)
    return folders.write_bundle(
        folder,
        name=name,
        models={"litert": model},
        tokenizer=tokenizer,
        labels=labels,
        metrics={"accuracy": 0.5 + bias / 100},
        card="---\nlicense: apache-2.0\n---\nA tiny model for tests.",
    )


def litert_file(weights: np.ndarray, bias: float) -> bytes:
    """Return a `.tflite` of int32 [1, words] -> sigmoid(weights · ids + bias), float32 [1, 1]."""
    words = weights.shape[1]
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
    kernel = tensor((1, words), content=weights.astype("float32").tobytes())
    offset = tensor((1,), content=np.array([bias], "float32").tobytes())
    logit, probability = tensor((1, 1)), tensor((1, 1))
    steps = [
        (schema.BuiltinOperator.CAST, [ids], [numbers], None),
        (schema.BuiltinOperator.FULLY_CONNECTED, [numbers, kernel, offset], [logit], _dense()),
        (schema.BuiltinOperator.LOGISTIC, [logit], [probability], None),
    ]
    model.operatorCodes, graph.operators = [], []
    for i, (code, inputs, outputs, options) in enumerate(steps):
        kind, operator = schema.OperatorCodeT(), schema.OperatorT()
        kind.builtinCode = kind.deprecatedBuiltinCode = code
        operator.opcodeIndex, operator.inputs, operator.outputs = i, inputs, outputs
        if options:
            operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
            operator.builtinOptions = options
        model.operatorCodes.append(kind)
        graph.operators.append(operator)
    graph.inputs, graph.outputs = [ids], [probability]
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
    return options
