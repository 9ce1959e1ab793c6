"""The file of the page on one's own task: which one is read, and the sample that is written."""

import csv

import pytest

from helpers.data import own_file
from helpers.examples import your_own_task
from helpers.stages.errors import DataError


def test_the_sample_is_the_same_each_time_and_reads_as_an_own_file(tmp_path):
    paths = [tmp_path / name / "sentences.csv" for name in "ab"]
    for path in paths:
        your_own_task.write_sample(path, 400)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with open(paths[0], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 406 and {row["label"] for row in rows} == {"negative", "positive"}
    _, facts = own_file.load(paths[0])
    assert "400 kept" in " ".join(facts["report"])


def test_what_is_read_for_a_task(tmp_path, monkeypatch):
    monkeypatch.setenv("SLM_HOME", str(tmp_path))
    path, facts = your_own_task.file("packaged")
    assert path.startswith(str(tmp_path)) and facts["license"]
    assert your_own_task.file("online") == ("banking77", {})
    assert your_own_task.file("my.csv") == ("my.csv", {})
    with pytest.raises(DataError, match="packaged, online, or a file"):
        your_own_task.file("imdb")
