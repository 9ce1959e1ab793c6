"""Interactions are cut by time without a look ahead; wrong files are refused with their line."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from helpers.data.settings import SourceError
from helpers.examples import prepared, recommendation
from helpers.stages.errors import DataError, FileError
from tests.support.on_page import definitions

PAGE = "examples/recommendation.ipynb"
COUNT = 120
ITEMS = pd.DataFrame({"item": [f"i{n}" for n in range(COUNT)]}).assign(
    title="t", text=lambda t: t.item
)


def interactions(users=60, days=20, start=lambda user: 0):
    return pd.DataFrame(
        {"user": u, "item": f"i{(u + d) % COUNT}", "time": start(u) + d}
        for u in range(users)
        for d in range(days)
    )


def test_global_time_lets_nobody_look_ahead():
    made, rule = recommendation.split(interactions(), ITEMS)
    assert "global time" in rule
    assert made["train"]["time"].max() < made["validation"]["time"].min()
    assert made["validation"]["time"].max() < made["test"]["time"].min()
    together = pd.concat([made[part] for part in ("train", "validation", "test")])
    assert not together.duplicated(["user", "item"]).any()


def test_users_who_come_for_a_day_are_cut_by_their_own_time():
    made, rule = recommendation.split(interactions(start=lambda user: 100 * user), ITEMS)
    assert "own time" in rule
    last = made["train"].groupby("user")["time"].max()
    first = made["test"].groupby("user")["time"].min()
    assert len(first) == 60 and (last < first).all()


def test_a_tenth_of_the_items_is_held_out_whatever_their_order():
    made, _ = recommendation.split(interactions(), ITEMS)
    turned, _ = recommendation.split(interactions(), ITEMS[::-1])
    held_out = [set(each["items"].query("held_out")["item"]) for each in (made, turned)]
    assert held_out[0] == held_out[1] and len(held_out[0]) == COUNT // 10


ALL_ITEMS = "item,text\n" + "".join(f"i{n},words {n}\n" for n in range(COUNT))


def write(folder, rows, items=ALL_ITEMS):
    (folder / "items.csv").write_text(items, encoding="utf-8")
    path = folder / "ratings.csv"
    path.write_text(rows, encoding="utf-8")
    return path


def own_rows(rating=""):
    lines = (
        f"u{u},i{(u + d) % COUNT},2026-05-{d + 1:02}{rating and f',{1 + d % 5}'}\n"
        for u in range(60)
        for d in range(20)
    )
    return f"user,item,time{rating and ',rating'}\n" + "".join(lines)


def test_an_own_file_with_dates(tmp_path):
    made, facts = recommendation.own(write(tmp_path, own_rows()))
    assert sum(len(made[part]) for part in ("train", "validation", "test")) == 1200
    assert "owner" in facts["license"] and facts["report"] == []


def test_what_was_found_out_about_both_files_is_reported(tmp_path):
    rows = own_rows().replace("user,item,time", "User,item,time", 1)
    _, facts = recommendation.own(write(tmp_path, rows, ALL_ITEMS.replace(",", ";")))
    assert facts["report"] == [
        "ratings.csv: the column 'User' was taken for 'user'",
        "items.csv: delimited by semicolons",
    ]


def test_of_ratings_those_from_the_median_on_count(tmp_path):
    made, _ = recommendation.own(write(tmp_path, own_rows("rating")))
    assert sum(len(made[part]) for part in ("train", "validation", "test")) == 720


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("u0,i0,2026-05-01", "u0,i0,yesterday", "line 2: the time 'yesterday'"),
        ("u0,i0,2026-05-01", "u0,i999,2026-05-01", "line 2: item 'i999' is not in items.csv"),
        ("u0,i0,2026-05-01", "u0,i0,05.02.2026", "line 2: the time '05.02.2026' .* year first"),
        ("u0,i1,", "u0,,", "line 3: item is empty"),
        ("user,item,time", "user,item,date", "time"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, old, new, said):
    with pytest.raises(DataError, match=said):
        recommendation.own(write(tmp_path, own_rows().replace(old, new, 1)))


def test_items_are_needed_once_each(tmp_path):
    path = write(tmp_path, own_rows(), "item,text\ni0,a\ni0,b\n")
    with pytest.raises(DataError, match=r"items.csv, line 3: .* twice"):
        recommendation.own(path)
    (tmp_path / "items.csv").unlink()
    with pytest.raises(FileError, match="items.csv"):
        recommendation.own(path)


def test_other_items_make_the_data_anew(tmp_path):
    path = write(tmp_path, own_rows())
    before = prepared.made_from("recommendation", str(path))["file"]
    folder = prepared.prepare("recommendation", str(path))
    write(tmp_path, own_rows(), ALL_ITEMS.replace("words 7\n", "other words\n"))
    assert prepared.made_from("recommendation", str(path))["file"] != before
    prepared.prepare("recommendation", str(path))
    assert "other words" in set(pd.read_parquet(folder / "items.parquet")["text"])


def test_too_few_users_are_refused(tmp_path):
    with pytest.raises(DataError, match="the fewest"):
        recommendation.own(write(tmp_path, "user,item,time\nu0,i0,1\n"))


def test_users_with_one_item_each_leave_nothing_to_test(tmp_path):
    rows = "user,item,time\n" + "".join(f"u{u},i{u % COUNT},1\n" for u in range(200))
    with pytest.raises(DataError, match="0 to the test.* users who chose several"):
        recommendation.own(write(tmp_path, rows))


@pytest.fixture
def movielens():
    """The tables of MovieLens, small: of everything rated 1 or 5 the fives count."""
    ratings = interactions(start=lambda user: 100 * user)
    ratings = ratings.rename(columns={"user": "userId", "item": "movieId", "time": "timestamp"})
    ratings["movieId"] = ratings["movieId"].str[1:].astype(int)
    movies = pd.DataFrame({"movieId": range(COUNT), "title": [f"Film {n}" for n in range(COUNT)]})
    tags = ratings[["userId", "movieId", "timestamp"]].assign(tag="slow")
    return {
        "ratings": ratings.assign(rating=1 + 4 * (ratings.index % 4 > 0)),
        "movies": movies.assign(genres="Drama|War"),
        "tags": tags.iloc[[1]],  # of user 0 and film 1
    }


def copied(folder, tables):
    for name, table in tables.items():
        table.to_parquet(folder / f"movielens_small_{name}.parquet")


def packed(tables):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, table in tables.items():
            file.writestr(f"ml-latest-small/{name}.csv", table.to_csv(index=False))
    return archive.getvalue()


def test_movielens_is_the_same_from_copies_and_from_its_makers(tmp_path, monkeypatch, movielens):
    archive = packed(movielens)
    monkeypatch.setattr(recommendation.hub, "fetch", lambda *_: archive)
    fetched, _ = recommendation.online()
    copied(tmp_path, movielens)
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    read, _ = recommendation.online()
    for name in ("items", "train", "validation", "test"):
        pd.testing.assert_frame_equal(fetched[name], read[name])
    assert sum(len(read[part]) for part in ("train", "validation", "test")) == 900
    texts = read["items"].set_index("item")["text"]
    assert texts["1"] == "Film 1, Drama War, slow" and texts["2"] == "Film 2, Drama War"


def test_a_copy_of_movielens_that_is_not_whole_is_refused(tmp_path, monkeypatch, movielens):
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    copied(tmp_path, {"ratings": movielens["ratings"]})
    with pytest.raises(SourceError, match=r"has no movielens_small_movies\.parquet"):
        recommendation.online()
    copied(tmp_path, movielens | {"tags": movielens["tags"].drop(columns="tag")})
    with pytest.raises(SourceError, match="no column 'tag'"):
        recommendation.online()
    copied(tmp_path, {"tags": movielens["tags"].assign(tag=None)})
    with pytest.raises(SourceError, match="row 1: tag is empty"):
        recommendation.online()


def test_an_archive_of_movielens_that_is_another_is_refused(monkeypatch, movielens):
    for tables, told in (
        ({"ratings": movielens["ratings"]}, "movies.csv in it .* take TASK=packaged"),
        (movielens | {"movies": movielens["tags"]}, "other tables than expected"),
    ):
        archive = packed(tables)
        monkeypatch.setattr(recommendation.hub, "fetch", lambda *_, archive=archive: archive)
        with pytest.raises(SourceError, match=told):
            recommendation.online()


def test_ndcg_of_a_perfect_and_of_a_late_list():
    page = definitions(PAGE, "TOP", "best", "ndcg")
    wanted = np.array([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], float)
    top = np.array([[0, 1, 2], [2, 0, 1], [0, 1, 2]])
    got = page["ndcg"](top, wanted)
    assert got[0] == pytest.approx(1) and np.isnan(got[2])
    ideal, late = 1 + 1 / np.log2(3), 1 / np.log2(3) + 1 / 2
    assert got[1] == pytest.approx(late / ideal)


def test_best_leaves_out_what_was_seen():
    best = definitions(PAGE, "TOP", "best")["best"]
    scores, seen = np.array([[5.0, 4, 3, 2, 1]]), np.array([[1, 0, 0, 0, 0]])
    assert best(scores, seen, 3).tolist() == [[1, 2, 3]]


def test_ease_is_the_regression_of_each_item_on_all_others():
    ease = definitions(PAGE, "ease")["ease"]
    chosen = (np.random.default_rng(0).random((30, 8)) < 0.4).astype("float64")
    p = np.linalg.inv(chosen.T @ chosen + 2 * np.eye(8))
    b = -p / np.diag(p)
    np.fill_diagonal(b, 0)
    assert np.allclose(ease(None, chosen, 2.0), chosen @ b, atol=1e-5)
