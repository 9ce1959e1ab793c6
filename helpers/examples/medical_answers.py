"""Data of `medical_answers`: lay phrases, the medical terms they mean, and signs of diseases.

Terms are cut, not phrases: all lay phrases of a term are on one side, in the order of the SHA-256
of the term's id. The index, the table `terms`, holds no lay phrase at all: name, definition and
medical synonyms only. A phrase of validation or test that is a twin of a word in the index is
dropped (it would be a lookup), as is a training phrase that is a twin of a held-out one. Twins are
the same words in any order, or share more than `TWIN` of their character trigrams (Jaccard).
Only what the source calls an exact synonym means the term for certain: `exact` lists those of a
term, and says of a lay phrase whether it is one.
Some terms are out of the index, `indexed` false: their phrases (table `unknown`, with a column
`part`) are questions that nothing here can answer.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

from helpers.data import online as hub
from helpers.data.parts import number
from helpers.examples import hpo
from helpers.examples.own_files import read_rows
from helpers.stages.errors import DataError

Tables = dict[str, pd.DataFrame]
COLUMNS = ("term", "definition", "synonym")  # of a reader's own file
PARTS = {"unknown": 0.1, "test": 0.3, "validation": 0.45, "train": 1.0}  # up to which share
TWIN = 0.8
SMALL = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to")
)
RULE = (
    "terms in the order of SHA-256: 10 % out of the index, 20 % test, 15 % validation, the rest "
    "training; the index holds no lay phrase; twins across parts or in the index dropped"
)


def packaged() -> tuple[Tables, dict[str, Any]]:
    """Return terms, phrases by part and signs of the Human Phenotype Ontology, and the facts."""
    above, terms, words = hpo.ancestors(), hpo.terms(), hpo.synonyms()
    terms = terms[[hpo.ABNORMALITY in above[term] for term in terms["id"]]]
    words = words[words["id"].isin(set(terms["id"]))].rename(columns={"synonym": "phrase"})
    words["exact"] = words["scope"] == "EXACT"
    is_lay = words["kind"] == "layperson"
    tables = _cut(terms, words[~is_lay], words[is_lay][["id", "phrase", "exact"]])
    signs = hpo.signs()
    tables["signs"] = signs[signs["id"].isin(set(terms["id"]))].reset_index(drop=True)
    return tables, hpo.FACTS | {"split_rule": RULE, "report": _report(tables)}


def online() -> tuple[Tables, dict[str, Any]]:
    """Return PubMedQA as questions (phrases) and the abstracts that answer them (terms).

    A term's name is the list of its subject headings, its definition the abstract, its source the
    number of the paper. Raises SourceError where neither the Hub nor a mirror has it.
    """
    otherwise = "use TASK=packaged, which needs no connection"
    splits = hub.load_splits("qiaojin/PubMedQA", ["train"], otherwise, config="pqa_labeled")
    rows = splits["train"].to_pandas()
    contexts = [" ".join(context["contexts"]) for context in rows["context"]]
    names = ["; ".join(context["meshes"]) for context in rows["context"]]
    ids = "PMID:" + rows["pubid"].astype(str)
    terms = pd.DataFrame({"id": ids, "name": names, "definition": contexts, "source": ids})
    terms["parents"] = [[] for _ in range(len(terms))]
    phrases = pd.DataFrame({"id": ids, "phrase": rows["question"], "exact": True})
    tables = _cut(terms, phrases.iloc[:0], phrases)
    return tables, {
        "source": "qiaojin/PubMedQA (pqa_labeled), Hugging Face Hub",
        "license": "MIT",
        "citation": "Jin et al., PubMedQA: a dataset for biomedical research question answering, "
        "EMNLP 2019, https://aclanthology.org/D19-1259",
        "split_rule": RULE.replace("terms", "papers").replace("lay phrase", "question"),
        "language": "en",
        "domain": "questions about biomedical papers, and their abstracts",
        "report": _report(tables),
    }


def own(path: Path) -> tuple[Tables, dict[str, Any]]:
    """Return a reader's own terms: a table with the columns term, definition, synonym.

    Each row is one synonym, a phrase to ask with; a term has as many rows as it has synonyms.

    Raises DataError, which names the column or the line that is wrong.
    """
    rows, notes = read_rows(path, COLUMNS, filled=["term"])
    first = rows.drop_duplicates("term")
    terms = pd.DataFrame({"id": first["term"], "name": first["term"]})
    told = rows[rows["definition"] != ""].drop_duplicates("term")
    told = dict(zip(told["term"], told["definition"], strict=True))
    terms["definition"], terms["source"] = [told.get(term, "") for term in first["term"]], path.name
    terms["parents"] = [[] for _ in range(len(terms))]
    phrases = rows.rename(columns={"term": "id", "synonym": "phrase"})[["id", "phrase"]]
    phrases = phrases[phrases["phrase"] != ""].drop_duplicates().assign(exact=True)
    tables = _cut(terms, phrases.iloc[:0], phrases)
    for part in ("train", "validation", "test"):
        if len(tables[part]) < 2:
            raise DataError(
                f"{path.name}: too few synonyms for a {part} part. Give 20 terms or more, each "
                "with a synonym that is worded differently from it."
            )
    facts = {"source": path.name, "license": "yours", "citation": "", "language": "und"}
    report = [*notes, *_report(tables)]
    return tables, facts | {"split_rule": RULE, "domain": "own", "report": report}


@lru_cache(200_000)
def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without the small ones and the plural s."""
    found = (word for word in re.findall(r"[^\W_]+", text.lower()) if word not in SMALL)
    return [w[:-1] if len(w) > 3 and w[-1] == "s" and w[-2] != "s" else w for w in found]


