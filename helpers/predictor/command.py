"""Answer texts with a shared model: `python -m slm_predictor MODEL reviews.csv > answers.csv`.

Reads CSV or TSV with a line of names, JSONL ({"text": ...}), or plain text with one text a line,
and writes each row as it was, with the answer added: a label and its probability. Only what the
bundle's format needs is imported.
"""

import argparse
import contextlib
import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from .checksums import BundleError
from .environment import HubSettingsError
from .fetch import PullError, load_predictor

KINDS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".txt": "text"}
DELIMITERS = {"csv": ",", "tsv": "\t"}
Rows = Iterator[tuple[str, dict[str, Any]]]  # the text, and the row that it stands in


class InputError(ValueError):
    """A line of the input is not what was expected; the message gives its number."""


def read_json_lines(lines: Iterable[str], column: str = "text") -> Rows:
    """Yield the text of each line, and the line. Raises InputError naming the first bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = row[column]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(f'Line {number} is not like {{"{column}": "..."}}.') from error
        if not isinstance(text, str):
            raise InputError(f"Line {number}: the text is a {type(text).__name__}, not a string.")
        yield text, row


def read_delimited(lines: Iterable[str], column: str, delimiter: str) -> Rows:
    """Yield the text of each row of a table, and the row. Raises InputError with the line."""
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begin = 1
    try:
        names = [name.strip() for name in next(reader, [])]
        if names.count(column) != 1:
            raise InputError(
                f"Line 1 must name one column {column!r}; it has: {', '.join(names) or 'nothing'}. "
                "Choose with --text-column; other delimiters with --delimiter."
            )
        begin = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(names):
                raise InputError(f"Line {begin} has {len(cells)} fields, the first {len(names)}.")
            if cells:
                row = dict(zip(names, cells, strict=True))
                yield row[column], row
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"Line {begin} cannot be read: {error}.") from error


def read_lines(lines: Iterable[str]) -> Rows:
    """Yield each line that is not blank."""
    for line in lines:
        if line.strip():
            yield line.rstrip("\r\n"), {"text": line.rstrip("\r\n")}


def write_rows(rows: Iterable[dict[str, Any]], kind: str, delimiter: str, output: IO[str]) -> None:
    """Write rows as they come: a table as a table, anything else as JSONL."""
    writer = None
    for row in rows:
        if kind in DELIMITERS:
            if writer is None:
                writer = csv.DictWriter(output, row, delimiter=delimiter, lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            output.flush()
        else:
            print(json.dumps(row, ensure_ascii=False), file=output, flush=True)


def answered(rows: Rows, predictor: Any) -> Iterator[dict[str, Any]]:
    """Add the answer to each row: `label` and `probability`, or, where a row has such a column
    of its own, `predicted_label` and `predicted_probability`."""
    for text, row in rows:
        answer = predictor.predict([text])[0]
        prefix = "predicted_" if answer.keys() & row.keys() else ""
        yield row | {prefix + name: value for name, value in answer.items()}


@contextlib.contextmanager
def _opened(target: str | None) -> Iterator[IO[str]]:
    """Give what to write to: standard output, or a file that appears when all is written."""
    if target is None:
        if hasattr(sys.stdout, "reconfigure"):  # labels may be of any script, the terminal's not
            sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        yield sys.stdout
        return
    path = Path(target).resolve()  # a link stays a link
    if not target or (path.exists() and not path.is_file()):
        raise InputError(f"{target!r} is no file to write to. Leave --output out to print.")
    draft = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    try:
        with open(draft, "w", encoding="utf-8", errors="replace", newline="") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; by default the program's own."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("model", help="a bundle folder, or owner/name on a hub")
    parser.add_argument("texts", help="a .csv, .tsv, .jsonl or .txt file, or - for standard input")
    parser.add_argument("--kind", choices=[*KINDS.values()], help="of the input (else its ending)")
    parser.add_argument("--text-column", default="text", help="(default: text)")
    parser.add_argument("--delimiter", help="of a table (default: a comma, for .tsv a tab)")
    parser.add_argument("--output", help="a file to write (default: standard output)")
    parser.add_argument("--format", default="litert", choices=["litert", "onnx", "keras"])
    parser.add_argument("--revision", help="the version, such as v1.0; else the newest")
    options = parser.parse_args(arguments)
    if options.delimiter not in (None, "\\t") and len(options.delimiter) != 1:
        parser.error("--delimiter is one character")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on standard error when the input is bad."""
    options = parse(arguments)
    kind = options.kind or KINDS.get(Path(options.texts).suffix.lower(), "jsonl")
    delimiter = {"\\t": "\t"}.get(options.delimiter, options.delimiter) or DELIMITERS.get(kind, ",")
    try:
        predictor = load_predictor(options.model, options.revision, format=options.format)
        source = 0 if options.texts == "-" else options.texts
        with (
            open(
                source,
                encoding="utf-8-sig",
                newline="" if kind in DELIMITERS else None,
                closefd=source != 0,
            ) as lines,
            _opened(options.output) as output,
        ):
            if kind in DELIMITERS:
                rows = read_delimited(lines, options.text_column, delimiter)
            elif kind == "jsonl":
                rows = read_json_lines(lines, options.text_column)
            else:
                rows = read_lines(lines)
            write_rows(answered(rows, predictor), kind, delimiter, output)
    except UnicodeDecodeError as error:
        print(f"error: {options.texts} is not UTF-8: {error}", file=sys.stderr)
        return 2
    except (BundleError, PullError, HubSettingsError, InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
