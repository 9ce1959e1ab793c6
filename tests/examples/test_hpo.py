"""The ontology's files: what is read of them."""

import pandas as pd
import pytest

from helpers.examples import hpo


@pytest.mark.parametrize(
    "said, share",
    [("3/12", 0.25), ("25%", 0.25), ("HP:0040281", 0.9), ("", hpo.UNSAID), ("0/0", hpo.UNSAID)],
)
def test_share_of_patients(said, share):
    assert hpo.share(said) == share


def test_plain_text_has_no_escapes():
    assert hpo.plain(r"a \"b\"\n c\, d") == 'a "b" c, d'


def test_terms_are_in_force_and_hang_together():
    terms, synonyms = hpo.terms(), hpo.synonyms()
    assert len(terms) == 19034 and terms["id"].is_unique
    assert set(synonyms["id"]) <= set(terms["id"])
    assert (synonyms["kind"] == "layperson").sum() == 8093
    seizure = terms.set_index("id").loc["HP:0001250"]
    assert seizure["name"] == "Seizure" and seizure["source"].endswith("PMID:15816939")
    assert hpo.ABNORMALITY in hpo.ancestors()["HP:0001250"]


def test_relations_between_terms():
    short_toe = "HP:0001831"
    toe = hpo.terms().set_index("id")["parents"][short_toe][0]
    assert hpo.relation(toe, short_toe).startswith("its parent")
    assert hpo.relation(short_toe, toe).startswith("its child")
    assert hpo.relation(toe, toe) == "right"
    assert hpo.relation("HP:0001250", short_toe) == "another family"


def test_shares_climb_and_diseases_described_twice_are_found():
    rows = pd.DataFrame(
        [("OMIM:1", "A B", "HP:0001831", 0.5), ("ORPHA:1", "a-b", "HP:0001831", 0.9)],
        columns=["disease", "name", "id", "share"],
    ).assign(reference="PMID:1", evidence="PCS")
    wide = hpo.with_ancestors(rows).set_index(["disease", "id"])["share"]
    assert wide["OMIM:1", "HP:0001780"] == 0.5 and wide["ORPHA:1", hpo.ABNORMALITY] == 0.9
    (case,) = hpo.described_twice(rows, most=5, least=1)
    assert case == {"called": "a b", "signs": ["HP:0001831"], "diseases": ["OMIM:1"]}
    (told,) = hpo.evidence(rows, ["OMIM:1"], ["HP:0001780", "HP:0001250"])
    assert list(told.values()) == ["A B (OMIM:1)", "a kind of it", "–"]
