"""A tokenizer without a vocabulary: words and n-grams become numbers by hashing alone.

It reads bytes, so that ten lines of any language reproduce it; `hashing.js` is the same in
JavaScript, and a test holds the two together. Collisions are the price (Weinberger et al., 2009).
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from .texts import LONGEST_TEXT, readable, without_html

RADIX, JOIN = 0x01000193, 0x9E3779B1  # odd, so that they have an inverse modulo 2**32
TAIL = 0x7F4A7C15  # added to the hashes of the last words
HIGHEST = 0x7FFFFFFF  # hashes are cut to 31 bits: they fit an int32

_WORD = b"abcdefghijklmnopqrstuvwxyz0123456789'" + bytes(range(128, 256))
_LOWER = np.frombuffer(bytes(range(256)).lower(), "uint8")
# what each byte is (0 space, 1 part of a word, 2 a mark that stands alone) and what it counts
_KIND = np.array([0 if b <= 32 else 1 if b in _WORD else 2 for b in _LOWER], "uint8")
_VALUE = np.where(_KIND > 0, _LOWER, 0).astype("uint32")


def _powers(base: int) -> np.ndarray:
    return np.cumprod(np.r_[1, np.full(LONGEST_TEXT - 1, base)].astype("uint32"), dtype="uint32")


_POWERS, _INVERSES = _powers(RADIX), _powers(pow(RADIX, -1, 2**32))


@dataclass(frozen=True)
class HashTokenizer:
    """Text to a row of hashes: its words in order, if asked for, then its distinct n-grams.

    The n-grams are those of one to `longest` words, and once more, under other hashes, the single
    words and pairs among the last `tail` words: reviewers say last what they think.
    """

    max_words: int = 800
    longest: int = 3
    tail: int = 40
    with_words: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (
            ("max_words", 1, LONGEST_TEXT),
            ("longest", 1, 8),
            ("tail", 0, LONGEST_TEXT),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} of a tokenizer is {low} to {high:,}.")

    @property
    def words_length(self) -> int:
        """Return how many entries of a row are words."""
        return self.max_words * self.with_words

    @property
    def row_length(self) -> int:
        """Return the length of a row: words, then room for every n-gram there can be."""
        return self.words_length + self.max_words * self.longest + 2 * self.tail

    def encode(self, text: str) -> np.ndarray:
        """Return the row of one text, int32 [row_length].

        The words are cut after `max_words`, the n-grams are sorted; zeros pad both parts.
        """
        row = np.zeros(self.row_length, "int32")
        words = hash_words(text)
        ngrams = hash_ngrams(words, max_words=self.max_words, longest=self.longest, tail=self.tail)
        words = words[: self.words_length]
        row[: len(words)] = _mix(words)
        row[self.words_length :][: len(ngrams)] = ngrams
        return row

    def save(self, path: Path) -> None:
        """Write the settings: all there is to save."""
        _write(path, {"type": "hash", **asdict(self)})


@dataclass(frozen=True)
class JoinedTokenizer:
    """The subwords of a text and then its hashes, in one row, for a network that reads both."""

    subwords: Tokenizer  # with a fixed length
    hashes: HashTokenizer

    @property
    def row_length(self) -> int:
        return fixed_length(self.subwords) + self.hashes.row_length

    def encode(self, text: str) -> np.ndarray:
        """Return the row of one text, int32 [row_length]."""
        ids = np.array(self.subwords.encode(text).ids, "int32")
        return np.concatenate([ids, self.hashes.encode(text)])

    def save(self, path: Path) -> None:
        """Write both tokenizers into one file."""
        subwords = json.loads(self.subwords.to_str())
        _write(path, {"type": "joined", "subwords": subwords, **asdict(self.hashes)})


def _write(path: Path, settings: dict[str, Any]) -> None:
    text = json.dumps(settings, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


# any tokenizer of this project: text in, a row of ids of a fixed length out
AnyTokenizer = Tokenizer | HashTokenizer | JoinedTokenizer


def load(path: Path) -> AnyTokenizer:
    """Load any tokenizer of this project: what `save` wrote here, or a `tokenizer.json`."""
    text = Path(path).read_text(encoding="utf-8")
    settings = json.loads(text)
    kind = settings.get("type")
    if kind not in ("hash", "joined"):
        return Tokenizer.from_str(text)
    hashes = HashTokenizer(**{field.name: settings[field.name] for field in fields(HashTokenizer)})
    if kind == "hash":
        return hashes
    return JoinedTokenizer(Tokenizer.from_str(json.dumps(settings["subwords"])), hashes)


def fixed_length(tokenizer: Tokenizer) -> int:
    """Return the length of the rows of a subword tokenizer. Raises ValueError when it has none."""
    if not tokenizer.truncation:
        raise ValueError("The tokenizer cuts no text: enable its truncation and padding.")
    return int(tokenizer.truncation["max_length"])


def encode_batch(tokenizer: AnyTokenizer, texts: Iterable[str]) -> np.ndarray:
    """Return one row a text, int32 [texts, row_length], from any of the tokenizers."""
    rows = (tokenizer.encode(text) for text in texts)
    return np.array([row if isinstance(row, np.ndarray) else row.ids for row in rows], "int32")


def hash_batch(tokenizer: HashTokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Return the distinct hashes of each text's n-grams, sorted, int32 [hashes of the text]."""
    return [row[row > 0] for row in map(tokenizer.encode, texts)]


def hash_words(text: str) -> np.ndarray:
    """Return the hash of each word and mark of a text in order, uint32 [words].

    ASCII letters are lower-cased; a word is a run of letters, digits, apostrophes and bytes above
    127; any other mark stands alone. The hash of bytes b is the sum of b[i] * RADIX**i.
    """
    text = readable(without_html(text))  # as JavaScript does
    data = np.frombuffer(text.encode(), "uint8")
    data = data[:LONGEST_TEXT]
    kind = _KIND[data]
    begins = kind > 0
    begins[1:] &= (kind[1:] != 1) | (kind[:-1] != 1)
    starts = np.flatnonzero(begins)
    if len(starts) == 0:
        return np.empty(0, "uint32")
    # spaces count nothing, so a word may be summed up to the beginning of the next one
    sums = np.add.reduceat(_VALUE[data] * _POWERS[: len(data)], starts, dtype="uint32")
    return sums * _INVERSES[starts]


def hash_ngrams(
    words: np.ndarray, *, max_words: int = 800, longest: int = 3, tail: int = 40
) -> np.ndarray:
    """Return the distinct hashes of a text's n-grams, sorted int32; see `HashTokenizer`."""
    chains = _chains(words[:max_words], longest)
    if tail:
        chains += [chain + np.uint32(TAIL) for chain in _chains(words[-tail:], 2)]
    ngrams = np.sort(_mix(np.concatenate(chains)))
    first = np.ones(len(ngrams), bool)
    np.not_equal(ngrams[1:], ngrams[:-1], out=first[1:])
    return ngrams[first]


def _chains(words: np.ndarray, longest: int) -> list[np.ndarray]:
    chains = [words]
    for n in range(1, min(longest, len(words))):
        chains.append(chains[-1][:-1] * np.uint32(JOIN) + words[n:])
    return chains


def _mix(h: np.ndarray) -> np.ndarray:
    """Scatter the bits (the finish of MurmurHash3) and keep 31 of them, never zero."""
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.maximum((h ^ (h >> np.uint32(16))) & np.uint32(HIGHEST), 1).astype("int32")
