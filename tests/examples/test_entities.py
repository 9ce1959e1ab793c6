"""The marked names of a newspaper, and what the page does with them."""

import gzip
import json
import math
import re

import numpy as np
import pandas as pd
import pytest

from helpers.examples import entities
from helpers.examples.entities_files import (
    SpanError,
    from_tokens,
    read_conll,
    read_jsonl,
    read_marked,
)
from helpers.stages.errors import FileError
from tests.support.on_page import definitions

PAGE = "examples/entities.ipynb"
GOOD = '{"text": "a", "spans": []}\n'


def written(path, text):
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_family_and_given_names_are_one():
    text, spans = entities.read_paragraph(
        "江/nr  泽民/nr  李/nr  鹏/nr  访问/v  北京/ns  欧阳/nr  修/nr"
    )
    assert [(text[a:b], label) for a, b, label in spans] == [
        ("江泽民", "person"),
        ("李鹏", "person"),
        ("北京", "place"),
        ("欧阳修", "person"),
    ]


def test_two_foreign_names_stay_two():
    text, spans = entities.read_paragraph("克林顿/nr  希拉里/nr  说/v")
    assert [text[a:b] for a, b, _ in spans] == ["克林顿", "希拉里"]


def test_sentences_keep_offsets_and_spans_whole():
    text = "他说：“好。”北京！很好"
    spans = [(7, 9, "place"), (8, 8, "x")][:1]
    rows = list(entities.sentences(text, spans))
    assert "".join(sentence for sentence, _ in rows) == text
    assert [[s[a:b] for a, b, _ in found] for s, found in rows] == [[], ["北京"], []]
    assert list(entities.sentences("甲！乙", [(0, 3, "name")])) == [("甲！乙", [(0, 3, "name")])]


def test_repeated_paragraphs_leave_the_less_held_out_part():
    long = "中共中央总书记今天在人民大会堂会见了来访的客人"
    texts = [long + "一", "（完）", long + "二", "（完）", "别的事情"]
    assert entities.repeated(texts, [0, 0, 2, 2, 0]) == {0, 1}


def test_an_article_starts_after_a_full_stop_with_a_headline():
    assert entities.article_start(["甲。", "题目", "乙。", "丙。", "新的题目", "丁。"], 2) == 4


def test_digits_do_not_make_a_text_new():
    assert entities.without_digits("１月３日，北京") == entities.without_digits("2月14日 北京")
    assert entities.without_digits("123") == "123"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "ab", "spans": [[0, 3, "x"]]}', "line 2: the span [0, 3] does not lie"),
        ('{"text": "ab", "spans": [[1, 1, "x"]]}', "line 2: the span"),
        ('{"text": "abc", "spans": [[0, 2, "x"], [1, 3, "x"]]}', "overlap at character 1"),
        ('{"text": "ab", "spans": [[0, "1", "x"]]}', 'a span is [start, end, "label"]'),
        ('{"text": "ab", "spans": [[true, 2, "x"]]}', "a span is"),
        ('{"text": "ab"}', '"spans" must be a list'),
        ('{"texts": "ab"}', "line 2: expected"),
    ],
)
def test_spans_that_do_not_fit_are_refused_with_their_line(tmp_path, line, said):
    with pytest.raises(SpanError, match=re.escape(said)):
        read_jsonl(written(tmp_path / "my.jsonl", GOOD + line))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2 is no JSON"),
        ("[" * 100_000, "line 2 is no JSON"),
        ("[]", "line 2: expected"),
    ],
)
def test_a_line_that_is_no_json_is_named(tmp_path, line, said):
    with pytest.raises(FileError, match=said):
        read_jsonl(written(tmp_path / "my.jsonl", GOOD + line))


def test_a_file_whose_lines_are_others_is_told_what_they_should_be(tmp_path):
    said = "my.jsonl has no column 'spans'. It has: text, label. Each line is {"
    with pytest.raises(SpanError, match=re.escape(said)):
        read_jsonl(written(tmp_path / "my.jsonl", '{"text": "a", "label": "b"}'))


@pytest.mark.parametrize("name", ["my.jsonl", "My.JSONL", "my.jsonl.gz"])
def test_lines_are_read_packed_or_not_whatever_their_marks(tmp_path, name):
    lines = '\ufeff{"text": "aé", "spans": [[1, 2, "x"], [0, 1, "y"]]}\r\n\n' + GOOD
    rows, notes = read_marked(written(tmp_path / name, lines))
    assert rows == [("aé", [(0, 1, "y"), (1, 2, "x")]), ("a", [])] and notes == []


