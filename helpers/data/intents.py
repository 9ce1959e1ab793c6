"""What people ask of a home: sentences made from templates, tested on templates never seen.

The package holds, for each intent, templates such as `turn on [the] {name}`. A random cut of
sentences would ask the test for wordings that training has; so the templates are cut first, and
each part's sentences are made from its own.
Of intents with one or two templates the wordings are cut, and sentences of one template are mostly
right or wrong together: intervals are wider than they look.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import pandas as pd
from hassil import Intents, RangeSlotList, TextSlotList, parse_sentence
from hassil import expression as grammar
from hassil.sample import sample_expression

from helpers.data import home_words, packages, parts

VERSION = "2026.11.25"
SHA256 = "65a7162518fffb15bd07590ff1c630bc45eedd5065738eeea96ce2f8d0cc02be"
# Two say it in one breath, five say five different things: nothing can be learned for the others
LEFT_OUT = ("HassNevermind", "HassRespond")
FEWEST_TEMPLATES = 3
SHARES = {"test": 0.2, "validation": 0.15}  # of an intent's templates; at least one
SENTENCES = {"train": 250, "validation": 50, "test": 60}  # of each intent, at most
TRIES = 20  # for each sentence wanted: short templates soon repeat themselves

Template = tuple[str, grammar.Expression, Any]  # as written, its tree, the block it stands in
Piece = tuple[str, str | None, Any]  # a text, and of a slot's: the slot, what the text means
Values = Callable[[str, Any, Intents], list[tuple[str, Any]]]


def load(source: str) -> tuple[str, dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (source used, the four splits, facts for the manifest).

    Args:
        source: `package`, the installed one; there is no other.

    Raises SourceError when the package is missing or another version.
    """
    content = packages.read_file("home-assistant-intents", VERSION, "data/en.json", SHA256)
    intents = Intents.from_dict(json.loads(content))
    names = {n: readable_name(n) for n in sorted(intents.intents) if n not in LEFT_OUT}
    rows = pd.DataFrame(
        [
            (part, text, number)
            for number, name in enumerate(names)
            for part, templates in cut_templates(name, intents).items()
            for text in sentences(f"{name} {part}", templates, intents, SENTENCES[part])
        ],
        columns=["part", "text", "label"],
    )
    tables, dropped = _without_doubles(rows)
    few = [names[name] for name in names if _count(intents, name) < FEWEST_TEMPLATES]
    return (
        source,
        parts.with_unlabeled(tables),
        {
            "source": "sentences made from the English templates of Home Assistant (package "
            f"home-assistant-intents {VERSION})",
            "protocol": "local",
            "license": "Apache-2.0",
            "citation": "The Home Assistant Authors. Intents for Home Assistant. "
            "https://github.com/OHF-Voice/intents.",
            "split_rule": "templates cut within each intent, in the order of their SHA-256: "
            "a fifth test, 15 % validation; sentences made from each part's own templates",
            "label_names": list(names.values()),
            "several_labels": False,
            "language": "en",
            "dataset": None,
            "domain": "English sentences made from templates, said to a smart home",
            "model_license": "apache-2.0",
            "examples": [
                "is the back door locked",
                "make the bedroom a little warmer, say 21 degrees",
                "how much longer on the pasta timer",
                "heard this song too often, on to the next one",
            ],
            "report": [
                f"{len(names)} intents; left out: {len(LEFT_OUT)} whose few templates have nothing "
                f"in common, {dropped:,} sentences that two intents or two parts share",
                f"of {len(few)} intents with fewer than {FEWEST_TEMPLATES} templates the wordings "
                f"are cut instead: {', '.join(few)}",
            ],
        },
    )


