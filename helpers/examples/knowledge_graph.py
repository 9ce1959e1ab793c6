"""Data of `knowledge_graph`: what is known of diseases, signs, genes, as triples.

A triple is (head, relation, tail). Held-out triples are cut by the SHA-256 of the triple. What
would give a held-out one away is gone before the cut: diseases of one series (`series`: the same
name but for a number or a letter, and what follows) are one disease, the first; a sign is left out
where the disease has a more special one, as it follows by `is a`; no pair of entities has two
triples, in either direction. A held-out triple whose head or tail is in no training triple is
dropped.
Some signs are out of the graph with all their triples: `new`, for what a text alone can do.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import online as hub
from helpers.data.parts import digest, number
from helpers.data.settings import SourceError
from helpers.examples import hpo
from helpers.examples.own_files import read_rows
from helpers.stages.errors import DataError

Tables = dict[str, pd.DataFrame]
COLUMNS = ["head", "relation", "tail"]
MOST_DISEASES = 1500
FEWEST_SIGNS = 10  # of a disease
FEWEST_DISEASES = 5  # of a sign
NEW = 0.1  # of the signs are out of the graph
SHARES = {"test": 0.1, "validation": 0.2, "train": 1.0}  # up to which share of the triples
FEWEST_ENTITIES = 30  # of a reader's file
_NUMBER = r"(?:(?:type|group|form) )?(?:\d+[a-z]?\d*|[ivx]+[a-z]?\d*|[a-z])"  # 4, 2b, type IV, A
_SERIES = re.compile(
    rf",(?!\d).*$|[ -]+{_NUMBER}(?: (?:with|and|due|alpha|gamma|\().*)?$| type \S+$"
)
RULE = (
    "triples in the order of their SHA-256: a tenth test, a tenth validation; one disease of each "
    "series, no implied sign, no pair twice; a tenth of the signs is out of the graph"
)


def packaged() -> tuple[Tables, dict[str, Any]]:
    """Return a part of the Human Phenotype Ontology as triples, and the facts."""
    shows = _shows()
    used = {"disease": set(shows["head"]), "sign": set(shows["tail"])}
    traits = hpo.traits()
    traits = traits[traits["disease"].isin(used["disease"])]
    traits = traits.rename(columns={"disease": "head", "value": "tail"})[COLUMNS]
    triples = pd.concat([shows, _kinds(used["sign"]), _frequent(traits)], ignore_index=True)
    tables = _cut(triples, {s for s in used["sign"] if number(f"new {s}") / 2**64 < NEW})
    tables["entities"] = _entities(triples)
    return tables, hpo.FACTS | {"split_rule": RULE, "report": _report(tables)}


def online() -> tuple[Tables, dict[str, Any]]:
    """Return FB15k-237 as it is split. Raises SourceError where neither Hub nor mirror has it."""
    splits = ["train", "validation", "test"]
    otherwise = "use TASK=packaged, which needs no connection"
    loaded = hub.load_splits("KGraph/FB15k-237", splits, otherwise)
    tables = {name: _as_triples(split.to_pandas()) for name, split in loaded.items()}
    tables["entities"] = _entities(pd.concat(tables.values()))
    return tables, {
        "source": "KGraph/FB15k-237, Hugging Face Hub",
        "license": "CC-BY-4.0",
        "citation": "Toutanova and Chen, Observed versus latent features for knowledge base and "
        "text inference, CVSC 2015, https://aclanthology.org/W15-4007",
        "split_rule": "the published split",
        "language": "en",
        "domain": "facts of Freebase",
        "report": _report(tables),
    }


def own(path: Path) -> tuple[Tables, dict[str, Any]]:
    """Return a reader's own triples: a table with the columns head, relation, tail.

    Raises DataError, which names the column or the line that is wrong.
    """
    rows, notes = read_rows(path, COLUMNS)
    rows = rows.reset_index(drop=True)
    tables = _cut(rows, set())
    tables["entities"] = _entities(rows)
    if len(tables["train"]) < 5 or len(tables["entities"]) < FEWEST_ENTITIES:
        raise DataError(
            f"{path.name}: too few triples. Give 100 or more, with {FEWEST_ENTITIES} different "
            "heads and tails, which are there several times."
        )
    often = tables["train"]["relation"].mode()[0]  # the page asks about this one
    for part in ("validation", "test"):
        held_out = tables[part][tables[part]["relation"] == often]
        if len(held_out) < 5 or held_out["tail"].nunique() < 2:
            raise DataError(
                f"{path.name}: {often!r} is the most frequent relation, and of it the {part} part "
                f"has {len(held_out)} triples with {held_out['tail'].nunique()} tails; 5 and 2 are "
                "the fewest. Give more triples of it."
            )
    left = len(rows) - sum(len(tables[part]) for part in SHARES)
    facts = {"source": path.name, "license": "yours", "citation": "", "language": "und"}
    report = [
        *notes,
        f"{left:,} triples left out: of two entities the first triple counts, and a held-out one "
        "needs both ends in training",
        *_report(tables),
    ]
    return tables, facts | {"split_rule": RULE, "domain": "own", "report": report}


def numbered(rows: pd.DataFrame, ids: Sequence[str], relations: Sequence[str]) -> np.ndarray:
    """Return the questions of both directions: (entity, relation, answer), int32 [2 rows, 3].

    The first half asks for tails; the second for heads, by relations counted on from the last.
    """
    head, tail = (pd.Index(ids).get_indexer(rows[name]) for name in ("head", "tail"))
    relation = pd.Index(relations).get_indexer(rows["relation"])
    ends = np.r_[head, tail], np.r_[relation, relation + len(relations)], np.r_[tail, head]
    return np.stack(ends, axis=1).astype("int32")


def _shows() -> pd.DataFrame:
    """Return which disease shows which sign, of one disease of each series, none implied."""
    rows = hpo.signs()
    rows = rows[rows["disease"].str.startswith("OMIM") & (rows["share"] > 0)]
    rows = rows[rows.groupby("disease")["id"].transform("size") >= FEWEST_SIGNS]
    names = rows.drop_duplicates("disease")
    first = names[~names["name"].map(series).duplicated()]["disease"]
    chosen = sorted(first, key=digest)[:MOST_DISEASES]
    rows = rows[rows["disease"].isin(set(chosen))]
    rows = without_implied(rows)
    rows = rows[rows.groupby("id")["disease"].transform("size") >= FEWEST_DISEASES]
    return pd.DataFrame({"head": rows["disease"], "relation": "shows", "tail": rows["id"]})


def series(name: str) -> str:
    """Return what the diseases of a series are called: "Congenital myopathy" of "... 2B, severe".

    What follows a comma goes, then a number, letter or type, until nothing changes.
    """
    stem = name.lower()
    while (shorter := _SERIES.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem


def without_implied(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows (disease, id) without signs of which the disease has a more special kind."""
    above = hpo.ancestors()
    kept = []
    for _, ids in rows.groupby("disease")["id"]:
        implied = set().union(*(above[term] - {term} for term in ids))
        kept += [index for index, term in ids.items() if term not in implied]
    return rows.loc[sorted(kept)]


