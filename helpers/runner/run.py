"""The runner: `python -m helpers.runner` executes pages of the pipeline, `make run` calls it.

It skips what is up to date, runs pages side by side where the machine has room, goes on after an
interruption where it was, and ends with a results table, an HTML report and a shared model.
"""

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from helpers.data import settings
from helpers.runner import report
from helpers.runner.execute import Job, NotebookError, notebook_hash
from helpers.runner.schedule import Room, minutes_to_end, next_page, room_here, thread_variables
from helpers.runner.screen import Screen
from helpers.stages import pipeline, profiles, tasks, workspace
from helpers.stages.errors import PlainError
from helpers.stages.pipeline import Page
from helpers.system import files


@dataclass(frozen=True)
class Request:
    """What to run, and of which size, task and seed."""

    pages: list[Page]
    profile: profiles.Profile
    task: str
    seed: int
    force: bool = False

    @property
    def folder(self) -> Path:
        return workspace.task_folder(self.profile.name, self.task)


def out_of_date(page: Page, request: Request) -> str | None:
    """Say in a few words why a page must run, or return None when its stage is current."""
    path = request.folder / page.stem / workspace.RECORD
    if not path.exists():
        return "not made yet"
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["notebook_hash"] != notebook_hash(page.path):
        return "the notebook changed"
    if record["seed"] != request.seed:
        return "the seed changed"
    for size, value in record["profile_values"].items():
        now = getattr(request.profile, size, None)
        if value != (list(now) if isinstance(now, tuple) else now):  # as JSON has it
            return f"{size} of the profile changed"
    for name, entry in record["files"].items():
        file = path.parent / name
        if not file.exists() or file.stat().st_size != entry["bytes"]:
            return f"{name} is not as it was"
    for parent, digest in record["inputs"].items():
        if workspace.stage_digest(request.folder / parent) != digest:
            return f"{parent} is newer"
    if (data := record["parameters"].get("data")) and data != settings.prepared_digest(
        request.task
    ):
        return "the data changed"
    if record["parameters"].keys() & {"file", "tools"}:
        from helpers.examples import prepared  # heavy, and few pages have either

        for what, now in prepared.made_from(page.stem, request.task).items():
            if record["parameters"].get(what, now) != now:
                return f"the {what} changed"
    classes = record["metrics"].get("classes")  # of the corpus; later pages come after it
    if classes and (classes["weights"] is not None) != (settings.class_weights() == "balanced"):
        return "CLASS_WEIGHTS changed"
    return None


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; by default the program's own."""
    parser = argparse.ArgumentParser(prog="python -m helpers.runner", description=__doc__)
    parser.add_argument("--pages", help="core (default), another group, all, or numbers: 03,07")
    parser.add_argument("--upto", metavar="NN", help="these pages, and all that they need")
    parser.add_argument("--from", dest="first", metavar="NN", help="begin with this page")
    parser.add_argument("--profile", default=None, help="smoke, laptop (default) or gpu")
    known = f"{', '.join(tasks.BUILT_IN)}, or a file of your own"
    parser.add_argument("--task", default=os.environ.get("TASK") or "imdb", help=known)
    parser.add_argument("--seed", type=int, default=os.environ.get("SEED") or "0")
    parser.add_argument("--force", action="store_true", help="run even what is up to date")
    parser.add_argument("--list", action="store_true", help="say what would run, and why")
    parser.add_argument("--workers", type=int, help="pages at once; by default as many as fit")
    parser.add_argument(
        "--notebooks", type=Path, default=pipeline.NOTEBOOKS, help=argparse.SUPPRESS
    )
    return parser.parse_args(arguments)


def read_requests(options: argparse.Namespace) -> list[Request]:
    """Return what the command line asks for; examples, which have data of their own, apart.

    Raises:
        PlainError: for pages, a profile or a task that are not there.
    """
    pages = pipeline.load(options.notebooks)
    words = options.upto or options.pages or pipeline.CORE
    chosen = pipeline.choose(pages, words, options.notebooks)
    if options.upto:
        chosen = pipeline.with_needs(pages, chosen)
    if options.first:
        begin = pipeline.choose(pages, options.first, options.notebooks)[0]
        chosen = [page for page in chosen if page.stem >= begin.stem]
    tasks.check_home()
    task = options.task
    groups: dict[str, list[Page]] = {}
    for page in chosen:
        groups.setdefault(tasks.of_page(page, task), []).append(page)
    for name, some in groups.items():
        if tasks.is_file(name) or any(page.group != pipeline.EXAMPLES for page in some):
            tasks.check(name)
    profile = profiles.load(options.profile)
    return [
        # kernels work in another folder
        Request(
            some,
            profile,
            str(tasks.find_file(name)) if tasks.is_file(name) else name,
            options.seed,
            options.force,
        )
        for name, some in groups.items()
    ]


