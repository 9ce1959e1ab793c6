"""Perturbations: small changes to a text that a classifier should survive (notebook 23).

Each takes a text and a `random.Random` and returns the changed text, so the same seed gives the
same change; those with a knob take it after the two. Nothing here knows a model or a label.
"""

import re
import string
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from random import Random

from helpers.predictor.texts import LINE_BREAK, without_html

Perturbation = Callable[[str, Random], str]

WORD = re.compile(r"[^\W\d_]+")  # letters of any alphabet
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # the keyboard that a finger slips on
NEIGHBORS = {
    key: "".join(row[max(0, i - 1) : i] + row[i + 1 : i + 2])
    for row in ROWS
    for i, key in enumerate(row)
}
# two to four capitalized words inside a sentence: after a small letter or a comma
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,3}\b")


def perturb(texts: Iterable[str], change: Perturbation, seed: int) -> list[str]:
    """Change every text with a generator of its own, so that no text depends on another."""
    return [change(text, Random(f"{seed}/{i}")) for i, text in enumerate(texts)]


def swap_letters(word: str, rng: Random) -> str:
    """Exchange two neighboring letters: `film` -> `flim`."""
    i = rng.randrange(len(word) - 1)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def drop_letter(word: str, rng: Random) -> str:
    """Leave out one letter: `film` -> `flm`."""
    i = rng.randrange(len(word))
    return word[:i] + word[i + 1 :]


def double_letter(word: str, rng: Random) -> str:
    """Type one letter twice: `film` -> `fiilm`."""
    i = rng.randrange(len(word))
    return word[:i] + word[i] + word[i:]


def slip_key(word: str, rng: Random) -> str:
    """Hit the key beside the right one: `film` -> `folm`. Other alphabets stay as they are."""
    i = rng.randrange(len(word))
    beside = NEIGHBORS.get(word[i].lower())
    if beside is None:
        return word
    key = rng.choice(beside)
    return word[:i] + (key.upper() if word[i].isupper() else key) + word[i + 1 :]


TYPOS = (swap_letters, drop_letter, double_letter, slip_key)


def add_typos(text: str, rng: Random, rate: float) -> str:
    """Put one typo into a share `rate` of the words; those of up to three letters are spared."""

    def mistype(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < 4 or rng.random() >= rate:
            return word
        return rng.choice(TYPOS)(word, rng)

    return WORD.sub(mistype, text)


def upper_case(text: str, rng: Random) -> str:
    """SHOUT."""
    return LINE_BREAK.join(part.upper() for part in text.split(LINE_BREAK))


def strip_punctuation(text: str, rng: Random) -> str:
    """Remove all ASCII punctuation: `don't!` -> `dont`. Line breaks become spaces."""
    table = str.maketrans("", "", string.punctuation)
    return without_html(text).translate(table)


def keep_first(text: str, rng: Random, words: int) -> str:
    """Keep the first `words` words."""
    return " ".join(text.split(maxsplit=words)[:words])


def keep_last(text: str, rng: Random, words: int) -> str:
    """Keep the last `words` words."""
    return " ".join(text.rsplit(maxsplit=words)[-words:])


def drop_words(text: str, rng: Random, rate: float) -> str:
    """Leave out a share `rate` of the words; at least one stays."""
    words = text.split(" ")
    return " ".join([word for word in words if rng.random() >= rate] or words[:1])


def replace_synonyms(
    text: str, rng: Random, synonyms: Mapping[str, Sequence[str]], rate: float
) -> str:
    """Replace a share `rate` of the words that `synonyms` knows (in lower case) by one of theirs.

    A capital at the beginning stays one.
    """

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        others = synonyms.get(word.lower())
        if others is None or rng.random() >= rate:
            return word
        other = rng.choice(others)
        return other.capitalize() if word[0].isupper() else other

    return WORD.sub(replace, text)


def find_names(text: str, no_names: Collection[str] = ()) -> list[str]:
    """Return runs of capitalized words inside a sentence.

    A regular expression, no entity recognizer: it misses names that open a sentence, and takes any
    capitalized pair for a name, unless a word of it is, in lower case, among `no_names`.
    """
    return [name for name in NAME.findall(text) if _is_name(name, no_names)]


def swap_names(text: str, rng: Random, names: Sequence[str], no_names: Collection[str] = ()) -> str:
    """Replace each name by another one; the same name by the same, all through a text.

    What counts as a name is what `find_names` finds. Without others to take they stay.
    """
    chosen: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        name = match.group()
        if not names or not _is_name(name, no_names):
            return name
        return chosen.setdefault(name, rng.choice(names))

    return NAME.sub(other, text)


def _is_name(name: str, no_names: Collection[str]) -> bool:
    return not any(word in no_names for word in name.lower().split())
