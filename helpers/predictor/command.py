"""Answer texts with a shared model: `python -m slm_predictor MODEL reviews.csv > answers.csv`.

Reads CSV or TSV with a line of names, JSONL ({"text": ...}), or plain text with one text a line,
packed with gzip or not, and writes each row as it was, with the answer added: `label` and
`probability`, or for a model that gives several labels `labels` and `probabilities` (in a cell of
a table, JSON lists of the labels given). Only what the bundle's format needs is imported.
"""

import argparse
import contextlib
import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .answers import most_probable
from .checksums import BundleError
from .columns import joined, places
from .environment import HubSettingsError
from .fetch import PullError, load_predictor
from .files import written_whole
from .texts import is_blank, readable

TABLES = (".parquet", ".json", ".xlsx", ".ods", ".xls")  # that training reads and this does not
KINDS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".txt": "text"}
DELIMITERS = {"csv": ",", "tsv": "\t"}
Rows = Iterator[tuple[str, dict[str, Any]]]  # the text, and the line that it stands in


class InputError(ValueError):
    """A line of the input is not what was expected; the message gives its number."""


@dataclass(frozen=True)
class Answering:
    """How texts are answered.

    Attributes:
        predictor: a `runtime.Predictor`.
        top: how many of the most probable labels are told beside the answer.
        least: a label of a smaller probability is not given: the model abstains. With several
            labels it takes the place of a half; None gives the model's own answer.
    """

    predictor: Any
    top: int = 0
    least: float | None = None

    def record(self, text: str) -> dict[str, Any]:
        """Return the answer to a text, of `parts`; a blank one has none: all are None."""
        if is_blank(text):
            return dict.fromkeys(self.parts)
        labels = self.predictor.labels
        probabilities = self.predictor.probabilities([readable(text)])[0]
        told = self.predictor.answer(probabilities)
        if self.least is not None and self.predictor.several:
            chances = told["probabilities"]
            told["labels"] = [name for name in labels if chances[name] >= self.least]
        elif self.least is not None and told["probability"] < self.least:
            told["label"] = None
        if self.top:
            told["top"] = most_probable(probabilities, labels, self.top)
        return told

    @property
    def parts(self) -> list[str]:
        """Return the names in a record."""
        told = ["labels", "probabilities"] if self.predictor.several else ["label", "probability"]
        return [*told, "top"] if self.top else told

    @property
    def columns(self) -> list[str]:
        """Return the names of `cells`."""
        ranks = range(1, min(self.top, len(self.predictor.labels)) + 1)
        more = [f"{part}_{rank}" for rank in ranks for part in ("label", "probability")]
        return [part for part in self.parts if part != "top"] + more

    def cells(self, text: str) -> list[Any]:
        """Return the answer to a text as cells of a table; they are empty where it is blank."""
        if is_blank(text):
            return [""] * len(self.columns)
        told = self.record(text)
        if self.predictor.several:
            given = [told["probabilities"][name] for name in told["labels"]]
            first = [json.dumps(each, ensure_ascii=False) for each in (told["labels"], given)]
        else:
            first = [told["label"] or "", told["probability"]]
        return first + [value for one in told.get("top", ()) for value in one.values()]