def twins(phrases: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Tell which phrases have a twin among the others: bool [phrases]."""
    same = {" ".join(sorted(words_of(other))) for other in others}
    equal = [" ".join(sorted(words_of(phrase))) in same for phrase in phrases]
    return np.array(equal, bool) | (nearness(phrases, others) > TWIN)


def nearness(phrases: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Return the largest Jaccard similarity of each phrase's trigrams to any other: [phrases]."""
    if not len(phrases) or not len(others):
        return np.zeros(len(phrases))
    counter = CountVectorizer(analyzer="char_wb", ngram_range=(3, 3), binary=True, dtype="float32")
    spelled = [[" ".join(words_of(text)) or "?" for text in side] for side in (phrases, others)]
    counter.fit(spelled[0] + spelled[1])
    left, right = (counter.transform(side) for side in spelled)
    sizes = [np.asarray(side.sum(axis=1)).ravel() for side in (left, right)]
    nearest = np.empty(len(phrases))
    for rows in np.array_split(np.arange(len(phrases)), len(phrases) // 200 + 1):
        shared = (left[rows] @ right.T).toarray()
        nearest[rows] = (shared / (sizes[0][rows, None] + sizes[1] - shared)).max(axis=1)
    return nearest


def _cut(terms: pd.DataFrame, medical: pd.DataFrame, phrases: pd.DataFrame) -> Tables:
    """Return the tables by the rule that the module's docstring states."""
    part = phrases["id"].map({term: _part(term) for term in phrases["id"].unique()})
    cut = {name: phrases[part == name].reset_index(drop=True) for name in PARTS}
    listed = medical.groupby("id")["phrase"].agg(list).to_dict()
    exact = medical[medical["exact"]].groupby("id")["phrase"].agg(list).to_dict()
    outside = set(cut["unknown"]["id"])
    terms = terms.assign(
        synonyms=[listed.get(term, []) for term in terms["id"]],
        exact=[exact.get(term, []) for term in terms["id"]],
        indexed=[term not in outside for term in terms["id"]],
    ).reset_index(drop=True)
    inside = terms[terms["indexed"]]
    index = [*inside["name"], *(word for words in inside["synonyms"] for word in words)]
    held_out = pd.concat(cut[name] for name in PARTS if name != "train")["phrase"].unique()
    known = set(held_out[twins(held_out, index)])
    for name in ("unknown", "test", "validation"):
        cut[name] = cut[name][~cut[name]["phrase"].isin(known)]
    cut["train"] = cut["train"][~twins(list(cut["train"]["phrase"]), held_out)]
    halves = cut["unknown"]["id"].map(lambda term: number(f"half {term}") % 2)
    cut["unknown"]["part"] = np.where(halves == 0, "validation", "test")
    return {"terms": terms, **{name: table.reset_index(drop=True) for name, table in cut.items()}}


def _part(term: str) -> str:
    place = number(term) / 2**64
    return next(name for name, end in PARTS.items() if place < end)


def _report(tables: Tables) -> list[str]:
    rows = ", ".join(f"{len(tables[part]):,} {part}" for part in (*PARTS,) if part in tables)
    return [f"{len(tables['terms']):,} terms; phrases by part: {rows}"]
