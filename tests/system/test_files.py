"""A file is written whole or not at all."""

import pytest

from helpers.system import files


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "a.onnx"
    with files.written_whole(path) as temporary:
        assert temporary.suffix == ".onnx" and not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole" and list(path.parent.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(ZeroDivisionError), files.written_whole(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_not_replaced(tmp_path):
    with pytest.raises(FileExistsError, match="is no file"):
        files.write_json(tmp_path, {})