@pytest.mark.parametrize("name", ["my.tsv", "MY.TSV", "my.tsv.gz"])
def test_conll_is_known_by_its_ending(tmp_path, name):
    rows, _ = read_marked(written(tmp_path / name, "\ufeff北\tB-loc\r\n京\tI-loc\r\n"))
    assert rows == [("北京", [(0, 2, "loc")])]


@pytest.mark.parametrize("name", ["my.csv", "my.json", "my.txt"])
def test_other_files_are_refused_with_the_endings_that_are_read(tmp_path, name):
    with pytest.raises(FileError, match=r"\.jsonl or \.tsv"):
        read_marked(written(tmp_path / name, GOOD))


@pytest.mark.parametrize(
    ("name", "text"),
    [("my.jsonl", '{"text": "Жук", "spans": [[0, 3, "x"]]}'), ("my.tsv", "Жук\tB-x")],
)
def test_the_encoding_that_is_told_counts(tmp_path, monkeypatch, name, text):
    (tmp_path / name).write_bytes(text.encode("cp1251"))
    with pytest.raises(FileError, match="ENCODING"):
        read_marked(tmp_path / name)
    monkeypatch.setenv("ENCODING", "cp1251")
    assert read_marked(tmp_path / name)[0] == [("Жук", [(0, 3, "x")])]


def test_half_a_character_is_replaced_in_texts_and_labels(tmp_path):
    line = r'{"text": "a\ud800", "spans": [[0, 2, "x\ud800"]]}'
    rows, _ = read_marked(written(tmp_path / "my.jsonl", line))
    assert rows == [("a\ufffd", [(0, 2, "x\ufffd")])]


def test_conll_of_words_and_of_characters():
    rows = list(read_conll("Ann\tB-per\nLee\tI-per\nran\tO\n\n北\tB-loc\n京\tI-loc\n", "my.tsv"))
    assert rows == [("Ann Lee ran", [(0, 7, "per")]), ("北京", [(0, 2, "loc")])]
    for line in ("b\tperson", " \tB-per", "\tB-per", "b"):
        with pytest.raises(SpanError, match="line 2: expected a token, a tab"):
            list(read_conll(f"a\tO\n{line}\n", "my.tsv"))


def test_an_inside_tag_without_a_beginning_begins():
    assert from_tokens(["a", "b"], ["O", "I-x"]) == ("ab", [(1, 2, "x")])


def test_own_file_is_cut_without_a_text_on_two_sides(tmp_path):
    texts = [f"第{i}号{'甲乙丙丁'[i % 4] * (i // 4 % 12)}王伟。" for i in range(200)]
    lines = [{"text": text, "spans": [[len(text) - 3, len(text) - 1, "person"]]} for text in texts]
    path = tmp_path / "my.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    tables, facts = entities.own(path)
    assert sum(map(len, tables.values())) == 200
    train, validation, test = (
        set(table["text"].map(entities.without_digits)) for table in tables.values()
    )
    assert train and validation and test and len(train | validation | test) == 45
    assert not (train & validation or train & test or validation & test)
    assert facts["label_names"] == ["person"]
    path.write_text('{"text": "a", "spans": []}', encoding="utf-8")
    with pytest.raises(SpanError, match="50 texts"):
        entities.own(path)


def test_what_was_found_out_about_an_own_file_is_reported(tmp_path):
    lines = [{"Text": f"{chr(0x4E00 + i)}王。", "spans": [[1, 2, "x"]]} for i in range(60)]
    lines += [{**lines[0], "spans": [[0, 1, "x"]]}, lines[1]]
    path = written(tmp_path / "my.jsonl", "\n".join(map(json.dumps, lines)))
    tables, facts = entities.own(path)
    assert facts["report"][:2] == [
        "the column 'Text' was taken for 'text'",
        "62 texts; 2 left out that come again below",
    ]
    rows = pd.concat(tables.values()).set_index("text")["spans"]
    assert len(rows) == 60 and json.loads(rows["\u4e00王。"]) == [[0, 1, "x"]]


