"""The words of two sides: what crosses between parts, what is scored, what a file may look like."""

import numpy as np
import pandas as pd
import pytest

from helpers.examples import medical_answers as data
from helpers.stages.errors import DataError
from tests.support.on_page import definitions

PAGE = "examples/medical_answers.ipynb"


def own_file(path, terms=60):
    rows = [
        {
            "term": f"term{n}",
            "definition": f"about {n}",
            "synonym": f"{word} call number {n * 7919}",
        }
        for n in range(terms)
        for word in ("patients", "neighbors")
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_twins_are_the_same_words_or_nearly_the_same_letters():
    others = ["Abnormality of the thumb", "Short fingers"]
    phrases = ["thumb abnormality", "Finger, short", "Short toes", "abnormality of the thumbb"]
    assert data.twins(phrases, others).tolist() == [True, True, False, True]


def test_nearness_is_jaccard_of_trigrams():
    near = data.nearness(["abc", "xyz"], ["abc", "abd"])
    assert near[0] == pytest.approx(1) and near[1] == 0
    assert data.nearness(["abc"], []).tolist() == [0]


def test_terms_do_not_cross_and_the_index_holds_no_phrase(tmp_path):
    tables, facts = data.own(own_file(tmp_path / "words.csv"))
    terms = [set(tables[part]["id"]) for part in data.PARTS]
    assert sum(map(len, terms)) == len(set().union(*terms))
    inside = tables["terms"][tables["terms"]["indexed"]]
    assert not set(tables["unknown"]["id"]) & set(inside["id"])
    assert not any(inside["synonyms"])
    assert {"source", "license", "citation", "split_rule"} <= facts.keys()


def test_own_file_says_what_is_wrong(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("term,definition\na,b\n")
    with pytest.raises(DataError, match="no column 'synonym'"):
        data.own(path)
    path.write_text("term,definition,synonym\na,b,c\n ,b,c\n")
    with pytest.raises(DataError, match="line 3: term is empty"):
        data.own(path)
    with pytest.raises(DataError, match="too few synonyms"):
        data.own(own_file(path, terms=3))


def test_pubmedqa_is_read_as_questions_and_abstracts(tmp_path, monkeypatch):
    rows = [
        {
            "pubid": n,
            "question": f"Does drug {n * 7919} help?",
            "context": {"contexts": ["One.", f"Two {n}."], "meshes": ["Humans"]},
        }
        for n in range(80)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "PubMedQA_train.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, facts = data.online()
    assert tables["terms"]["definition"][1] == "One. Two 1."
    assert tables["train"]["phrase"].str.startswith("Does drug").all() and "signs" not in tables
    assert facts["license"] == "MIT"


def test_only_exact_words_are_certain():
    terms = pd.DataFrame({"id": ["a"], "name": ["Myalgia"]})
    words = [("a", "Muscle ache", True), ("a", "Pain", False)]
    words = pd.DataFrame(words, columns=["id", "phrase", "exact"])
    cut = data._cut(terms, words, words.iloc[:0])["terms"].iloc[0]
    assert cut["synonyms"] == ["Muscle ache", "Pain"] and cut["exact"] == ["Muscle ache"]


def test_phrases_without_a_word_are_refused():
    page = definitions(PAGE, "key", "answer")
    assert page["key"]("Fingers, short") == page["key"]("short finger") == "finger short"
    for phrase in ("", "???", "is the"):
        assert page["key"](phrase) == "" and page["answer"](phrase)["confidence"] == 0


def test_equal_scores_share_their_ranks():
    page = definitions(PAGE, "ranks", "recall")
    scores = np.array([[3.0, 1, 2], [0, 0, 0]])
    assert page["ranks"](scores, np.array([2, 1])).tolist() == [1, 1]
    assert page["recall"](scores, np.array([2, 1])) == 0


def test_bm25_prefers_the_rare_word():
    page = definitions(PAGE, "bm25_index", "bm25")
    index = page["bm25_index"](["short finger", "short toe", "short nose", "big nose"], 1.2, 0.75)
    scores = page["bm25"](index, ["short toe", "nothing known"])
    assert scores[0].argmax() == 1 and scores[0, 0] > scores[0, 3] == 0
    assert not scores[1].any()


def test_bunches_hold_one_family_and_every_pair_once():
    in_bunches = definitions(PAGE, "in_bunches")["in_bunches"]
    families = np.repeat(np.arange(5), 8)
    order = in_bunches(families, 4, np.random.default_rng(0))
    assert sorted(order) == list(range(40))
    assert (families[order].reshape(-1, 4) == families[order].reshape(-1, 4)[:, :1]).all()


def test_pieces_of_words_are_padded():
    page = definitions(PAGE, "BUCKETS", "bucket", "encode")
    ids = page["encode"](["Short", ""], 8)
    assert ids.shape == (2, 8) and (ids[0] > 0).sum() == 5 and not ids[1].any()  # <short>, 4 pieces
    assert (page["encode"](["Short"], 8, letters=False)[0] > 0).sum() == 1


def test_own_definitions_are_found_in_any_row_and_phrases_count_once(tmp_path):
    path = own_file(tmp_path / "words.csv")
    once = data.own(path)[0]
    rows = pd.read_csv(path)
    rows.loc[::2, "definition"] = ""  # of the two rows of a term the second tells it
    pd.concat([rows, rows]).to_csv(path, index=False)
    tables = data.own(path)[0]
    assert (tables["terms"]["definition"] == once["terms"]["definition"]).all()
    assert all(len(tables[part]) == len(once[part]) for part in ("train", "validation", "test"))
