"""Triples: what would give a held-out one away, and how its rank is counted."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from helpers.data.settings import SourceError
from helpers.examples import knowledge_graph as data
from helpers.stages.errors import DataError
from tests.support.on_page import definitions

PAGE = "examples/knowledge_graph.ipynb"


def own_file(path, rows=400):
    names = [
        (f"part{n % 40}", "needs" if n % 3 else "fits", f"tool{n * 7 % 23}") for n in range(rows)
    ]
    pd.DataFrame(names, columns=data.COLUMNS).drop_duplicates().to_csv(path, index=False)
    return path


def pairs_of(table):
    return {frozenset(pair) for pair in zip(table["head"], table["tail"], strict=True)}


def test_no_pair_stands_in_two_parts_and_every_entity_was_seen(tmp_path):
    tables, facts = data.own(own_file(tmp_path / "facts.csv"))
    parts = [pairs_of(tables[part]) for part in data.SHARES]
    assert sum(map(len, parts)) == len(set().union(*parts))
    seen = set(tables["train"]["head"]) | set(tables["train"]["tail"])
    for part in ("validation", "test"):
        assert {*tables[part]["head"], *tables[part]["tail"]} <= seen
    assert {"source", "license", "citation", "split_rule"} <= facts.keys()


def test_inverse_and_repeated_pairs_are_dropped():
    rows = [("a", "r", "b"), ("b", "s", "a"), ("a", "s", "b"), ("a", "r", "c")]
    tables = data._cut(pd.DataFrame(rows, columns=data.COLUMNS), set())
    assert sorted(sorted(pair) for part in data.SHARES for pair in pairs_of(tables[part])) == [
        ["a", "b"],
        ["a", "c"],
    ]


def test_new_entities_are_in_no_other_part():
    rows = [(f"d{n % 9}", "shows", f"s{n // 9}") for n in range(90)]
    tables = data._cut(pd.DataFrame(rows, columns=data.COLUMNS), {"s1", "s2", "s3"})
    assert set(tables["new"]["new"]) == {"s1", "s2", "s3"}
    assert tables["new"].groupby("new")["part"].nunique().max() == 1
    for part in data.SHARES:
        assert not {"s1", "s2", "s3"} & set(tables[part]["tail"])


def test_own_file_says_what_is_wrong(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text("head,tail\na,b\n")
    with pytest.raises(DataError, match="no column 'relation'"):
        data.own(path)
    path.write_text("head,relation,tail\na,b,c\na,,c\n")
    with pytest.raises(DataError, match="line 3: relation is empty"):
        data.own(path)
    path.write_text("head,relation,tail\na,b,c\n")
    with pytest.raises(DataError, match="too few triples"):
        data.own(path)


def test_lines_with_tabs_are_triples(tmp_path, monkeypatch):
    lines = pd.DataFrame({"text": [f"/m/{n}\t/film/actor\t/m/{n + 1}" for n in range(5)]})
    for split in ("train", "validation", "test"):
        lines.to_parquet(tmp_path / f"FB15k-237_{split}.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, facts = data.online()
    assert tables["test"].iloc[0].tolist() == ["/m/0", "/film/actor", "/m/1"]
    assert len(tables["entities"]) == 6 and "new" not in tables
    assert facts["split_rule"] == "the published split"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ({"text": ["a\tr\tb", "a\tr"]}, r"row 2: 'a\\tr' is no head, relation and tail"),
        ({"text": ["a\tr\tb\tc"]}, "row 1"),
        ({"text": ["a\tr\tb", None]}, "row 2"),
        ({"text": []}, "has no rows"),
        ({"head": ["a"], "tail": ["b"]}, "no column 'relation'.* It needs head, relation, tail"),
    ],
)
def test_a_copy_that_holds_no_triples_is_refused(tmp_path, monkeypatch, rows, told):
    for split in ("train", "validation", "test"):
        pd.DataFrame(rows).to_parquet(tmp_path / f"FB15k-237_{split}.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    with pytest.raises(SourceError, match=told):
        data.online()


def test_questions_go_both_ways():
    rows = pd.DataFrame([("a", "r", "b")], columns=data.COLUMNS)
    assert data.numbered(rows, ["a", "b"], ["q", "r"]).tolist() == [[0, 1, 1], [1, 3, 0]]


def test_implied_signs_are_left_out():
    parent = data.hpo.terms().set_index("id")["parents"]["HP:0001831"][0]  # of Short toe
    rows = pd.DataFrame(
        [("d", parent), ("d", "HP:0001831"), ("e", parent)], columns=["disease", "id"]
    )
    kept = data.without_implied(rows)
    assert kept.values.tolist() == [["d", "HP:0001831"], ["e", parent]]


def test_series_share_a_name():
    stems = {
        "Angioedema, hereditary, 1": "angioedema",
        "Noonan syndrome 12": "noonan syndrome",
        "Noonan syndrome 2B": "noonan syndrome",
        "X type II": "x",
        "Congenital myopathy 2B, severe infantile, autosomal recessive": "congenital myopathy",
        "Spastic paraplegia 4, autosomal dominant": "spastic paraplegia",
        "Immunodeficiency 73B with defective chemotaxis": "immunodeficiency",
        "Mucopolysaccharidosis type IVB (Morquio)": "mucopolysaccharidosis",
        "Aminoacylase 1 deficiency": "aminoacylase 1 deficiency",
        "2,4-dienoyl-CoA reductase deficiency": "2,4-dienoyl-coa reductase deficiency",
    }
    assert {name: data.series(name) for name in stems} == stems


def test_one_disease_of_each_series_is_in_the_graph():
    called = data.hpo.signs().drop_duplicates("disease").set_index("disease")["name"]
    names = called[data._shows()["head"].unique()].str.lower()
    numbered = r"^(.+?),? (?:type )?(?:\d+[a-z]?|[ivx]+[a-z]?|[a-z])(?=,| with| and|$)"
    stems = names.str.extract(numbered)[0].dropna()
    assert len(stems) > 100 and not stems[stems.duplicated()].tolist()


def test_no_number_is_the_worst_score():
    ranks = definitions(PAGE, "ranks")["ranks"]
    known = sparse.csr_matrix([[1, 0, 0]])
    assert ranks([[np.nan, 1, 2]], np.array([0]), known)[0] >= 3


def test_ranks_are_filtered_and_know_ties():
    ranks = definitions(PAGE, "ranks")["ranks"]
    known = sparse.csr_matrix([[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    scores = [[0, 9, 5, 3], [2, 2, 2, 1], [0, 0, 0, 0]]
    # the known 9 does not count; two of three equal ones stand before it or after; all are equal
    assert ranks(scores, np.array([2, 0, 2]), known).tolist() == [1, 2, 2.5]


def test_complex_tells_a_relation_from_its_inverse():
    page = definitions(PAGE, "combine", "match")
    generator = np.random.default_rng(0)
    h, r, t = generator.normal(size=(3, 1, 8)).astype("float32")
    complex_of = lambda x: x[:, :4] + 1j * x[:, 4:]  # noqa: E731
    wanted = np.sum(complex_of(h) * complex_of(r) * complex_of(t).conj()).real
    place = page["combine"]("ComplEx", h, r)
    for pairs in ("bw,bw->b", "bw,nw->bn"):
        got = np.array(page["match"]("ComplEx", place, t, np.zeros(1, "float32"), pairs))
        assert got.ravel()[0] == pytest.approx(wanted, rel=1e-5)
    away = np.array(page["match"]("TransE", page["combine"]("TransE", h, r), t, None, "bw,bw->b"))
    assert away[0] == pytest.approx(-np.linalg.norm(h + r - t), rel=1e-4)


def test_an_own_file_needs_questions_of_its_most_frequent_relation(tmp_path):
    path = tmp_path / "facts.csv"
    rows = [(f"part{n % 100}", f"fact {n % 90}", f"tool{n * 7 % 83}") for n in range(900)]
    pd.DataFrame(rows, columns=data.COLUMNS).to_csv(path, index=False)
    with pytest.raises(DataError, match="is the most frequent relation.*Give more triples of it"):
        data.own(path)


def test_own_triples_that_are_left_out_are_counted(tmp_path):
    path = own_file(tmp_path / "facts.csv")
    rows = pd.read_csv(path)
    tables, facts = data.own(path)
    kept = sum(len(tables[part]) for part in ("train", "validation", "test"))
    pd.concat([rows, rows.assign(relation="breaks")]).to_csv(path, index=False)
    assert any(
        f"{2 * len(rows) - kept:,} triples left out" in line for line in data.own(path)[1]["report"]
    )
    assert any(f"{len(rows) - kept:,} triples left out" in line for line in facts["report"])