def _kinds(signs: set[str]) -> pd.DataFrame:
    """Return what is a kind of what, among signs and the next of their ancestors."""
    terms = hpo.terms()
    pairs = terms[terms["id"].isin(signs)][["id", "parents"]].explode("parents")
    often = pairs["parents"].map(pairs["parents"].value_counts()) > 1
    pairs = pairs[often | pairs["parents"].isin(signs)]
    return pd.DataFrame({"head": pairs["id"], "relation": "is a", "tail": pairs["parents"]})


def _frequent(triples: pd.DataFrame) -> pd.DataFrame:
    """Return triples whose tail has two heads or more: of a single one nothing can be learned."""
    return triples[triples.groupby("tail")["head"].transform("nunique") > 1]


def _cut(triples: pd.DataFrame, new: set[str]) -> Tables:
    """Return train, validation and test, and with new entities `new`, by the module's rule."""
    pair = [tuple(sorted(ends)) for ends in zip(triples["head"], triples["tail"], strict=True)]
    triples = triples[~pd.Series(pair, index=triples.index).duplicated()]
    is_new = triples["head"].isin(new) | triples["tail"].isin(new)
    known = triples[~is_new]
    place = [number(" ".join(row)) / 2**64 for row in known[COLUMNS].itertuples(index=False)]
    ends = np.array([*SHARES.values()])
    part = np.array([*SHARES])[np.searchsorted(ends, place, side="right").clip(max=2)]
    tables = {name: known[part == name].reset_index(drop=True) for name in SHARES}
    seen = set(tables["train"]["head"]) | set(tables["train"]["tail"])
    for name in ("test", "validation"):
        inside = tables[name]["head"].isin(seen) & tables[name]["tail"].isin(seen)
        tables[name] = tables[name][inside].reset_index(drop=True)
    if new:
        tables["new"] = _new_triples(triples[is_new], new, seen)
    return tables


