"""Calls without a network: hassil's own matching, the nearest sentence, a classifier with lists.

Each is made of the training's sentences (and templates, and words), tuned on validation sentences,
and answers with `call(text)`.
"""

import json
import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np
from hassil import Intents, SlotList, TextSlotList
from hassil.recognize import recognize_best
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from helpers.data import home_words, intents, packages
from helpers.predictor import calls
from helpers.writer import home_calls
from helpers.writer.home_calls import Said
from helpers.writer.home_lists import WORDS

NOTHING = {"name": calls.NO_CALL, "arguments": {}}
SLOT = re.compile(r" ⟨((?: \w+| _)+) ⟩")  # in a skeleton, spaced
NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Hassil:
    """The package's matcher, with the templates and the words of training."""

    def __init__(self, language: str):
        """Read the templates of training only."""
        name, digest = home_calls.FILES[language]
        content = json.loads(
            packages.read_file("home-assistant-intents", intents.VERSION, name, digest)
        )
        kept = {}
        for function in home_calls.functions_of(language):
            kept[function] = {"data": _blocks(language, function)}
        self.intents = Intents.from_dict(content | {"intents": kept})
        self.lists: dict[str, SlotList] = {
            name: TextSlotList.from_strings(home_calls.values(language, name, "train"))
            for name in home_words.SLOTS
        }
        self.lists["name"] = TextSlotList.from_tuples(
            (value, value, {"domain": kind})
            for kind in home_words.NAMES
            if kind in WORDS[language]
            for value in home_calls.values(language, kind, "train")
        )
        self.language = language

    def tune(self, said: list[Said]) -> None:
        """Do nothing: there is nothing to choose."""

    def call(self, text: str) -> calls.Call:
        """Return the call of the best match, or `no_call`."""
        found = recognize_best(
            text, self.intents, slot_lists=self.lists, language=self.language,
            intent_context={"area": "here"},
        )  # fmt: skip
        if found is None:
            return NOTHING
        values = {e.name: e.value for e in found.entities_list if e.value != "here"}
        arguments = {name: v.strip() if isinstance(v, str) else v for name, v in values.items()}
        name = home_calls.functions_of(self.language)[found.intent.name]
        return {"name": name, "arguments": arguments}


class Nearest:
    """The training sentence of the most similar letters; its wording says where values stand."""

    def __init__(self, said: list[Said], idle: list[str]):
        """Keep the sentences, and those that are no command."""
        self.said: list[Said | None] = [*said, *([None] * len(idle))]
        self.texts = [calls.spaced(text) for text in (*(each.text for each in said), *idle)]

    def tune(self, said: list[Said]) -> None:
        """Choose the length of the runs and how many neighbors may lend their wording."""
        tried = []
        for longest in (3, 5):
            self.vectors = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, longest), sublinear_tf=True, dtype=np.float32
            )
            self.rows = self.vectors.fit_transform(self.texts).T.tocsr()
            for self.neighbors in (1, 20):
                share = np.mean([calls.same(self.call(s.text), s.call) for s in said])
                tried.append((share, self.vectors, self.rows, self.neighbors))
        _, self.vectors, self.rows, self.neighbors = max(tried, key=lambda each: each[0])

    def call(self, text: str) -> calls.Call:
        """Return the call of the nearest sentence whose wording fits, else the nearest's."""
        spaced = calls.spaced(text)
        likeness = (self.vectors.transform([spaced]) @ self.rows).toarray()[0]
        nearest = np.argpartition(-likeness, self.neighbors)[: self.neighbors]
        nearest = nearest[np.lexsort((nearest, -likeness[nearest]))]
        for said in (self.said[i] for i in nearest):
            filled = NOTHING if said is None else _filled(said, spaced)
            if filled is not None:
                return filled
        first = self.said[nearest[0]]
        return NOTHING if first is None else first.call


