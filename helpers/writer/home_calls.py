"""What people say to a home, with the call that is meant: sampled from templates, four languages.

    "dim the desk lamp to 40"  {"name": "light_set", "arguments": {"name": "desk lamp",
                                                                   "brightness": 40}}

Templates are cut into parts as in `helpers.data.intents`, and so are the words for open slots, so
that a test sentence has no template that training had, and no value unless `words` allows it. An
argument is what was drawn for a slot, or what its block of templates says (`"domain": "light"`).
Where a room is implied (“turn on the light”, said in the kitchen) nothing in the sentence tells
which, and the call has none: who runs it knows where the microphone stands.

Left out, as no reader of the sentence alone could tell: a sentence that means another call of a
rarer kind of device, or two calls alike, unless one knows what the home's devices are called
(“start rosie”); words with an ending glued on (“Thermostats”); and what is nothing but a name.
"""

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from hassil import Intents

from helpers.data import home_words, intents, packages, parts
from helpers.predictor import calls
from helpers.writer import made_up
from helpers.writer.home_lists import WORDS
from helpers.writer.home_phrases import MANNERS

FILES = {  # of the package, with SHA-256
    "en": ("data/en.json", intents.SHA256),
    "de": ("data/de.json", "75d7e68aa447cae4a561be42f0ad060c31859fd3294dbb14480fa5b73a3737be"),
    "fr": ("data/fr.json", "f4d492876346e4fd4743b62bd254c4fb28167d53f4055f2a1ad574655e10a3e1"),
    "zh": ("data/zh-CN.json", "02a971118aca765289f9271ff5e93db6d56fc2617330045266fb4c449c0b7a17"),
}
LANGUAGES = tuple(FILES)
HELD_OUT = {"test": 0.25, "validation": 0.15}  # of the values of an open list
MOST = 200  # templates of a function in a part; two in French have thousands of wordings
TRIES = 6  # for each sentence wanted
PROBES = 12  # texts drawn of a template to see which calls its words may mean
POLITE = 0.2  # of the sentences
FIRST = ("name", "area", "floor", "domain", "device_class")  # arguments, in this order


@dataclass(frozen=True)
class Said:
    """A sentence and the call that it means."""

    text: str
    call: calls.Call
    language: str
    template: str  # function and template: sentences of one are right or wrong together
    skeleton: str  # the text with open slots and numbers named: what a template's words say
    outline: str  # the call without their values
    kinds: tuple[str, ...]  # of devices that the template speaks of


@cache
def read_templates(language: str) -> Intents:
    """Return the package's templates of a language. Raises SourceError without the package."""
    content = packages.read_file("home-assistant-intents", intents.VERSION, *FILES[language])
    return Intents.from_dict(json.loads(content))


@cache
def cut(language: str, function: str) -> dict[str, list[intents.Template]]:
    """Return the templates of a function for each part; of wordings not more than `MOST`."""
    cut = intents.cut_templates(function, read_templates(language))
    return {part: templates[:MOST] for part, templates in cut.items()}


@cache
def functions_of(language: str) -> dict[str, str]:
    """Return the functions of a language: as the package calls them -> as we do."""
    kept = sorted(set(read_templates(language).intents) - set(intents.LEFT_OUT))
    return {name: intents.readable_name(name) for name in kept}


@cache
def values(language: str, name: str, part: str) -> tuple[str, ...]:
    """Return a part's words for an open list, cut in the order of their SHA-256.

    Nobody can tell from one sentence that a sauna is a room and not a device. So rooms of the test
    are new, but what makes them rooms is known: a hobby hall, where training has halls. Of the
    rooms of training every second is a plain one: a kitchen.
    """
    listed = WORDS[language].get(name) or WORDS[language]["light"]
    if name == "floor":
        return tuple(listed.split("|"))
    if name == "area":
        which = values(language, "which area", part)
        rooms = listed.split("|")
        named = [made_up.room_name(language, w, room) for w in which for room in rooms]
        return tuple(named + rooms * len(which) if part == "train" else named)
    words = sorted(listed.split("|"), key=parts.digest)
    test, validation = (max(1, round(HELD_OUT[p] * len(words))) for p in ("test", "validation"))
    first, last = {
        "test": (0, test),
        "validation": (test, test + validation),
        "train": (test + validation, len(words)),
    }[part]
    return tuple(words[first:last])


def sample(
    language: str, part: str, count: int, *, words: str = "", invent: float = 0.0, seed: int = 0
) -> list[Said]:
    """Return up to `count` different sentences of each function, from its templates in turn.

    Args:
        language: en, de, fr or zh.
        part: whose templates.
        count: of each function's sentences, at most.
        words: whose values for open slots; by default the part's own.
        invent: which share of open values is made up (of training only).
        seed: of the draws.
    """
    meant = meanings(language)
    found: dict[str, Said] = {}
    for function in functions_of(language):
        random, left = Random(f"{language} {function} {part} {words} {seed}"), count
        templates = cut(language, function)[part]
        for i in range(TRIES * count):
            if not left:
                break
            template = templates[i % len(templates)]
            said = draw(language, function, template, random, words or part, invent)
            if not said or said.text in found:
                continue
            if meant.get(said.skeleton, said.outline) == said.outline:
                left -= 1
                found[said.text] = dressed(said, random, part == "train")
    return list(found.values())


