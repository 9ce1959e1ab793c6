"""Answer texts with a shared model: `python -m slm_predictor MODEL texts.jsonl`.

Reads lines {"text": ...} (from a file, or from standard input with `-`) and writes lines
{"label": ..., "probability": ...}. Only what the bundle's format needs is imported.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator

from .checksums import BundleError
from .fetch import PullError, load_predictor


class InputError(ValueError):
    """A line of the input is not what was expected; the message gives its number."""


def read_texts(lines: Iterable[str]) -> Iterator[str]:
    """Yield the text of each line. Raises InputError naming the first line that has none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f'Line {number} is not like {{"text": "..."}}.') from error
        if not isinstance(text, str):
            raise InputError(f"Line {number}: the text is a {type(text).__name__}, not a string.")
        yield text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on standard error when the input is bad."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("model", help="a bundle folder, or owner/name on a hub")
    parser.add_argument("texts", help="a .jsonl file, or - for standard input")
    parser.add_argument("--format", default="litert", choices=["litert", "onnx", "keras"])
    parser.add_argument("--revision", help="the version, such as v1.0; else the newest")
    options = parser.parse_args(arguments)
    try:
        predictor = load_predictor(options.model, options.revision, format=options.format)
        standard = contextlib.nullcontext(sys.stdin)
        with standard if options.texts == "-" else open(options.texts, encoding="utf-8") as lines:
            for text in read_texts(lines):
                print(json.dumps(predictor.predict([text])[0], ensure_ascii=False), flush=True)
    except (BundleError, PullError, InputError, OSError, UnicodeDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
