"""Questions to a help desk, the replies to them, and questions that are none of its business.

Packaged: what people say to a smart home (templates of Home Assistant; held-out templates are real
rephrasings, written by people) and ten complaints from the tech support of `chatterbot-corpus`.
That file lists 1,050 pairs, but only ten different ones: a random cut would test what was learned
by heart. So each complaint is one question, and its rephrasings are made, by a rule, from words
and phrases that are cut into the parts beforehand.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import yaml
from hassil import Intents

from helpers.data import banking77, home_words, intents, packages, parts
from helpers.examples.customer_words import FRAMES, REPLIES, SYNONYMS
from helpers.examples.own_files import read_rows
from helpers.stages.errors import DataError
from helpers.text.perturb import add_typos, replace_synonyms

PACKAGE, VERSION = "chatterbot-corpus", "1.3.3"
SUPPORT = "8a87cdf32579c8efdd9c5f3ef166ae9fb76dcf271b958f5e2265b9246b430655"
# Other topics of the same package: what a desk is asked and cannot answer. By topic, so that
# thresholds are chosen on other topics than they are tested on.
OUTSIDE = {
    "validation": {
        "ai": "620a65787a56641db4a03e1419a7578e813967218cf6721e3ea4ef90844916aa",
        "botprofile": "1a694c5288f3f8f87d027d2f98dae71d02efa88e28853a6e5d27e6dbce907294",
        "coding": "1726a8900a82ee32dad559809564f9ae97df9c52f42a8f1fcde84b1d54b1d260",
        "emotion": "510a018938c1880dd0f67e1ae458e26878c91a570daef5a84fb83713c89f0989",
        "food": "68eab2497721d03044d520b70c27d8a0d8ba8e505b3265fb3a1ff3e1a64c7124",
        "money": "2911d9766625ff5c2feb3d784f2951b2ebd5e9658547efce7568d0282c49274b",
    },
    "test": {
        "computers": "a222c5a432efe4289e6c5edf1c3d99fd26c48df99db0ff893d1d5ab569f5b750",
        "literature": "9361ff1478273d811259ca307a1e6be23a5e08e776a5bc5d9524fb13deb886f1",
        "movies": "075ca9d91a527206c635c88bf0353323826a25a6f2057be1bc71888af389f842",
        "psychology": "5047c211d35f715af4fbc3398f111135e99d34afcd0905a661c40bdeb1413a58",
        "science": "3c259799bba36c67a1601fc264ec01ab051e9e63950734ce1ef644e022081fe7",
        "trivia": "3a9de77e6d82803d1ea3eba48cf6543c884908f4c4f50501fed69f88112994dc",
    },
}
MADE = {"train": 40, "validation": 12, "test": 16}  # rephrasings of each complaint
TYPOS = 0.15  # of the words of a made rephrasing
COLUMNS = ["text", "label", "group", "kind"]
Tables = dict[str, pd.DataFrame]


def packaged() -> tuple[Tables, dict[str, Any]]:
    """Return the tables of the packaged desk, and facts for the manifest.

    `train`, `validation`, `test`: text, label, group (the template or the complaint), kind
    (`template`, or `made` by rule). `replies`: label, intent, reply. `outside`: text, part, topic.
    No template, no phrase around a complaint and no synonym is in two parts.
    """
    home, complaints = _home(), _complaints()
    listed = len(list(_pairs("tech_support", SUPPORT)))
    names = [*home, *(name for name, _, _ in complaints)]
    rows = [*_home_rows(home), *_made_rows(complaints, len(home))]
    frame = pd.DataFrame(rows, columns=["part", *COLUMNS])
    same = frame["text"].map(lambda text: parts.same_text(text.replace("please", "")))
    frame = frame[frame.groupby(same)["label"].transform("nunique") == 1]
    cut = {part: frame.loc[frame["part"] == part, COLUMNS] for part in parts.LABELED}
    said = [*(REPLIES[name] for name in home), *(reply for _, _, reply in complaints)]
    tables = parts.without_crossing_texts(cut) | {"replies": _replies(names, said)}
    slots = {"room": home_words.SLOTS["area"], "device": home_words.ANY_NAME}
    return tables | {"outside": outside(tables)}, {
        "source": f"sentences from the templates of home-assistant-intents {intents.VERSION}, and "
        f"the tech support and other topics of {PACKAGE} {VERSION}",
        "license": "Apache-2.0 (home-assistant-intents), BSD (chatterbot-corpus)",
        "citation": "The Home Assistant Authors, Intents for Home Assistant, "
        "https://github.com/OHF-Voice/intents. Gunther Cox, ChatterBot Corpus, "
        "https://github.com/gunthercox/chatterbot-corpus.",
        "split_rule": "templates cut within each intent in the order of their SHA-256; of the ten "
        "complaints, phrases and synonyms of the made rephrasings are cut; other topics by file",
        "language": "en",
        "domain": "English questions to the help desk of a smart home",
        "slots": slots,
        "follow_ups": [f"and in the {room}" for room in slots["room"]],
        "examples": ["it is too warm in the study", "the printer gives me nothing but blanks"],
        "report": [
            f"{len(home)} intents from templates; the tech support lists {listed:,} pairs, of "
            f"which {len(complaints)} differ"
        ],
    }


def online() -> tuple[Tables, dict[str, Any]]:
    """Return BANKING77 with its official test split, and facts for the manifest.

    It has no replies: they are made from the names of its intents, to be replaced.
    """
    _, splits, facts = banking77.load("hub")
    names = [name.replace("_", " ") for name in facts["label_names"]]
    tables = {part: _own_groups(splits[part]) for part in parts.LABELED}
    tables["replies"] = _replies(names, [f"This is about: {name}." for name in names])
    currency = ["euro", "euros", "dollar", "dollars", "pound", "pounds", "GBP", "EUR", "USD"]
    slots = {"currency": currency, "card": ["virtual card", "physical card", "disposable card"]}
    kept = ("source", "license", "citation", "split_rule", "language", "domain", "examples")
    return tables | {"outside": outside(tables)}, {
        **{key: facts[key] for key in kept},
        "slots": slots,
        "follow_ups": [f"and with my {card}" for card in slots["card"]],
        "report": [f"{len(names)} intents of BANKING77, official test split"],
    }


def own(path: Path) -> tuple[Tables, dict[str, Any]]:
    """Return a reader's own questions: columns text, label, and reply (may be empty), any format.

    A row labeled `outside` is a question that the desk cannot answer. Within each label, rows are
    cut in the order of their SHA-256: 15 % test, 15 % validation.

    Raises DataError, with the line, where a cell is missing or there is too little.
    """
    rows, notes = read_rows(path, ["text", "label", "reply"], filled=["text", "label"])
    is_outside = rows["label"].str.lower() == "outside"
    desk = rows[~is_outside]
    said = desk[desk["reply"] != ""].groupby("label")["reply"].first().to_dict()
    repeated = desk["text"].map(parts.same_text).duplicated()
    desk, again = desk[~repeated], int(repeated.sum())
    few = desk["label"].value_counts()
    if len(few) < 2 or few.iloc[-1] < 8:
        raise DataError(
            f"{path.name}: at least 2 labels with 8 different texts each, not {few.to_dict()}."
        )
    names = sorted(few.index)
    rank = parts.rank_in_class(desk["text"], desk["label"])
    part = rank.map(lambda r: "test" if r < 0.15 else "validation" if r < 0.3 else "train")
    desk = desk.assign(label=desk["label"].map(names.index))
    cut = {p: _own_groups(desk[part == p]) for p in parts.LABELED}
    tables = parts.without_crossing_texts(cut)
    tables["replies"] = _replies(names, [said.get(n) or f"This is about: {n}." for n in names])
    theirs = rows.loc[is_outside, "text"]
    return tables | {"outside": outside(tables, theirs)}, {
        "source": f"{path.name}, a reader's own",
        "license": "not known: a file of a reader's own",
        "citation": "none",
        "split_rule": "within each label in the order of the texts' SHA-256: 15 % test, 15 % "
        "validation",
        "language": "und",
        "domain": f"questions like those of {path.name}",
        "slots": {},
        "follow_ups": ["and what about that", "is that so for the other one"],
        "examples": [desk["text"].iloc[0]],
        "report": [
            *notes,
            *[f"{again:,} rows left out whose text stands there already"] * bool(again),
        ],
    }


def outside(tables: Tables, own_texts: Iterable[str] = ()) -> pd.DataFrame:
    """Return questions of other topics, without those that a table has: text, part, topic.

    A reader's own are cut in halves in the order of their SHA-256.
    """
    rows = [
        (text, part, topic)
        for part, files in OUTSIDE.items()
        for topic, sha256 in files.items()
        for text, _ in _pairs(topic, sha256)
    ]
    for i, text in enumerate(sorted(set(own_texts), key=parts.number)):
        rows.append((text, ("validation", "test")[i % 2], "own"))
    frame = pd.DataFrame(rows, columns=["text", "part", "topic"])
    same = frame["text"].map(parts.same_text)
    known = {parts.same_text(t) for part in parts.LABELED for t in tables[part]["text"]}
    return frame[~same.duplicated() & ~same.isin(known)].reset_index(drop=True)


def _pairs(topic: str, sha256: str) -> Iterator[tuple[str, str]]:
    """Yield the first question and answer of each conversation of a topic."""
    content = packages.read_file(PACKAGE, VERSION, f"data/english/{topic}.yml", sha256)
    for conversation in yaml.safe_load(content)["conversations"]:
        yield " ".join(str(conversation[0]).split()), " ".join(str(conversation[1]).split())


def _complaints() -> list[tuple[str, str, str]]:
    """Return the different pairs of the tech support: name, question, reply."""
    pairs = sorted(set(_pairs("tech_support", SUPPORT)))
    return [("trouble: " + q.lower().rstrip("."), q.lower().rstrip("."), a) for q, a in pairs]


def _home() -> dict[str, dict[str, list]]:
    """Return the templates of each intent, cut: {name: {part: templates}}."""
    known = _home_intents()
    return {
        intents.readable_name(name): intents.cut_templates(name, known)
        for name in sorted(known.intents)
        if name not in intents.LEFT_OUT
    }


def _home_intents() -> Any:
    name = "home-assistant-intents"
    content = packages.read_file(name, intents.VERSION, "data/en.json", intents.SHA256)
    return Intents.from_dict(json.loads(content))


def _home_rows(home: dict[str, dict[str, list]]) -> Iterator[tuple]:
    """Yield the sentences of each template by itself: part, text, label, group, kind."""
    known = _home_intents()
    for label, (name, cut) in enumerate(home.items()):
        for part, templates in cut.items():
            count = max(2, intents.SENTENCES[part] // len(templates))
            for i, template in enumerate(templates):
                group = f"{name} {part} {i}"
                for text in intents.sentences(group, [template], known, count):
                    yield part, text, label, group, "template"


def _made_rows(complaints: list[tuple[str, str, str]], first: int) -> Iterator[tuple]:
    """Yield each complaint as it stands, for training, and its rephrasings in all parts."""
    for label, (name, question, _) in enumerate(complaints, first):
        yield "train", question, label, name, "made"
        for part, count in MADE.items():
            for text in rephrasings(question, part, count):
                yield part, text, label, f"{name} {part}", "made"


def rephrasings(question: str, part: str, count: int) -> list[str]:
    """Return different rephrasings of a question, with the phrases and synonyms of one part.

    Every word that has synonyms is replaced in two of three cases, then a phrase is put around,
    then some words get a typo.
    """
    synonyms = {word: lists[part] for word, lists in SYNONYMS.items()}
    made: dict[str, None] = {}
    for i, frame in product(range(200), FRAMES[part]):
        random = Random(f"{question} {part} {frame} {i}")
        text = frame.format(replace_synonyms(question, random, synonyms, 0.67))
        text = add_typos(text, random, TYPOS)
        if question not in text:
            made[text] = None
        if len(made) == count:
            break
    return list(made)


def _own_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which each was asked by a person of its own."""
    groups = rows["text"].map(parts.digest).str[:16]
    return rows.assign(group=groups, kind="person")[COLUMNS].reset_index(drop=True)


def _replies(names: list[str], said: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"label": range(len(names)), "intent": names, "reply": said})
