"""A reader's own table: any format, no needed cell empty, and every row knows where it stands."""

import pandas as pd
import pytest

from helpers.examples.own_files import read_rows
from helpers.stages.errors import DataError


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
        ("a,c\n1,2\n", "no column 'b'"),
        ("a,b\n", "mine.csv"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        read_rows(path, ["a", "b"])
