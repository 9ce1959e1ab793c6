"""A reader's own marked texts: JSONL with spans, or CoNLL with a token and a tag a line."""

import json
import re
from collections.abc import Iterator
from typing import Any

from helpers.stages.errors import DataError, FileError

Span = tuple[int, int, str]  # start, end, label; in characters
Row = tuple[str, list[Span]]


class SpanError(DataError):
    """A row's spans do not fit its text; the message names the line."""


def read_jsonl(text: str, name: str) -> Iterator[Row]:
    """Yield text and spans of each line. Raises SpanError with the line's number."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FileError(f"{name}, line {number}, is no JSON: {error}.") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise SpanError(f'{name}, line {number}: expected {{"text": "...", "spans": [...]}}.')
        yield row["text"], checked(row.get("spans"), row["text"], f"{name}, line {number}")


def checked(spans: Any, text: str, place: str) -> list[Span]:
    """Return spans in order. Raises SpanError where one is none, empty, outside or overlapping."""
    if not isinstance(spans, list):
        raise SpanError(f'{place}: "spans" must be a list, empty where there is no name.')
    for span in spans:
        kinds = [type(value) for value in span] if isinstance(span, list) else []
        if kinds != [int, int, str] or not span[2].strip():
            raise SpanError(f'{place}: a span is [start, end, "label"], not {json.dumps(span)}.')
        if not 0 <= span[0] < span[1] <= len(text):
            raise SpanError(
                f"{place}: the span {span[:2]} does not lie in the text of {len(text)} characters. "
                "Count characters from 0; the end is the one after the last."
            )
    ordered = sorted((a, b, label) for a, b, label in spans)
    for (_, end, _), (begin, *_) in zip(ordered, ordered[1:], strict=False):
        if begin < end:
            raise SpanError(f"{place}: two spans overlap at character {begin}. Keep one of them.")
    return ordered


def read_conll(text: str, name: str) -> Iterator[Row]:
    """Yield text and spans of each sentence. Raises SpanError with the line's number."""
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip() and not line.startswith("-DOCSTART-"):
            fields = line.split("\t") if "\t" in line else line.split()
            if len(fields) < 2 or not re.fullmatch(r"O|[BI]-\S+", fields[-1].strip()):
                raise SpanError(
                    f"{name}, line {number}: expected a token, a tab and O, B-label or I-label."
                )
            tokens.append(fields[0].strip())
            tags.append(fields[-1].strip())
        elif tokens:
            yield from_tokens(tokens, tags)
            tokens, tags = [], []


def from_tokens(tokens: list[str], tags: list[str]) -> Row:
    """Return text and spans of tokens with BIO tags; longer tokens have a blank between."""
    blank = "" if all(len(token) <= 1 for token in tokens) else " "
    text, label = "", ""
    spans: list[Span] = []
    for token, tag in zip(tokens, tags, strict=True):
        begin = len(text) + len(blank) * bool(text)
        text += blank * bool(text) + token
        if tag.startswith("I-") and tag[2:] == label:
            spans[-1] = (spans[-1][0], len(text), label)
        elif tag != "O":
            spans.append((begin, len(text), tag[2:]))
        label = tag[2:]
    return text, spans
