"""What comes from the network or stands in for it: folders of copies."""

import os
import subprocess
import sys

import pandas as pd
import pytest
from hub_double import serve

from helpers.data import online
from helpers.data.settings import SourceError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of copies with one in it, its columns in another order and one too many."""
    rows = pd.DataFrame({"zh": ["嗨", "跑"], "by": ["a", "b"], "en": ["Hi", "Run"]}, index=[7, 9])
    rows.to_parquet(tmp_path / "pairs.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    return tmp_path


def test_a_copy_has_the_columns_asked_for(folder):
    rows = online.read_copy("pairs", ["en", "zh"])
    assert list(rows) == ["en", "zh"] and rows.to_numpy().tolist() == [["Hi", "嗨"], ["Run", "跑"]]
    assert list(rows.index) == [0, 1]


def test_a_column_of_a_copy_may_have_its_published_name(folder):
    rows = online.read_copy("pairs", ["text"], {"en": "text"})
    assert rows["text"].tolist() == ["Hi", "Run"]
    rows = online.read_copy("pairs", ["zh"], {"en": "zh"})  # the name itself is there
    assert rows["zh"].tolist() == ["嗨", "跑"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, r"has no pairs\.parquet\. Put a copy there \(columns en, zh\)"),
        (b"cut", r"pairs\.parquet cannot be read as Parquet\. Put a copy there"),
        ({"en": ["Hi"], "cn": ["嗨"]}, "no column 'zh'.* needs the columns en, zh; .* en, cn"),
        ({"en": [], "zh": []}, "has no rows. Put a whole copy"),
        ({"en": ["Hi", None], "zh": ["嗨", "跑"]}, "row 2: en is empty"),
        ({"en": ["Hi"], "zh": [float("nan")]}, "row 1: zh is empty"),
    ],
)
def test_a_copy_that_cannot_be_used_says_why(folder, rows, told):
    path = folder / "pairs.parquet"
    path.unlink()
    if isinstance(rows, bytes):
        path.write_bytes(rows)
    elif rows is not None:
        pd.DataFrame(rows).to_parquet(path)
    with pytest.raises(SourceError, match=told):
        online.read_copy("pairs", ["en", "zh"])


def test_without_a_folder_of_copies_one_is_asked_for(monkeypatch):
    for value in (None, ""):
        monkeypatch.delenv("SLM_DATA_MIRROR", raising=False)
        if value is not None:
            monkeypatch.setenv("SLM_DATA_MIRROR", value)
        assert online.mirror() is None
        with pytest.raises(SourceError, match=r"Put pairs\.parquet into a folder and name that"):
            online.read_copy("pairs", ["en"])


def test_a_configuration_is_the_one_that_is_asked_for(tmp_path):
    """The unmodified `datasets` library loads a repository of two configurations."""
    repository, configs = tmp_path / "hub", ""
    for config in ("en", "zh"):
        (repository / config).mkdir(parents=True)
        pd.DataFrame({"text": [f"said in {config}"]}).to_parquet(repository / config / "a.parquet")
        configs += f"- config_name: {config}\n  data_files:\n"
        configs += f"  - split: train\n    path: {config}/*\n"
    (repository / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    code = "from helpers.data.online import load_splits\n"
    code += "print(load_splits('me/words', ['train'], 'stop', config='zh')['train']['text'][0])"
    with serve("me/words", repository) as address:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf")},
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "said in zh\n"


def test_a_configuration_changes_nothing_in_a_folder_of_copies(folder):
    (folder / "pairs.parquet").rename(folder / "pairs_train.parquet")
    loaded = online.load_splits("me/pairs", ["train"], "stop", config="zh")
    assert loaded["train"]["en"][0] == "Hi"
