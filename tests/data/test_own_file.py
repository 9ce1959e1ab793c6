"""A reader's own file: as people have them, what is mended and said, what is refused and where."""

import gzip
import json
import os
import shutil
import sys

import pandas as pd
import pytest
from huggingface_hub.utils import validate_repo_id

from helpers.data import delimited, labels, own_file, parts, settings, survey, tables, task_data
from helpers.data.encodings import EncodingError
from helpers.data.own_file import EmptyTextError, LabelError, TooFewRowsError
from helpers.data.tables import MissingColumnError
from helpers.stages import profiles, tasks
from helpers.stages.errors import DataError, FileError


def rows(count=240):
    return pd.DataFrame(
        {
            "text": [f"text number {i}, is about something" for i in range(count)],
            "label": ["spam" if i % 3 == 0 else "ham" for i in range(count)],
        }
    )


def prepared(path, **choices):
    """Prepare a file; return its four splits as one table, and its manifest."""
    folder = task_data.prepare(str(path), **choices)
    parts = [
        pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "validation", "test")
    ]
    return pd.concat(parts), settings.manifest_if_any(str(path))


def write(path, table):
    """Write a table in the format of the file's ending."""
    name = path.name
    if name.endswith(".parquet"):
        table.to_parquet(path)
    elif name.endswith(".jsonl"):
        table.to_json(path, orient="records", lines=True)
    elif name.endswith(".json"):
        table.to_json(path, orient="records")
    else:
        table.to_csv(path, index=False, sep="\t" if ".tsv" in name else ",")
    return path


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.csv.gz", "a.tsv.gz", "a.CSV", "a.parquet", "a.jsonl", "a.json"]
)
def test_every_format_gives_the_same_rows(home, tmp_path, name):
    path = write(tmp_path / name, rows())
    corpus = task_data.load_task(str(path), profiles.load("laptop"))
    manifest = task_data.read_manifest(str(path))
    assert manifest["label_names"] == ["ham", "spam"] and manifest["protocol"] == "own"
    parts = [set(corpus[part]["text"]) for part in ("train", "validation", "test")]
    assert set.union(*parts) == set(rows()["text"])
    assert [len(part) for part in parts] == [192, 24, 24]
    assert manifest["report"] == [f"{name}: 240 rows read, 240 kept"]


