"""A reader's own marked texts: JSONL with spans, or CoNLL with a token and a tag a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.data.settings import told_encoding
from helpers.data.tables import MissingColumnError, open_table, text_opener
from helpers.predictor.texts import readable
from helpers.stages.errors import DataError, FileError

Span = tuple[int, int, str]  # start, end, label; in characters
Row = tuple[str, list[Span]]
SHAPE = '{"text": "...", "spans": [...]}'  # of a line


class SpanError(DataError):
    """A row's spans do not fit its text; the message names the line."""


def read_marked(path: Path) -> tuple[list[Row], list[str]]:
    """Return text and spans of each row of a reader's file, and what was found out about it.

    Args:
        path: JSONL or, ending in .tsv, CoNLL; packed with gzip or not, encoded as ENCODING says.

    Raises SpanError with the line, and FileError where the file is another or cannot be read.
    """
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending == ".jsonl":
        return read_jsonl(path)
    if ending == ".tsv":
        notes: list[str] = []
        with text_opener(path, told_encoding(), notes)("\n") as file:
            return [*read_conll(file.read(), readable(path.name))], notes
    raise FileError(f"{readable(path.name)}: expected a file ending in .jsonl or .tsv (CoNLL).")


def read_jsonl(path: Path) -> tuple[list[Row], list[str]]:
    """Return text and spans of each line of a file, and notes. Raises as `read_marked` does."""
    name, rows = readable(path.name), list[Row]()
    try:
        table = open_table(path, ["text", "spans"], told_encoding())
    except MissingColumnError as error:
        raise SpanError(f"{error} Each line is {SHAPE}.") from error
    for batch in table.batches():
        for number, text, spans in batch.itertuples():
            place = f"{name}, line {number}"
            if not isinstance(text, str):
                raise SpanError(f"{place}: expected {SHAPE}.")
            rows.append((readable(text), checked(spans, text, place)))
    return rows, table.notes


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
    ordered = sorted((a, b, readable(label)) for a, b, label in spans)
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
            tagged = len(fields) > 1 and re.fullmatch(r"O|[BI]-\S+", fields[-1].strip())
            if not tagged or not fields[0].strip():
                raise SpanError(
                    f"{name}, line {number}: expected a token, a tab and O, B-label or I-label."
                )
            tokens.append(fields[0].strip())
            tags.append(fields[-1].strip())
        elif tokens:
            if len(tokens) > 2 and tokens == [str(i) for i in range(1, len(tokens) + 1)]:
                raise SpanError(
                    f"{name}, line {number - 1}: the first column counts the tokens. Leave it out."
                )
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
