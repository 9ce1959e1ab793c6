"""The command that answers a file: what it reads, what it writes, what it refuses and where."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from helpers.predictor import command


class Long:
    """A predictor: a text of more than ten characters is long."""

    def predict(self, texts):
        return [
            {"label": "长" if len(text) > 10 else "kurz", "probability": 0.75} for text in texts
        ]


@pytest.fixture(autouse=True)
def predictor(monkeypatch):
    monkeypatch.setattr(command, "load_predictor", lambda *_, **__: Long())


def answers(tmp_path, name, content, *options):
    path, output = tmp_path / name, tmp_path / "out"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert command.main(["a/b", str(path), "--output", str(output), *options]) == 0
    assert not list(tmp_path.glob(".*"))
    return output.read_text(encoding="utf-8")


def test_a_table_gets_two_columns_more(tmp_path):
    text = answers(tmp_path, "a.csv", '\ufeffid,text\r\n1,"a, b\nand more"\r\n\r\n2,"c ""d"""\r\n')
    assert list(csv.reader(io.StringIO(text))) == [
        ["id", "text", "label", "probability"],
        ["1", "a, b\nand more", "长", "0.75"],
        ["2", 'c "d"', "kurz", "0.75"],
    ]


def test_columns_of_ones_own_are_kept(tmp_path):
    text = answers(tmp_path, "a.tsv", "body\tlabel\nshort\tx\n", "--text-column", "body")
    assert text == "body\tlabel\tpredicted_label\tpredicted_probability\nshort\tx\tkurz\t0.75\n"
    text = answers(tmp_path, "b.csv", "text;n\nshort;1\n", "--delimiter", ";")
    assert text == "text;n;label;probability\nshort;1;kurz;0.75\n"


def test_every_column_is_kept_whatever_it_is_called(tmp_path):
    text = answers(tmp_path, "a.csv", ",note,note,text,predicted_label,label\n1,2,3,short,4,5\n")
    assert text == (
        ",note,note,text,predicted_label,label,predicted_predicted_label,"
        "predicted_predicted_probability\n1,2,3,short,4,5,kurz,0.75\n"
    )
    assert answers(tmp_path, "b.csv", "text\n") == "text,label,probability\n"


def test_json_lines_and_plain_text(tmp_path):
    text = answers(tmp_path, "a.jsonl", '{"text": "a\u2028b", "id": 1}\n\n{"text": "\\ud83d"}\n')
    first, second = text.splitlines() if "\u2028" not in text else text.strip().split("\n")
    assert json.loads(first) == {"text": "a\u2028b", "id": 1, "label": "kurz", "probability": 0.75}
    assert json.loads(second)["label"] == "kurz"
    text = answers(tmp_path, "a.txt", "one, two\n\nthree\n")
    assert [json.loads(line)["text"] for line in text.splitlines()] == ["one, two", "three"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "a,b\n1,2\n", "Line 1 must name one column 'text'; it has: a, b"),
        ("a.csv", "", "it has: nothing"),
        ("a.csv", "text,b\n1,2\n1,2,3\n", "Line 3 has 3 fields, the first 2"),
        ("a.csv", 'text,b\n"1"x,2\n', "Line 2 cannot be read"),
        ("a.jsonl", '{"text": "a"}\n{"txt": 1}\n', "Line 2 is not like"),
        ("a.jsonl", '{"text": 1}\n', "Line 1: the text is a int"),
        ("a.jsonl", "[" * 100_000, "Line 1 is not like"),
        ("a.txt", b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_bad_input_leaves_no_file(tmp_path, capsys, name, content, says):
    path, output = tmp_path / name, tmp_path / "out"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert command.main(["a/b", str(path), "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_a_terminal_of_another_script(tmp_path):
    code = (
        "import sys; from helpers.predictor import command\n"
        "class P:\n  predict = lambda s, t: [{'label': '差评', 'probability': 1.0}]\n"
        "command.load_predictor = lambda *a, **k: P()\n"
        "sys.exit(command.main(['a/b', '-']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input='\ufeff{"text": "好"}\n'.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"text": "好", "label": "差评", "probability": 1.0}


# skipped on Windows alone: it has neither pipes with a name nor links without special rights
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_what_is_no_file_is_never_replaced(tmp_path, capsys):
    pipe, texts = tmp_path / "pipe", tmp_path / "a.txt"
    os.mkfifo(pipe)
    texts.write_text("one\n")
    assert command.main(["a/b", str(texts), "--output", str(pipe)]) == 2
    assert "is no file: choose another name" in capsys.readouterr().err and pipe.is_fifo()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert command.main(["a/b", str(texts), "--output", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").is_file()