def test_a_workbook_needs_its_reader(home, tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 and more")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileError, match="pip install openpyxl"):
        task_data.prepare(str(path))


@pytest.mark.parametrize(
    ("delimiter", "says"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_the_delimiter_is_found_and_said(home, tmp_path, delimiter, says):
    path = tmp_path / "a.csv"
    rows().to_csv(path, index=False, sep=delimiter)
    table, manifest = prepared(path)
    assert set(table["text"]) == set(rows()["text"])
    assert manifest["report"][1] == f"a.csv: delimited by {says}."


@pytest.mark.parametrize(
    ("encoding", "odd", "says"),
    [
        ("gb18030", "这部电影很难看，演员也不好", "read as gb18030, for example '这部"),
        ("cp1251", "Это очень плохой фильм, мне он не понравился", "read as cp1251"),
        ("cp1252", "C'était un très bon film, les acteurs sont géniaux", "read as cp1252"),
        ("utf-16", "a plain one", "UTF-16, by its byte order mark"),
        ("utf-8-sig", "schön", ""),
    ],
)
def test_the_encoding_is_found_and_said(home, tmp_path, encoding, odd, says):
    path = tmp_path / "a.csv"
    table = rows().assign(text=[f"{odd} {i}" for i in range(240)])
    table.to_csv(path, index=False, encoding=encoding)
    read, manifest = prepared(path)
    assert set(read["text"]) == set(table["text"])
    assert says in " ".join(manifest["report"])


def test_an_encoding_that_is_not_clear_is_asked_for(home, tmp_path):
    path = tmp_path / "a.csv"
    texts = [f"この映画はとても面白かったです {i}" for i in range(240)]
    rows().assign(text=texts).to_csv(path, index=False, encoding="cp932")
    with pytest.raises(EncodingError, match="byte 11 cannot be read.*set ENCODING"):
        task_data.prepare(str(path))
    assert set(prepared(path, encoding="cp932")[0]["text"]) == set(texts)
    with pytest.raises(EncodingError, match="no encoding 'klingon'"):
        task_data.prepare(str(path), encoding="klingon")
    with pytest.raises(EncodingError, match="is not ascii: byte 11"):
        task_data.prepare(str(path), encoding="ascii")


def test_words_that_pandas_takes_for_nothing_are_words(home, tmp_path):
    table = rows().assign(label=["None" if i % 2 else "NA" for i in range(240)])
    table.loc[:2, "text"] = ["null", "nan", "N/A"]
    read, manifest = prepared(write(tmp_path / "a.csv", table))
    assert manifest["label_names"] == ["NA", "None"] and len(read) == 240
    assert {"null", "nan", "N/A"} < set(read["text"])


def test_labels_are_mended_and_it_is_said(home, tmp_path):
    labels = [("Spam " if i < 9 else "spam") if i % 3 == 0 else "ham" for i in range(240)]
    _, manifest = prepared(write(tmp_path / "a.csv", rows().assign(label=labels)))
    assert manifest["label_names"] == ["ham", "spam"]
    assert manifest["report"][1:] == [
        "a.csv: 3 labels had blanks around them, which were taken off.",
        "a.csv: 'Spam' (3 rows) was taken for 'spam'.",
    ]


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("خوب", "خوب\u200c"),  # a mark that nobody sees
        ("good", "\u200bgood"),
        ("טוב", "טוב\u200f"),
        ("café", "cafe\u200b\u0301"),
        ("좋음", "좋음\u3164"),  # a letter that is a blank
        ("جيد", "جـيد"),  # stretched
        ("very bad", "very\u00a0 bad"),
        ("A", "Ａ"),
        ("iyi", "İyi"),
        ("1", "١"),
        ("1.5", "۱٫۵"),
        ("-1", "\u22121"),
    ],
)
def test_labels_that_look_alike_are_one(home, tmp_path, usual, other):
    labels = ["fine" if i % 2 else other if i < 9 else usual for i in range(240)]
    read, manifest = prepared(write(tmp_path / "a.csv", rows().assign(label=labels)))
    assert set(manifest["label_names"]) == {"fine", usual} and len(read) == 240
    assert manifest["report"][1] == f"a.csv: {other!r} (5 rows) was taken for {usual!r}."


def test_labels_that_differ_for_a_reader_are_several(home, tmp_path):
    labels = ["cafe", "café", "2", "1.5", "-1", "2.5"] * 40
    _, manifest = prepared(write(tmp_path / "a.csv", rows().assign(label=labels)))
    assert manifest["label_names"] == ["-1", "1.5", "2", "2.5", "cafe", "café"]


def test_labels_of_several_spellings_are_one_in_a_list(home, tmp_path):
    pairs = [["joy", "١"], ["Ｊoy"], ["1", "joy\u200b"], ["calm", "1"], ["joy", "calm"], ["1"]]
    path = write(tmp_path / "a.jsonl", rows().assign(label=pairs * 40))
    read, manifest = prepared(path)
    assert manifest["label_names"] == ["1", "calm", "joy"]
    of = {text: tuple(label) for text, label in zip(read["text"], read["label"], strict=True)}
    named = [(0, 2), (2,), (0, 2), (0, 1), (1, 2), (0,)] * 40
    assert [of[text] for text in rows()["text"]] == named


def test_numbers_that_are_written_in_two_ways_are_one(home, tmp_path):
    labels = ["2.0" if i % 2 else "1\u200b" if i < 9 else "1.0" for i in range(240)]
    _, manifest = prepared(write(tmp_path / "a.parquet", rows().assign(label=labels)))
    assert manifest["label_names"] == ["1", "2"]
    assert manifest["report"][1:] == [
        "a.parquet: labels such as 1.0 were taken for whole numbers.",
        "a.parquet: '1\\u200b' (5 rows) was taken for '1'.",
    ]


@pytest.mark.parametrize(
    "ordered",
    [
        ["-10", "-1.5", "-1", "0", ".5", "1", "1.5", "2", "2.5", "10", "1e3", "-", "1,000", "low"],
        ["1", "1,5", "2", "2,5", "10"],
        ["\u22122", "\u22121", "１", "2"],
        ["١", "٢", "٢٫٥", "١٠"],
        ["3", "2222222222222222", "11111111111111111"],
    ],
)
def test_numbers_are_ordered_by_value_and_before_words(ordered):
    assert sorted(sorted(ordered), key=labels.by_number) == ordered


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
@pytest.mark.parametrize(
    ("given", "names"),
    [((0.0, 1.0), ["0", "1"]), ((False, True), ["False", "True"]), ((2, 10), ["2", "10"])],
)
def test_labels_that_are_no_words(home, tmp_path, name, given, names):
    table = rows().assign(label=[given[i % 2] for i in range(240)])
    read, manifest = prepared(write(tmp_path / name, table))
    assert manifest["label_names"] == names
    of = dict(zip(read["text"], read["label"], strict=True))
    assert [of[text] for text in table["text"]] == [i % 2 for i in range(240)]


def test_what_is_left_out_is_counted(home, tmp_path):
    table = pd.concat([rows(), rows()[:5], rows()[:2].assign(label="other")])
    table.iloc[10, 0], table.iloc[11, 1], table.iloc[12, 0] = "  ", None, None
    read, manifest = prepared(write(tmp_path / "a.csv", table))
    assert len(read) == 240 - 3 - 2
    assert manifest["report"] == [
        "a.csv: 247 rows read, 235 kept; left out: 2 without a text, 1 without a label, "
        "6 whose text stands there with different labels, 3 whose text stands there already"
    ]


def test_blanks_in_the_head_are_no_matter(home, tmp_path):
    path = write(tmp_path / "a.csv", rows().rename(columns={"label": " Label"}))
    assert "the column ' Label' was taken for 'label'" in prepared(path)[1]["report"][1]
    both = rows().assign(other="x").rename(columns={"other": "LABEL"})
    assert prepared(write(tmp_path / "b.csv", both))[1]["label_names"] == ["ham", "spam"]


def test_two_columns_make_one_text(home, tmp_path):
    table = rows().rename(columns={"text": "body"}).assign(title="A title")
    table.loc[0, "title"] = None
    path = write(tmp_path / "a.csv", table)
    read, _ = prepared(path, text_column="title, body")
    assert set(read["text"]) == {
        "text number 0, is about something",
        *(f"A title\n{text}" for text in rows()["text"][1:]),
    }


def test_a_group_stays_on_one_side(home, tmp_path):
    table = rows(1000).assign(author=[f"author {i // 7}" for i in range(1000)])
    path = write(tmp_path / "a.csv", table)
    folder = task_data.prepare(str(path), group_column="author")
    of = dict(zip(table["text"], table["author"], strict=True))
    authors = {
        part: {of[text] for text in pd.read_parquet(folder / f"{part}.parquet")["text"]}
        for part in ("train", "validation", "test")
    }
    assert not authors["train"] & authors["test"] and not authors["train"] & authors["validation"]
    assert not authors["validation"] & authors["test"]
    sizes = settings.manifest_if_any(str(path))["rows"]
    assert 80 <= sizes["test"] <= 120 and 80 <= sizes["validation"] <= 120
    few = write(tmp_path / "b.csv", table.assign(author="all of them"))
    with pytest.raises(TooFewRowsError, match="1 groups cannot be cut"):
        task_data.prepare(str(few), group_column="author")


def test_json_lines_end_where_json_says(home, tmp_path):
    path = tmp_path / "a.jsonl"
    texts = ["half of \ud83d", *(f"a line\u2028and {i}" for i in range(1, 240))]
    lines = [{"text": text, "label": i % 2} for i, text in enumerate(texts)]
    text = "\n".join(json.dumps(line, ensure_ascii=i == 0) for i, line in enumerate(lines))
    path.write_text(text, encoding="utf-8")
    read, manifest = prepared(path)
    assert "a line\u2028and 7" in set(read["text"]) and "half of \ufffd" in set(read["text"])
    assert "1 texts held half a character" in manifest["report"][1]


def test_two_files_of_one_name_are_two_tasks(home, tmp_path):
    paths = [tmp_path / folder / "train.csv" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        write(path, rows())
    write(paths[1], rows(300))
    assert task_data.prepare(str(paths[0])) != task_data.prepare(str(paths[1]))
    assert task_data.read_manifest(str(paths[0]))["rows"]["train"] == 192


@pytest.mark.parametrize("name", ["Reviews - Copy.csv", "отзывы.csv", "评论.csv", "My (v2)..x.csv"])
def test_names_of_tasks_are_safe(home, tmp_path, name):
    path = write(tmp_path / name, rows())
    made = tasks.task_name(str(path))
    validate_repo_id(f"me/{made}-pocket")
    assert made == tasks.task_name(str(path)) and made.isascii()


def test_a_changed_file_is_prepared_again(home, tmp_path):
    path = write(tmp_path / "mail.csv", rows())
    task_data.prepare(str(path))
    first = task_data.read_manifest(str(path))["digest"]
    write(path, rows(300))
    task_data.prepare(str(path))
    assert task_data.read_manifest(str(path))["digest"] != first


@pytest.mark.parametrize(
    ("table", "error", "says"),
    [
        (rows().rename(columns={"label": "y"}), MissingColumnError, "It has: text, y.*LABEL_COL"),
        (rows().rename(columns={"text": "t"}), MissingColumnError, "TEXT_COLUMN"),
        (rows().assign(label="ham"), LabelError, "Two classes"),
        (
            rows(630).assign(label=[str(i % 210) for i in range(630)]),
            LabelError,
            "210 classes, 200 are the most: '.+' \\(3, line [0-9]+\\).*and 204 more. Is LABEL_COL",
        ),
        (
            rows().assign(label=["rare" if i < 7 else "ab"[i % 2] for i in range(240)]),
            TooFewRowsError,
            "240 different texts of 3 .* 200 in all and 8 of each; too few of 'rare' .7, line 2",
        ),
        (rows().assign(text=[""] * 200 + list(rows()["text"][200:])), EmptyTextError, "200 of 240"),
        (rows().assign(label=[None] * 200 + ["a"] * 40), LabelError, "200 of 240 rows have no la"),
        (rows(60), TooFewRowsError, "needed are 200"),
    ],
)
def test_bad_tables(home, tmp_path, table, error, says):
    path = write(tmp_path / "mail.csv", table)
    with pytest.raises(error, match=says):
        task_data.prepare(str(path))
    assert not settings.data_folder(str(path)).exists()


QUOTE = chr(34)
SWALLOWED = "text,label\n" + "".join(
    f"{QUOTE * (i == 20)}film number {i}{QUOTE * (i == 60)},{'ab'[i % 2]}\n" for i in range(240)
)


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("a.csv", "text,label\ncaf\xe9,1\n".encode("latin-1"), EncodingError, "byte 14"),
        ("a.jsonl", b'{"text": "a", "label": 1}\n{"text"\n', FileError, "line 2 is no JSON"),
        ("a.jsonl", b'["a"]\n', FileError, "line 1: expected"),
        ("a.jsonl", b"[" * 100_000 + b"\n", FileError, "line 1 is no JSON"),
        (
            "a.jsonl",
            b'{"text": {"a": 1}, "label": 1}\n',
            FileError,
            "line 1: the text is no string",
        ),
        (
            "a.jsonl",
            b'{"text": "a", "label": [1]}\n{"text": "b", "label": 1}\n',
            LabelError,
            "line 2: the label is '1'. Every row needs one label, or every row a list",
        ),
        ("a.jsonl", b'{"text": "a", "label": [[1]]}\n', LabelError, "line 1: a label is no word"),
        ("a.json", b'{\n"text": "a"\n}', FileError, "expected a list"),
        ("a.json", b'{"text": "a"}', FileError, "expected a list"),
        ("a.csv", b'text,label\n"a,b,c,d,1\n', FileError, "line 2, cannot be read as CSV"),
        ("a.csv", b"text,label\na, b,1\n", FileError, "line 2 has 3 fields, the first line 2"),
        ("a.csv", b"label,text\n1,ab\n\n0\n", FileError, "line 4 has 1 of 2 fields"),
        ("a.csv", b"text,label,text\na,1,b\n", MissingColumnError, "2 columns 'text'"),
        ("a.csv", SWALLOWED.encode(), FileError, "line 22: a quote opens there and closes in line"),
        ("a.csv", b"", FileError, "cannot be read as CSV"),
        ("a.csv", b"PK\x03\x04 and more", FileError, "workbook under another name"),
        ("a.csv", b"PAR1 and more", FileError, "is a Parquet file"),
        ("a.csv.gz", gzip.compress(b"text,label\n" * 99, mtime=0)[:-9], FileError, "damaged"),
        ("a.parquet", b"no parquet", FileError, "cannot be read as Parquet"),
        ("a.parquet.gz", b"no parquet", FileError, "cannot be read as Parquet"),
    ],
)
def test_bad_files(home, tmp_path, name, content, error, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=says):
        task_data.prepare(str(path))
    assert not settings.data_folder(str(path)).exists()


