"""Prepare the data of a task: obtain it, check it, cut it, write Parquet splits and a manifest.

The task is built in (imdb, chinese-reviews, intents, banking77) or a file of your own.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run from anywhere

from helpers.data import task_data


def main() -> int:
    """Run the command; return 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", help="a built-in task, or a table with a text and a label column")
    parser.add_argument("--source", help="of a built-in task: package or hub")
    parser.add_argument("--text-column", help="or several, with commas between (default: text)")
    parser.add_argument("--label-column", help="(default: label)")
    parser.add_argument("--group-column", help="of what must stay on one side of the split")
    parser.add_argument("--encoding", help="of a text file that is not UTF-8")
    parser.add_argument("--language", help="of a file of your own: en, or en,de (default: und)")
    parser.add_argument("--unlabeled", help="more texts: a table, or a file with one a line")
    parser.add_argument("--check", action="store_true", help="only compare files and checksums")
    choices = vars(parser.parse_args())
    if hasattr(sys.stdout, "reconfigure"):  # labels may be of any script, the terminal's not
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    task, check = choices.pop("task"), choices.pop("check")
    try:
        if check:
            task_data.verify(task)
        else:
            task_data.prepare(task, **choices)
        manifest = task_data.read_manifest(task)
    except task_data.DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    names = manifest["label_names"]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    rows = ", ".join(f"{part} {count:,}" for part, count in manifest["rows"].items())
    print(*manifest.get("report", ()), manifest["source"], sep="\n")
    print(f"protocol {manifest['protocol']}: {manifest['split_rule']}")
    print(f"{manifest['task']}: {rows}; {len(names)} classes: {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