def read_json_lines(lines: Iterable[str], columns: Sequence[str] = ("text",)) -> Rows:
    """Yield the text of each line, and the line. Raises InputError naming the first bad line.

    Of several columns some may be missing or null, but not all.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found = [at[0] for column in columns if (at := places([*row], [column]))]
            cells = [[*row.values()][at] for at in found]
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise _unlike(number, columns) from error
        if len(columns) > 1:
            cells = [cell for cell in cells if cell is not None]
        if not cells:
            raise _unlike(number, columns)
        for cell in cells:
            if not isinstance(cell, str):
                kind = type(cell).__name__
                raise InputError(f"Line {number}: the text is a {kind}, not a string.")
        yield joined(cells), row


def _unlike(number: int, columns: Sequence[str]) -> InputError:
    shape = ", ".join(f'"{column}": "..."' for column in columns)
    return InputError(f"Line {number} is not like {{{shape}}}.")


def answer_table(
    lines: Iterable[str],
    output: IO[str],
    answering: Answering,
    columns: Sequence[str],
    delimiter: str,
) -> None:
    """Copy a table with columns more, the answer to each row's text.

    Raises InputError with the line that is wrong.
    """
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    writer = csv.writer(output, delimiter=delimiter, lineterminator="\n")
    begin = 1
    try:
        names = next(reader, [])
        at = places(names, columns)
        if at is None:
            raise InputError(
                f"Line 1 must name one column {' and one '.join(map(repr, columns))}; it has: "
                f"{', '.join(names) or 'nothing'}. Choose with --text-column; other delimiters "
                "with --delimiter."
            )
        writer.writerow([*names, *free_names(names, answering.columns)])
        begin = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(names):
                raise InputError(f"Line {begin} has {len(cells)} fields, the first {len(names)}.")
            if cells:
                writer.writerow([*cells, *answering.cells(joined(cells[i] for i in at))])
                output.flush()
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"Line {begin} cannot be read: {error}.") from error


def read_lines(lines: Iterable[str]) -> Rows:
    """Yield each line that is not blank."""
    for line in lines:
        if line.strip():
            yield line.rstrip("\r\n"), {"text": line.rstrip("\r\n")}


def answer_lines(rows: Rows, output: IO[str], answering: Answering) -> None:
    """Write each line as JSON, with the answer added."""
    for text, row in rows:
        names = free_names(row, answering.parts)
        told = row | dict(zip(names, answering.record(text).values(), strict=True))
        print(readable(json.dumps(told, ensure_ascii=False)), file=output, flush=True)


def free_names(taken: Collection[str], names: Sequence[str]) -> list[str]:
    """Return what the answer's parts are called beside names that are taken: their own names, or
    these with `predicted_` before them."""
    while set(names) & set(taken):
        names = [f"predicted_{name}" for name in names]
    return list(names)


@contextlib.contextmanager
def _read(source: str, newline: str | None) -> Iterator[IO[str]]:
    """Give the lines of a file or of standard input, unpacked if they are packed with gzip."""
    with open(0 if source == "-" else source, "rb", closefd=source != "-") as file:
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        content = gzip.GzipFile(fileobj=file) if packed else file
        yield io.TextIOWrapper(content, encoding="utf-8-sig", newline=newline)


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
    parser.add_argument(
        "texts", help="a .csv, .tsv, .jsonl or .txt file, or one with .gz; - for standard input"
    )
    parser.add_argument("--kind", choices=[*KINDS.values()], help="of the input (else its ending)")
    parser.add_argument(
        "--text-column", default="text", help="or several with commas (default: text)"
    )
    parser.add_argument("--delimiter", help="of a table (default: a comma, for .tsv a tab)")
    parser.add_argument(
        "--top", type=int, default=0, help="tell so many of the most probable labels, too"
    )
    parser.add_argument(
        "--least", type=float, help="leave a label empty that is less probable, from 0 to 1"
    )
    parser.add_argument("--output", help="a file to write (default: standard output)")
    parser.add_argument("--format", default="litert", choices=["litert", "onnx", "keras"])
    parser.add_argument("--revision", help="the version, such as v1.0; else the newest")
    options = parser.parse_args(arguments)
    if options.delimiter not in (None, "\\t") and len(options.delimiter) != 1:
        parser.error("--delimiter is one character")
    if options.top < 0 or not 0 <= (options.least or 0) <= 1:
        parser.error("--top is a whole number from 0, --least a number from 0 to 1")
    options.columns = [name.strip() for name in options.text_column.split(",") if name.strip()]
    if not options.columns:
        parser.error("--text-column names no column")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on standard error when the input is bad."""
    options = parse(arguments)
    ending = Path(options.texts.lower().removesuffix(".gz")).suffix
    if not options.kind and ending in TABLES:
        print(f"error: {ending} is not read here: save it as CSV, TSV or JSONL.", file=sys.stderr)
        return 2
    kind = options.kind or KINDS.get(ending, "jsonl")
    delimiter = {"\\t": "\t"}.get(options.delimiter, options.delimiter) or DELIMITERS.get(kind, ",")
    try:
        model = load_predictor(options.model, options.revision, format=options.format)
        answering = Answering(model.predictor, options.top, options.least)
        with (
            _read(options.texts, "" if kind in DELIMITERS else None) as lines,
            _opened(options.output) as output,
        ):
            if kind in DELIMITERS:
                answer_table(lines, output, answering, options.columns, delimiter)
            elif kind == "jsonl":
                answer_lines(read_json_lines(lines, options.columns), output, answering)
            else:
                answer_lines(read_lines(lines), output, answering)
    except UnicodeDecodeError as error:
        print(f"error: {options.texts} is not UTF-8: {error}", file=sys.stderr)
        return 2
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        print(f"error: {options.texts} is packed with gzip and damaged: {error}", file=sys.stderr)
        return 2
    except (BundleError, PullError, HubSettingsError, InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
