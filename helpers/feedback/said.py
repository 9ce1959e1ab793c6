"""What may be said of an answer: its parts, checked and cleaned before anything is kept.

Where a text may have several labels, what is said of it is a list of them, maybe an empty one; it
is kept as JSON in the order of the store's labels, so that the same labels are the same text.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from helpers.web.texts import check_text, tidy

SOURCES = ("api", "discussion")
LONGEST_COMMENT = 2000  # characters
SHOWN = 12  # labels, in a message
VERSION = re.compile(r"[\w.+-]{0,64}", re.ASCII)
Said = str | Sequence[str]  # a label, or where a text may have several, a list of them


class FeedbackError(ValueError):
    """A piece of feedback is not as it must be; `field` names the part, the message says why."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field}: {message}")
        self.field = field


def check_label(labels: Sequence[str], several: bool, value: Any, part: str = "label") -> str:
    """Return a label as it is kept: itself, or of several a JSON list in the order of `labels`.

    Raises FeedbackError, naming the part, for anything else.
    """
    if not several and isinstance(value, str) and value in labels:
        return value
    if several and isinstance(value, list | tuple) and all(name in labels for name in value):
        return json.dumps([name for name in labels if name in value], ensure_ascii=False)
    what = "be a list of some of" if several else "be one of"
    shown, more = labels[:SHOWN], f" and {len(labels) - SHOWN} more" * (len(labels) > SHOWN)
    raise FeedbackError(part, f"must {what}: {', '.join(shown)}{more}.")


def check_feedback(labels: Sequence[str], several: bool = False, **parts: Any) -> dict[str, Any]:
    """Return text, label, answer, comment, version and source, cleaned.

    Raises FeedbackError for the first part that is not as it must be.
    """
    for name in ("text", "comment"):
        if not isinstance(value := parts.get(name) or "", str):
            raise FeedbackError(name, f"is a {type(value).__name__}, not a text.")
    try:
        text, comment = check_text(parts.get("text") or ""), tidy(parts.get("comment") or "")
    except ValueError as error:
        raise FeedbackError("text", str(error)) from error
    if len(comment) > LONGEST_COMMENT:
        raise FeedbackError("comment", f"is longer than {LONGEST_COMMENT:,} characters.")
    label, answer = check_label(labels, several, parts.get("label")), parts.get("answer")
    answer = None if answer is None else check_label(labels, several, answer, "answer")
    version, source = parts.get("version") or "", parts.get("source", "api")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise FeedbackError("version", "is no version. Write it like v1.0.")
    if source not in SOURCES:
        raise FeedbackError("source", f"must be one of: {', '.join(SOURCES)}.")
    kept = {"text": text, "label": label, "answer": answer, "comment": comment}
    return {**kept, "version": version, "source": source}
