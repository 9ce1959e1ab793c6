"""A reader's own table: any format, no needed cell empty, and every row knows where it stands."""

import re

import pandas as pd
import pytest

from helpers.data.encodings import EncodingError
from helpers.data.tables import MissingColumnError
from helpers.examples.own_files import beside, read_rows
from helpers.stages.errors import DataError, FileError


def test_rows_are_text_without_blanks_and_say_where_they_stand(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("b;a\n 1 ; x y \n;None\n", encoding="utf-8")
    rows, _ = read_rows(path, ["a", "b"], filled=["a"])
    assert rows.to_dict("split") == {
        "index": ["mine.csv, line 2", "mine.csv, line 3"],
        "columns": ["a", "b"],
        "data": [["x y", "1"], ["None", ""]],
    }
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}).to_parquet(path)
    rows, _ = read_rows(path, ["a", "b"])
    assert rows["b"].tolist() == ["1", "2"] and rows.index[1].startswith("mine.parquet, row")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n3, \n", "mine.csv, line 3: b is empty. Every row needs a, b."),
        ("a,c\n1,2\n", "mine.csv has no column 'b'. It has: a, c."),
        ("a,b\n", "mine.csv has no rows below its column names."),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(told)):
        read_rows(path, ["a", "b"])


def test_missing_columns_are_to_be_renamed_as_no_setting_names_them(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("a,c\n1,2\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="Needed are the columns a, b: rename") as error:
        read_rows(path, ["a", "b"])
    assert "_COLUMN" not in str(error.value)


@pytest.mark.parametrize(
    "cells",
    [pd.Categorical(["x", None]), pd.to_datetime(["2026-05-31", None]), [1.5, None]],
    ids=["category", "date", "number"],
)
def test_an_empty_cell_of_parquet_is_empty_whatever_its_kind(tmp_path, cells):
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"a": cells}).to_parquet(path)
    with pytest.raises(DataError, match=r"mine.parquet, row 2: a is empty"):
        read_rows(path, ["a"])
    assert read_rows(path, ["a"], filled=[])[0]["a"].tolist()[1] == ""


def test_half_a_character_is_replaced_and_can_be_written(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"a": "x\\ud800"}\n{"a": "\\ud83d\\ude00"}\n', encoding="utf-8")
    rows, _ = read_rows(path, ["a"])
    assert rows["a"].tolist() == ["x\ufffd", "\N{GRINNING FACE}"]
    rows.to_parquet(tmp_path / "rows.parquet")


def test_the_encoding_that_is_told_counts(tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    path.write_bytes("a\nЖук\n".encode("cp1251"))
    with pytest.raises(EncodingError, match="set ENCODING"):
        read_rows(path, ["a"])
    monkeypatch.setenv("ENCODING", "cp1251")
    assert read_rows(path, ["a"])[0]["a"].tolist() == ["Жук"]


def test_a_path_with_the_other_slashes_is_told(tmp_path):
    with pytest.raises(FileError, match=r"no file 'a.*b.wav' beside mine.csv. Write / between"):
        beside(tmp_path / "mine.csv", r"a\b.wav", "mine.csv, line 2")
    with pytest.raises(FileError, match="no file 'b.wav' beside mine.csv.$"):
        beside(tmp_path / "mine.csv", "b.wav", "mine.csv, line 2")
