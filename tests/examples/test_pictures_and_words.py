"""Pictures and words: families on one side, a reader's pictures checked, the page's measures."""

import numpy as np
import pandas as pd
import pytest
from on_page import definitions
from PIL import Image

from helpers.examples import pictures_and_words as data
from helpers.examples import prepared
from helpers.stages.errors import DataError

PAGE = "examples/pictures_and_words.ipynb"


def drawing(number):
    """Return a picture that looks like no other: a grid of black and white by the number's bits."""
    chance = np.random.default_rng(number)
    grid = np.kron(chance.integers(0, 2, (8, 8, 1)), np.ones((6, 6, 3))) * 255
    return Image.fromarray(grid.astype("uint8"))


def write_own(folder, rows=data.FEWEST, extra="", text="page {}"):
    lines = ["file,text"]
    for n in range(rows):
        drawing(n).save(folder / f"{n}.png")
        lines.append(f"{n}.png,{text.format(n)}")
    path = folder / "mine.csv"
    path.write_text("\n".join(lines) + extra)
    return path


def test_variants_and_lookalikes_are_one_family():
    grays = np.stack([data._gray(data.shrink(drawing(n))) for n in (1, 2, 3, 4, 4)])
    names = ["red heart", "blue heart", "lemon", "pine", "fir"]
    together = data.families(names, grays)
    assert len(set(together)) == 3 and together[0] == together[1] and together[3] == together[4]
    apart = data.families(names, grays, "")
    assert apart[0] != apart[1] and apart[3] == apart[4]


def test_families_are_the_same_in_blocks_of_any_size(monkeypatch):
    numbers = [1, 2, 1, 3, 2, 4, 1]
    grays = np.stack([data._gray(data.shrink(drawing(n))) for n in numbers])
    names = [f"{place} of them" for place in "abcdefg"]
    for block in (1, 2, 3, 1000):
        monkeypatch.setattr(data, "BLOCK", block)
        assert [data.families(names, grays).index(names[i]) for i in (0, 1, 3, 5)] == [0, 1, 3, 5]
        assert len(set(data.families(names, grays))) == 4


def test_numbers_tell_a_readers_texts_apart():
    grays = np.stack([data._gray(data.shrink(drawing(n))) for n in range(3)])
    assert data.families(["page 1", "page 2", "page_2"], grays, "") == [
        "page 1",
        "page 2",
        "page_2",
    ]
    assert len(set(data.families(["page 1", "page 2", "page 30"], grays))) == 1


