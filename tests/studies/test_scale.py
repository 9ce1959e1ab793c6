"""Scale: both ways give the same, nothing is left half written, memory is counted in bytes."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.studies import scale
from helpers.text import tokenization

PAGE = Path(__file__).parents[2] / "notebooks" / "studies" / "25_scale.ipynb"
TEXTS = [f"This is film number {i}, and it was{' not' * (i % 2)} good." for i in range(25)]
SIZES = {"width": 8, "blocks": 1, "kernel_size": 3, "rows": 2, "seq_len": 16}


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"text": TEXTS}, scale.SCHEMA), path, row_group_size=7)
    return path


@pytest.fixture(scope="module")
def tokenizer():
    return tokenization.train_subwords(TEXTS, 100, 16)


@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_streamed_ids_are_those_in_memory(parquet, tokenizer, tmp_path, batch):
    path = tmp_path / "ids.bin"
    tokens = scale.tokenize_to_file(parquet, tokenizer, path, batch)
    expected = tokenization.encode_stream(tokenizer, TEXTS)
    ids = scale.open_ids(path)
    assert tokens == len(expected) and np.array_equal(ids, expected)
    assert isinstance(ids, np.memmap) and ids.dtype == np.int32
    assert scale.tokenize_in_memory(parquet, tokenizer, tmp_path / "whole.bin") == tokens
    assert (tmp_path / "whole.bin").read_bytes() == path.read_bytes()


def test_a_failure_leaves_the_old_file_and_no_other(parquet, tokenizer, tmp_path, monkeypatch):
    path = tmp_path / "ids.bin"
    path.write_bytes(b"old")

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(tokenization, "encode_stream", fail)
    with pytest.raises(MemoryError):
        scale.tokenize_to_file(parquet, tokenizer, path)
    assert path.read_bytes() == b"old"
    assert sorted(tmp_path.glob(".*")) == []


def test_copies_differ_and_are_written_in_order(parquet, tmp_path):
    path = tmp_path / "copies.parquet"
    assert scale.prepare(parquet, path, 10, 3) == 30
    made = pq.read_table(path)["text"].to_pylist()
    assert made == [text for part in scale.noisy_copies(parquet, 10, 3) for text in part]
    first, second, third = scale.noisy_copies(parquet, 10, 3, batch=10, rate=0.5)
    assert first == TEXTS[:10] != second != third and len(third) == 10


def test_the_page_teaches_what_the_helper_does(parquet, tokenizer, tmp_path):
    page = json.loads(PAGE.read_text(encoding="utf-8"))
    source = "".join(
        c for cell in page["cells"] if cell["id"] == "cell-006" for c in cell["source"]
    )
    taught = {"pq": pq, "tokenization": tokenization, "tokenizer": tokenizer}
    exec(source[source.index("def tokenize_to_file") :], taught)
    taught["tokenize_to_file"](parquet, tmp_path / "page.bin", batch=4)
    scale.tokenize_to_file(parquet, tokenizer, tmp_path / "helper.bin")
    assert (tmp_path / "page.bin").read_bytes() == (tmp_path / "helper.bin").read_bytes()


def test_batches_are_no_larger_than_asked(parquet):
    sizes = [len(texts) for texts in scale.read_texts(parquet, 4)]
    assert sum(sizes) == len(TEXTS) and max(sizes) <= 4
    assert [t for texts in scale.read_texts(parquet, 4) for t in texts] == TEXTS


def test_windows_are_pieces_of_the_stream():
    windows = scale.sample_windows(np.arange(20), 50, 5, np.random.default_rng(0))
    assert windows.shape == (50, 5) and windows.dtype == np.int32
    assert np.all(np.diff(windows) == 1) and windows.min() >= 0 and windows.max() <= 19
    assert np.array_equal(
        scale.sample_windows(np.arange(5), 1, 5, np.random.default_rng(0)), [np.arange(5)]
    )


def test_peak_is_in_bytes_and_rises_with_memory():
    before = scale.peak_bytes()
    block = np.ones(before // 8 + 25_000_000)  # as much again and 200 MB more, all touched
    assert 5e6 < before < 100e9
    assert scale.peak_bytes() >= block.nbytes


# elsewhere `ru_maxrss` is all there is, and whether it counts the parent is not documented
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="known for Linux only")
def test_peak_is_not_the_parents():
    block = np.ones(75_000_000)  # 600 MB here
    program = "from helpers.studies import scale; print(scale.peak_bytes())"
    peak = int(subprocess.check_output([sys.executable, "-c", program]))
    assert peak < block.nbytes


def test_a_step_runs_in_a_process_of_its_own(parquet, tokenizer, tmp_path):
    tokenizer_path, ids = tmp_path / "tokenizer.json", tmp_path / "ids.bin"
    tokenization.save(tokenizer, tokenizer_path)
    made = scale.measure("tokenize", parquet, ids, "--tokenizer", tokenizer_path)
    assert made["tokens"] == len(scale.open_ids(ids))
    assert 0 < made["start_bytes"] <= made["peak_bytes"] and made["seconds"] > 0
    with pytest.raises(RuntimeError, match="no-such-file"):
        scale.measure("tokenize", "no-such-file", ids, "--tokenizer", tokenizer_path)


def test_pretraining_takes_its_steps(tokenizer):
    ids = tokenization.encode_stream(tokenizer, TEXTS)
    assert scale.pretrain(ids, tokenizer.get_vocab_size(), 2, SIZES) > 0


def test_a_file_with_labels_goes_the_whole_way(tmp_path):
    source, table = tmp_path / "source.parquet", tmp_path / "a.csv"
    labels = [i // 300 for i in range(600)]  # in the order of their labels
    texts = [f"{'good' if label else 'bad'} film {i}" for i, label in enumerate(labels)]
    pq.write_table(pa.table({"text": texts, "label": labels}), source)
    assert scale.write_labeled(source, 2, table, 300, 2) == 600
    home = tmp_path / "home"
    made = scale.measure("prepare", table, home)
    assert made["train"] == 480 and made["validation"] == made["test"] == 60
    data = next(home.glob("data/*/manifest.json")).parent
    assert scale.measure("train", data, home / "bundle")["accuracy"] > 0.95
    scale.measure("predict", table, home / "answers.csv", "--bundle", home / "bundle")
    lines = (home / "answers.csv").read_text(encoding="utf-8").splitlines()
    answers = list(csv.DictReader(lines))
    right = sum(row["label"] == row["predicted_label"] for row in answers)
    assert len(answers) == 600 and right > 570
