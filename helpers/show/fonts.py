"""Fonts for what the usual one lacks: labels may be of any script."""

import functools
import unicodedata
from collections.abc import Iterable

from matplotlib import font_manager

USUAL = "DejaVu Sans"  # Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian, Lao
# of Chinese, Japanese and Korean: Linux, macOS and Windows
NAMES = ["Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Droid Sans Fallback"]
NAMES += ["PingFang SC", "Hiragino Sans GB", "Arial Unicode MS", "Microsoft YaHei", "SimHei"]
# of South and South-East Asia and of Ethiopia
SCRIPTS = "Thai Devanagari Bengali Tamil Telugu Kannada Malayalam Gujarati Gurmukhi Sinhala"
NAMES += [f"Noto Sans {script}" for script in [*SCRIPTS.split(), "Khmer", "Myanmar", "Ethiopic"]]
NAMES += ["Loma", "Garuda", "FreeSans", "FreeSerif"]
NAMES += [f"Lohit {script}" for script in ("Devanagari", "Bengali", "Tamil", "Telugu")]
NAMES += ["Thonburi", "Kohinoor Devanagari", "Kohinoor Bangla", "Kohinoor Telugu", "Tamil MN"]
NAMES += ["Devanagari MT", "Khmer MN", "Myanmar MN", "Kefa"]
NAMES += ["Leelawadee UI", "Nirmala UI", "Myanmar Text", "Ebrima"]
ADVICE = (
    "Debian/Ubuntu: sudo apt install fonts-noto-core fonts-noto-cjk; macOS, Windows have fonts."
)

_told: set[str] = set()


def of_other_scripts() -> list[str]:
    """Return those of these fonts that are installed."""
    there = set(font_manager.get_font_names())
    return [name for name in NAMES if name in there]


def literal(name: str) -> str:
    """Return a name so that it is drawn as it is, and never read as mathematics."""
    return literals([name])[0]


def literals(names: Iterable[str]) -> list[str]:
    """Return the names of a picture as `literal` does.

    Where no font at hand has their letters, that is said, once of every script and of all names
    together.
    """
    names = [str(name) for name in names]
    _tell_lacking("".join(names))
    return [name.replace("$", r"\$") for name in names]


def _tell_lacking(text: str) -> None:
    letters = "" if text.isascii() else filter(str.isalpha, text)
    lacking = {c for c in letters if ord(c) not in _drawn()}
    words = {unicodedata.name(c, "unknown").split()[0] for c in lacking}
    scripts = {"Chinese" if word == "CJK" else word.capitalize() for word in words}
    if new := sorted(scripts - _told):
        advice = "" if _told else f" {ADVICE}"
        _told.update(new)
        letters_of = ", ".join(new)
        print(
            f"No installed font has the letters of {letters_of}: they are drawn as boxes.{advice}"
        )


@functools.cache
def _drawn() -> frozenset[int]:
    """Return the characters that one of the fonts in use has."""
    paths = (font_manager.findfont(name) for name in (USUAL, *of_other_scripts()))
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))
