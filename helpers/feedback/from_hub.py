"""Feedback from a model hub: discussions of a model become rows of the feedback store.

A post is read where it holds the lines below, alone or in a fenced block, as often as one likes;
`answer`, `version` and `comment` may be missing, anything else around them is for people:

    text: Not bad, not bad at all!
    label: positive
    answer: negative
    version: v1.0
    comment: twice "bad" is good

In a fenced block marked `feedback` a value may go on over several lines. Where a text may have
several labels, they stand with commas between or as a JSON list; `none` or `[]` is no label. Of an
assistant a label is a call, as JSON or as `light_set(area="kitchen", brightness=40)`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.feedback.said import FeedbackError, Said
from helpers.feedback.store import FeedbackStore

KEYS = ("text", "label", "answer", "version", "comment")
Find = Callable[[str], str | None]  # from a name to the label that it means
NONE = "none"  # no label at all, where a text may have several
LONGEST_POST = 65_536  # characters; of a longer post nothing is read
_KEY = re.compile(rf"\s{{0,3}}({'|'.join(KEYS)})\s*:\s*(.*)", re.IGNORECASE)
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})\s*([\w-]*)")


@dataclass
class ImportReport:
    """What an import did: new items, counted repeats, items read before, and what it left out."""

    new: int = 0
    repeat: int = 0
    known: int = 0
    unread: list[dict[str, Any]] = field(default_factory=list)


def parse_post(content: str) -> list[dict[str, str]]:
    """Return the items of a post, each with some of the keys above; none where there are none."""
    items: list[dict[str, str]] = []
    fence, in_form, key = "", False, None
    for line in content[:LONGEST_POST].splitlines():
        mark = _FENCE.match(line)
        if mark and (not fence or (line.strip().startswith(fence) and not mark[2])):
            in_form = not fence and mark[2].lower() == "feedback"
            fence = "" if fence else mark[1]
            items.append({})  # a fence ends an item and begins another
            key = None
            continue
        key_line = _KEY.match(line)
        if key_line and (key_line[1].lower() == "text" or items):
            key = key_line[1].lower()
            if not items or key in items[-1]:
                items.append({})
            items[-1][key] = key_line[2].strip()
        elif in_form and key:
            items[-1][key] += "\n" + line
        elif not line.strip() and not in_form and "label" in (items or [{}])[-1]:
            items.append({})  # an empty line ends a complete item
    return [item for item in items if "text" in item or "label" in item]


def import_discussions(api: Any, repo_id: str, store: FeedbackStore) -> ImportReport:
    """Read the open discussions of a model into the store; a second time nothing is added.

    Args:
        api: a `huggingface_hub.HfApi`.
        repo_id: the model's repository, such as `learner/imdb-pocket`.
        store: where the feedback goes.

    Returns what was new, what was known and what could not be read, and why. Raises what `api`
    raises when the hub cannot be reached, and StoreError.
    """
    report = ImportReport()
    for discussion in api.get_repo_discussions(
        repo_id, discussion_type="discussion", discussion_status="open"
    ):
        for event in api.get_discussion_details(repo_id, discussion.num).events:
            if event.type == "comment" and not getattr(event, "hidden", False):
                place = {"discussion": discussion.num, "post": event.id, "author": event.author}
                _import_post(event.content or "", repo_id, place, store, report)
    return report


def _import_post(
    content: str, repo_id: str, place: dict[str, Any], store: FeedbackStore, report: ImportReport
) -> None:
    if len(content) > LONGEST_POST:
        report.unread.append({**place, "why": f"longer than {LONGEST_POST:,} characters"})
        return
    items = parse_post(content)
    if not items:
        report.unread.append({**place, "why": "no lines text: and label: in it"})
    for number, item in enumerate(items):
        said: dict[str, Any] = {"text": "", "label": ""}
        said |= {key: value.strip() for key, value in item.items()}
        for name in ("label", "answer"):
            said[name] = _as_named(said.get(name) or "", store)
        # the words are part of the reference: an edited post is read again
        where = f"{repo_id}#{place['discussion']}/{place['post']}/{number}/{sorted(item.items())}"
        try:
            receipt = store.add(**said, source="discussion", reference=where)
        except FeedbackError as error:
            report.unread.append({**place, "why": str(error)})
        else:
            setattr(report, receipt.outcome, getattr(report, receipt.outcome) + 1)


def _as_named(said: str, store: FeedbackStore) -> Said | None:
    """Return the label that was meant, or the labels; a name that none has stays as it is."""
    if store.functions:
        return said or None
    named = _finder(store.labels)
    if not said or not store.several:
        return named(said) or said or None
    if label := named(said):
        return [label]
    if _plain(said) == NONE:
        return []
    try:
        listed = json.loads(said.strip("` "))
    except (ValueError, RecursionError):
        listed = None
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return [named(name) or name for name in listed]
    return _between_commas(said, named, most=1 + max(name.count(",") for name in store.labels))


def _between_commas(said: str, named: Find, most: int) -> list[str]:
    """Return the labels in a text; where names hold commas, `most` parts at most, the longest."""
    parts, found, at = said.split(","), [], 0
    while at < len(parts):
        ends = range(min(at + most, len(parts)), at, -1)
        name = next(filter(named, (",".join(parts[at:end]) for end in ends)), parts[at])
        found.append(named(name) or name)
        at += 1 + name.count(",")
    return found


def _finder(labels: Sequence[str]) -> Find:
    """Return what finds a label by its name: exactly that, or else however capitalized or quoted.

    A name that could then mean two labels means none.
    """
    exact, counts = set(labels), Counter(map(_plain, labels))
    loose = {_plain(label): label for label in labels if counts[_plain(label)] == 1}
    loose.pop("", None)  # of a label that is all quotes and dots

    def find(said: str) -> str | None:
        for name in (said.strip(), _bare(said)):
            if name in exact:
                return name
        return loose.get(_plain(said))

    return find


def _bare(said: str) -> str:
    return said.strip("`*\"'.[] ")


def _plain(said: str) -> str:
    return _bare(said).casefold()
