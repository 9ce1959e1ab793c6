"""Scale: tokenization and pretraining in bounded memory, and their measurement.

Both come in two ways with one result: loading everything, and streaming. Beside them, a file with
labels goes the whole way, from its preparation to prediction, by streaming. Notebook 25 defines
what it teaches of them (a test holds the two together) and measures with `measure`, which runs
this module as a program, one fresh process a measurement:
`python -m helpers.studies.scale tokenize texts.parquet ids.bin --tokenizer FILE`.
"""

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from helpers.system.files import written_whole
from helpers.system.memory import peak_bytes
from helpers.text import perturb, tokenization

SCHEMA = pa.schema([("text", pa.string())])
IDS = np.dtype("<i4")  # a file of ids is nothing but these, one after the other


def read_texts(path: Path, batch: int = 500) -> Iterator[list[str]]:
    """Read the column `text` of a Parquet file, at most `batch` texts at a time."""
    with pq.ParquetFile(path, pre_buffer=False) as file:  # else it keeps what was read
        for piece in file.iter_batches(batch, columns=["text"]):
            yield piece.column(0).to_pylist()


def noisy_copies(
    source: Path, rows: int, copies: int, batch: int = 500, rate: float = 0.03
) -> Iterator[list[str]]:
    """Yield the first `rows` texts of a file `copies` times, in batches of at most `batch`.

    From the second copy on, a share `rate` of the words is left out at random.
    """
    for copy in range(copies):
        row = 0
        for texts in read_texts(source, batch):
            texts = texts[: rows - row]
            if not texts:
                break
            yield [
                perturb.drop_words(text, Random(f"{copy}/{row + i}"), rate if copy else 0.0)
                for i, text in enumerate(texts)
            ]
            row += len(texts)


def prepare(source: Path, path: Path, rows: int, copies: int) -> int:
    """Write noisy copies as Parquet, a row group a batch; return the number of texts.

    Small row groups are what lets a reader stream: a group is read as one.
    """
    written = 0
    with written_whole(path) as temporary, pq.ParquetWriter(temporary, SCHEMA) as writer:
        for texts in noisy_copies(source, rows, copies):
            writer.write_table(pa.table({"text": texts}, SCHEMA))
            written += len(texts)
    return written


def tokenize_to_file(parquet: Path, tokenizer: Tokenizer, path: Path, batch: int = 500) -> int:
    """Write the ids of all texts to a file, a [SEP] after each text; return their number.

    Memory depends on `batch`, not on the number of texts. `open_ids` opens the file. Its ids are
    those of `tokenization.encode_stream`.
    """
    tokens = 0
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        for texts in read_texts(parquet, batch):
            ids = tokenization.encode_stream(tokenizer, texts)
            ids.astype(IDS, copy=False).tofile(file)
            tokens += len(ids)
    return tokens


def tokenize_in_memory(parquet: Path, tokenizer: Tokenizer, path: Path) -> int:
    """Do what `tokenize_to_file` does, with all texts and their encodings in memory."""
    texts = pq.read_table(parquet, columns=["text"])["text"].to_pylist()
    ids = tokenization.encode_stream(tokenizer, texts)
    with written_whole(path) as temporary:
        ids.astype(IDS, copy=False).tofile(temporary)
    return len(ids)


def open_ids(path: Path) -> np.memmap:
    """Open a file of ids as an array [tokens] that stays on disk; what is touched is read."""
    return np.memmap(path, IDS, "r")


def sample_windows(
    ids: np.ndarray, rows: int, seq_len: int, generator: np.random.Generator
) -> np.ndarray:
    """Return `rows` windows from random places of a stream of ids, int32 [rows, seq_len]."""
    starts = generator.integers(0, len(ids) - seq_len + 1, rows)
    return np.stack([ids[start : start + seq_len] for start in starts]).astype("int32")


