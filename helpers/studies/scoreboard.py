"""The models of a page: finding the file behind each row, timing all of them, weighing memory.

Notebook 26 puts the pipeline's models beside those a reader would otherwise pick.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from helpers.learning import evaluation
from helpers.predictor import hashing, runtime
from helpers.stages.workspace import Stage

Answer = Callable[[str], object]  # one raw text in, its probabilities out


def recorded_answers(stage: Stage) -> dict[str, np.ndarray]:
    """Return the test probabilities a stage kept, by the names of its result rows."""
    for file in ("test.npz", "baseline_test.npz"):
        if file in stage.record["files"]:
            with np.load(stage.path(file)) as saved:
                kept = {evaluation.file_name(name): saved[name] for name in saved}
            break
    else:
        return {}
    names = [row["model"] for row in stage.record["results"]]
    if file == "baseline_test.npz":  # the first of its models has no name there
        return {names[0]: kept["test"]} | {n: kept[evaluation.file_name(n)] for n in names[1:]}
    return {
        name: kept[evaluation.file_name(name)]
        for name in names
        if evaluation.file_name(name) in kept
    }


def find_files(
    stage: Stage,
    name: str,
    tokenizer_paths: Iterable[Path],
    texts: list[str],
    expected: np.ndarray | None = None,
) -> tuple[Path, ...]:
    """Return what answers for a result row: (bundle,) or (tokenizer, `.tflite`), or () if nothing.

    Args:
        stage: the stage that the row is from.
        name: the row's model.
        tokenizer_paths: candidates for a bare `.tflite`, the likeliest first.
        texts: the first test rows.
        expected: what the stage recorded for them; a tokenizer fits if it reproduces that.
    """
    bundles = [row.get("bundle") for row in stage.record["results"] if row["model"] == name]
    if any(bundles):
        return (stage.folder.parent / bundles[0],)
    file = f"{evaluation.file_name(name)}.tflite"
    for path in tokenizer_paths if file in stage.record["files"] else ():
        found = (path, stage.path(file))
        try:
            answers = open_files(found)(texts)
        except (ValueError, RuntimeError):  # a tokenizer of another length
            continue
        if expected is None or np.allclose(answers, expected[: len(texts)], atol=1e-3):
            return found
    return ()


def open_files(files: Sequence[Path]) -> Callable[[Sequence[str]], np.ndarray]:
    """Open what `find_files` found: texts in, probabilities [texts, k] out."""
    if len(files) == 1:
        return runtime.load_bundle(files[0]).probabilities
    tokenizer, model = hashing.load(files[0]), runtime.load_litert(files[1])
    return lambda texts: model(hashing.encode_batch(tokenizer, texts))


def interleaved_latency(
    answers: dict[str, Answer], texts: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Time every model on every text, all models on one text before the next text comes.

    Whatever else the machine does then strikes all models alike. Three texts warm up. Returns
    {"median", "p95"} in microseconds for each model.
    """
    times: dict[str, list[float]] = {name: [] for name in answers}
    for number, text in enumerate([*texts[:3], *texts]):
        for name, answer in answers.items():
            begin = time.perf_counter()
            answer(text)
            if number >= 3:
                times[name].append((time.perf_counter() - begin) * 1e6)
    return {
        name: {"median": float(np.median(t)), "p95": float(np.quantile(t, 0.95))}
        for name, t in times.items()
    }


MEASURE = """
import sys
{code}
from helpers.system.memory import peak_bytes
print("peak", peak_bytes())
"""
ANSWER_ONE = """
from pathlib import Path
from helpers.predictor import hashing, runtime
text, *files = sys.argv[1:]
if len(files) == 1:
    runtime.load_bundle(*files).probabilities([text])
else:
    tokenizer, model = hashing.load(files[0]), runtime.LOADERS[Path(files[1]).suffix](files[1])
    model(hashing.encode_batch(tokenizer, [text]))
"""  # for `peak_memory`, with what `find_files` found


def peak_memory(code: str, *arguments: object) -> int:
    """Run Python code in a fresh process and return its peak resident memory in bytes.

    `arguments` are its `sys.argv[1:]`.
    """
    checkout = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(code=code), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=checkout,
    )
    if done.returncode:
        raise RuntimeError(f"The process that was to be measured failed:\n{done.stderr[-2000:]}")
    return int(done.stdout.rsplit("peak", 1)[1])
