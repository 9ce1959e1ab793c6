"""The runner: `python -m helpers.runner` executes the pipeline notebooks in order.

It skips what is up to date, shows how far it is, goes on after an interruption where it was, and
ends with a results table and an HTML report.
"""

import argparse
import dataclasses
import json
import os
import re
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from helpers.runner import report
from helpers.runner.execute import NotebookError, Watch, execute, notebook_hash
from helpers.stages import profiles, workspace
from helpers.system import files

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
# Seconds of each notebook on two cores, to weigh the progress bar before anything was measured
TYPICAL = {"01": 120, "03": 1000, "04": 1000, "05": 270, "06": 330, "12": 230, "13": 200, "14": 550}
HEARTBEAT = 30  # seconds between lines where there is no terminal


def out_of_date(notebook: Path, profile: profiles.Profile, task: str, seed: int) -> str | None:
    """Say in a few words why a notebook must run, or return None when its stage is current."""
    folder = workspace.task_folder(profile.name, task)
    path = folder / notebook.stem / workspace.RECORD
    if not path.exists():
        return "not made yet"
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["notebook_hash"] != notebook_hash(notebook):
        return "the notebook changed"
    values = json.loads(json.dumps(dataclasses.asdict(profile)))  # as recorded: tuples are lists
    # sizes that came into the profile later were for other pages: this one did not know them
    known = {name: values.get(name) for name in record["profile_values"]}
    if record["profile_values"] != known or record["seed"] != seed:
        return "profile or seed changed"
    for name, entry in record["files"].items():
        file = path.parent / name
        if not file.exists() or file.stat().st_size != entry["bytes"]:
            return f"{name} is not as it was"
    for parent, digest in record["inputs"].items():
        if workspace.stage_digest(folder / parent) != digest:
            return f"{parent} is newer"
    if "data" in record["parameters"] and record["parameters"]["data"] != data_digest(task):
        return "the data changed"
    return None


def data_digest(task: str) -> str | None:
    """Return the digest of a task's prepared data, or None when it must be prepared anew.

    That is so when an input file, or a variable that names a file or column, changed since.
    """
    path = workspace.root() / "data" / workspace.task_name(task) / "manifest.json"
    if not path.exists():
        return None
    manifest = json.loads(path.read_text(encoding="utf-8"))
    wanted = {"unlabeled": file_digest_if_any(os.environ.get("UNLABELED"))}
    if task != "imdb":
        wanted["file"] = file_digest_if_any(task)
        wanted["columns"] = [os.environ.get(f"{c.upper()}_COLUMN") or c for c in ("text", "label")]
    return manifest["digest"] if wanted == manifest["settings"] else None


def file_digest_if_any(path: str | None) -> str | None:
    """Return the SHA-256 of a file given relative to here or to the checkout, or None."""
    for folder in (Path(), workspace.root()):
        if path and (folder / path).is_file():
            return files.file_digest(folder / path)
    return None


def choose(notebooks: list[Path], first: str | None, only: str | None) -> list[Path]:
    """Return the notebooks from `first` on, or `only` one; names may be cut, such as `04`."""
    wanted = only or first
    if wanted is None:
        return notebooks
    found = [i for i, path in enumerate(notebooks) if path.stem.startswith(wanted)]
    if not found:
        names = ", ".join(path.stem for path in notebooks)
        raise SystemExit(f"No notebook begins with {wanted!r}. There are: {names}.")
    return [notebooks[found[0]]] if only else notebooks[found[0] :]


