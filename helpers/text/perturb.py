"""Perturbations: small changes to a text that a classifier should survive (notebook 23).

Each takes a text and a `random.Random` and returns the changed text, so the same seed gives the
same change; those with a knob take it after the two. Nothing here knows a model or a label.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from random import Random

import regex

from helpers.predictor.texts import LINE_BREAK, without_html
from helpers.text.scripts import LETTER, SYLLABLE

Perturbation = Callable[[str, Random], str]

# letters of any script, each with its marks; of scripts without spaces, up to four are one word
WORD = regex.compile(rf"(?:{LETTER})+|(?:{SYLLABLE}){{1,4}}")
PLACE = regex.compile(rf"{SYLLABLE}|(?:(?!{SYLLABLE})\S)+")  # what is counted when words are
CHARACTER = regex.compile(r".\p{M}*", regex.DOTALL)
IS_SYLLABLE = regex.compile(SYLLABLE)
PUNCTUATION = regex.compile(r"[\p{P}$+<=>^`|~]")
# the keyboards that a finger slips on, row by row
KEYBOARDS = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("qwertzuiopü", "asdfghjklöä", "yxcvbnm"),
    ("éèçà", "azertyuiop", "qsdfghjklmù", "wxcvbn"),
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    ("ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرىةوزظ"),
    ("קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
)
NEIGHBORS = [
    {
        key: "".join(row[max(0, i - 1) : i] + row[i + 1 : i + 2])
        for row in rows
        for i, key in enumerate(row)
    }
    for rows in KEYBOARDS
]
# two to four capitalized words inside a sentence: after a small letter or a comma. Scripts without
# capitals have no names that could be seen this way.
NAME = regex.compile(r"(?<=[\p{Ll}\p{M},] )\p{Lu}[\p{Ll}\p{M}]+(?: \p{Lu}[\p{Ll}\p{M}]+){1,3}\b")


def perturb(texts: Iterable[str], change: Perturbation, seed: int) -> list[str]:
    """Change every text with a generator of its own, so that no text depends on another."""
    return [change(text, Random(f"{seed}/{i}")) for i, text in enumerate(texts)]


def swap_letters(word: str, rng: Random) -> str:
    """Exchange two neighboring letters, with their marks: `film` -> `flim`."""
    letters = CHARACTER.findall(word)
    i = rng.randrange(len(letters) - 1)
    letters[i : i + 2] = letters[i + 1], letters[i]
    return "".join(letters)


def drop_letter(word: str, rng: Random) -> str:
    """Leave out one letter, with its marks: `film` -> `flm`."""
    letters = CHARACTER.findall(word)
    del letters[rng.randrange(len(letters))]
    return "".join(letters)


def double_letter(word: str, rng: Random) -> str:
    """Type one letter twice: `film` -> `fiilm`."""
    letters = CHARACTER.findall(word)
    letters[rng.randrange(len(letters))] *= 2
    return "".join(letters)


def slip_key(word: str, rng: Random) -> str:
    """Hit the key beside the right one: `film` -> `folm`.

    The keyboard is the first of KEYBOARDS that lacks the fewest of the word's letters. A letter
    that is not on it stays, marks stay where they are.
    """
    letters = CHARACTER.findall(word)
    i = rng.randrange(len(letters))
    small = word.lower()
    beside = min(NEIGHBORS, key=lambda keys: sum(letter not in keys for letter in small))
    keys = beside.get(letters[i][0].lower())
    if keys is None:
        return word
    key = rng.choice(keys)
    letters[i] = (key.upper() if letters[i][0].isupper() else key) + letters[i][1:]
    return "".join(letters)


TYPOS = (swap_letters, drop_letter, double_letter, slip_key)


def add_typos(text: str, rng: Random, rate: float) -> str:
    """Put one typo into a share `rate` of the words; those of up to three letters are spared.

    In scripts without spaces four characters in a row are taken for a word, and so are the two or
    three that are left over.
    """

    def mistype(match: regex.Match[str]) -> str:
        word = match.group()
        shortest = 2 if IS_SYLLABLE.match(word) else 4
        if len(CHARACTER.findall(word)) < shortest or rng.random() >= rate:
            return word
        return rng.choice(TYPOS)(word, rng)

    return WORD.sub(mistype, text)


def upper_case(text: str, rng: Random) -> str:
    """SHOUT."""
    return LINE_BREAK.join(part.upper() for part in text.split(LINE_BREAK))


def strip_punctuation(text: str, rng: Random) -> str:
    """Remove all punctuation: `don't!` -> `dont`. Line breaks become spaces."""
    return PUNCTUATION.sub("", without_html(text))


def keep_first(text: str, rng: Random, words: int) -> str:
    """Keep the first `words` words; in scripts without spaces, characters."""
    places = list(PLACE.finditer(text))[:words]
    return text[places[0].start() : places[-1].end()] if places else ""


def keep_last(text: str, rng: Random, words: int) -> str:
    """Keep the last `words` words; in scripts without spaces, characters."""
    places = list(PLACE.finditer(text))[-words:]
    return text[places[0].start() :].rstrip() if places else ""


def drop_words(text: str, rng: Random, rate: float) -> str:
    """Leave out a share `rate` of the words (as in `keep_first`); at least one stays."""

    def rest(word: str) -> list[str]:
        units = PLACE.findall(word) if IS_SYLLABLE.search(word) else [word]
        kept = [unit for unit in units if rng.random() >= rate]
        return ["".join(kept)] if kept else []

    words = [left for word in text.split(" ") for left in rest(word)]
    return " ".join(words or PLACE.findall(text)[:1])


def replace_synonyms(
    text: str, rng: Random, synonyms: Mapping[str, Sequence[str]], rate: float
) -> str:
    """Replace a share `rate` of the words that `synonyms` knows (in lower case) by one of theirs.

    A capital at the beginning stays one.
    """

    def replace(match: regex.Match[str]) -> str:
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

    def other(match: regex.Match[str]) -> str:
        name = match.group()
        if not names or not _is_name(name, no_names):
            return name
        return chosen.setdefault(name, rng.choice(names))

    return NAME.sub(other, text)


def _is_name(name: str, no_names: Collection[str]) -> bool:
    return not any(word in no_names for word in name.lower().split())
