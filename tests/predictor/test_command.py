"""The command that answers a file: what it reads, what it writes, what it refuses and where."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.data.labels import read_labels
from helpers.predictor import command
from helpers.predictor.runtime import Predictor


class Long(Predictor):
    """A text of more than ten characters is long, and one with a line break is of two lines."""

    def __init__(self, labels=("kurz", "长"), several=False):
        super().__init__(None, None, labels, several)

    def probabilities(self, texts):
        rows = [[0.25, 0.75] if len(text) > 10 else [0.75, 0.25] for text in texts]
        more = [[0.875 if "\n" in text else 0.125] * (len(self.labels) - 2) for text in texts]
        return np.hstack([rows, more]).astype("float32")


def answer_with(monkeypatch, predictor):
    model = SimpleNamespace(predictor=predictor)
    monkeypatch.setattr(command, "load_predictor", lambda *_, **__: model)


@pytest.fixture(autouse=True)
def predictor(monkeypatch):
    answer_with(monkeypatch, Long())


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


def test_the_most_probable_labels_are_told_and_doubtful_ones_are_not(tmp_path):
    text = answers(tmp_path, "a.csv", "text\nshort\n", "--top", "5", "--least", "0.8")
    assert text == (
        "text,label,probability,label_1,probability_1,label_2,probability_2\n"
        "short,,0.75,kurz,0.75,长,0.25\n"
    )
    record = json.loads(answers(tmp_path, "a.txt", "short\n", "--top", "1", "--least", "0.8"))
    top = [{"label": "kurz", "probability": 0.75}]
    assert record == {"text": "short", "label": None, "probability": 0.75, "top": top}
    assert "kurz" in answers(tmp_path, "a.txt", "short\n", "--least", "0.75")


def test_several_labels_share_a_cell(tmp_path, monkeypatch):
    answer_with(monkeypatch, Long(("kurz", "长", "zwei"), several=True))
    content = 'text,labels\n"a text\nof lines",x\na,y\n'
    rows = list(csv.reader(io.StringIO(answers(tmp_path, "a.csv", content))))
    assert rows[0][2:] == ["predicted_labels", "predicted_probabilities"]
    assert rows[1][2:] == ['["长", "zwei"]', "[0.75, 0.875]"]
    assert rows[2][2:] == ['["kurz"]', "[0.75]"]
    record = json.loads(answers(tmp_path, "a.txt", "short\n", "--least", "0.9", "--top", "1"))
    assert record == {
        "text": "short",
        "labels": [],
        "probabilities": {"kurz": 0.75, "长": 0.25, "zwei": 0.125},
        "top": [{"label": "kurz", "probability": 0.75}],
    }


def test_a_cell_of_several_labels_is_read_back_as_they_were(tmp_path, monkeypatch):
    names = ("a|b", 'say "c", d', "e\nf")
    answer_with(monkeypatch, Long(names, several=True))
    text = answers(tmp_path, "a.csv", 'text\na\n"a text\nof lines"\nb\n', "--least", "0.7")
    column = pd.read_csv(io.StringIO(text))["labels"]
    assert read_labels(column, np.ones(len(column), int), "line", []) == (
        [(names[0],), tuple(sorted(names[1:])), (names[0],)],
        True,
    )


def test_columns_are_found_and_joined_as_in_training(tmp_path, monkeypatch):
    answer_with(monkeypatch, Long(("kurz", "长", "zwei")))
    content = " Title ,BODY\n Good ,it is\n,it is\n"
    text = answers(tmp_path, "a.csv", content, "--text-column", "title, body")
    assert [row.split(",")[2] for row in text.splitlines()] == ["label", "zwei", "kurz"]
    lines = '{"Title": "a", "body": "b"}\n{"title": null, "body": "b"}\n{"body": "b"}\n'
    text = answers(tmp_path, "a.jsonl", lines, "--text-column", "title,body")
    assert [json.loads(line)["label"] for line in text.splitlines()] == ["zwei", "kurz", "kurz"]


def test_a_blank_text_has_no_answer(tmp_path):
    text = answers(tmp_path, "a.csv", 'n,text\n1,\n2," "\n3,short\n', "--top", "1")
    assert text.splitlines()[1:] == ["1,,,,,", "2, ,,,,", "3,short,kurz,0.75,kurz,0.75"]
    told = json.loads(answers(tmp_path, "a.jsonl", '{"text": " "}\n'))
    assert told == {"text": " ", "label": None, "probability": None}


@pytest.mark.parametrize("name", ["a.parquet", "a.json", "a.xlsx"])
def test_files_of_other_kinds_are_named(tmp_path, capsys, name):
    assert command.main(["a/b", str(tmp_path / name)]) == 2
    assert "CSV, TSV or JSONL" in capsys.readouterr().err


def test_packed_input(tmp_path):
    packed = gzip.compress(b"text\nshort\n")
    assert answers(tmp_path, "a.csv.gz", packed) == "text,label,probability\nshort,kurz,0.75\n"


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
        ("a.csv", "Text,TEXT \nx,y\n", "Line 1 must name one column 'text'"),
        ("a.csv.gz", gzip.compress(b"text\n" * 99, mtime=0)[:-9], "gzip and damaged"),
        ("a.csv.gz", b"\x1f\x8bnot so", "is packed with gzip and damaged"),
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
        "from types import SimpleNamespace as S\n"
        "p = S(labels=['差评'], several=False, probabilities=lambda t: [[1.0]])\n"
        "p.answer = lambda _: {'label': '差评', 'probability': 1.0}\n"
        "command.load_predictor = lambda *a, **k: S(predictor=p)\n"
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