def readable_name(intent: str) -> str:
    """Return `turn_on` for `HassTurnOn`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", intent.removeprefix("Hass")).lower()


def cut_templates(name: str, intents: Intents) -> dict[str, list[Template]]:
    """Return the templates of an intent for each part, in the order of their SHA-256.

    An intent of fewer than three templates is cut by wording: a template with all choices made,
    its slots still open. A wording that a more held-out template gives too is theirs.
    """
    blocks = intents.intents[name].data
    templates: list[Template] = [
        (sentence.text or "", sentence.expression, block)
        for block in blocks
        for sentence in block.sentences
    ]
    if len(templates) < FEWEST_TEMPLATES:
        templates = [w for template in templates for w in _wordings(template, intents)]
    templates.sort(key=lambda template: parts.digest(template[0]))
    cut: dict[str, list[Template]] = {}
    first = 0
    for part, share in SHARES.items():
        size = max(1, round(share * len(templates)))
        cut[part] = templates[first : first + size]
        first += size
    return {"train": templates[first:], **cut}


def sentences(seed: str, templates: list[Template], intents: Intents, count: int) -> list[str]:
    """Return up to `count` different sentences, as many from each template as it can give."""
    random = Random(seed)
    made: dict[str, None] = {}
    for i in range(TRIES * count):
        if len(made) == count:
            break
        _, tree, block = templates[i % len(templates)]
        made[_sentence(tree, block, intents, random)] = None
    return list(made)


def _count(intents: Intents, name: str) -> int:
    return sum(len(block.sentences) for block in intents.intents[name].data)


def _wordings(template: Template, intents: Intents) -> Iterator[Template]:
    _, tree, block = template
    found = sample_expression(tree, intents.slot_lists, intents.expansion_rules, expand_lists=False)
    for wording in dict.fromkeys(" ".join(text.split()) for text in found):
        yield wording, parse_sentence(wording).expression, block


def _sentence(tree: grammar.Expression, block: Any, intents: Intents, random: Random) -> str:
    """Return one sentence of a template; one in five is polite."""
    pieces = walk(tree, block, intents, random, open_values)
    text = " ".join("".join(text for text, _, _ in pieces).split())
    manner = choice(["{}"] * 8 + ["please {}", "{} please"], random)
    return manner.format(text)


def walk(node: Any, block: Any, intents: Intents, random: Random, values: Values) -> list[Piece]:
    """Return the pieces of one text of a template's tree, every choice drawn.

    Args:
        node: the tree, of `block`, of `intents`.
        random: draws the choices.
        values: says what may stand in a slot: (list name, block, intents) -> (text, meaning).
    """
    if isinstance(node, grammar.TextChunk):
        return [(node.original_text, None, None)]
    if isinstance(node, grammar.RuleReference):
        rule = intents.expansion_rules[node.rule_name]
        return walk(rule.expression, block, intents, random, values)
    if isinstance(node, grammar.ListReference):
        text, meaning = choice(values(node.list_name, block, intents), random)
        return [(text, node.slot_name, meaning)]
    if isinstance(node, grammar.Alternative):
        return walk(choice(node.items, random), block, intents, random, values)
    pieces: list[list[Piece]] = [walk(i, block, intents, random, values) for i in node.items]
    if isinstance(node, grammar.Permutation):
        pieces.sort(key=lambda piece: random.random())
        space: list[Piece] = [(" ", None, None)]
        pieces = [piece for each in pieces for piece in (space, each)][1:]
    return [piece for each in pieces for piece in each]


def open_values(name: str, block: Any, intents: Intents) -> list[tuple[str, Any]]:
    """Return what may stand in a slot: of the package's list, or of ours for names and wishes."""
    if name == "name":
        kinds = domains(block)
        ours = [v for d in kinds for v in home_words.NAMES.get(d, ())] or home_words.ANY_NAME
        return [(value, value) for value in ours]
    if name in home_words.SLOTS:
        return [(value, value) for value in home_words.SLOTS[name]]
    return listed_values(name, intents)


def listed_values(name: str, intents: Intents) -> list[tuple[str, Any]]:
    """Return the texts of one of the package's lists, each with what it means."""
    values = intents.slot_lists[name]
    if isinstance(values, RangeSlotList):
        factor = values.multiplier or 1
        return [(f"{number:g}", number * factor) for number in values.get_numbers()]
    assert isinstance(values, TextSlotList), f"no words for the slot {name}"
    return [(t, v.value_out) for v in values.values for t in sample_expression(v.text_in)]


def domains(block: Any) -> list[str]:
    """Return of which kinds the devices are that a block of templates speaks of."""
    domain = (block.requires_context or {}).get("domain") or block.slots.get("domain") or []
    return [domain] if isinstance(domain, str) else domain


def choice(items: Sequence, random: Random) -> Any:
    """Return one of the items; the library's own `choice` may draw differently some day."""
    return items[int(random.random() * len(items))]


def _without_doubles(rows: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], int]:
    """Return the parts without sentences that stand in two classes or in a more held-out part."""
    same = rows["text"].map(lambda text: parts.same_text(text.replace("please", "")))
    classes = rows.groupby(same)["label"].transform("nunique")
    clear = rows[classes == 1]
    tables = {part: clear.loc[clear["part"] == part, ["text", "label"]] for part in parts.LABELED}
    kept = parts.without_crossing_texts(tables)
    return kept, len(rows) - sum(map(len, kept.values()))
