"""Pairs of texts with placeholders, and what the page does with them."""

import io
import zipfile
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from nltk.translate import AlignedSent, IBMModel1
from sacrebleu.metrics import CHRF

from helpers.data.settings import SourceError
from helpers.examples import translation
from helpers.stages.errors import DataError
from tests.support.on_page import definitions

PAGE = "examples/translation.ipynb"
END, FIRST, LAST, VOCAB = 2, 4, 12, 20


def test_placeholders_are_numbered_in_the_order_of_the_source():
    found = translation.masked("Open %2 in {app} or %1: %2", "在 {app} 中打开 %2 或 %1：%2")
    assert found is not None
    assert found[:2] == ("Open ⟨1⟩ in ⟨2⟩ or ⟨3⟩: ⟨1⟩", "在 ⟨2⟩ 中打开 ⟨1⟩ 或 ⟨3⟩：⟨1⟩")
    assert found[2] == ["%2", "{app}", "%1"]


def test_pairs_with_other_placeholders_are_refused():
    assert translation.masked("Open %1", "打开") is None
    assert translation.masked("Open ⟨1⟩", "打开 ⟨1⟩") is None
    with pytest.raises(DataError, match="placeholders"):
        translation.hidden(" ".join(f"%{i}" for i in range(10)))


@pytest.mark.parametrize(
    "kind",
    ["%1", "%s", "%d", "%@", "%ld", "%.2f", "%5.1f", "%-10s", "%1$s", "%2$@", "%(name)s", "%(n)d"]
    + [
        "%%",
        "{0}",
        "{name}",
        "{{name}}",
        "${var}",
        "%{n}",
        "{n, plural, one {1 tab} other {# tabs}}",
    ]
    + ["<b>", "</b>", "`a b`", "https://a.b/c"],
)
def test_each_kind_of_placeholder_is_kept_whole(kind):
    found = translation.masked(f"Open {kind} now", f"打开{kind} 了")
    assert found == ("Open ⟨1⟩ now", "打开⟨1⟩ 了", [kind])


def test_a_percent_sign_is_no_placeholder():
    for text in ("100 % sure", "50% done", "5% of 10%", "100%", "50%off", "a %-encoded address"):
        assert translation.hidden(text) == (text, "[]")
    assert translation.hidden("took %ds, %dx%d px")[0] == "took ⟨1⟩s, ⟨1⟩x⟨1⟩ px"


def test_a_head_of_the_rows_is_a_draw():
    words = ["".join(chr(97 + (i * 7 + j * j) % 26) for j in range(i)) for i in range(3, 60)]
    tables, _ = translation.cut((word, f"译{i}") for i, word in enumerate(words))
    sizes = tables["train"]["source"].str.len()
    assert not sizes.is_monotonic_increasing
    assert set(sizes.head(12) > sizes.median()) == {True, False}


def test_hidden_and_restored_are_the_way_and_back():
    text = "Could not open %1 at https://a.b/c"
    masked, kept = translation.hidden(text)
    assert masked == "Could not open ⟨1⟩ at ⟨2⟩"
    assert translation.restored([masked], [kept]) == [text]


def test_broken_tells_lost_invented_and_doubled_placeholders():
    drafts = ["⟨1⟩ 甲", "甲", "⟨1⟩⟨1⟩", "⟨2⟩"]
    assert translation.broken(["a ⟨1⟩"] * 4, drafts) == [False, True, True, True]


def test_no_group_is_on_two_sides():
    words = ["open", "close", "save", "print", "share", "delete", "rename", "copy", "move", "hide"]
    things = ["file", "tab", "window", "kernel", "terminal", "notebook", "cell", "panel", "menu"]
    pairs = [(f"{a} {b}", f"{a}{b}译") for a in words for b in things]
    pairs += [(f"{a.title()} {b}…", f"{b}的{a}") for a in words for b in things]
    tables, report = translation.cut(pairs)
    keys = [set(map(translation.core, table["source"])) for table in tables.values()]
    assert all(keys) and not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2]
    assert report[0].startswith("180 pairs")


def test_same_translation_or_nearly_the_same_text_is_a_group():
    sources = ["Stage the selected files", "Stage the selected file", "Quit", "Leave", "Other"]
    group = translation.groups(sources, ["甲", "乙", "退出", "退出", "丙"])
    assert group[0] == group[1] and group[2] == group[3] and len(set(group)) == 3


def test_no_pair_at_all_is_no_group():
    assert translation.groups([], []).tolist() == []
    tables, report = translation.cut([("a", "a")])
    assert not any(map(len, tables.values())) and "1 not translated" in report[0]