class Gazetteer:
    """A linear SVM chooses the function, known words and numbers fill the slots of its outlines."""

    def __init__(self, said: list[Said], idle: list[str]):
        """Learn the words of the slots from training sentences."""
        self.texts = [*(calls.spaced(s.text) for s in said), *map(calls.spaced, idle)]
        self.outlines = [
            *(_pattern(s) for s in said),
            *([json.dumps([calls.NO_CALL, {}])] * len(idle)),
        ]
        self.known: dict[str, Counter[str]] = defaultdict(Counter)
        for each in said:
            for name, value in each.call["arguments"].items():
                if isinstance(value, str):
                    self.known[name][calls.spaced(value)] += 1
        self.functions = [json.loads(outline)[0] for outline in self.outlines]
        self.of: dict[str, Counter[str]] = defaultdict(Counter)
        for function, outline in zip(self.functions, self.outlines, strict=True):
            self.of[function][outline] += 1

    def tune(self, said: list[Said]) -> None:
        """Train the classifier, and choose the strength of its regularization."""
        self.vectors = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+"),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2),
        )
        rows, tried = self.vectors.fit_transform(self.texts), []
        for strength in (0.3, 3.0):
            self.classifier = LinearSVC(C=strength, tol=1e-2).fit(rows, self.functions)
            share = np.mean([calls.same(self.call(s.text), s.call) for s in said])
            tried.append((share, self.classifier))
        _, self.classifier = max(tried, key=lambda each: each[0])

    def call(self, text: str) -> calls.Call:
        """Return the call of the outline with the most slots filled, then of the most frequent."""
        spaced = calls.spaced(text)
        function = str(self.classifier.predict(self.vectors.transform([spaced]))[0])
        best: tuple[int, int, calls.Call] = (-1, 0, NOTHING)
        for outline, times in self.of[function].most_common(40):
            slots = json.loads(outline)[1]
            arguments = self._fill(slots, spaced)
            filled = sum(fixed in (None, "number") for fixed in slots.values())
            if arguments is not None and (filled, times) > best[:2]:
                best = (filled, times, {"name": function, "arguments": arguments})
        if best[0] < 0:
            return {"name": function, "arguments": {}}
        return best[2]

    def _fill(self, outline: dict[str, Any], spaced: str) -> dict[str, Any] | None:
        left = spaced + " "
        arguments: dict[str, Any] = {}
        for name, fixed in outline.items():
            if fixed == "number":
                found = NUMBER.search(left)
                if found is None:
                    return None
                arguments[name] = float(found.group())
                left = left[: found.start()] + left[found.end() :]
            elif fixed is not None:
                arguments[name] = fixed
            else:
                fits = [v for v in self.known[name] if v + " " in left]
                if not fits:
                    return None
                value = max(fits, key=len)
                left, arguments[name] = left.replace(value + " ", " ", 1), value
        return arguments


def _pattern(said: Said) -> str:
    """Return a call with its open words as None and its numbers as "number"."""
    outline = json.loads(said.outline)[1]
    kept = {
        name: "number" if outline[name] is None and not isinstance(value, str) else outline[name]
        for name, value in said.call["arguments"].items()
    }
    return json.dumps([said.call["name"], kept])


def _filled(said: Said, spaced: str) -> calls.Call | None:
    """Return a training sentence's call with the values that another has in the same places."""
    slots = [name.replace(" ", "") for name in SLOT.findall(said.skeleton)]
    literals = [re.escape(literal) for literal in SLOT.split(said.skeleton)[::2]]
    match = re.search("( .+?)".join(literals) + r"(?= |$)", spaced)
    if match is None:
        return None
    arguments = dict(said.call["arguments"])
    for name, value in zip(slots, match.groups(), strict=True):
        if isinstance(arguments[name], str):
            arguments[name] = value
        elif NUMBER.fullmatch(value.strip()):
            arguments[name] = float(value)
        else:
            return None
    return {"name": said.call["name"], "arguments": arguments}


def _blocks(language: str, function: str) -> list[dict[str, Any]]:
    """Return the blocks of a function with the templates of training, as the package has them."""
    found: dict[int, dict[str, Any]] = {}
    for written, _, block in home_calls.cut(language, function)["train"]:
        content = {
            "slots": block.slots,
            "requires_context": block.requires_context,
            "excludes_context": block.excludes_context,
            "sentences": [],
        }
        for name, slot in home_calls.slot_names(block).items():
            written = written.replace(f"{{{name}}}", f"{{{name}:{slot}}}")
        found.setdefault(id(block), content)["sentences"].append(written)
    return list(found.values())
