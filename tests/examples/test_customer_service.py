"""The help desk: what its parts share, how a file of a reader's own is refused, costs and tests."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from helpers.data import parts
from helpers.examples import customer_service
from helpers.examples.customer_words import FRAMES, SYNONYMS
from helpers.stages.errors import DataError
from tests.support import on_page

PAGE = "examples/customer_service.ipynb"


@pytest.fixture(scope="module")
def desk():
    return customer_service.packaged()


def test_no_group_and_no_text_is_in_two_parts(desk):
    tables, _ = desk
    for column in ("group", "text"):
        seen = [set(tables[part][column].map(parts.same_text)) for part in parts.LABELED]
        if column == "group":  # a complaint itself is a group of the training rows
            seen = [{g for g in groups if not g.startswith("trouble")} for groups in seen]
        assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


def test_made_rephrasings_share_neither_phrases_nor_synonyms():
    for lists in (*SYNONYMS.values(), FRAMES):
        train, validation, test = (set(lists[part]) - {"working"} for part in parts.LABELED)
        assert train and validation and test
        assert not (train & validation or train & test or validation & test)


def test_a_reply_for_every_intent_and_rows_of_each_in_every_part(desk):
    tables, manifest = desk
    assert list(tables["replies"]["label"]) == list(range(50))
    assert tables["replies"]["reply"].str.len().min() > 5
    for part in parts.LABELED:
        assert set(tables[part]["label"]) == set(range(50))
    assert "1,050 pairs" in manifest["report"][0] and "10 differ" in manifest["report"][0]


def test_what_is_outside_is_in_no_table_and_no_topic_on_both_sides(desk):
    tables, _ = desk
    outside = tables["outside"]
    assert outside.groupby("topic")["part"].nunique().max() == 1
    known = {parts.same_text(t) for part in parts.LABELED for t in tables[part]["text"]}
    assert not known & set(outside["text"].map(parts.same_text))


def _file(tmp_path, rows):
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows, columns=["text", "label", "reply"]).to_csv(path, index=False)
    return path


def test_a_file_of_ones_own(tmp_path):
    rows = [(f"where is parcel {i}", "delivery", "Soon." if i else "") for i in range(20)]
    rows += [(f"i send number {i} back", "returns", "") for i in range(20)]
    rows += [("do you sell gift cards", "outside", ""), ("do you hire", "outside", "")]
    path = _file(tmp_path, rows)
    path.write_text(path.read_text().replace("text,label,reply", "Text,label,reply"))
    tables, facts = customer_service.own(path)
    assert facts["report"] == ["the column 'Text' was taken for 'text'"]
    assert list(tables["replies"]["reply"]) == ["Soon.", "This is about: returns."]
    assert sum(len(tables[part]) for part in parts.LABELED) == 40
    assert set(tables["outside"].query("topic == 'own'")["part"]) == {"validation", "test"}


def test_a_file_that_cannot_be_used_says_where(tmp_path):
    with pytest.raises(DataError, match="line 3: label is empty"):
        customer_service.own(_file(tmp_path, [("a", "x", ""), ("b", "", "")]))
    with pytest.raises(DataError, match="at least 2 labels with 8 different texts"):
        customer_service.own(_file(tmp_path, [("a", "x", ""), ("b", "y", "")]))


def test_bm25_is_the_formula():
    index = on_page.definitions(PAGE, "bm25_index")["bm25_index"]
    counts = sparse.csr_matrix(np.array([[2.0, 0, 1], [0, 1, 0]]))
    k1, b, length = 1.5, 0.75, np.array([3, 1])
    got = index(counts, k1, b).toarray()
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    norm = k1 * (1 - b + b * length / 2)
    np.testing.assert_allclose(got[0, 0], idf * 2 * (k1 + 1) / (2 + norm[0]), rtol=1e-6)
    np.testing.assert_allclose(got[1, 1], idf * (k1 + 1) / (1 + norm[1]), rtol=1e-6)


def test_a_lead_in_one_group_only_shows_nothing():
    page = on_page.definitions(PAGE, "by_group", "paired_p")
    page["paired_p"].__globals__.update(page)
    first, second = np.ones(40, bool), np.zeros(40, bool)
    assert page["paired_p"](first, second, np.zeros(40)) == 1.0
    assert page["paired_p"](first, second, np.arange(40)) < 0.001
    assert page["paired_p"](first, first, np.arange(40)) == 1.0


def test_costs_of_the_three_ways():
    costs = on_page.definitions(PAGE, "costs")["costs"]
    prices = {"COST_WRONG": 10.0, "COST_PERSON": 3.0, "COST_LIST": 1.0}
    costs.__globals__.update(prices)
    sure = np.array([0.9, 0.9, 0.5, 0.5, 0.1])
    right, listed = np.array([1, 0, 0, 0, 0], bool), np.array([1, 1, 1, 0, 0], bool)
    assert costs(sure, right, listed, 0.8, 0.3).tolist() == [0, 10, 1, 4, 3]


def test_a_short_unsure_text_keeps_the_intent_and_takes_the_new_slot():
    page = on_page.definitions(PAGE, "SHORT", "find_slots", "understand")
    understand = page["understand"]
    understand.__globals__.update(
        page, manifest={"slots": {"room": ["room", "living room", "den"]}}
    )
    first = understand("lights in the den", np.array([0.1, 0.9]), {}, 0.5)
    assert first["label"] == 1 and first["slots"] == {"room": "den"}
    second = understand("and the living room", np.array([0.6, 0.4]), first, 0.7)
    assert second["label"] == 1 and second["slots"] == {"room": "living room"}
    assert understand("what a day", np.array([0.9, 0.1]), first, 0.7)["label"] == 0


def test_repeated_texts_count_once_and_outside_has_any_case(tmp_path):
    rows = [(f"where is parcel {i}", "delivery", "Soon.") for i in range(20)]
    rows += [("where is parcel 1", "returns", "")] + [("again and again", "returns", "")] * 30
    with pytest.raises(DataError, match="8 different texts each, not .*'returns': 1"):
        customer_service.own(_file(tmp_path, rows))
    rows = rows[:20] + [(f"i send number {i} back", "returns", "") for i in range(20)] * 2
    tables, facts = customer_service.own(_file(tmp_path, [*rows, ("do you hire", "Outside", "")]))
    assert facts["report"] == ["20 rows left out whose text stands there already"]
    assert len(tables["replies"]) == 2 and "do you hire" in set(tables["outside"]["text"])
