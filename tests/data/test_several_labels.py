"""Files of one's own with more than two classes, or with several labels a text."""

import json

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset

from helpers.data import own_file, parts, settings, task_data
from helpers.data.labels import LabelError, read_labels
from helpers.data.own_file import TooFewRowsError
from helpers.stages import profiles
from helpers.stages.tasks import LanguageError

TOPICS = ["food", "price", "staff", "view"]


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """No variable of the reader's says how data is read."""
    for name in ("TEXT_LANGUAGE", "ENCODING", "GROUP_COLUMN"):
        monkeypatch.delenv(name, raising=False)


def lists(count=240):
    """Rows with none, one or two topics; `view` is rare."""
    labels = [[t for j, t in enumerate(TOPICS[:3]) if i >> j & 1] for i in range(count)]
    labels = [[*row, "view"] if i % 24 == 5 else row for i, row in enumerate(labels)]
    return pd.DataFrame({"text": [f"about thing {i}" for i in range(count)], "label": labels})


def write(path, table):
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False)
    return path


def prepared(path, **choices):
    folder = task_data.prepare(str(path), **choices)
    tables = [pd.read_parquet(folder / f"{part}.parquet") for part in parts.LABELED]
    return tables, settings.manifest_if_any(str(path))


@pytest.mark.parametrize("name", ["a.csv", "json.csv", "a.jsonl", "a.parquet"])
def test_a_column_of_lists_is_several_labels_a_text(home, tmp_path, name):
    table = lists()
    if name == "json.csv":  # a.csv has them as pandas writes lists: ['food', 'price']
        table = table.assign(label=table["label"].map(json.dumps))
    tables, manifest = prepared(write(tmp_path / name, table))
    assert manifest["several_labels"] and manifest["label_names"] == TOPICS
    assert "the rarest of a text's labels" in manifest["split_rule"]
    read = pd.concat(tables)
    of = dict(zip(read["text"], read["label"], strict=True))
    for text, names in zip(lists()["text"], lists()["label"], strict=True):
        assert [TOPICS[number] for number in of[text]] == sorted(names)
    assert sum(len(row) == 0 for row in read["label"]) > 20  # no label is an answer, too
    for part in tables:  # each label is everywhere, the rare one with its share
        assert set(part["label"].explode().dropna()) == {0, 1, 2, 3}
    views = [sum(3 in row for row in part["label"]) for part in tables]
    assert views == [8, 1, 1]


def test_a_corpus_of_lists_is_thinned_and_becomes_a_table_of_booleans(home, tmp_path):
    corpus = task_data.load_task(str(write(tmp_path / "a.jsonl", lists(2400))), profiles.SMOKE)
    classes = task_data.make_classes(
        task_data.read_manifest(str(tmp_path / "a.jsonl")), corpus["train"]
    )
    labels = task_data.load_labels(corpus["train"], classes)
    assert classes.several and labels.dtype == bool and labels.shape[1] == 4
    assert 590 <= len(labels) <= 610 and labels.any(axis=0).all()
    assert np.isclose(labels[:, 0].mean(), 0.5, atol=0.03)


def test_labels_in_lists_are_mended_as_others_are(home, tmp_path):
    table = lists()
    table["label"] = [[f" {t} " if i == 3 else t for t in row] for i, row in enumerate(table.label)]
    table["label"] = [["Food", *row[1:]] if i == 1 else row for i, row in enumerate(table["label"])]
    table.loc[8, "label"] = None
    _, manifest = prepared(write(tmp_path / "a.jsonl", table))
    assert manifest["label_names"] == TOPICS
    assert "1 without a label" in manifest["report"][0]
    assert any("'Food' (1 rows) was taken for 'food'" in line for line in manifest["report"])
    assert any("labels had blanks around them" in line for line in manifest["report"])


def test_brackets_alone_are_no_list(home, tmp_path):
    table = lists().assign(label=[f"[{'ab'[i % 2]}]" for i in range(240)])
    _, manifest = prepared(write(tmp_path / "a.csv", table))
    assert not manifest["several_labels"] and manifest["label_names"] == ["[a]", "[b]"]


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("['joy' 'anger']", "['joy']", "line 2: .* without commas between its labels, as NumPy"),
        ("['joy']", "['joy' 'anger'\n 'fear']", "line 3: .* without commas"),
        ("['joy', 'anger' 'fear']", "['joy']", "line 2: .* without commas"),
        ("[b'joy' b'anger']", "[b'joy']", "line 2: .* without commas"),
        ("[3 7]", "[3]", "line 2: .* without commas"),
        ("[1. -1.]", "[0. 1.]", "line 2: .* without commas"),
        ("[True False]", "[False False]", "line 2: .* without commas"),
        ("['joy']", "[anger]", r"line 3: .*'\[anger\]', like a list, but cannot be read"),
        ("[np.str_('joy')]", "[]", "line 2: .* like a list, but cannot be read"),
        ("[joy]", "[joy, anger]", "line 3: .* like a list, but cannot be read"),
    ],
)
def test_lists_that_are_written_otherwise_are_refused(home, tmp_path, first, second, says):
    table = lists().assign(label=[(first, second)[i % 2] for i in range(240)])
    path = tmp_path / "a.jsonl"  # a label a line, where it has line breaks, too
    path.write_text("\n" + "\n".join(map(json.dumps, table.to_dict("records"))))
    with pytest.raises(LabelError, match=f'{says}.* Write lists .*: ."joy", "anger"'):
        task_data.prepare(str(path))


