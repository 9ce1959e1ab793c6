"""Prepare a file of your own: check it, cut it, write Parquet splits into data/<name>/."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run from anywhere

from helpers.data import task_data


def main() -> int:
    """Run the command; return 0, or 1 with what is wrong with the file on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="a table with a text and a label column")
    parser.add_argument("--text-column", help="or several, with commas between (default: text)")
    parser.add_argument("--label-column", help="(default: label)")
    parser.add_argument("--group-column", help="of what must stay on one side of the split")
    parser.add_argument("--encoding", help="of a text file that is not UTF-8")
    choices = vars(parser.parse_args())
    file = choices.pop("file")
    try:
        folder = task_data.prepare(file, **choices)
        manifest = task_data.read_manifest(file)
    except task_data.DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows = ", ".join(f"{part} {count:,}" for part, count in manifest["rows"].items())
    print(*manifest.get("report", ()), sep="\n")
    print(f"{folder.name}: {rows}; class 1 is {manifest['label_names'][1]!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