def test_long_quoted_texts_are_no_fault(home, tmp_path):
    table = rows().assign(text=[f"a, b, c\nline\nno comma here\nd, e\n{i}" for i in range(240)])
    assert set(prepared(write(tmp_path / "a.csv", table))[0]["text"]) == set(table["text"])


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("nowhere.csv", "There is no file 'nowhere.csv'"),
        ("nowhere", "There is no task 'nowhere'. Built in: imdb"),
        ("../../outside", "There is no file"),
        ("notes.docx", "There is no task"),
    ],
)
def test_what_is_no_task(home, task, says):
    with pytest.raises(DataError, match=says):
        tasks.check(task)


def test_a_folder_is_no_task(home, tmp_path):
    for folder in (tmp_path, tmp_path / "data.csv"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(FileError, match="is a folder"):
            tasks.check(str(folder))


def test_unlabeled_texts_come_from_a_column_or_from_lines(home, tmp_path):
    table = write(tmp_path / "more.csv", pd.DataFrame({"id": [1, 2], "text": ["a, b", "c"]}))
    assert own_file.read_unlabeled(table) == ["a, b", "c"]
    lines = tmp_path / "more.txt"
    lines.write_text("one\u2028text\n\nanother\n", encoding="utf-8")
    assert own_file.read_unlabeled(lines) == ["one\u2028text", "another"]


def test_another_folder_of_that_name_is_never_replaced(home, tmp_path):
    path = write(tmp_path / "mail.csv", rows())
    folder = settings.data_folder(str(path))
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(FileError, match="holds something else"):
        task_data.prepare(str(path))
    assert (folder / "mine.txt").read_text() == "mine"


def test_spellings_of_a_group_are_one_group(home, tmp_path):
    table = rows(1000).assign(author=[f"René {i // 10}" for i in range(1000)])
    table["author"] = [a if i % 2 else f" {a.upper()} " for i, a in enumerate(table["author"])]
    table.loc[9::10, "author"] += "\u200b"
    table.loc[:4, "author"] = None
    folder = task_data.prepare(str(write(tmp_path / "a.csv", table)), group_column="author")
    of = dict(zip(table["text"], (i // 10 for i in range(1000)), strict=True))
    parts = [
        {of[text] for text in pd.read_parquet(folder / f"{part}.parquet")["text"]} - {0}
        for part in ("train", "validation", "test")
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 99
    report = settings.manifest_if_any(str(tmp_path / "a.csv"))["report"]
    assert "5 rows have no group" in report[1]


def test_texts_that_differ_in_case_and_blanks_only_are_one(home, tmp_path):
    copies = [rows(), rows().assign(text=rows()["text"].str.upper())]
    copies += [rows().assign(text=rows()["text"].str.replace(" ", "  "))]
    copies += [rows().assign(text=rows()["text"].str.replace(", ", ",<br />"))]
    read, manifest = prepared(write(tmp_path / "a.csv", pd.concat(copies)))
    assert len(read) == 240 and "720 whose text stands there already" in manifest["report"][0]


def test_texts_that_a_tokenizer_reads_as_one_are_one(home, tmp_path):
    text = rows()["text"]
    text = "'" + text + '\' - "sic"'
    copies = [text, text + "\u200f", text.str.replace("1", "１"), text.str.replace("-", "—")]
    copies += [text.str.replace("'", "’"), text.str.replace('"', "”"), text.str.replace("m", "ｍ")]
    tables = [rows().assign(text=copy) for copy in copies]
    read, manifest = prepared(write(tmp_path / "a.csv", pd.concat(tables)))
    assert len(read) == 240 and "1,440 whose text stands there already" in manifest["report"][0]


def test_further_texts_that_are_read_as_a_test_row_are_left_out(home, tmp_path):
    table = rows().assign(text='"' + rows()["text"] + '"')
    (tmp_path / "more.txt").write_text("\n".join(f"“{text}”" for text in rows()["text"]))
    _, manifest = prepared(
        write(tmp_path / "a.parquet", table), unlabeled=str(tmp_path / "more.txt")
    )
    held_out = manifest["rows"]["test"] + manifest["rows"]["validation"]
    assert f"240 further texts, {240 - held_out} kept" in manifest["report"][-1]


def test_a_text_of_which_nothing_is_seen_is_none(home, tmp_path):
    unseen = ["\u200b", "\u200b \u200f", "\u00a0\ufeff", "\u3164\u2800", "<br /><br />", "\x07"]
    table = rows().assign(more=["\u200b" if i < 9 else "" for i in range(240)])
    table.loc[: len(unseen) - 1, "text"] = unseen
    read, manifest = prepared(write(tmp_path / "a.parquet", table), text_column="text,more")
    assert "left out: 6 without a text" in manifest["report"][0]
    assert set(read["text"]) == set(rows()["text"][6:])


def test_columns_must_differ(home, tmp_path):
    path = write(tmp_path / "a.csv", rows())
    for choices in ({"label_column": "text"}, {"group_column": "label"}, {"text_column": ","}):
        with pytest.raises(MissingColumnError, match="must name different columns"):
            task_data.prepare(str(path), **choices)


def test_rows_lost_in_another_column_are_noticed_and_poems_are_read(home, tmp_path):
    lines = [f"{i},film number {i},{'ab'[i % 2]},fine" for i in range(240)]
    lines[20], lines[60] = lines[20][:-4] + QUOTE + "fine", lines[60] + QUOTE
    path = tmp_path / "a.csv"
    path.write_text("id,text,label,note\n" + "\n".join(lines))
    with pytest.raises(FileError, match="line 22: a quote opens there and closes in line 62"):
        task_data.prepare(str(path))
    poem = rows().assign(text=[f"roses, red\nviolets, blue\nsugar, sweet\n{i}" for i in range(240)])
    assert len(prepared(write(tmp_path / "b.csv", poem))[0]) == 240


@pytest.mark.parametrize("classes", [30, 250])
def test_lines_of_a_text_with_as_many_commas_are_no_rows_of_many_classes(tmp_path, classes):
    path = tmp_path / "a.csv"
    labels = [f"class {i % classes}" for i in range(300)]
    plain = "".join(f"film number {i},{label}\n" for i, label in enumerate(labels))
    poem = '"roses, red\nviolets, blue\nsugar, sweet\nand, so\non, and on",class 7\n'
    path.write_text("text,label\n" + plain + poem)
    read = pd.concat(tables.open_table(path, ["text", "label"]).batches())
    assert len(read) == 301 and read["label"].tolist() == [*labels, "class 7"]
    assert read["text"].iloc[-1].count("\n") == 4


def test_swallowed_rows_are_noticed_among_many_classes(tmp_path):
    path = tmp_path / "a.csv"
    lines = [f"film number {i},class {i % 30}" for i in range(300)]
    lines[20], lines[60] = QUOTE + lines[20], lines[60].replace(",", QUOTE + ",")
    path.write_text("text,label\n" + "\n".join(lines))
    with pytest.raises(FileError, match="line 22: a quote opens there and closes in line 62"):
        tables.open_table(path, ["text", "label"])


def test_names_are_code_in_what_cards_quote(home, tmp_path):
    path = write(tmp_path / "a `b` <b>_c_ *d*.csv", rows(1000).assign(**{"<i> |x": range(1000)}))
    _, manifest = prepared(path, group_column="<i> |x")
    shown = "`a 'b' <b>_c_ *d*.csv`"
    assert manifest["source"] == f"own file {shown}"
    assert manifest["citation"] == f"The file {shown}."
    assert manifest["domain"] == f"texts like those of {shown}"
    assert manifest["split_rule"] == "80/10/10, whole groups of `<i> |x`"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name themselves")
def test_a_name_that_is_no_text_is_written(home, tmp_path):
    path = write(tmp_path / os.fsdecode(b"caf\xe9.csv"), rows())
    assert prepared(path)[1]["source"] == "own file `caf\ufffd.csv`"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_file_that_changes_between_two_readings_is_noticed(home, tmp_path, monkeypatch, name):
    path = write(tmp_path / name, rows())
    read = survey.survey

    def and_change(*arguments):
        found = read(*arguments)
        write(path, rows(241).iloc[::-1])
        return found

    monkeypatch.setattr(survey, "survey", and_change)
    with pytest.raises(tables.ChangedFileError, match=f"{name} was changed while it was read. Run"):
        task_data.prepare(str(path))
    assert not list((home / "data").iterdir())


def test_rows_are_ordered_with_few_files_open(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")  # of Unix
    monkeypatch.setattr(parts, "AT_ONCE", 1)
    frames = [pd.DataFrame({"position": range(i, 1000, 7)}) for i in range(7)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)  # the smallest number that no open file has
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 80, hard))
    try:
        ordered = pd.concat(parts.in_order(frames, 1000, tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ordered["position"].tolist() == list(range(1000))


def test_further_texts_never_hold_what_measures(home, tmp_path):
    path = write(tmp_path / "a.csv", rows())
    more = tmp_path / "more.txt"
    more.write_text("\n".join([*rows()["text"].str.upper(), "a new one", "a new one"]))
    folder = task_data.prepare(str(path), unlabeled=str(more))
    unlabeled = set(pd.read_parquet(folder / "unlabeled.parquet")["text"])
    assert not unlabeled & set(pd.read_parquet(folder / "test.parquet")["text"])
    report = settings.manifest_if_any(str(path))["report"]
    assert "242 further texts, 193 kept" in report[1]


def test_a_few_bad_bytes_are_shown_and_not_guessed_away(home, tmp_path):
    path = tmp_path / "a.csv"
    table = rows().assign(text=[f"très émouvant, déjà vu {i}" for i in range(240)])
    table.to_csv(path, index=False)
    lines = path.read_bytes().split(b"\n")
    lines[9] = lines[9].replace("é".encode(), b"\xe9", 1)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(EncodingError, match="UTF-8 but for 1 lines, the first of them line 10"):
        task_data.prepare(str(path))


def test_zero_bytes_are_named(home, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\na,b\n".encode("utf-16-le"))
    with pytest.raises(EncodingError, match="Set ENCODING=utf-16-le"):
        task_data.prepare(str(path))
    path.write_bytes(b"text,label\na,b\nc\0d,e\n")
    with pytest.raises(EncodingError, match="line 3, holds zero bytes"):
        task_data.prepare(str(path))


def test_lines_that_other_programs_add_are_no_rows(home, tmp_path):
    path = tmp_path / "a.csv"
    table = rows().to_csv(index=False, sep=";")
    path.write_text("sep=;\n" + table + "  \n\x1a", encoding="utf-8")
    assert set(prepared(path)[0]["text"]) == set(rows()["text"])
    path.write_text("sep=;\n" + table + "a;b;c\n", encoding="utf-8")
    with pytest.raises(FileError, match="line 243 has 3 fields, the first line 2"):
        task_data.prepare(str(path))


def test_files_of_two_encodings_joined_are_told(home, tmp_path):
    path = tmp_path / "a.csv"
    lines = [f"très émouvant {i},{'ab'[i % 2]}" for i in range(240)]
    encoded = [line.encode("utf-8" if i < 100 else "cp1252") for i, line in enumerate(lines)]
    path.write_bytes(b"text,label\n" + b"\n".join(encoded))
    says = (
        "two encodings: 100 lines are UTF-8 .the first: line 2., 140 are not .the first: line 102"
    )
    with pytest.raises(EncodingError, match=says):
        task_data.prepare(str(path))


def test_lines_of_json_under_another_name(home, tmp_path):
    path = tmp_path / "a.json"
    rows().to_json(path, orient="records", lines=True)
    read, manifest = prepared(path)
    assert set(read["text"]) == set(rows()["text"])
    assert manifest["report"][1] == "a.json: one JSON object a line, as in a .jsonl file."


def test_quotes_with_a_backslash_are_quotes(home, tmp_path):
    table = rows()
    table.loc[3, "text"] = 'she said "yes", twice: "yes"'
    table.loc[4, "text"] = 'C:\\new is "a folder"'
    path = tmp_path / "a.csv"
    lines = ['"{}",{}'.format(t.replace('"', '\\"'), y) for t, y in table.itertuples(index=False)]
    path.write_text("text,label\n" + "\n".join(lines))
    read, manifest = prepared(path)
    assert set(read["text"]) == set(table["text"])
    assert manifest["report"][1].startswith("a.csv: quotes with a backslash before them")
    path.write_text("text,label\n" + "\n".join(lines) + '\n"open,a')
    with pytest.raises(FileError, match="cannot be read as CSV"):
        task_data.prepare(str(path))


def test_of_parquet_only_the_columns_asked_for_are_read(home, tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet", rows().assign(other="x", more="y"))
    asked = []
    read = tables.pq.ParquetFile.iter_batches

    def note(file, size, columns):
        asked.append(columns)
        return read(file, size, columns=columns)

    monkeypatch.setattr(tables.pq.ParquetFile, "iter_batches", note)
    assert len(prepared(path)[0]) == 240 and asked == 2 * [["text", "label"]]


def test_a_link_has_the_ending_that_counts(home, tmp_path):
    (tmp_path / "blobs").mkdir()
    blob = write(tmp_path / "a.csv", rows()).rename(tmp_path / "blobs" / "3f7a")
    link = tmp_path / "mail.csv"
    link.symlink_to(blob)
    assert len(prepared(link)[0]) == 240


def test_a_cut_manifest_is_made_anew(home, tmp_path):
    path = write(tmp_path / "a.csv", rows())
    manifest = task_data.prepare(str(path)) / "manifest.json"
    whole = manifest.read_text()
    for content in (whole[:200], "", "[]", "{}"):
        manifest.write_text(content)
        with pytest.raises(DataError, match="no prepared data"):
            task_data.read_manifest(str(path))
        task_data.prepare(str(path))
        assert manifest.read_text() == whole


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl", "a.csv.gz"])
@pytest.mark.parametrize("group_column", [None, "author"])
def test_a_file_read_in_small_pieces_gives_the_same_parts(
    home, tmp_path, monkeypatch, name, group_column
):
    table = pd.concat([rows(900), rows(40), rows(20).assign(label="ham")], ignore_index=True)
    table["author"] = [f"author {i % 83}" for i in range(len(table))]
    table["label"] = [f" {label}" if i % 50 == 0 else label for i, label in enumerate(table.label)]
    table.loc[700:720, "text"] = None
    path = write(tmp_path / name, table)
    whole, manifest = prepared(path, group_column=group_column)
    shutil.rmtree(settings.data_folder(str(path)))
    for module in (delimited, tables):
        monkeypatch.setattr(module, "BATCH", 13)
    monkeypatch.setattr(parts, "AT_ONCE", 37)
    monkeypatch.setattr(parts, "MOST_FILES", 9)
    pieces, again = prepared(path, group_column=group_column)
    pd.testing.assert_frame_equal(pieces, whole)
    assert again["report"] == manifest["report"] and again["rows"] == manifest["rows"]
    assert not list(home.glob("data/.*"))


def test_the_parts_are_those_of_the_rule(home, tmp_path):
    table = rows(500)
    folder = task_data.prepare(str(write(tmp_path / "a.csv", table)))
    expected = {"test": [], "validation": [], "train": []}
    for number, name in enumerate(["ham", "spam"]):
        texts = sorted(table["text"][table["label"] == name], key=parts.digest)
        for i, text in enumerate(texts):
            share = i / len(texts)
            part = "test" if share < 0.1 else "validation" if share < 0.2 else "train"
            expected[part].append((text, number))
    for part, pairs in expected.items():
        read = pd.read_parquet(folder / f"{part}.parquet")
        pairs.sort(key=lambda pair: parts.digest(pair[0]))
        assert list(read.itertuples(index=False, name=None)) == pairs


def test_a_damaged_row_leaves_no_draft(home, tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv", rows())
    monkeypatch.setattr(own_file, "_cut", lambda *_: (1 / 0 for _ in "a"))
    with pytest.raises(ZeroDivisionError):
        task_data.prepare(str(path))
    assert not list((home / "data").iterdir())
