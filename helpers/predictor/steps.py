"""A decoder's file, opened: some tokens and a cache in, logits and the cache out.

LiteRT, ONNX Runtime and Keras behind one function. What a model has read stays in its cache, so
that a text that goes on where the last one stood costs only what is new.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .quiet import stderr_to

Arrays = dict[str, np.ndarray]
OUTPUTS = ("logits", "keys", "values")
LARGEST_CACHE = 1 << 27  # numbers; a file that asks for more is not run


@dataclass
class Steps:
    """A decoder that remembers what it has read.

    Attributes:
        run: `token_ids` int32 [1, n], `start`, `keys` and `values` in; `logits` [1, n, vocab_size],
            `keys` and `values` out.
        shape: of the keys, and of the values: [1, blocks, kv_heads, seq_len, head_width].
        sizes: how many tokens `run` takes at a time, the largest first; none for any number.
    """

    run: Callable[[Arrays], Arrays]
    shape: tuple[int, ...]
    sizes: tuple[int, ...] = ()
    read: list[int] = field(default_factory=list)  # the tokens in the cache
    cache: Arrays = field(default_factory=dict, repr=False)

    @property
    def seq_len(self) -> int:
        """Return how many tokens the cache has room for."""
        return self.shape[3]

    def logits(self, token_ids: Sequence[int]) -> np.ndarray:
        """Return the logits of what follows these tokens, float32 [vocab_size].

        What the cache holds of their beginning is not read again. Raises ValueError for no token,
        and for more than there is room for.
        """
        return self.all_logits(token_ids, kept=True)[-1]

    def all_logits(self, token_ids: Sequence[int], *, kept: bool = False) -> np.ndarray:
        """Return the logits after each token, float32 [n, vocab_size].

        With `kept`, only of the tokens that the cache does not hold, of the last one at least.
        """
        if not 0 < len(token_ids) <= self.seq_len:
            raise ValueError(f"It reads 1 to {self.seq_len} tokens, not {len(token_ids)}.")
        start = self.in_common(token_ids) if kept else 0
        if not self.cache:
            self.cache = {name: np.zeros(self.shape, "float32") for name in ("keys", "values")}
        found = []
        del self.read[start:]
        while start < len(token_ids):
            left = len(token_ids) - start
            size = next((n for n in self.sizes if n <= left or left > 1), left)
            part = list(token_ids[start : start + size])
            row = np.zeros((1, size), "int32")  # what is read beyond the end is written over
            row[0, : len(part)] = part
            out = self.run({"token_ids": row, "start": np.array([start], "int32"), **self.cache})
            found.append(out["logits"][0, : len(part)])
            self.cache = {name: out[name] for name in ("keys", "values")}
            self.read += part
            start += len(part)
        return np.concatenate(found)

    def in_common(self, token_ids: Sequence[int]) -> int:
        """Return how many tokens at the beginning are in the cache; the last is always read."""
        most = min(len(self.read), len(token_ids) - 1)
        return next((i for i in range(most) if self.read[i] != token_ids[i]), most)

    def forget(self) -> None:
        """Begin anew."""
        self.read.clear()


def load_litert(path: Path, threads: int = 1) -> Steps:
    """Load a `.tflite` file with the signatures `prefill` and `decode`."""
    from ai_edge_litert.interpreter import Interpreter

    with stderr_to():  # it announces its delegate; what goes wrong is raised
        interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=threads)
        runners = [interpreter.get_signature_runner(name) for name in ("prefill", "decode")]
        shapes = [runner.get_input_details()["token_ids"]["shape"] for runner in runners]
        by_size = {int(shape[1]): run for shape, run in zip(shapes, runners, strict=True)}
        shape = _checked(runners[0].get_input_details()["keys"]["shape"].tolist())
        steps = Steps(lambda arrays: by_size[arrays["token_ids"].shape[1]](**arrays), shape)
        steps.sizes = tuple(sorted(by_size, reverse=True))
        for run in runners:  # the first call makes room for the arrays
            run(**_empty(steps, run.get_input_details()["token_ids"]["shape"][1]))
    return steps


def load_onnx(path: Path, threads: int = 1) -> Steps:
    """Load an `.onnx` file that reads any number of tokens."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        Path(path).read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    shapes = {each.name: each.shape for each in session.get_inputs()}
    return Steps(
        lambda arrays: dict(zip(OUTPUTS, session.run(None, arrays), strict=True)),
        _checked(shapes["keys"]),
    )


def load_keras(path: Path) -> Steps:
    """Load a `.keras` file in safe mode: no code in the file is executed."""
    import keras

    model = keras.saving.load_model(path, safe_mode=True, compile=False)
    names = [each.name for each in model.inputs]

    def run(arrays: Arrays) -> Arrays:
        out = model.predict_on_batch([arrays[name] for name in names])
        return dict(zip(OUTPUTS, map(np.asarray, out), strict=True))

    return Steps(run, _checked(model.inputs[names.index("keys")].shape))


def _checked(shape: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of a cache. Raises ValueError for one that is none."""
    sizes = tuple(int(size) for size in shape)
    if len(sizes) != 5 or min(sizes) < 1 or sizes[0] != 1 or np.prod(sizes) > LARGEST_CACHE:
        raise ValueError(f"It has a cache of the shape {sizes}.")
    return sizes


def _empty(steps: Steps, size: int) -> Arrays:
    cache = {name: np.zeros(steps.shape, "float32") for name in ("keys", "values")}
    return {"token_ids": np.zeros((1, size), "int32"), "start": np.zeros(1, "int32"), **cache}


LOADERS: dict[str, Callable[[Path], Steps]] = {
    ".tflite": load_litert,
    ".onnx": load_onnx,
    ".keras": load_keras,
}
