"""Where words begin, in any script: what the tokenizer of hashes cuts texts into."""

import re
import unicodedata
from typing import NamedTuple

import numpy as np

from .texts import LONGEST_TEXT, SPACELESS, folded

# What a character is. A joint is an apostrophe; a joined mark stands above or below a letter.
SPACE, LETTER, SYMBOL, SYLLABLE, JOINED, JOINT, UNKNOWN = range(7)
_SPACELESS = re.compile(f"[{SPACELESS}]")
_PICTURES = range(0x1F000, 0x1FC00)  # the blocks of emoji
_KINDS = np.full(0x110000, UNKNOWN, "uint8")  # filled from `_kind` as characters come up


def split_words(text: str) -> list[str]:
    """Return the words and marks of a text in order, as `texts.folded` writes them.

    A word is a run of letters, digits and combining marks, with single apostrophes between them.
    Scripts without spaces have no such runs: each of their characters is a word. Any other visible
    character is a mark that stands alone. Combining marks belong to what they follow.
    """
    return cut(text).words()


class Cut(NamedTuple):
    """What is read of a text, which of its characters are spaces, and where words begin."""

    text: str
    is_space: np.ndarray  # bool [characters]
    starts: np.ndarray  # int64 [words]

    def words(self) -> list[str]:
        """Return the words and marks in order; see `split_words`."""
        starts = self.starts
        stops = np.unique(np.r_[starts, np.flatnonzero(self.is_space), len(self.is_space)])
        ends = stops[np.searchsorted(stops, starts, side="right")]
        return [self.text[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def cut(text: str) -> Cut:
    """Fold a text, cut off what is not read of it, and find its words."""
    text = _read(text)
    kind = _kinds(text)
    return Cut(text, kind == SPACE, np.flatnonzero(_begins(kind)))


def _read(text: str) -> str:
    """Return as much of a text as is read, cut between two characters."""
    text = folded(text)
    if text.isascii():
        return text[:LONGEST_TEXT]
    return text.encode()[:LONGEST_TEXT].decode(errors="ignore")


def _kinds(text: str) -> np.ndarray:
    """Return what each character is, uint8 [characters]."""
    if text.isascii():
        return _KINDS[np.frombuffer(text.encode(), "uint8")]
    codes = np.frombuffer(text.encode("utf-32-le"), "uint32")
    kind = _KINDS[codes]
    unknown = codes[kind == UNKNOWN]
    if len(unknown) == 0:
        return kind
    for code in set(unknown.tolist()):
        _KINDS[code] = _kind(code)
    return _KINDS[codes]


def _kind(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    if category == "Cc" or category[0] == "Z":
        return SPACE
    if category[0] == "M":
        return JOINED
    if category != "Cn" and category[0] not in "LN" or code in _PICTURES:
        return JOINT if character == "'" else SYMBOL
    return SYLLABLE if _SPACELESS.match(character) else LETTER


_KINDS[:128] = [_kind(code) for code in range(128)]


def _begins(kind: np.ndarray) -> np.ndarray:
    """Return where a word or mark begins, bool [characters]."""
    joined = kind == JOINED
    if joined.any():
        # with nothing to belong to it is a letter; else it counts as what it belongs to
        kind = np.where(joined & (_before(kind) == SPACE), LETTER, kind)
        joined = kind == JOINED
        owner = np.maximum.accumulate(np.where(joined, 0, np.arange(len(kind))))
        before = _before(kind[owner])
    else:
        before = _before(kind)
    begins = (kind != SPACE) & ~joined & ((kind != LETTER) | (before != LETTER))
    joints = np.flatnonzero(kind[:-1] == JOINT)
    joints = joints[(before[joints] == LETTER) & (kind[joints + 1] == LETTER)]
    begins[joints] = begins[joints + 1] = False
    return begins


def _before(kind: np.ndarray) -> np.ndarray:
    before = np.full_like(kind, SPACE)
    before[1:] = kind[:-1]
    return before
