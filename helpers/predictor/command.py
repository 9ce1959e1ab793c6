"""Answer texts with a shared model: `python -m slm_predictor MODEL reviews.csv > answers.csv`.

Reads CSV or TSV with a line of names, JSONL ({"text": ...}), or plain text with one text a line,
and writes each row as it was, with the answer added: a label and its probability. Only what the
bundle's format needs is imported.
"""

import argparse
import contextlib
import csv
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from .checksums import BundleError
from .environment import HubSettingsError
from .fetch import PullError, load_predictor
from .files import written_whole
from .texts import readable

KINDS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".txt": "text"}
DELIMITERS = {"csv": ",", "tsv": "\t"}
ANSWER = ("label", "probability")
Rows = Iterator[tuple[str, dict[str, Any]]]  # the text, and the line that it stands in


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


def answer_table(
    lines: Iterable[str], output: IO[str], predictor: Any, column: str, delimiter: str
) -> None:
    """Copy a table with two columns more, the answer to each row's text.

    Raises InputError with the line that is wrong.
    """
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    writer = csv.writer(output, delimiter=delimiter, lineterminator="\n")
    begin = 1
    try:
        names = next(reader, [])
        at = [i for i, name in enumerate(names) if name.strip() == column]
        if len(at) != 1:
            raise InputError(
                f"Line 1 must name one column {column!r}; it has: {', '.join(names) or 'nothing'}. "
                "Choose with --text-column; other delimiters with --delimiter."
            )
        writer.writerow([*names, *free_names(names)])
        begin = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(names):
                raise InputError(f"Line {begin} has {len(cells)} fields, the first {len(names)}.")
            if cells:
                answer = predictor.predict([readable(cells[at[0]])])[0]
                writer.writerow([*cells, *(answer[name] for name in ANSWER)])
                output.flush()
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"Line {begin} cannot be read: {error}.") from error


def read_lines(lines: Iterable[str]) -> Rows:
    """Yield each line that is not blank."""
    for line in lines:
        if line.strip():
            yield line.rstrip("\r\n"), {"text": line.rstrip("\r\n")}


def answer_lines(rows: Rows, output: IO[str], predictor: Any) -> None:
    """Write each line as JSON, with the answer added."""
    for text, row in rows:
        answer = predictor.predict([readable(text)])[0]
        names = zip(free_names(row), ANSWER, strict=True)
        told = row | {free: answer[name] for free, name in names}
        print(readable(json.dumps(told, ensure_ascii=False)), file=output, flush=True)


def free_names(taken: Collection[str]) -> list[str]:
    """Return what the answer's parts are called beside names that are taken: `label` and
    `probability`, or with `predicted_` before them."""
    names = list(ANSWER)
    while set(names) & set(taken):
        names = [f"predicted_{name}" for name in names]
    return names


@contextlib.contextmanager
def _opened(target: str | None) -> Iterator[IO[str]]:
    """Give what to write to: standard output, or a file that appears when all is written."""
    if target is None:
        if hasattr(sys.stdout, "reconfigure"):  # labels may be of any script, the terminal's not
            sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        yield sys.stdout
        return
    with (
        written_whole(Path(target).resolve()) as draft,  # resolved: a link stays a link
        open(draft, "w", encoding="utf-8", errors="replace", newline="") as file,
    ):
        yield file


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
                answer_table(lines, output, predictor, options.text_column, delimiter)
            elif kind == "jsonl":
                answer_lines(read_json_lines(lines, options.text_column), output, predictor)
            else:
                answer_lines(read_lines(lines), output, predictor)
    except UnicodeDecodeError as error:
        print(f"error: {options.texts} is not UTF-8: {error}", file=sys.stderr)
        return 2
    except (BundleError, PullError, HubSettingsError, InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
