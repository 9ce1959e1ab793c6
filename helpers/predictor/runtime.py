"""Running an exported classifier: the three runtimes and the bundle that holds their files.

Only numpy and tokenizers are imported here; a runtime is imported when a file asks for it, so a
process that answers from a LiteRT bundle never pays for TensorFlow.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import hashing
from .answers import MOST_LABELS
from .checksums import BundleError, verify_checksums
from .quiet import stderr_to
from .texts import readable

STEP = 64  # rows are cut to a multiple of it; each new length costs the runtime a fifth of a ms


@dataclass(frozen=True)
class Model:
    """A classifier's file, opened: int32 token ids [rows, seq_len] in, probabilities out.

    Attributes:
        run: the file itself, to float32 [rows, columns]. Of two labels, files used to have one
            column: the probability of the second.
        columns: how many it has.
    """

    run: Callable[[np.ndarray], np.ndarray]
    columns: int

    @property
    def count(self) -> int:
        """Return how many labels it tells apart: k."""
        return max(2, self.columns)

    def __call__(self, token_ids: np.ndarray) -> np.ndarray:
        """Return the probability of each label, float32 [rows, k]."""
        if not len(token_ids):  # not every runtime takes no rows
            return np.empty((0, self.count), "float32")
        answers = self.run(token_ids)
        return np.hstack([1 - answers, answers]) if self.columns == 1 else answers


def load_litert(path: Path, threads: int = 1) -> Model:
    """Load a `.tflite` classifier with a batch of one.

    Rows may be padded with zeros at their end. A file whose input may be resized is spared the
    padding: it answers rows by their length, in steps of STEP, and costs what the text is long.
    """
    from ai_edge_litert.interpreter import Interpreter

    with stderr_to():  # it announces its delegate; what goes wrong is raised
        interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=threads)
        interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    source, resizable = details["index"], details["shape_signature"][-1] == -1
    output = interpreter.get_output_details()[0]
    target, columns = output["index"], int(output["shape"][-1])
    current = int(details["shape"][-1])

    def run(token_ids: np.ndarray) -> np.ndarray:
        nonlocal current
        lengths = unpadded(token_ids) if resizable else np.full(len(token_ids), current)
        answers = np.empty((len(token_ids), columns), "float32")
        for i in np.argsort(lengths, kind="stable"):
            if lengths[i] != current:
                current = int(lengths[i])
                interpreter.resize_tensor_input(source, [1, current])
                interpreter.allocate_tensors()
            interpreter.set_tensor(source, token_ids[i : i + 1, :current])
            interpreter.invoke()
            answers[i] = interpreter.get_tensor(target)[0]
        return answers

    return Model(run, columns)


def unpadded(token_ids: np.ndarray) -> np.ndarray:
    """Return how much of each row is worth reading, int [rows]: a multiple of STEP, or all of it.

    At least one entry of padding stays where there is any: to a maximum over positions, some
    padding and none are not the same.
    """
    width = token_ids.shape[1]
    last = ((token_ids != 0) * np.arange(1, width + 1)).max(axis=1, initial=0)
    return np.minimum((last // STEP + 1) * STEP, width)


def load_onnx(path: Path, threads: int = 1) -> Model:
    """Load an `.onnx` classifier."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        Path(path).read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    columns = int(session.get_outputs()[0].shape[-1])
    return Model(lambda token_ids: session.run(None, {name: token_ids})[0], columns)


def load_keras(path: Path) -> Model:
    """Load a `.keras` classifier in safe mode: no code in the file is executed."""
    import keras

    model = keras.saving.load_model(path, safe_mode=True, compile=False)
    columns = int(model.output_shape[-1])
    return Model(lambda token_ids: model.predict(token_ids, verbose=0), columns)


LOADERS = {".tflite": load_litert, ".onnx": load_onnx, ".keras": load_keras}
ENDINGS = {"litert": ".tflite", "onnx": ".onnx", "keras": ".keras"}
WRITER = "writer"  # the "kind" of a bundle whose model writes; without one it is a classifier's
PACKAGES = {"litert": "ai-edge-litert", "onnx": "onnxruntime", "keras": "tensorflow"}


def run_litert(path: Path, token_ids: np.ndarray, workers: int = 2) -> np.ndarray:
    """Return the probabilities of many rows, [rows, k], on several interpreters at once."""
    parts = np.array_split(token_ids, workers)
    with ThreadPoolExecutor(workers) as pool:
        return np.concatenate(list(pool.map(lambda part: load_litert(path)(part), parts)))


def measure_latency(
    answer: Callable[[str], object], texts: Sequence[str], count: int | None = None
) -> dict[str, float]:
    """Time `answer(text)` once per text, one after the other, after five warm-up calls.

    With `count`, that many of the texts are asked, evenly spaced: their order may mean something.

    Returns {"median", "p95"} in microseconds.
    """
    if count is not None:
        chosen = np.linspace(0, len(texts) - 1, min(count, len(texts))).astype(int)
        texts = [texts[i] for i in chosen.tolist()]
    for text in texts[:5]:
        answer(text)
    times = []
    for text in texts:
        begin = time.perf_counter()
        answer(text)
        times.append((time.perf_counter() - begin) * 1e6)
    return {"median": float(np.median(times)), "p95": float(np.quantile(times, 0.95))}


