"""The models of a page: their answers and files, one clock, memory of a process."""

import json
import time

import numpy as np
import pytest

from helpers.stages.workspace import Stage
from helpers.studies import scoreboard
from tests.support.tiny_bundle import write_bundle


def make_stage(folder, names, arrays, file="test.npz"):
    np.savez(folder / file, **arrays)
    record = {"files": {file: {}}, "results": [{"model": name} for name in names]}
    (folder / "stage.json").write_text(json.dumps(record))
    return Stage(folder, record)


def test_recorded_answers_under_either_spelling(tmp_path):
    rows = {"a_b_int8": 0.1, "c, int8": 0.2, "other": 0.3}
    arrays = {name: np.array([[1 - p, p]]) for name, p in rows.items()}
    stage = make_stage(tmp_path, ["a b, int8", "c, int8", "none kept"], arrays)
    answers = scoreboard.recorded_answers(stage)
    assert {name: p.tolist() for name, p in answers.items()} == {
        "a b, int8": [[0.9, 0.1]],
        "c, int8": [[0.8, 0.2]],
    }


def test_recorded_answers_of_the_baseline_and_of_none(tmp_path):
    arrays = {"validation": np.array([[0.5, 0.3, 0.2]]), "test": np.array([[0.1, 0.3, 0.6]])}
    stage = make_stage(tmp_path, ["n-gram baseline"], arrays, "baseline_test.npz")
    assert scoreboard.recorded_answers(stage)["n-gram baseline"].tolist() == [[0.1, 0.3, 0.6]]
    assert scoreboard.recorded_answers(Stage(tmp_path, {"files": {}, "results": []})) == {}


def test_a_model_without_a_file_is_not_found(tmp_path):
    stage = Stage(tmp_path, {"files": {}, "results": []})
    assert scoreboard.find_files(stage, "a model", [tmp_path / "tokenizer.json"], ["text"]) == ()


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c")], ids=len)
def test_a_bundle_and_bare_files_answer_with_all_their_labels(tmp_path, labels):
    bundle = write_bundle(tmp_path / "bundle", labels=labels)
    for files in ((bundle,), (tmp_path / "tiny.json", tmp_path / "tiny.tflite")):
        assert scoreboard.open_files(files)(["one", "two"]).shape == (2, len(labels))
        assert scoreboard.peak_memory(scoreboard.ANSWER_ONE, "a text", *files) > 1e6


def test_latency_is_measured_for_every_text_in_turn():
    asked = []

    def answer(name, seconds):
        def ask(text):
            asked.append((name, text))
            time.sleep(seconds)

        return ask

    texts = ["a", "b", "c", "d"]
    found = scoreboard.interleaved_latency(
        {"slow": answer("slow", 0.01), "fast": answer("fast", 0)}, texts
    )
    assert found["slow"]["median"] > 9000 > found["fast"]["median"]
    assert [name for name, _ in asked] == ["slow", "fast"] * 7  # three to warm up
    assert [text for name, text in asked if name == "fast"] == ["a", "b", "c", *texts]


def test_peak_memory_counts_what_the_process_holds():
    little = scoreboard.peak_memory("import numpy")
    much = scoreboard.peak_memory("import numpy\nnumpy.ones(int(sys.argv[1])).sum()", 20_000_000)
    assert much - little > 100e6


def test_peak_memory_says_why_a_process_failed():
    with pytest.raises(RuntimeError, match="no such thing"):
        scoreboard.peak_memory("raise ValueError('no such thing')")
