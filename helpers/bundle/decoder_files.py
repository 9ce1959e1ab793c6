"""A trained decoder as files that run without it: LiteRT with two signatures, ONNX, Keras.

All of them read some tokens and a cache, and give logits and the cache with those tokens in it;
`helpers.predictor.steps` runs them.
"""

import tempfile
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers, ops

from helpers.bundle.export import opens_with, quiet
from helpers.bundle.stable_onnx import make_stable
from helpers.predictor import steps
from helpers.system.files import written_whole
from helpers.writer.decoder import Config, Parts, build_cached_decoder
from helpers.writer.quantize import quantize_file

CHUNK = 16  # tokens that `prefill` reads at a time; a prompt is read by repeated calls
OUTPUTS = ("logits", "keys", "values")


@tf.function(experimental_implements="embedding_matmul")
def _look_up(table: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
    """Gather rows under a name that the converter knows: LiteRT can look up in rounded tables."""
    return tf.gather(table, token_ids)


class _Lookup(layers.ReversibleEmbedding):
    """The table for export. An ordinary gather would keep a float copy beside the rounded one."""

    def call(self, inputs: tf.Tensor, reverse: bool = False) -> tf.Tensor:
        if reverse:
            return super().call(inputs, reverse=True)
        table = tf.convert_to_tensor(self.embeddings)
        rows = _look_up(table, tf.reshape(inputs, [inputs.shape[1]]))
        return tf.reshape(rows, [1, inputs.shape[1], self.output_dim])


class _Norm(layers.RMSNormalization):
    """The same norm, scaled first. The converter would multiply a scale that comes last into the
    weights after it, and so make a second table of the one that logits are made with."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean = ops.mean(ops.square(x), axis=-1, keepdims=True)
        return x * self.scale * ops.rsqrt(mean + self.epsilon)


PARTS = Parts(_Lookup, _Norm)


def cache_shape(config: Config) -> tuple[int, ...]:
    """Return the shape of the keys, and of the values, of one text."""
    return (1, config.blocks, config.kv_heads, config.seq_len, config.head_width)


def float_litert(decoder: keras.Model, config: Config) -> bytes:
    """Return a float LiteRT file with the signatures `prefill` and `decode`.

    Both take `token_ids` int32 [1, CHUNK] or [1, 1], `start` int32 [1], `keys` and `values`, and
    give `logits`, `keys` and `values`; see `build_cached_decoder`. Their weights are the same
    bytes of the file.
    """
    module, signatures = tf.Module(), {}
    module.kept = []
    for name, n in (("prefill", CHUNK), ("decode", 1)):
        model = build_cached_decoder(config, n=n, parts=PARTS)
        model.set_weights(decoder.get_weights())
        module.kept += [variable.value for variable in model.variables]  # saved with the functions
        signatures[name] = _function(model, config, n)
    with tempfile.TemporaryDirectory() as folder, quiet():
        tf.saved_model.save(module, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[*signatures])
        return bytes(converter.convert())


def _function(model: keras.Model, config: Config, n: int) -> tf.types.experimental.Callable:
    cache = cache_shape(config)
    shapes = {"token_ids": ((1, n), "int32"), "start": ((1,), "int32")}
    shapes |= {"keys": (cache, "float32"), "values": (cache, "float32")}

    def read(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(OUTPUTS, model([inputs[name] for name in shapes]), strict=True))

    specs = {name: tf.TensorSpec(*shape, name=name) for name, shape in shapes.items()}
    return tf.function(read).get_concrete_function(**specs)


def to_litert(
    decoder: keras.Model, config: Config, path: Path, bits: int = 8, group: int | None = None
) -> Path:
    """Write a decoder as a `.tflite` file, its weights in 32, 8 or 4 bits.

    Args:
        decoder: from `build_decoder`, trained.
        config: its shape.
        path: of the file.
        bits, group: see `quantize.quantize`.

    Raises ExportError when the file does not open.
    """
    return save_litert(float_litert(decoder, config), path, bits, group)


def save_litert(content: bytes, path: Path, bits: int = 8, group: int | None = None) -> Path:
    """Write what `float_litert` gave, its weights in 32, 8 or 4 bits; see `to_litert`."""
    with opens_with(steps.load_litert, path) as temporary:
        temporary.write_bytes(content if bits == 32 else quantize_file(content, bits, group))
    return path


def to_onnx(decoder: keras.Model, config: Config, path: Path) -> Path:
    """Write a decoder as an `.onnx` file in float32: `token_ids` may have any length.

    Raises ExportError when ONNX Runtime cannot open it.
    """
    model = build_cached_decoder(config)
    model.set_weights(decoder.get_weights())
    with opens_with(steps.load_onnx, path) as temporary, quiet():
        signature = [
            keras.InputSpec(shape=each.shape, dtype=each.dtype, name=each.name)
            for each in model.inputs
        ]
        model.export(temporary, format="onnx", verbose=False, input_signature=[signature])
        make_stable(temporary, "logits", "new_keys", "new_values", dimension="n")  # no name twice
    return path


def to_keras(decoder: keras.Model, config: Config, path: Path) -> Path:
    """Write the decoder with its cache as a `.keras` file: `token_ids` may have any length."""
    model = build_cached_decoder(config)
    model.set_weights(decoder.get_weights())
    with written_whole(path) as temporary:
        model.save(temporary, include_optimizer=False)
    return path
