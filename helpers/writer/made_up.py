"""Made-up words for open slots: what was never heard can only be copied.

Training that meets each value a hundred times learns values; training that meets a new one every
time learns where in a sentence a value stands.
"""

from functools import cache
from random import Random

from helpers.data.intents import choice
from helpers.writer import home_lists, home_talk

TEXTS = ("message", "search_query", "shopping_list_item", "todo_list_item", "timer_command")
ONE_WORD = ("person", "weather", "vacuum", "lawn_mower", "zone", "timer_name", "todo")
ONSETS = "b br ch d dr f fl g gr h j k kl l m n p pr r s sch st t tr v w z"
CORES = "a e i o u ei au ie ou ä é ö"
CODAS = "n l r s m t ck nd"


@cache
def vocabulary(language: str) -> tuple[list[list[str]], list[str]]:
    """Return sentences as words (Chinese: characters) and all words, of the training's talk."""
    texts = home_talk.small_talk(language, "train")
    texts += [t for t in home_talk.reviews(language, "train", 600)]
    sentences = [[*text] if language == "zh" else text.lower().split() for text in texts]
    cleaned = [[w.strip(".,;:()\"'*-") for w in s] for s in sentences]
    kept = [[w for w in s if w and w[0].isalpha()] for s in cleaned]
    return [s for s in kept if s], sorted({w for s in kept for w in s})


@cache
def held_out(language: str) -> frozenset[str]:
    """Return all values that are written down; none of them is made up."""
    words = {name: listed.split("|") for name, listed in home_lists.WORDS[language].items()}
    named = (room_name(language, w, r) for w in words["which area"] for r in words["area"])
    return frozenset(named).union(*words.values())


def value(language: str, kind: str, like: str, random: Random) -> str:
    """Return a value that no list has.

    Args:
        language: whose words it is made of.
        kind: of slot or device, as in `home_lists`.
        like: a value of training; rooms and devices keep the word that says what they are.
        random: draws.
    """
    for _ in range(5):
        made = _value(language, kind, like, random)
        if made and made not in held_out(language):
            return made
    return like


def _value(language: str, kind: str, like: str, random: Random) -> str:
    sentences, words = vocabulary(language)
    join = "" if language == "zh" else " "
    if kind in TEXTS:
        sentence = choice(sentences, random)
        size = 1 + int(random.random() ** 1.5 * (12 if language == "zh" else 6))
        start = int(random.random() * max(1, len(sentence) - size))
        return join.join(sentence[start : start + size])
    new = choice(words, random) if random.random() < 0.6 else syllables(language, words, random)
    if kind in ONE_WORD:
        return new if random.random() < 0.7 else join.join([new, choice(words, random)])
    if kind == "area":
        return room_name(language, new, choice(rooms(language), random))
    if language == "zh":
        return new + choice(words, random)[: random.random() < 0.4] + like[-min(2, len(like) - 1) :]
    parts = like.split()
    if language == "fr" and len(parts) > 1:  # what it is stands first
        return " ".join([parts[0], *parts[1:-1], new])
    if language == "fr":
        return f"{like} {new}" if random.random() < 0.7 else new
    if language == "de":
        ending = like[-choice((4, 5, 6), random) :].strip()
        return new if random.random() < 0.3 else syllables(language, words, random) + ending
    if random.random() < 0.2:
        return new
    return " ".join([new, *parts[1:]]) if len(parts) > 1 else f"{new} {like}"


def room_name(language: str, which: str, room: str) -> str:
    """Return a name for a room: a blue bedroom, in French with its kind first."""
    if language == "fr":
        return f"{room} {which}"
    return f"{which} {room}" if language == "en" else f"{which}{room}"


def rooms(language: str) -> list[str]:
    """Return the words that make something a room."""
    return home_lists.WORDS[language]["area"].split("|")


def syllables(language: str, words: list[str], random: Random) -> str:
    """Return a word that nobody has heard."""
    if language == "zh":
        return "".join(choice(words, random) for _ in range(1 + int(random.random() * 3)))
    size = 1 + int(random.random() * 2.5)
    onsets, cores, codas = ONSETS.split(), CORES.split(), ["", "", "", *CODAS.split()]
    made = [choice(onsets, random) + choice(cores, random) for _ in range(size)]
    return "".join(made) + choice(codas, random)
