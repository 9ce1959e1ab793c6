"""A tokenizer without a vocabulary: words and n-grams become numbers by hashing alone.

`hashing.js` is the same in JavaScript, and a test holds the two together. They agree on every
character that the Unicode version of this Python knows (`unicodedata.unidata_version`); of newer
ones a browser may know more: that they have capitals, or are marks and not letters. (Symbols in
the blocks of emoji are marks to both, however new.) Collisions are the price of hashing
(Weinberger et al., 2009).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from .checksums import BundleError
from .texts import LONGEST_TEXT
from .words import Cut, cut
from .words import split_words as split_words

# How texts are folded and cut into words, kept in tokenizer files: other rules give other hashes.
# Files without a number are of rules 1: ASCII only was folded, and apostrophes were letters.
RULES = 2
RADIX, JOIN = 0x01000193, 0x9E3779B1  # odd, so that they have an inverse modulo 2**32
TAIL = 0x7F4A7C15  # added to the hashes of the last words
HIGHEST = 0x7FFFFFFF  # hashes are cut to 31 bits: they fit an int32
CHARACTERS = 0x3C6EF372  # added to the hashes of characters inside words
CHARACTERS_A_WORD = 8  # room for n-grams of one length: a word of seven letters has eight pairs
SPELLING = 16  # room for the n-grams that spell one word


def _powers(base: int) -> np.ndarray:
    return np.cumprod(np.r_[1, np.full(LONGEST_TEXT - 1, base)].astype("uint32"), dtype="uint32")


_POWERS, _INVERSES = _powers(RADIX), _powers(pow(RADIX, -1, 2**32))


@dataclass(frozen=True)
class HashTokenizer:
    """Text to a row of hashes: its words in order, if asked for, then its distinct n-grams.

    The n-grams are those of one to `longest` words, and once more, under other hashes, the single
    words and pairs among the last `tail` words: reviewers say last what they think. For texts of
    a few words, `characters` adds the n-grams of two to so many characters inside each word (from
    two characters on), a space at both of its ends, again under hashes of their own. Of each
    length, the first CHARACTERS_A_WORD * max_words of a text are taken.
    """

    max_words: int = 800
    longest: int = 3
    tail: int = 40
    with_words: bool = False
    characters: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("max_words", 1, LONGEST_TEXT),
            ("longest", 1, 8),
            ("tail", 0, LONGEST_TEXT),
            ("characters", 0, 8),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} of a tokenizer is {low} to {high:,}.")

    @property
    def spelling(self) -> int:
        """Return how many entries spell each word: those of its n-grams of three characters on."""
        return SPELLING * (self.with_words and self.characters > 2)

    @property
    def words_length(self) -> int:
        """Return how many entries of a row are words, and what spells them."""
        return self.max_words * self.with_words * (1 + self.spelling)

    @property
    def row_length(self) -> int:
        """Return the length of a row: words, then room for every n-gram there can be."""
        inside = max(self.characters - 1, 0) * CHARACTERS_A_WORD * self.max_words
        return self.words_length + self.max_words * self.longest + 2 * self.tail + inside

    def encode(self, text: str) -> np.ndarray:
        """Return the row of one text, int32 [row_length].

        The words are cut after `max_words`, the n-grams are sorted; zeros pad both parts. Between
        them stands what spells the words, `spelling` entries for each.
        """
        row = np.zeros(self.row_length, "int32")
        pieces = cut(text)
        words = _hashes(pieces)
        ngrams = hash_ngrams(words, max_words=self.max_words, longest=self.longest, tail=self.tail)
        if self.characters > 1:
            inside = list(_inside_words(pieces.words()[: self.max_words], self.characters))
            limit = CHARACTERS_A_WORD * self.max_words
            ngrams = np.unique(np.concatenate([ngrams, *(chain[:limit] for _, chain in inside)]))
            if self.spelling:
                spelled = row[self.max_words : self.words_length].reshape(-1, self.spelling)
                _spell(inside[1:], spelled)
        if self.with_words:
            words = words[: self.max_words]
            row[: len(words)] = _mix(words)
        row[self.words_length :][: len(ngrams)] = ngrams
        return row

    def save(self, path: Path) -> None:
        """Write the settings: all there is to save."""
        _write(path, "hash", asdict(self))


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
        _write(path, "joined", {"subwords": subwords, **asdict(self.hashes)})


def _write(path: Path, kind: str, settings: dict[str, Any]) -> None:
    text = json.dumps({"type": kind, "rules": RULES, **settings}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


# any tokenizer of this project: text in, a row of ids of a fixed length out
AnyTokenizer = Tokenizer | HashTokenizer | JoinedTokenizer


def load(path: Path) -> AnyTokenizer:
    """Load any tokenizer of this project: what `save` wrote here, or a `tokenizer.json`.

    Raises BundleError for hashes of other rules: a model would not know the n-grams again.
    """
    text = Path(path).read_text(encoding="utf-8")
    settings = json.loads(text)
    kind = settings.get("type")
    if kind not in ("hash", "joined"):
        return Tokenizer.from_str(text)
    if (rules := settings.get("rules", 1)) != RULES:
        made = "version 0.2.0 or older" if rules == 1 else "another version"
        raise BundleError(
            f"{Path(path).name} was made with {made} of this program: it cuts texts into words by "
            f"rules {rules}, and this version by rules {RULES}. Make the bundle again, or use that "
            "version."
        )
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
    found = (tokenizer.encode(text) for text in texts)
    rows = [row if isinstance(row, np.ndarray) else row.ids for row in found]
    return np.array(rows, "int32") if rows else np.empty((0, _row_length(tokenizer)), "int32")


def _row_length(tokenizer: AnyTokenizer) -> int:
    return fixed_length(tokenizer) if isinstance(tokenizer, Tokenizer) else tokenizer.row_length


def hash_batch(tokenizer: HashTokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Return the distinct hashes of each text's n-grams, sorted, int32 [hashes of the text]."""
    ngrams = (tokenizer.encode(text)[tokenizer.words_length :] for text in texts)
    return [row[row > 0] for row in ngrams]


