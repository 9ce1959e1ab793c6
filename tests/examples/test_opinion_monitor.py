"""The opinion monitor: its cut, what it reads of lexicons and amounts, corrected shares, CUSUM."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

from helpers.data import parts
from helpers.data.classes import Classes
from helpers.data.settings import SourceError
from helpers.examples import bundles, finance_words, opinion_dashboard, opinion_monitor
from helpers.show import plots
from helpers.stages.errors import DataError
from tests.support import on_page

PAGE = "examples/opinion_monitor.ipynb"


def test_products_are_told_by_their_borders():
    lines = [("这书不错", 1)] * 3 + [("故事", 1)] + [("酒店 房间", 1)] * 4 + [("键盘", 1)] * 2
    frame = pd.DataFrame([(f"{text}{i}", 1) for i, (text, _) in enumerate(lines)])
    frame.columns = ["text", "label"]
    found = list(opinion_monitor.products(frame).values())
    assert found[:3] == ["books"] * 3 and found[4:8] == ["hotels"] * 4
    assert found[8:] == ["laptops"] * 2


def test_near_duplicates_stay_on_one_side():
    texts = [f"profit of firm {i} rose to {i} million in all of its units" for i in range(60)]
    others = [f"{parts.digest(str(i))[:30]} and nothing else" for i in range(200)]
    rows = pd.DataFrame({"text": texts + others, "label": 0, "product": "x"})
    tables = opinion_monitor.by_groups(rows)
    with_profit = [part for part, t in tables.items() if t["text"].str.contains("profit").any()]
    assert len(with_profit) == 1
    assert sum(map(len, tables.values())) == 260


def test_the_lexicon_is_read_and_not_run():
    lexicon = finance_words.lexicon()
    assert len(lexicon) > 7000 and lexicon["fell"] < 0
    assert finance_words.lexicon_values("It fell.", {"fell": -1.0, "it fell": -2.0}) == [-1, -2]


def test_amounts_of_money():
    found = finance_words.amounts("EUR 3.1 mn from 2 billion euros in 2009, and USD 1,200")
    assert [round(amount) for amount, _, _ in found] == [3_100_000, 2_000_000_000, 1200]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Operating profit was EUR 3.1 mn , compared to EUR 5.0 mn .", "nowworse"),
        ("EPS rose to EUR0 .3 from EUR0 .2 .", "nowbetter"),
        ("Net loss narrowed to EUR 2 mn from EUR 3 mn .", "nowbetter"),
        ("Operating profit totalled EUR 0.4 mn , up from a loss of EUR 0.8 mn .", "nowbetter"),
        ("Sales grew from EUR 1 mn to EUR 2 mn .", "nowbetter"),
        ("The order is worth EUR 3 mn .", ""),
    ],
)
def test_a_comparison_of_amounts(text, hint):
    page = on_page.definitions(PAGE, "THEN", "LOSS", "comparison")
    page["comparison"].__globals__.update(page, opinion_monitor=opinion_monitor)
    assert page["comparison"](text) == hint


def test_shares_are_corrected():
    page = on_page.definitions(PAGE, "adjusted", "by_em")
    rates = np.array([[0.8, 0.2], [0.1, 0.9]])
    page["adjusted"].__globals__.update(k=2, nnls=nnls)
    np.testing.assert_allclose(
        page["adjusted"](np.array([0.3, 0.7]) @ rates, rates), [0.3, 0.7], atol=1e-3
    )
    assert page["adjusted"](np.array([0.0, 1.0]), rates).min() >= 0
    page["by_em"].__globals__.update(k=2)
    generator = np.random.default_rng(0)
    truth = (generator.random(4000) > 0.3).astype(int)
    said = np.where(generator.random(4000) < rates[truth, 0], 0, 1)  # all that a text tells
    p = rates[:, said].T / rates[:, said].sum(axis=0)[:, None]
    np.testing.assert_allclose(page["by_em"](p, steps=300), [0.3, 0.7], atol=0.03)


def test_cusum_never_falls_below_zero():
    cusum = on_page.definitions(PAGE, "cusum")["cusum"]
    assert cusum(np.array([[-1.0, 2.0, -0.5, -3.0, 1.0]])).tolist() == [[0, 2, 1.5, 0, 1]]


def test_batches_hold_the_slots_of_the_table():
    from helpers.bundle import ngram_table

    table = ngram_table.build_table(np.array([5, 9, 13]), buckets=2)
    slots = bundles.slots_of(table, [np.array([5, 9]), np.array([77_777])])
    assert slots.shape == (2, 2) and (slots[0] > 0).all() and (slots[1] == 0).all()
    batches = bundles.bag_batches(table, [np.array([5]), np.array([9])], np.eye(2), seed=0)
    x, y = batches[0]
    assert x.shape == (2, 1) and y.sum() == 2


SENTENCES = [f"{parts.digest(str(i))[:30]} and nothing else" for i in range(30)]


@pytest.mark.parametrize("text", ["text", "sentence"])
@pytest.mark.parametrize("labels", [opinion_monitor.OPINIONS, [0, 1, 2]])
def test_phrasebank_is_read_as_the_hub_writes_it_and_with_names(
    tmp_path, monkeypatch, text, labels
):
    rows = pd.DataFrame({text: SENTENCES, "label": labels * 10})
    rows.to_parquet(tmp_path / "financial_phrasebank.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, facts = opinion_monitor.online()
    got = pd.concat(tables[part] for part in parts.LABELED)
    assert facts["label_names"] == ["negative", "neutral", "positive"]
    expected = dict(zip(SENTENCES, [0, 1, 2] * 10, strict=True))
    assert dict(zip(got["text"], got["label"], strict=True)) == expected


@pytest.mark.parametrize("labels", [["good", "positive"], [0, 3], [-1, 1]])
def test_phrasebank_with_other_labels_is_refused(tmp_path, monkeypatch, labels):
    rows = pd.DataFrame({"sentence": ["a", "b"], "label": labels})
    rows.to_parquet(tmp_path / "financial_phrasebank.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    with pytest.raises(SourceError, match="other labels than"):
        opinion_monitor.online()


def test_phrasebank_comes_from_a_hub_that_answers(monkeypatch):
    rows = pd.DataFrame({"sentence": SENTENCES, "label": [0, 1, 2] * 10})
    asked = []
    monkeypatch.setattr(pd, "read_parquet", lambda file: asked.append(file) or rows)
    monkeypatch.setattr(opinion_monitor.hub, "hub_answers", lambda: False)
    with pytest.raises(SourceError, match="does not answer.*financial_phrasebank.parquet"):
        opinion_monitor.online()
    assert not asked  # it would try for minutes
    monkeypatch.setattr(opinion_monitor.hub, "hub_answers", lambda: True)
    monkeypatch.setattr(opinion_monitor, "_tweets", lambda: (opinion_monitor.films_later(), ""))
    tables, _ = opinion_monitor.online()
    got = pd.concat(tables[part] for part in parts.LABELED)
    expected = dict(zip(SENTENCES, [0, 1, 2] * 10, strict=True))
    assert dict(zip(got["text"], got["label"], strict=True)) == expected and len(asked) == 1


def test_a_file_that_cannot_be_used_says_where(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,label\ngood,a\n,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3: text is empty"):
        opinion_monitor.own(path)
    path.write_text("text,label\ngood,a\nbad,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="2 to 9 labels of 40 rows"):
        opinion_monitor.own(path)


def test_of_equal_settings_the_first_is_taken():
    texts, labels = ["good film", "fine film", "bad film", "poor film"] * 5, [1, 1, 0, 0] * 5
    model = opinion_monitor.fit_logistic(texts, np.array(labels), (texts, np.array(labels)))
    assert model.predict(["fine good", "bad poor film"]).tolist() == [1, 0]
    assert (model[-1].C, model[-1].class_weight) == (3.0, None)


def test_the_best_setting_is_taken():
    texts, labels = ["good film"] * 2 + ["dull film"] * 18, np.array([1, 0] + [0] * 17 + [1])
    held_out = ["good film", "dull film"], np.array([1, 0])
    model = opinion_monitor.fit_logistic(texts, labels, held_out)
    assert model[-1].class_weight == "balanced"  # only then good films are good
    assert model.predict(held_out[0]).tolist() == [1, 0]


def test_probabilities_are_those_that_come_true():
    labels = np.array([0] * 30 + [1] * 10 + [0] * 6 + [1] * 14)
    scores = np.repeat([[2.0, -2.0], [-1.0, 1.0]], [40, 20], axis=0)
    fitted = opinion_monitor.calibrate(scores, labels, Classes(("good", "bad")))
    p = Classes(("good", "bad")).probabilities(scores * np.exp(fitted[0]) + fitted[1:])
    assert fitted.shape == (3,)
    np.testing.assert_allclose(p[[0, -1]], [[0.75, 0.25], [0.3, 0.7]], atol=0.005)
    twice = Classes(("good", "bad"), weights=(1.0, 3.0))  # a bad one counts as three
    fitted = opinion_monitor.calibrate(np.zeros((40, 2)), labels[:40], twice)
    np.testing.assert_allclose(fitted[1:], 0, atol=1e-3)


def test_calibration_stays_finite_where_no_answer_is_wrong():
    scores = np.array([[1.0, 0.0], [0.0, 1.0]] * 5)
    fitted = opinion_monitor.calibrate(scores, np.array([0, 1] * 5), Classes(("a", "b")))
    assert np.isfinite(fitted).all() and 1 < fitted[0] < 4
    np.testing.assert_allclose(fitted[1], fitted[2], atol=1e-3)


def write_own(path, rows):
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    return path


def test_repeated_texts_are_left_out_and_told(tmp_path):
    rows = [(parts.digest(str(i)), "ab"[i % 2]) for i in range(200)]
    rows += [(rows[i][0].upper(), "b") for i in range(10)]  # five of them are labeled a above
    tables, facts = opinion_monitor.own(write_own(tmp_path / "mine.csv", rows))
    assert sum(len(tables[part]) for part in parts.LABELED) == 200
    assert "10 rows left out" in facts["report"][-1] and "5 texts have two" in facts["report"][-1]


@pytest.mark.parametrize(
    ("of_b", "told"),
    [
        (["the same text again"] * 50, "'b': 0"),
        (["no"] * 50, "'b': 0"),
        ([f"we had to wait for {i} hours until somebody came" for i in range(50)], "'b': 0"),
    ],
)
def test_a_label_that_a_part_lacks_is_named(tmp_path, of_b, told):
    rows = [(parts.digest(str(i)), "a") for i in range(100)] + [(text, "b") for text in of_b]
    with pytest.raises(DataError, match=rf"mine\.csv: every part needs 3 .*{told}.* add texts"):
        opinion_monitor.own(write_own(tmp_path / "mine.csv", rows))


def test_texts_of_two_letters_are_told_apart(tmp_path):
    letters = "abcdefghijklmnopqrst"
    rows = [(a + b, a > b) for a in letters for b in letters]
    tables, _ = opinion_monitor.own(write_own(tmp_path / "mine.csv", rows))
    assert sum(len(tables[part]) for part in parts.LABELED) == 400


def test_the_dashboard_says_when_it_rings():
    ax = [plots.axes("", "", "") for _ in range(2)]
    path = {"bad news": np.array([0.1, 0.5, 1.2, 0.3])}
    opinion_dashboard.draw(ax, 2, np.full(4, 0.2), np.full((2, 2), 0.1), path, "negative")
    title = ax[1].get_title(loc="left") + ax[1].get_title()  # where it stands is a matter of style
    assert title == "CUSUM, bad news: rings on day 2"
