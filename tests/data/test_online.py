"""What comes from the network or stands in for it: folders of copies."""

import pandas as pd
import pytest

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
