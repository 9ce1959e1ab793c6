"""Prepare the data of an example page: obtain it, check it, cut it, write it with a manifest."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run from anywhere

from helpers.examples import prepared
from helpers.stages import pipeline, tasks
from helpers.stages.errors import DataError


def main() -> int:
    """Run the command; return 0, or 1 with the reason on standard error."""
    pages = [p.stem for p in pipeline.load().values() if p.group == pipeline.EXAMPLES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", choices=pages, help="the example")
    parser.add_argument("task", nargs="?", default=tasks.PACKAGED, help="online, or a file")
    options = parser.parse_args()
    try:
        if options.task not in (tasks.PACKAGED, tasks.ONLINE):
            tasks.find_file(options.task)
        folder = prepared.prepare(options.page, options.task)
        manifest = prepared.read_manifest(folder)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(*manifest.get("report", ()), manifest["source"], manifest["license"], sep="\n")
    rows = ", ".join(f"{name} {file['rows']:,}" for name, file in manifest["files"].items())
    print(f"{manifest['split_rule']}\n{options.page}: {rows}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
