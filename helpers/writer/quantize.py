"""Weights in eight or four bits: the codes, their scales, and a LiteRT file that holds them.

A row of weights is cut into groups; a group has one scale, and every weight becomes the nearest
multiple of it. `quantize_file` writes the codes into a float file in place of its weights.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

SMALLEST = 1 << 10  # weights in a tensor that is worth it
TRIED = np.linspace(1.0, 0.7, 13)  # of the largest weight: what the widest code stands for


@dataclass(frozen=True)
class Codes:
    """Weights as small whole numbers: int8 [rows, columns], and float32 scales [rows, groups]."""

    codes: np.ndarray
    scales: np.ndarray

    def weights(self) -> np.ndarray:
        """Return the weights that they stand for, float32 [rows, columns]."""
        rows, groups = self.scales.shape
        return (self.codes.reshape(rows, groups, -1) * self.scales[..., None]).reshape(
            self.codes.shape
        )


def quantize(weights: np.ndarray, bits: int, group: int | None = None) -> Codes:
    """Round weights to whole multiples of a scale, one scale for each group of a row.

    Of some scales for a group the one with the smallest squared error is taken: cutting off a
    lone large weight may be better than rounding all others more coarsely.

    Args:
        weights: float [rows, columns].
        bits: of a code, 4 or 8.
        group: weights of a row that share a scale, a divisor of the columns; None for all. The
            scales of groups are kept in 16 bits, see `coarse`.
    """
    parts = weights.reshape(len(weights), -1, group or weights.shape[1])
    top = 2 ** (bits - 1) - 1
    largest = np.maximum(np.abs(parts).max(axis=2), 1e-8)
    best, scales = np.full(largest.shape, np.inf), largest
    for part in TRIED if bits < 8 else TRIED[:1]:
        tried = (largest * part / top).astype("float32")
        tried = coarse(tried) if group else tried
        codes = np.clip(np.rint(parts / tried[..., None]), -top, top)
        error = np.square(codes * tried[..., None] - parts).sum(axis=2)
        scales = np.where(error < best, tried, scales)
        best = np.minimum(error, best)
    codes = np.clip(np.rint(parts / scales[..., None]), -top, top).astype("int8")
    return Codes(codes.reshape(weights.shape), scales)


def coarse(scales: np.ndarray) -> np.ndarray:
    """Round scales to what both kinds of 16-bit floats can hold, float32: eight binary digits.

    LiteRT's file has float16, its fast kernels bfloat16; a scale that they would cut off a little
    would make all weights of its group a little too small.
    """
    bits = scales.astype("float32").view("uint32")
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return rounded.view("float32").astype("float16").astype("float32")


def pack(codes: np.ndarray, bits: int) -> np.ndarray:
    """Return codes as they lie in a file, uint8: two of four bits in a byte, the first one low."""
    flat = codes.astype("int8").view("uint8").ravel()
    return (flat[0::2] & 15) | (flat[1::2] << 4) if bits == 4 else flat


def quantize_file(content: bytes, bits: int, group: int | None = None) -> bytes:
    """Return a float LiteRT file with the weights of its matrices as codes.

    Every table and matrix of weights is rounded once, however many signatures read it, and the
    one table that tokens are looked up in and logits are made with stays one.

    With a scale a row the runtime unpacks the weights when it loads the file and multiplies floats,
    so that processors differ in the last digits only and draw the same tokens. Of groups it knows
    only how to multiply codes with codes: it rounds activations to eight bits, too, and a last
    digit may tip one of them over; in return it needs no memory for unpacked weights.

    Args:
        content: the float file.
        bits, group: as in `quantize`.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    kinds = (schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.EMBEDDING_LOOKUP)
    codes_of = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    rounded: dict[int, Codes] = {}  # by buffer
    scale_buffers: dict[int, int] = {}
    for graph in model.subgraphs:
        found = {op.inputs[1] for op in graph.operators if codes_of[op.opcodeIndex] in kinds}
        for tensor in (graph.tensors[i] for i in sorted(found)):
            at = tensor.buffer
            if at not in rounded:
                data = model.buffers[at].data
                if data is None or len(data) < 4 * SMALLEST:
                    continue  # not a constant, or a small one
                weights = np.frombuffer(bytes(data), "float32").reshape(tensor.shape)
                rounded[at] = quantize(weights, bits, group)
                model.buffers[at].data = pack(rounded[at].codes, bits)
            tensor.type = schema.TensorType.INT4 if bits == 4 else schema.TensorType.INT8
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.quantizedDimension = 0  # one scale, or one row of them, for a row
            scales = rounded[at].scales
            if group is None:
                tensor.quantization.scale = scales.ravel()
                tensor.quantization.zeroPoint = np.zeros(len(scales), "int64")
                continue
            if at not in scale_buffers:
                buffer = schema.BufferT()
                buffer.data = scales.astype("float16").view("uint8").ravel()
                model.buffers.append(buffer)
                scale_buffers[at] = len(model.buffers) - 1
            of_groups = schema.TensorT()
            of_groups.name, of_groups.shape = tensor.name + b"_scales", list(scales.shape)
            of_groups.type, of_groups.buffer = schema.TensorType.FLOAT16, scale_buffers[at]
            graph.tensors.append(of_groups)
            details = schema.BlockwiseQuantizationT()
            details.scales, details.zeroPoints = len(graph.tensors) - 1, -1
            details.blockSize = group
            tensor.quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
            tensor.quantization.details = details
    if group is None:
        _unpack_first(model, schema)
    builder = flatbuffers.Builder(len(content) // 4)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _unpack_first(model: Any, schema: Any) -> None:
    """Put a step before all others that makes floats of each matrix of codes; it runs once."""
    builtin = schema.BuiltinOperator
    products = [
        i
        for i, code in enumerate(model.operatorCodes)
        if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin.FULLY_CONNECTED
    ]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin.DEQUANTIZE
    code.version = 6  # the first that knows four bits
    model.operatorCodes.append(code)
    for graph in model.subgraphs:
        floats: dict[int, int] = {}  # from a tensor of codes to that of its weights
        for operator in graph.operators:
            at = operator.inputs[1] if operator.opcodeIndex in products else -1
            if at < 0 or graph.tensors[at].type == schema.TensorType.FLOAT32:
                continue
            if at not in floats:
                tensor = schema.TensorT()
                tensor.name, tensor.shape = (
                    graph.tensors[at].name + b"_weights",
                    list(graph.tensors[at].shape),
                )
                floats[at] = len(graph.tensors)
                graph.tensors.append(tensor)
            operator.inputs = [operator.inputs[0], floats[at], *operator.inputs[2:]]
        graph.operators = [
            *(_unpacking(schema, len(model.operatorCodes) - 1, *pair) for pair in floats.items()),
            *graph.operators,
        ]


def _unpacking(schema: Any, code: int, codes: int, weights: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, [codes], [weights]
    return operator