def check_needs(request: Request, notebooks: Path) -> None:
    """Raise MissingStageError when pages need stages that are neither there nor asked for."""
    chosen = {page.stem for page in request.pages}
    needed = [need for page in request.pages for need in page.needs if need not in chosen]
    name, task = request.profile.name, request.task
    if missing := workspace.missing_stages(needed, name, task):
        message = workspace.missing_message(missing, name, task, notebooks)
        raise workspace.MissingStageError(message)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 when a page failed, 2 for a wrong request, 130 on Ctrl-C."""
    # started in the background, a program inherits that Ctrl-C is ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = parse(arguments)
    console = Console(width=None if sys.stdout.isatty() else 124)
    try:
        requests = read_requests(options)
        for request in requests:
            for page in request.pages if options.list else ():
                print(f"{page.stem}: {out_of_date(page, request) or 'up to date'}")
        if options.list:
            return 0
        for request in requests:
            check_needs(request, options.notebooks)
        for request in requests:
            running = Running(request, room_here(options.workers), console)
            running.all_pages()
            asked = options.upto or options.pages or pipeline.CORE
            examples = request.pages[0].group == pipeline.EXAMPLES
            running.note_run(pipeline.EXAMPLES if asked == "all" and examples else asked)
            report.finish(request.pages, request.profile.name, request.task, console)
    except PlainError as error:
        console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    except NotebookError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. The same command goes on from here.")
        return 130
    return 0


@dataclass
class Running:
    """A request being carried out."""

    request: Request
    room: Room
    console: Console
    jobs: dict[str, Job] = field(default_factory=dict)
    peak_bytes: int = 0
    begin: float = field(default_factory=time.time)
    whole: bool = True  # every page ran, from its first cell

    def __post_init__(self) -> None:
        self.notes = report.read_notes(self.request.folder)
        self.pages = {page.stem: page for page in self.request.pages}
        self.ways = minutes_to_end(self.request.pages)

    def all_pages(self) -> None:
        """Execute the pages that are out of date. Raises NotebookError, when no page runs any more.

        A failure lets the pages beside it end, and starts none.
        """
        waiting, failures = dict(self.pages), list[NotebookError]()
        with Screen(self.console, self.request.pages) as screen:
            screen.say(f"{len(waiting)} pages: {self.room}")
            try:
                while waiting or self.jobs:
                    while not failures and (page := self._next(waiting)):
                        del waiting[page.stem]
                        self._start(page, screen)
                    if failures and not self.jobs:
                        break
                    time.sleep(0.5 if self.jobs else 0)
                    failures += self._look(screen)
            finally:
                for stem, job in self.jobs.items():
                    job.stop()
                    self._note_unfinished(stem, job)
        if failures:
            raise failures[0]

    def _next(self, waiting: dict[str, Page]) -> Page | None:
        pending = {*waiting, *self.jobs}
        ready = [page for page in waiting.values() if pending.isdisjoint(page.needs)]
        running = [self.pages[stem] for stem in self.jobs]
        return next_page(ready, running, self.room, self.ways, self._memory)

    def _memory(self, page: Page) -> float:
        measured = self.notes["pages"].get(page.stem, {}).get("peak_bytes")
        return measured / 1e9 if measured else page.memory

    def _start(self, page: Page, screen: Screen) -> None:
        request = self.request
        reason = "asked to" if request.force else out_of_date(page, request)
        if reason is None:
            self.whole = False
            screen.skip(page)
            return
        screen.begin(page, reason)
        parameters = {"PROFILE": request.profile.name, "TASK": request.task, "SEED": request.seed}
        environment = {key: str(value) for key, value in parameters.items()}
        environment |= {"SLM_HOME": str(workspace.root()), **thread_variables(page)}
        output = request.folder / "executed" / page.path.name
        self.jobs[page.stem] = Job(page.path, output, parameters, environment)

    def _look(self, screen: Screen) -> list[NotebookError]:
        """Look at the pages at work; take out those that ended, and return how they failed."""
        failures = []
        ended = {stem: job for stem, job in self.jobs.items() if job.ended()}
        self.peak_bytes = max(self.peak_bytes, sum(job.watch.memory for job in self.jobs.values()))
        for stem, job in self.jobs.items():
            screen.update(self.pages[stem], job.watch)
        for stem, job in ended.items():
            del self.jobs[stem]
            try:
                job.check()
            except NotebookError as error:
                self._note_unfinished(stem, job)
                beside = f"; waiting for {', '.join(self.jobs)}" if self.jobs else ""
                screen.end(self.pages[stem], f"failed{beside}")
                failures.append(error)
            else:
                self._note_finished(stem, job)
                spent = f"{job.watch.seconds:.0f} s, at most {job.watch.peak_bytes / 1e9:.1f} GB"
                screen.end(self.pages[stem], f"done in {spent}")
                for line in self._found_out(stem):
                    screen.say(f"  {line}")
        return failures

    def _found_out(self, stem: str) -> list[str]:
        """Return what the page on the corpus was told of the data: what was left out or mended."""
        path = self.request.folder / stem / workspace.RECORD
        metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"] if path.exists() else {}
        return metrics.get("manifest", {}).get("report", [])

    def _note_finished(self, stem: str, job: Job) -> None:
        earlier = self.notes["pages"].get(stem, {}).get("unfinished", 0)
        self.whole &= not earlier  # a resumed page must not look faster than it was
        seconds = round(earlier + job.watch.seconds, 1)
        self.notes["pages"][stem] = {"seconds": seconds, "peak_bytes": job.watch.peak_bytes}
        self._write_notes()

    def _note_unfinished(self, stem: str, job: Job) -> None:
        note = self.notes["pages"].setdefault(stem, {})
        note["unfinished"] = round(note.get("unfinished", 0) + job.watch.seconds, 1)
        self._write_notes()

    def note_run(self, words: str) -> None:
        """Note the time and memory of a run whose every page was executed from the start."""
        if self.whole:
            self.notes["runs"][words] = {
                "seconds": round(time.time() - self.begin),
                "peak_bytes": self.peak_bytes,
                "workers": self.room.workers,
            }
            self._write_notes()

    def _write_notes(self) -> None:
        files.write_json(self.request.folder / report.NOTES, self.notes)