def _new_triples(triples: pd.DataFrame, new: set[str], seen: set[str]) -> pd.DataFrame:
    """Return triples of one new and one known entity, whole entities in one part."""
    triples = triples[triples["head"].isin(new) != triples["tail"].isin(new)]
    other = triples["head"].where(~triples["head"].isin(new), triples["tail"])
    triples = triples[other.isin(seen)].reset_index(drop=True)
    entity = triples["head"].where(triples["head"].isin(new), triples["tail"])
    half = entity.map(lambda e: number(f"half {e}") % 2)
    return triples.assign(new=entity, part=np.where(half == 0, "validation", "test"))


def _entities(triples: pd.DataFrame) -> pd.DataFrame:
    """Return id, name and text of each entity; where the ontology has none, the id itself."""
    ids = sorted(set(triples["head"]) | set(triples["tail"]))
    named: dict[str, str] = {}
    texts: dict[str, str] = {}
    if any(i.startswith("HP:") for i in ids):
        terms, diseases = hpo.terms(), hpo.signs().drop_duplicates("disease")
        named = dict(zip(terms["id"], terms["name"], strict=True))
        named |= dict(zip(diseases["disease"], diseases["name"], strict=True))
        texts = dict(zip(terms["id"], terms["definition"], strict=True))
    rows = [(i, named.get(i, i), texts.get(i, "")) for i in ids]
    return pd.DataFrame(rows, columns=["id", "name", "text"])


def _as_triples(rows: pd.DataFrame) -> pd.DataFrame:
    """Return columns head, relation, tail, which a file of plain lines has between tabs.

    Raises SourceError where a column is missing, a line is no triple, or there is none.
    """
    if rows.empty:
        raise SourceError("FB15k-237: a part has no rows. Put a whole copy in its place.")
    if "text" in rows and "head" not in rows:
        fields = [str(line).split("\t") for line in rows["text"]]
        if wrong := [n for n, line in enumerate(fields, 1) if len(line) != len(COLUMNS)]:
            line = rows["text"].iloc[wrong[0] - 1]
            raise SourceError(
                f"FB15k-237, row {wrong[0]}: {str(line)[:60]!r} is no head, relation and tail with "
                "tabs between them. Put a whole copy in its place, or use TASK=packaged."
            )
        rows = pd.DataFrame(fields, columns=COLUMNS)
    if missing := [name for name in COLUMNS if name not in rows]:
        raise SourceError(
            f"FB15k-237: the copy has no column {missing[0]!r}. It needs {', '.join(COLUMNS)}, or "
            "text with lines of these three, tabs between them."
        )
    return rows[COLUMNS].reset_index(drop=True)


def _report(tables: Tables) -> list[str]:
    rows = ", ".join(f"{len(t):,} {name}" for name, t in tables.items() if name != "entities")
    return [f"{len(tables['entities']):,} entities; triples: {rows}"]