@dataclass(frozen=True)
class Predictor:
    """A classifier from raw text to probabilities: a tokenizer, a model and the labels' names.

    With `several`, a text may have more than one label, or none.
    """

    tokenizer: hashing.AnyTokenizer
    model: Model
    labels: tuple[str, ...]
    several: bool = False

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability of each label, float32 [texts, k]."""
        return self.model(hashing.encode_batch(self.tokenizer, texts))

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Return an answer for each text.

        It is {"label", "probability"}: the likeliest label, the first of equal ones. With
        `several` it is {"labels", "probabilities"}: those of at least a half, and all by name.
        """
        return [self.answer(row) for row in self.probabilities(texts)]

    def answer(self, probabilities: np.ndarray) -> dict[str, Any]:
        """Return what `predict` answers for the probabilities of one text, [k]."""
        named = dict(zip(self.labels, probabilities.tolist(), strict=True))
        if self.several:
            return {"labels": [n for n, p in named.items() if p >= 0.5], "probabilities": named}
        label = max(named, key=lambda name: named[name])
        return {"label": label, "probability": named[label]}


def of_other_formats(format: str | None) -> tuple[str, ...]:
    """Return the endings of model files that a user of one format does without; none for None."""
    return tuple(ending for name, ending in ENDINGS.items() if format not in (None, name))


def load_files(
    tokenizer_path: Path, model_path: Path, labels: Sequence[str], several: bool = False
) -> Predictor:
    """Put a tokenizer file and a `.tflite`, `.onnx` or `.keras` file together.

    Raises BundleError where the model has another number of answers than there are labels, and
    for a tokenizer of other rules.
    """
    tokenizer, model = hashing.load(tokenizer_path), LOADERS[Path(model_path).suffix](model_path)
    if model.count != len(labels):
        name = Path(model_path).name
        raise BundleError(f"{name} answers {model.count} labels, not {len(labels)}.")
    return Predictor(tokenizer, model, tuple(labels), several)


def load_bundle(folder: Path, format: str = "litert") -> Predictor:
    """Load a bundle folder for one of its formats: `litert`, `onnx` or `keras`.

    Raises BundleError when the folder is no bundle, a file is missing or altered, the format is
    not in it, or its runtime is not installed.
    """
    folder = Path(folder)
    config = read_config(folder)
    if config.get("kind") == WRITER:
        raise BundleError(f"{folder} holds a model that writes: open it with load_writer.")
    tokenizer, model = chosen_files(folder, config, format).values()
    unlisted = {tokenizer, model} - verify_checksums(folder, of_other_formats(format))
    if unlisted:
        raise BundleError(f"{', '.join(unlisted)} in {folder} has no checksum: it is not opened.")
    try:
        several = config.get("several", False)
        return load_files(folder / tokenizer, folder / model, config["labels"], several)
    except BundleError:
        raise
    except ImportError as error:
        raise BundleError(
            f"This format needs a runtime that is missing: pip install {PACKAGES[format]}"
        ) from error
    except Exception as error:  # whole, as its checksums say, and yet nothing that opens
        raise BundleError(f"The files of bundle {folder} cannot be opened: {error}") from error


def chosen_files(folder: Path, config: dict[str, Any], format: str) -> dict[str, str]:
    """Return the names of a bundle's `tokenizer` and `model` for a format.

    Raises BundleError when it has no such model.
    """
    if format not in config["models"]:
        raise BundleError(
            f"Bundle {folder} has no {format!r} model. It holds: {', '.join(config['models'])}."
        )
    return {"tokenizer": config["tokenizer"], "model": config["models"][format]}


def read_config(folder: Path) -> dict:
    """Read a bundle's `config.json`: names of its models, its tokenizer, its labels.

    One of the kind WRITER has no labels, and may name the file of its `functions`. Halves of
    characters, which no answer could be written with, are replaced.

    Raises BundleError when there is none, or when it says something else.
    """
    try:
        config = _read_json(folder / "config.json")
        writes = config.get("kind") == WRITER
        models, labels = config["models"], [] if writes else config["labels"]
        names = [*models, *models.values(), config["tokenizer"], *labels]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"{folder} is no bundle: its config.json cannot be read ({error})."
        ) from error
    if not all(isinstance(name, str) for name in names) or not isinstance(labels, list):
        raise BundleError(f"{folder} is no bundle: its config.json names no files and labels.")
    if writes:
        if not isinstance(config.get("functions") or "", str):
            raise BundleError(f'"functions" in {folder}/config.json names no file.')
        return config
    if not 2 <= len({*labels}) == len(labels) <= MOST_LABELS:
        raise BundleError(f"{folder} must name 2 to {MOST_LABELS} different labels.")
    if not isinstance(several := config.get("several", False), bool):
        raise BundleError(f'"several" in {folder}/config.json is {several!r}, not true or false.')
    return config


def _read_json(path: Path) -> Any:
    content = json.loads(path.read_text(encoding="utf-8"))
    return json.loads(readable(json.dumps(content, ensure_ascii=False)))


def read_metrics(folder: Path) -> dict:
    """Read what was measured of a bundle. Raises BundleError when its metrics are no JSON."""
    try:
        return _read_json(folder / "metrics.json")
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"The metrics.json of {folder} cannot be read ({error}).") from error
