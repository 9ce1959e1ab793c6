"""Scale: tokenization and pretraining in bounded memory, and their measurement.

Both come in two ways with one result: loading everything, and streaming. Notebook 25 defines what
it teaches of them (a test holds the two together) and measures with `measure`, which runs this
module as a program, one fresh process a measurement:
`python -m helpers.studies.scale tokenize texts.parquet ids.bin --tokenizer FILE`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
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
    for piece in pq.ParquetFile(path).iter_batches(batch, columns=["text"]):
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

    from helpers.learning import models, training

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
        inputs, answers = training.hide_tokens(windows, masked, 2, generator)
        model.train_on_batch(inputs, answers)
        times.append(time.perf_counter() - begin)
    return float(np.median(times[3:]))


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


def main(arguments: list[str] | None = None) -> None:
    """Run one step and print what it took as a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m helpers.studies.scale", description=__doc__)
    parser.add_argument("step", choices=("tokenize", "pretrain"))
    parser.add_argument("source", type=Path, help="the file to read")
    parser.add_argument("path", type=Path, nargs="?", help="the file to write")
    parser.add_argument("--whole", action="store_true", help="load everything, do not stream")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--steps", type=int, default=20, help="pretrain: steps to time")
    parser.add_argument("--sizes", type=json.loads, help="pretrain: JSON, see `pretrain`")
    options = parser.parse_args(arguments)
    if options.step == "pretrain":
        import tensorflow  # noqa: F401  (its memory is part of the start, not of the step)
    tokenizer = tokenization.load(options.tokenizer)
    start, begin = peak_bytes(), time.perf_counter()
    facts: dict[str, float]
    if options.step == "tokenize":
        work = tokenize_in_memory if options.whole else tokenize_to_file
        facts = {"tokens": work(options.source, tokenizer, options.path)}
    else:
        ids = np.fromfile(options.source, IDS) if options.whole else open_ids(options.source)
        seconds = pretrain(ids, tokenizer.get_vocab_size(), options.steps, options.sizes)
        facts = {"tokens": len(ids), "step_seconds": seconds}
    seconds = time.perf_counter() - begin
    print(
        json.dumps(facts | {"seconds": seconds, "start_bytes": start, "peak_bytes": peak_bytes()})
    )


if __name__ == "__main__":
    main()