def test_a_family_stays_on_one_side():
    table = pd.DataFrame({"name": [f"drawing {i}" for i in range(300)]})
    table = table.assign(pixels=b"", words="", group="", family=[f"f{i // 5}" for i in range(300)])
    made, _ = data.split(table)
    assert sum(map(len, made.values())) == 300 and 40 < len(made["test"]) < 80
    sides = [set(part["family"]) for part in made.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_a_picture_is_squared_on_white():
    picture = Image.new("RGBA", (64, 32), (255, 0, 0, 255))
    pixels = np.frombuffer(data.shrink(picture), "uint8").reshape(data.SIDE, data.SIDE, 3)
    assert (pixels[0] == 255).all() and (pixels[data.SIDE // 2] == (255, 0, 0)).all()


def test_icons_are_signs_with_a_name_in_the_middle_of_their_square():
    icons = data.icons()
    assert len(icons) > 6000 and (icons["name"] != "").all()
    assert not icons["name"].str.contains(r"\b(?:outline|off)\b").any()
    pixels = np.frombuffer(icons["pixels"][0], "uint8").reshape(data.SIDE, data.SIDE, 3)
    dark = np.argwhere(pixels.mean(axis=2) < 128)
    assert len(dark) and np.abs(dark.min(0) + dark.max(0) - (data.SIDE - 1)).max() <= 3
    assert (pixels[[0, -1]] == 255).all() and (pixels[..., 0] == pixels[..., 2]).all()


def test_own_pictures(tmp_path):
    made, facts = data.own(write_own(tmp_path))
    assert sum(map(len, made.values())) == data.FEWEST
    assert all(len(part) for part in made.values()) and set(made["test"]["group"]) == {""}
    assert len(made["train"]["pixels"][0]) == 3 * data.SIDE**2
    assert [len(made[part]) for part in ("train", "validation", "test")] == [41, 7, 12]
    assert len(set(pd.concat(made.values())["family"])) == data.FEWEST


def test_pictures_that_count_as_one_fill_no_part(tmp_path):
    with pytest.raises(
        DataError, match=r"mine\.csv: every part needs 5 .*: here are 1 that differ"
    ):
        data.own(write_own(tmp_path, text="a page"))


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("\ngone.png,nothing", "line 62: there is no file 'gone.png'"),
        ("\nmine.csv,a table", "line 62: mine.csv is no picture"),
        ("\n1.png,", "line 62: text is empty"),
        ("\n1.png,4_2", "line 62: text has no letters"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, extra, told):
    with pytest.raises(DataError, match=told):
        data.own(write_own(tmp_path, extra=extra))


def test_another_picture_makes_the_data_anew(tmp_path):
    path = write_own(tmp_path)
    before = prepared.made_from("pictures_and_words", str(path))["file"]
    folder = prepared.prepare("pictures_and_words", str(path))
    drawing(1000).save(tmp_path / "0.png")
    assert prepared.made_from("pictures_and_words", str(path))["file"] != before
    prepared.prepare("pictures_and_words", str(path))
    made = pd.concat(pd.read_parquet(file) for file in folder.glob("*.parquet"))
    assert data.shrink(drawing(1000)) in set(made["pixels"])


def test_pictures_that_all_look_alike_are_refused(tmp_path):
    path = write_own(tmp_path)
    for n in range(data.FEWEST):
        drawing(0).save(tmp_path / f"{n}.png")
    with pytest.raises(DataError, match="look alike"):
        data.own(path)


def test_too_few_and_no_such_column(tmp_path):
    path = write_own(tmp_path, rows=5)
    with pytest.raises(DataError, match="has 5 pictures"):
        data.own(path)
    path.write_text(path.read_text().replace("text", "caption", 1))
    with pytest.raises(DataError, match="no column 'text'"):
        data.own(path)


def test_what_gets_too_large_when_squared_is_refused(tmp_path, monkeypatch):
    path = write_own(tmp_path, extra="\nthin.png,a line")
    Image.new("L", (data.LONGEST_EDGE + 1, 2)).save(tmp_path / "thin.png")
    with pytest.raises(
        DataError, match="line 62: thin.png is too large: 6,300 pixels are the most"
    ):
        data.own(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4000)  # Pillow refuses twice as many
    with pytest.raises(DataError, match="line 62: thin.png is too large"):
        data.own(path)


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    picture, turned = drawing(1), Image.Exif()
    turned[0x0112] = 6  # orientation: to be turned to the right
    picture.save(tmp_path / "photo.png", exif=turned)
    right = data.shrink(picture.rotate(-90))
    assert data._opened(tmp_path / "photo.png", "here") == right != data.shrink(picture)


def test_online_says_what_to_do():
    with pytest.raises(DataError, match="TASK=packaged"):
        data.online()


@pytest.fixture(scope="module")
def page():
    return definitions(PAGE, "to_words", "places", "bootstrap", "to_ids", "some_words")


def test_equal_scores_get_the_place_in_the_middle(page):
    assert page["places"](np.zeros((5, 5))).tolist() == [2] * 5
    assert page["places"](np.eye(3)).tolist() == [0, 0, 0]
    assert page["places"](-np.eye(3)).tolist() == [2, 2, 2]


def test_families_widen_an_interval(page):
    values = np.repeat([0.0, 1.0] * 10, 10)
    alone = np.diff(page["bootstrap"](values, np.arange(200)))
    families = np.diff(page["bootstrap"](values, np.repeat(np.arange(20), 10)))
    assert 2 * alone < families


def test_pieces_are_words_and_their_letters(page):
    page["to_ids"].__globals__.update(ROWS=4096, LONGEST=96)
    ids = page["to_ids"]([["lemon"], ["lemonade"], ["zq"], []])
    assert ids.shape == (4, 96) and ids.dtype == np.int32 and not ids[3].any()
    assert (ids[0] > 0).sum() == 1 + 5 and (ids[2] > 0).sum() == 1 + 2
    shared = set(ids[0][ids[0] > 0]) & set(ids[1])
    assert len(shared) == 4  # <le lem emo mon


def test_some_words_are_of_the_phrase(page):
    generator = np.random.default_rng(0)
    chosen = [page["some_words"](["a", "b", "c"], generator) for _ in range(50)]
    assert {len(words) for words in chosen} == {1, 2, 3}
    assert all(set(words) <= {"a", "b", "c"} for words in chosen)
    assert page["to_words"]("Two-thirty, a Façade!") == ["two", "thirty", "a", "façade"]


@pytest.mark.parametrize("kind", ["uint16", "int32", "float32"])
def test_gray_pictures_of_any_depth_keep_their_shades(kind):
    shades = np.tile(np.linspace(0, 60_000, data.SIDE), (data.SIDE, 1)).astype(kind)
    seen = np.frombuffer(data.shrink(Image.fromarray(shades)), "uint8")
    expected = np.linspace(0, 255, data.SIDE)
    assert abs(seen.reshape(data.SIDE, data.SIDE, 3)[0, :, 0] - expected).max() <= 1