def draw(
    language: str,
    function: str,
    template: intents.Template,
    random: Random,
    words: str,
    invent: float = 0.0,
) -> Said | None:
    """Return a sentence of a template, None where the call can't be read from the sentence."""
    written, tree, block = template
    opened: list[str] = []

    def open_values(name: str, block: Any, templates: Intents) -> list[tuple[str, Any]]:
        if name != "name" and name not in home_words.SLOTS:
            return listed(language, name)
        kinds = [k for k in intents.domains(block) if k in WORDS[language]] or ["light", "switch"]
        kind = intents.choice(kinds, random) if name == "name" else name
        value = intents.choice(values(language, kind, words), random)
        if kind != "floor" and random.random() < invent:
            value = made_up.value(language, kind, value, random)
        opened.append(value)
        return [(value, value)]

    pieces = intents.walk(tree, block, read_templates(language), random, open_values)
    text = " ".join("".join(text for text, _, _ in pieces).split())
    arguments: dict[str, Any] = dict(block.slots)
    renamed, skeleton, literal = slot_names(block), "", ""
    outline: dict[str, Any] = dict(block.slots)
    for piece, slot, meaning in pieces:
        if slot is None:
            skeleton, literal = skeleton + piece, literal + piece
            continue
        slot = renamed.get(slot, slot)
        if slot in arguments and slot not in block.slots:
            return None  # said twice
        arguments[slot] = plain(meaning)
        free = meaning in opened or isinstance(meaning, int | float) and piece[:1].isdigit()
        skeleton += f"⟨{slot}⟩" if free else piece
        outline[slot] = None if free else arguments[slot]
    spoken = calls.spaced(text) + " "
    if not calls.spaced(literal) or any(calls.spaced(v) + " " not in spoken for v in opened):
        return None
    call = {"name": functions_of(language)[function], "arguments": ordered(arguments)}
    of = f"{function} {written}"
    means = json.dumps([function, outline])
    return Said(
        text, call, language, of, calls.spaced(skeleton), means, tuple(intents.domains(block))
    )


def dressed(said: Said, random: Random, all_manners: bool) -> Said:
    """Return a sentence, one in five with a polite word."""
    manners = MANNERS[said.language].split("|")[: None if all_manners else 2]
    if random.random() >= POLITE:
        return said
    return replace(said, text=intents.choice(manners, random).format(said.text))


@cache
def listed(language: str, name: str) -> list[tuple[str, Any]]:
    """Return the texts of one of the package's lists and what they mean."""
    return intents.listed_values(name, read_templates(language))


@cache
def meanings(language: str) -> dict[str, str | None]:
    """Return what a wording means, the call without its values, where two calls are meant.

    As far as draws show. “Éteins {name}” turns off lamps, fans and more, and sends a vacuum
    cleaner home: the meaning for more kinds of devices is kept, and none where as many say so.
    """
    meant: dict[str, dict[str, set[str]]] = {}
    random = Random(f"meanings {language}")
    for function in functions_of(language):
        for templates in cut(language, function).values():
            for template in templates:
                for _ in range(PROBES if "{" in template[0] else 1):
                    said = draw(language, function, template, random, "train")
                    if said:
                        outlines = meant.setdefault(said.skeleton, {})
                        outlines.setdefault(said.outline, set()).update(said.kinds)
    return {skeleton: _most(found) for skeleton, found in meant.items() if len(found) > 1}


def _most(found: dict[str, set[str]]) -> str | None:
    """Return the outline that the most kinds of devices have, None for a draw."""
    first, second, *_ = sorted(found, key=lambda outline: -len(found[outline]))
    return first if len(found[first]) > len(found[second]) else None


def slot_names(block: Any) -> dict[str, str]:
    """Return the slots of lists: a wording that was cut from a template has lost them."""
    pairs = set(re.findall(r"\{(\w+):(\w+)\}", " ".join(block.sentence_texts)))
    lists = [name for name, _ in pairs]
    return {name: slot for name, slot in pairs if lists.count(name) == 1}


def plain(meaning: Any) -> Any:
    """Return a meaning as JSON has it; of the few that are a list the first."""
    meaning = meaning[0] if isinstance(meaning, list) else meaning
    whole = isinstance(meaning, float) and meaning % 1 == 0
    return int(meaning) if whole else meaning


def ordered(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments in the order in which calls have them."""
    names = [n for n in FIRST if n in arguments] + sorted(set(arguments) - set(FIRST))
    return {name: arguments[name] for name in names}