def pretrain(ids: np.ndarray, vocab_size: int, steps: int, sizes: dict[str, int]) -> float:
    """Take `steps` steps of masked language modeling; return the seconds of one (the median).

    Args:
        ids: a stream of token ids, in memory or mapped from a file.
        vocab_size: of its tokenizer, whose id 2 is [MASK].
        steps: how many are timed, after three that are not.
        sizes: `width`, `blocks`, `kernel_size` of the encoder; `rows`, `seq_len` of a batch.
    """
    import keras

    from helpers.learning import masking, models

    keras.utils.set_random_seed(0)
    rows, seq_len = sizes["rows"], sizes["seq_len"]
    shape = {name: sizes[name] for name in ("width", "blocks", "kernel_size")}
    masked = max(1, seq_len // 5)
    model = models.add_masked_lm_head(models.build_gated_encoder(vocab_size, **shape), masked)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adamw", loss=loss)
    generator, times = np.random.default_rng(0), []
    for _ in range(3 + steps):
        begin = time.perf_counter()
        windows = sample_windows(ids, rows, seq_len, generator)
        inputs, answers = masking.hide_tokens(windows, masked, 2, generator)
        model.train_on_batch(inputs, answers)
        times.append(time.perf_counter() - begin)
    return float(np.median(times[3:]))


def write_labeled(source: Path, classes: int, path: Path, rows: int, copies: int) -> int:
    """Write noisy copies of texts as CSV with a label each, as people have such a file.

    Args:
        source: Parquet with the columns `text` and `label`, the number of a class or a list.
        classes: how many there are; the label says in which half of them the first of a text's is.
        path: the file to write; each text has its number at its end, so that none is there twice.
        rows: how many texts of the source are copied, from all places: their order may be by label.
        copies: how often.

    Returns the number of texts.
    """
    table = pq.read_table(source, columns=["text", "label"])
    table = table.take(np.linspace(0, len(table) - 1, min(rows, len(table))).astype(int))
    given = table["label"].to_pylist()
    firsts = [min(np.atleast_1d(label), default=classes) for label in given]
    halves = ["lower" if first < classes / 2 else "upper" for first in firsts]
    with tempfile.TemporaryDirectory() as folder, written_whole(path) as temporary:
        chosen = Path(folder) / "chosen.parquet"
        pq.write_table(table, chosen)
        texts = (text for batch in noisy_copies(chosen, rows, copies) for text in batch)
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for written, row in enumerate(zip(texts, itertools.cycle(halves), strict=False)):
                writer.writerow([f"{row[0]} {written}", row[1]])
    return len(given) * copies


def train_table(folder: Path, bundle: Path, buckets: int = 2000) -> float:
    """Fit a table of n-grams to prepared splits and write its bundle; return its accuracy.

    Memory depends on the n-grams that are kept, not on the number of texts. The accuracy is that
    on the first 20,000 validation rows.

    Args:
        folder: prepared data of a task with one label a text, with its manifest.
        bundle: the folder to write; the hashes of all texts stand beside it for a while.
        buckets: of four slots each.
    """
    from helpers.bundle import folders, ngram_stream, wide_deep
    from helpers.data.classes import Classes
    from helpers.learning.evaluation import accuracy
    from helpers.predictor.hashing import HashTokenizer, hash_batch

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    classes, tokenizer = Classes(tuple(manifest["label_names"])), HashTokenizer(max_words=400)
    labels = pq.read_table(folder / "train.parquet", columns=["label"])["label"].to_numpy()
    with tempfile.TemporaryDirectory(dir=bundle.parent, ignore_cleanup_errors=True) as temporary:
        texts = read_texts(folder / "train.parquet")
        file = ngram_stream.hash_to_file(texts, tokenizer, Path(temporary, "hashes.bin"))
        table = ngram_stream.fit_table(file, labels, classes, buckets)
        tokenizer.save(Path(temporary, "tokenizer.json"))
        path = Path(temporary, "model.tflite")
        folders.write_bundle(
            bundle,
            name="table",
            models={"litert": wide_deep.to_litert(table, tokenizer.row_length, path)},
            tokenizer=Path(temporary, "tokenizer.json"),
            labels=classes.names,
            metrics={},
            card="A table of n-grams, trained from a file.\n",
        )
    held_out = pq.ParquetFile(folder / "validation.parquet")
    some = next(held_out.iter_batches(20_000, columns=["text", "label"])).to_pydict()
    probabilities = classes.probabilities(table.logits(hash_batch(tokenizer, some["text"])))
    return accuracy(np.array(some["label"]), probabilities)


def measure(step: str, *arguments: object) -> dict[str, Any]:
    """Run one step in a fresh process, with the arguments of the command line.

    Returns its `seconds`, `start_bytes` (resident when the libraries were loaded), `peak_bytes`,
    and what the step counts. Raises RuntimeError with the end of its error output if it fails.
    """
    command = [sys.executable, "-m", "helpers.studies.scale", step, *map(str, arguments)]
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _prepare(options: argparse.Namespace) -> dict[str, float]:
    from helpers.data import task_data

    os.environ["SLM_HOME"] = str(options.path)
    task_data.prepare(str(options.source))
    return dict(task_data.read_manifest(str(options.source))["rows"])


def _tokenize(options: argparse.Namespace) -> dict[str, float]:
    work = tokenize_in_memory if options.whole else tokenize_to_file
    return {"tokens": work(options.source, tokenization.load(options.tokenizer), options.path)}


def _pretrain(options: argparse.Namespace) -> dict[str, float]:
    ids = np.fromfile(options.source, IDS) if options.whole else open_ids(options.source)
    vocab_size = tokenization.load(options.tokenizer).get_vocab_size()
    return {
        "tokens": len(ids),
        "step_seconds": pretrain(ids, vocab_size, options.steps, options.sizes),
    }


def _train(options: argparse.Namespace) -> dict[str, float]:
    return {"accuracy": train_table(options.source, options.path)}


def _predict(options: argparse.Namespace) -> dict[str, float]:
    from helpers.predictor import command

    output = ["--output", str(options.path)]
    if command.main([str(options.bundle), str(options.source), *output]):
        raise RuntimeError("the command of the predictor failed")
    return {}


STEPS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "prepare": _prepare,
    "tokenize": _tokenize,
    "pretrain": _pretrain,
    "train": _train,
    "predict": _predict,
}


def main(arguments: list[str] | None = None) -> None:
    """Run one step and print what it took as a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m helpers.studies.scale", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("source", type=Path, help="the file or, to train, the folder to read")
    parser.add_argument("path", type=Path, nargs="?", help="the file or folder to write")
    parser.add_argument("--whole", action="store_true", help="load everything, do not stream")
    parser.add_argument("--tokenizer", type=Path, help="tokenize, pretrain: tokenizer.json")
    parser.add_argument("--steps", type=int, default=20, help="pretrain: steps to time")
    parser.add_argument("--sizes", type=json.loads, help="pretrain: JSON, see `pretrain`")
    parser.add_argument("--bundle", type=Path, help="predict: the model's folder")
    options = parser.parse_args(arguments)
    if options.step in ("pretrain", "train"):  # their memory is part of the start, not of the step
        from helpers.bundle import ngram_stream, wide_deep  # noqa: F401
    if options.step == "prepare":
        from helpers.data import task_data  # noqa: F401
    start, begin = peak_bytes(), time.perf_counter()
    facts = STEPS[options.step](options)
    seconds = time.perf_counter() - begin
    print(
        json.dumps(facts | {"seconds": seconds, "start_bytes": start, "peak_bytes": peak_bytes()})
    )


if __name__ == "__main__":
    main()