def test_online_reads_a_folder_of_copies(tmp_path, monkeypatch):
    for part, name in (("train", "王伟"), ("validation", "李明"), ("test", "张强")):
        table = pd.DataFrame({"tokens": [[*name, "说"]], "ner_tags": [[1, 2, 0]]})
        table.to_parquet(tmp_path / f"wikiann_zh_{part}.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, _ = entities.online()
    assert json.loads(tables["test"]["spans"][0]) == [[0, 2, "person"]]


def test_f1_counts_whole_spans():
    page = definitions(PAGE, "counts", "scores")
    rows = page["counts"](
        [[(0, 2, "a")], [(0, 1, "a")]], [[(0, 2, "b"), (3, 4, "a")], [(0, 1, "a")]]
    )
    assert rows.tolist() == [[0, 2, 1], [1, 0, 0]]
    assert page["scores"](0, 0, 0) == (0, 0, 0)
    assert page["counts"]([], []).shape == (0, 3)


def test_viterbi_finds_what_trying_all_finds():
    page = definitions(PAGE, "viterbi", "to_spans", "to_tags")
    inside = np.array([False, False, True, False, True])  # O, B-x, I-x, B-y, I-y
    generator = np.random.default_rng(0)
    for _ in range(20):
        rules = generator.normal(size=(5, 5))
        for tag in (2, 4):
            rules[[i for i in range(5) if i not in (tag - 1, tag)], tag] = -np.inf
        page["viterbi"].__globals__.update(inside=inside, RULES=rules, labels=["x", "y"])
        log_p = np.log(generator.dirichlet(np.ones(5), 4))
        found = page["viterbi"](log_p)
        assert page["to_tags"]("abcd", page["to_spans"](found)).tolist() == found
        allowed = (s for s in np.ndindex(*[5] * 4) if not inside[s[0]])
        best = max(_score(sequence, log_p, rules) for sequence in allowed)
        assert math.isclose(best, _score(found, log_p, rules))


def test_an_inside_tag_that_goes_on_with_nothing_begins_a_name():
    to_spans = definitions(PAGE, "to_spans")["to_spans"]
    to_spans.__globals__["labels"] = ["x", "y"]
    assert to_spans([2, 2, 0, 4, 1, 4, 4]) == [
        (0, 2, "x"), (3, 4, "y"), (4, 5, "x"), (5, 7, "y"),
    ]  # fmt: skip
    assert to_spans(np.array([1, 2, 1, 0])) == [(0, 2, "x"), (2, 3, "x")]
    assert to_spans([]) == []


def test_the_sample_that_the_page_shows_is_enough(tmp_path):
    page = definitions(PAGE, "people", "endings", "sample")
    path = tmp_path / "my.jsonl"
    path.write_text("\n".join(map(json.dumps, page["sample"])), encoding="utf-8")
    tables, facts = entities.own(path)
    assert min(map(len, tables.values())) > 2 and facts["label_names"] == ["person"]


def _score(sequence, log_p, rules):
    steps = sum(rules[a, b] for a, b in zip(sequence, sequence[1:], strict=False))
    return steps + sum(log_p[i, tag] for i, tag in enumerate(sequence))


def test_highlight_escapes():
    page = definitions(PAGE, "highlight", "COLORS")
    page["highlight"].__globals__["labels"] = ["<i>"]
    shown = page["highlight"]("<b>甲</b>", [(3, 4, "<i>")])
    assert "<b>" not in shown and "<i>" not in shown and shown.count("<mark") == 1


def test_each_row_gets_its_own_log_probabilities():
    class Tagger:
        def predict_on_batch(self, ids):
            return np.log(np.eye(3)[ids % 3] + 0.5)  # the tag is the number's rest

    rows = [np.array(row, "int32") for row in ([1, 2, 4, 5, 7], [3], [2, 2])]
    found = entities.log_probabilities(Tagger(), rows, size=2)
    assert [len(log_p) for log_p in found] == [5, 1, 2]
    assert [log_p.argmax(axis=1).tolist() for log_p in found] == [[1, 2, 1, 2, 1], [0], [2, 2]]
    assert np.allclose(np.exp(found[0]).sum(axis=1), 1)
    assert entities.log_probabilities(Tagger(), []) == []


def test_a_first_column_that_counts_is_told():
    text = "1\tEva\tB-per\n2\twohnt\tO\n3\thier\tO\n\n"
    with pytest.raises(SpanError, match="line 3: the first column counts the tokens"):
        list(read_conll(text, "mine.tsv"))