def in_order(notebooks: list[Path]) -> list[Path]:
    """Sort notebooks by name, each after those whose stages it opens."""
    by_name = {path.stem: path for path in sorted(notebooks)}
    ordered: dict[Path, None] = {}

    def add(path: Path, below: tuple[Path, ...] = ()) -> None:
        for name in re.findall(r'\.open\(\\?"(\w+)\\?"\)', path.read_text(encoding="utf-8")):
            if name in by_name and by_name[name] not in (*ordered, *below, path):
                add(by_name[name], (*below, path))
        ordered[path] = None

    for path in by_name.values():
        add(path)
    return list(ordered)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; by default the program's own."""
    parser = argparse.ArgumentParser(prog="python -m helpers.runner", description=__doc__)
    parser.add_argument("--profile", default=None, help="smoke, laptop (default) or gpu")
    parser.add_argument(
        "--task", default=os.environ.get("TASK") or "imdb", help="imdb, or a .csv/.jsonl/.parquet"
    )
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 0))
    parser.add_argument("--from", dest="first", metavar="NN", help="begin with this notebook")
    parser.add_argument("--only", metavar="NN", help="run this notebook only")
    parser.add_argument("--force", action="store_true", help="run even what is up to date")
    parser.add_argument("--list", action="store_true", help="say what would run, and why")
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 when a notebook failed, 130 when interrupted."""
    options = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else 110)
    try:
        profile = profiles.load(options.profile)
    except profiles.UnknownProfileError as error:
        console.print(f"error: {error}")
        return 2
    task = options.task
    if workspace.task_name(task) != task and Path(task).expanduser().exists():
        task = str(Path(task).expanduser().resolve())  # kernels work in another folder
    notebooks = in_order(list(options.notebooks.rglob("[0-9][0-9]_*.ipynb")))
    chosen = choose(notebooks, options.first, options.only)
    if options.list:
        for path in chosen:
            reason = out_of_date(path, profile, task, options.seed)
            console.print(f"{path.stem}: {reason or 'up to date'}", highlight=False)
        return 0
    try:
        run_notebooks(chosen, profile, task, options.seed, force=options.force, console=console)
    except NotebookError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. The same command goes on from here.")
        return 130
    complete = chosen == notebooks
    report.finish(profile, task, notebooks, console=console, record=complete)
    return 0


def run_notebooks(
    notebooks: list[Path],
    profile: profiles.Profile,
    task: str,
    seed: int,
    *,
    force: bool,
    console: Console,
) -> None:
    """Execute the notebooks that are out of date, in order. Raises NotebookError."""
    folder = workspace.task_folder(profile.name, task)
    costs = run_costs(folder)
    parameters = {"PROFILE": profile.name, "TASK": task, "SEED": seed}
    environment = {key: str(value) for key, value in parameters.items()}
    environment["SLM_HOME"] = str(workspace.root())
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH")])
    )
    with Screen(console, notebooks, costs) as screen:
        for notebook in notebooks:
            reason = "asked to" if force else out_of_date(notebook, profile, task, seed)
            if reason is None:
                screen.skip(notebook)
                continue
            screen.begin(notebook, reason)
            output = folder / "executed" / notebook.name
            earlier, begin = costs.get(notebook.stem, {}).get("unfinished", 0), time.time()
            try:
                watch = execute(notebook, output, parameters, environment, screen.update)
            except BaseException:
                # a resumed notebook must not look faster than it was
                unfinished = earlier + round(time.time() - begin, 1)
                costs.setdefault(notebook.stem, {})["unfinished"] = unfinished
                files.write_json(folder / "run.json", costs)
                raise
            screen.end(notebook, watch)
            costs[notebook.stem] = {
                "seconds": round(earlier + watch.seconds, 1),
                "peak_bytes": watch.peak_bytes,
            }
            files.write_json(folder / "run.json", costs)


def run_costs(folder: Path) -> dict[str, dict]:
    """Read the seconds and peak memory of each notebook in its last run."""
    path = folder / "run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


class Screen:
    """Two progress bars in a terminal; plain lines with a heartbeat elsewhere."""

    def __init__(self, console: Console, notebooks: list[Path], costs: dict[str, dict]):
        self.console, self.plain = console, not console.is_terminal
        self.weights = {
            path.stem: costs.get(path.stem, {}).get("seconds") or TYPICAL.get(path.stem[:2], 60)
            for path in notebooks
        }
        self.done = 0.0
        self.progress = Progress(
            TextColumn("{task.description}", table_column=None),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=self.plain,
        )
        self.overall = self.progress.add_task("pipeline", total=sum(self.weights.values()))
        self.inner = self.progress.add_task("", total=1.0)

    def __enter__(self) -> "Screen":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False)

    def skip(self, notebook: Path) -> None:
        self.say(f"{notebook.stem}: up to date")
        self._advance(notebook)

    def begin(self, notebook: Path, reason: str) -> None:
        self.current, self.heard = notebook.stem, time.time()
        self.say(f"{notebook.stem}: running ({reason})")
        self.progress.reset(self.inner, description=notebook.stem, total=1.0)

    def update(self, watch: Watch) -> None:
        cells = watch.cells_done / max(1, watch.cells)
        text, share = f"{self.current}, cell {watch.cells_done + 1} of {watch.cells}", cells
        if watch.training:
            share = watch.training["done"] / max(1, watch.training["total"])
            text = f"{self.current}, {watch.training['label']}"
        self.progress.update(self.inner, description=text, completed=min(1.0, share))
        self.progress.update(self.overall, completed=self.done + cells * self.weights[self.current])
        if self.plain and time.time() - self.heard > HEARTBEAT:
            self.heard = time.time()
            self.say(f"  {text}, {share:.0%}")

    def end(self, notebook: Path, watch: Watch) -> None:
        memory = watch.peak_bytes / 1e9
        self.say(f"{notebook.stem}: done in {watch.seconds:.0f} s, at most {memory:.1f} GB")
        self._advance(notebook)

    def _advance(self, notebook: Path) -> None:
        self.done += self.weights[notebook.stem]
        self.progress.update(self.overall, completed=self.done)