def hash_words(text: str) -> np.ndarray:
    """Return the hash of each word and mark of a text in order, uint32 [words].

    They are those of `split_words`; the hash of UTF-8 bytes b is the sum of b[i] * RADIX**i.
    """
    return _hashes(cut(text))


def _hashes(pieces: Cut) -> np.ndarray:
    text, is_space, starts = pieces
    data = np.frombuffer(text.encode(), "uint8")
    if len(starts) == 0:
        return np.empty(0, "uint32")
    if not text.isascii():  # from characters to bytes
        first = np.flatnonzero((data & 0xC0) != 0x80)
        is_space = np.repeat(is_space, np.diff(first, append=len(data)))
        starts = first[starts]
    # spaces count nothing, so a word may be summed up to the beginning of the next one
    values = (data * ~is_space).astype("uint32")
    sums = np.add.reduceat(values * _POWERS[: len(data)], starts, dtype="uint32")
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


def _inside_words(words: list[str], longest: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the n-grams of two, three, ... characters in words: places of the words, and hashes."""
    places = np.array([i for i, word in enumerate(words) if len(word) > 1])
    text = "".join(f" {word}" for word in words if len(word) > 1)
    codes = np.frombuffer((text and text + " ").encode("utf-32-le"), "uint32")
    is_space = codes == ord(" ")
    place = np.append(places, -1)[np.cumsum(is_space) - 1]
    chain, whole = codes, np.ones(len(codes), bool)
    for n in range(1, min(longest, len(codes))):
        chain = chain[:-1] * np.uint32(JOIN) + codes[n:]
        whole = whole[:-1] & ~is_space[n - 1 : -1] if n > 1 else whole[:-1]  # no space inside
        yield place[: len(whole)][whole], _mix(chain[whole] + np.uint32(CHARACTERS))


def _spell(inside: list[tuple[np.ndarray, np.ndarray]], out: np.ndarray) -> None:
    """Write each word's n-grams, the shortest first, into its row of `out` until that is full."""
    if not inside:
        return
    place, hashes = (np.concatenate(parts) for parts in zip(*inside, strict=True))
    order = np.argsort(place, kind="stable")
    place, hashes = place[order], hashes[order]
    rank = np.arange(len(place)) - np.searchsorted(place, place)  # within its word
    kept = rank < out.shape[1]
    out[place[kept], rank[kept]] = hashes[kept]


def _mix(h: np.ndarray) -> np.ndarray:
    """Scatter the bits (the finish of MurmurHash3) and keep 31 of them, never zero."""
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.maximum((h ^ (h >> np.uint32(16))) & np.uint32(HIGHEST), 1).astype("int32")