def test_lines_are_pairs_where_both_sides_have_as_many():
    assert list(translation.lines("a\nb", "甲\n乙")) == [("a", "甲"), ("b", "乙")]
    assert not list(translation.lines("a\nb", "甲"))


def test_own_file_names_the_line_of_an_empty_cell(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("source,target\nOpen,打开\nClose,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"my\.csv, line 3: target is empty"):
        translation.own(path)
    path.write_text("source,target\nOpen,打开\n", encoding="utf-8")
    with pytest.raises(DataError, match="200 are needed"):
        translation.own(path)
    path.write_text("source,other\nOpen,打开\n", encoding="utf-8")
    with pytest.raises(DataError, match="target"):
        translation.own(path)


def test_tatoeba_reads_the_folder_of_copies_and_an_archive(tmp_path, monkeypatch):
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    with pytest.raises(DataError, match="tatoeba_en_zh"):
        translation.online()
    with pytest.raises(DataError, match="not the archive"):
        translation.tatoeba_lines(b"no zip")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("cmn.txt", "Hi.\t嗨。\tCC-BY 2.0\nRun!\t跑！\tCC-BY 2.0\n")
    pairs = translation.tatoeba_lines(archive.getvalue())
    assert pairs == [("Hi.", "嗨。"), ("Run!", "跑！")]
    pd.DataFrame(pairs, columns=["en", "zh"]).to_parquet(tmp_path / "tatoeba_en_zh.parquet")
    tables, facts = translation.online()
    assert sorted(pd.concat(tables.values())["source"]) == ["Hi.", "Run!"]
    assert facts["license"] == "CC-BY-2.0-FR"


@pytest.fixture
def tatoeba(monkeypatch):
    """What the archive holds, as bytes: a function that sets it."""
    monkeypatch.delenv("SLM_DATA_MIRROR", raising=False)

    def hold(content):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("cmn.txt", content)
        monkeypatch.setattr(translation.hub, "fetch", lambda *_: archive.getvalue())

    return hold


def test_tatoeba_ends_a_line_where_the_file_does(tatoeba):
    tatoeba("Wait\u2028here.\t在这里\x85等。\tCC-BY\r\nRun!\t跑！\r\n")
    tables, report = translation.online()
    assert sorted(pd.concat(tables.values())["source"]) == ["Run!", "Wait\u2028here."]
    assert sorted(pd.concat(tables.values())["target"]) == ["在这里\x85等。", "跑！"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a" * (translation.MOST_BYTES + 1), "50,000,001 bytes, 50,000,000 are the most"),
        (b"Hi.\tCC-BY\nRun!\n", "English and Chinese between tabs .* leave TASK at"),
        (b"Hi.\t\xff\tCC-BY\n", "English and Chinese between tabs"),
    ],
)
def test_tatoeba_is_refused_where_it_is_something_else(tatoeba, content, told):
    tatoeba(content)
    with pytest.raises(SourceError, match=told):
        translation.online()


def test_a_copy_of_tatoeba_needs_both_languages(tmp_path, monkeypatch):
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    path = tmp_path / "tatoeba_en_zh.parquet"
    pd.DataFrame({"en": ["Hi."]}).to_parquet(path)
    with pytest.raises(SourceError, match="no column 'zh'"):
        translation.online()
    pd.DataFrame({"en": ["Hi.", "Run!"], "zh": ["嗨。", None]}).to_parquet(path)
    with pytest.raises(SourceError, match="row 2: zh is empty"):
        translation.online()


def test_too_many_pairs_are_refused_wherever_they_are_from(tmp_path, monkeypatch):
    monkeypatch.setattr(translation, "MOST_PAIRS", 2)
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    rows = pd.DataFrame({"en": ["Hi.\nRun!", "Go."], "zh": ["嗨。\n跑！", "走。"]})
    rows.to_parquet(tmp_path / "tatoeba_en_zh.parquet")
    with pytest.raises(DataError, match="tatoeba_en_zh: 3 pairs of lines; 2 are the most"):
        translation.online()
    own = tmp_path / "my.parquet"
    rows.rename(columns={"en": "source", "zh": "target"}).to_parquet(own)
    with pytest.raises(DataError, match=r"my\.parquet: 3 pairs of lines; 2 are the most"):
        translation.own(own)


def test_chrf_is_that_of_sacrebleu():
    chrf_of = CHRF().corpus_score
    page = definitions(PAGE, "runs", "chrf_counts", "chrf")
    drafts, references = ["打开 文件", "关", "ab c"], ["打开这个文件", "关闭", "xyz"]
    counts = page["chrf_counts"](drafts, references).sum(axis=0)
    assert np.isclose(page["chrf"](counts), chrf_of(drafts, [references]).score)


@pytest.fixture(scope="module")
def search():
    names = ("PLACES", "allowed", "search")
    page = {
        "PAD": 0, "START": 1, "END": END, "UNKNOWN": 3, "FIRST": FIRST, "LAST": LAST,
        "WRITE": 12, "vocab_size": VOCAB, "np": np, "PLACES": np.arange(FIRST, LAST + 1),
    }  # fmt: skip
    functions = definitions(PAGE, *names[1:])
    for function in functions.values():
        function.__globals__.update(page)
    return functions["search"]


@pytest.mark.parametrize("beam", [1, 3])
def test_no_draft_breaks_a_placeholder_whatever_the_network_believes(search, beam):
    generator = np.random.default_rng(0)
    left = generator.integers(0, 3, (30, 9)) * (generator.random((30, 9)) < 0.3)
    left = left[left.sum(axis=1) < 11]

    def next_with(vectors, read, written):
        return generator.dirichlet(np.full(VOCAB, 0.2), len(written))

    drafts, _ = search(np.ones((len(left), 4), int), left, lambda read: read, next_with, beam)
    for due, draft in zip(left, drafts, strict=True):
        written = Counter(int(token) for token in draft)
        assert [written[i] for i in range(FIRST, LAST + 1)] == due.tolist()


def test_a_wide_beam_finds_the_best_mean_log_probability(search):
    p = np.full(VOCAB, 1e-6)
    p[[END, 15, 16]] = 0.3, 0.5, 0.2

    def next_with(vectors, read, written):
        after = np.tile(p, (len(written), 1))
        after[written[:, -1] == 15] = 1e-6  # the likely beginning leads nowhere
        after[written[:, -1] == 16] = 1e-6
        after[written[:, -1] == 16, END] = 0.99  # the unlikely one has the surest end
        return after

    left = np.zeros((1, 9), int)
    best = {1: ([], np.log(0.3)), 3: ([16], (np.log(0.2) + np.log(0.99)) / 2)}
    for beam, (tokens, score) in best.items():
        drafts, mean = search(np.ones((1, 4), int), left, lambda read: read, next_with, beam)
        assert list(drafts[0]) == tokens and np.isclose(mean[0], score)


def test_the_table_knows_words_and_makes_no_placeholder():
    count_lexicon = definitions(PAGE, "count_lexicon")["count_lexicon"]
    pairs = [
        ([15, 16, END], [17, 18, END]),
        ([15, FIRST, END], [17, FIRST, END]),
        ([14, END], [5, END]),
    ]
    count_lexicon.__globals__.update(
        encode=lambda _: [19], vocab_size=VOCAB, PAD=0, FIRST=FIRST, LAST=LAST,
        english=[pair[0] for pair in pairs], chinese=[pair[1] for pair in pairs],
        np=np, AlignedSent=AlignedSent, IBMModel1=IBMModel1,
    )  # fmt: skip
    table = count_lexicon(range(3))
    assert table[[15, 16, END, 19]].argmax(axis=1).tolist() == [17, 18, END, 19]
    placeholders = np.arange(FIRST, LAST + 1)
    assert (table[placeholders].argmax(axis=1) == placeholders).all()
    assert not np.delete(table, placeholders, axis=0)[:, placeholders].any()


def test_an_address_ends_before_the_marks_after_it():
    found = translation.masked(
        "See https://a.de/b, or (https://a.de/c).", "见 https://a.de/b，或（https://a.de/c）。"
    )
    assert found == (
        "See ⟨1⟩, or (⟨2⟩).",
        "见 ⟨1⟩，或（⟨2⟩）。",
        ["https://a.de/b", "https://a.de/c"],
    )


def test_pairs_of_other_line_breaks_are_counted():
    _, report = translation.cut([("Hi.\nRun!", "嗨。跑！"), ("Go.", "走。")])
    assert "1 of other line breaks" in report[0]


def test_examples_of_an_own_file_have_their_placeholders(tmp_path):
    words = [f"{a}{b}" for a in "abcdefghijklmnopqrst" for b in "uvwxyzabcdefg"]
    rows = pd.DataFrame(
        {"source": [f"{w}{w} %1" for w in words], "target": [f"{w[::-1]} %1" for w in words]}
    )
    rows.to_csv(tmp_path / "my.csv", index=False)
    _, facts = translation.own(tmp_path / "my.csv")
    assert facts["examples"] and all("%1" in text for text in facts["examples"])