@pytest.mark.parametrize(
    ("given", "several", "names"),
    [
        (
            (r"['it\'s', 'a ] b']", """["'c' 'd'", 1, 2]"""),
            True,
            ["1", "2", "'c' 'd'", "a ] b", "it's"],
        ),
        (("[INFO] 3 4, a", "[WARN] b"), False, ["[INFO] 3 4, a", "[WARN] b"]),
        (("[very good]", "[bad]"), False, ["[bad]", "[very good]"]),
    ],
)
def test_what_only_looks_like_such_a_list_is_read(home, tmp_path, given, several, names):
    table = lists().assign(label=[given[i % 2] for i in range(240)])
    _, manifest = prepared(write(tmp_path / "a.csv", table))
    assert manifest["several_labels"] == several and manifest["label_names"] == names


def test_labels_are_mended_by_how_often_they_are_there():
    notes = []
    column = pd.Series([["Joy", " sad"], ["joy"], None], [2, 5, 9])
    names, several = read_labels(column, np.array([3, 10**12, 1]), "a.csv, line", notes)
    assert several and names == [("joy", "sad"), ("joy",), None]
    assert notes == [
        "3 labels had blanks around them, which were taken off",
        "'Joy' (3 rows) was taken for 'joy'",
    ]


def test_no_class_is_lost_when_lists_are_thinned():
    labels = [[0, 1]] * 50 + [[1, 2]] * 49 + [[0, 1, 3], [4], [3, 4], [4]]
    rows = Dataset.from_dict({"text": [str(i) for i in range(len(labels))], "label": labels})
    for count in range(1, len(labels)):
        kept = task_data._thin(rows, count)
        assert {label for row in kept["label"] for label in row} == {0, 1, 2, 3, 4}
        assert kept["text"] == sorted(kept["text"], key=int)
        assert len(kept) == len(set(kept["text"])) <= count + 5


def test_a_row_that_is_no_list_among_lists_is_named(home, tmp_path):
    table = lists().astype(object)
    table.loc[3, "label"] = "food"
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, table.to_dict("records"))))
    with pytest.raises(LabelError, match="line 4: the label is 'food'"):
        task_data.prepare(str(path))


@pytest.mark.parametrize("count", [3, 30, 200])
def test_many_classes(home, tmp_path, count):
    rows = [
        (f"text {i} of {c}", f"class {c}")
        for c in range(count)
        for i in range(max(8, 240 // count))
    ]
    table = pd.DataFrame(rows, columns=["text", "label"])
    tables, manifest = prepared(write(tmp_path / "a.csv", table))
    assert not manifest["several_labels"] and len(manifest["label_names"]) == count
    for part in tables:
        assert part["label"].nunique() == count


def test_groups_without_a_class_are_named(home, tmp_path):
    table = pd.DataFrame({"text": [f"t {i}" for i in range(300)]})
    table["label"] = ["rare" if i < 20 else "abc"[i % 3] for i in range(300)]
    table["author"] = ["one" if i < 20 else f"author {i % 40}" for i in range(300)]
    path = write(tmp_path / "a.csv", table)
    with pytest.raises(TooFewRowsError, match="none of 'rare'.*More and smaller groups"):
        task_data.prepare(str(path), group_column="author")


def test_what_language_it_is(home, tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv", lists().assign(label=["ab"[i % 2] for i in range(240)]))
    assert prepared(path)[1]["language"] == "und"
    assert prepared(path, language="de")[1]["language"] == "de"
    monkeypatch.setenv("TEXT_LANGUAGE", "en, zh")
    assert prepared(path)[1]["language"] == ["en", "zh"]
    monkeypatch.setenv("TEXT_LANGUAGE", "English")
    with pytest.raises(LanguageError, match="such as en, zh or pt-BR.*not 'English'"):
        task_data.prepare(str(path))


def test_further_texts_are_read_as_the_file_is(home, tmp_path):
    path = write(tmp_path / "more.csv", pd.DataFrame({"title": ["a"], "body": ["b"]}))
    assert own_file.read_unlabeled(path, "title,body") == ["a\nb"]
    lines = tmp_path / "more.txt"
    lines.write_bytes("ça\nété\n".encode("cp1252"))
    assert own_file.read_unlabeled(lines, encoding="cp1252") == ["ça", "été"]
    table = lists().assign(label=["ab"[i % 2] for i in range(240)]).rename(columns={"text": "body"})
    own = write(tmp_path / "own.csv", table)
    folder = task_data.prepare(str(own), text_column="body", unlabeled=str(path))
    assert pd.read_parquet(folder / "unlabeled.parquet")["text"].iloc[-1] == "b"
