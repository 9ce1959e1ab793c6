"""The pages, from `notebooks/pipeline.toml`: the one place that knows which there are."""

import functools
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.stages import profiles
from helpers.stages.errors import PlainError

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = CHECKOUT / "notebooks"
FILE = "pipeline.toml"
CORE, EXAMPLES = "core", "examples"


class PipelineError(PlainError, ValueError):
    """Pages that are not there, or an entry that is not as it should be."""


@dataclass(frozen=True)
class Page:
    """A notebook of the pipeline; `pipeline.toml` says what the fields mean."""

    group: str
    stem: str  # the name of its stage, too
    path: Path
    title: str
    promise: str
    needs: tuple[str, ...]
    leaves: str
    minutes: float
    memory: float
    threads: int | None = None
    in_readme: bool = False

    @property
    def number(self) -> str:
        """The digits that its name begins with, such as `05`; of an example the whole name."""
        return self.stem[:2] if self.stem[:2].isdigit() else self.stem

    @property
    def heading(self) -> str:
        """What stands in lists of pages: `5 · Distillation`, or the title alone."""
        return f"{int(self.number)} · {self.title}" if self.number.isdigit() else self.title


Pages = dict[str, Page]  # by stem, in the order in which they run


@functools.cache
def groups(notebooks: Path = NOTEBOOKS) -> dict[str, str]:
    """Return the groups of pages with what each is for."""
    return _read(notebooks)["groups"]


@functools.cache
def load(notebooks: Path = NOTEBOOKS) -> Pages:
    """Return all pages.

    Raises:
        PipelineError: for an entry that lacks a field, has an unknown one, or needs a page that
            does not stand before it.
    """
    entries = _read(notebooks)
    pages: Pages = {}
    for group in groups(notebooks):
        folder = notebooks if group == CORE else notebooks / group
        for stem, entry in entries.get(group, {}).items():
            needs = tuple(_needed(number, pages, stem) for number in entry.get("needs", ()))
            try:
                fields = {**entry, "needs": needs}
                pages[stem] = Page(group, stem, folder / f"{stem}.ipynb", **fields)
            except TypeError as error:
                raise PipelineError(f"{FILE}, entry {group}.{stem}: {error}.") from error
    return pages


def choose(pages: Pages, words: str, notebooks: Path = NOTEBOOKS) -> list[Page]:
    """Return the pages that `words` name, in their order.

    Args:
        pages: all pages.
        words: groups, `all`, or numbers or beginnings of names, with commas: `core,22,23_robust`.
        notebooks: the folder whose groups count.

    Raises:
        PipelineError: where a word names no page, or a group that has none yet.
    """
    chosen: set[str] = set()
    for word in filter(None, (part.strip() for part in words.split(","))):
        begin = word.zfill(2) if word.isdigit() else word
        named = [p.stem for p in pages.values() if word in ("all", p.group)] or [
            stem for stem in pages if stem.startswith(begin)
        ]
        if not named and word in groups(notebooks):
            raise PipelineError(
                f"The group {word} has no pages yet. It will hold: {groups(notebooks)[word]}."
            )
        if not named:
            raise PipelineError(
                f"There is no page {word!r}. Choose all, a group ({', '.join(groups(notebooks))}) "
                f"or pages ({', '.join(page.number for page in pages.values())})."
            )
        chosen.update(named)
    return [page for page in pages.values() if page.stem in chosen]


def with_needs(pages: Pages, chosen: Iterable[Page]) -> list[Page]:
    """Return the chosen pages and all that they need, directly or not, in their order."""
    stems = {page.stem for page in chosen}
    for page in reversed(pages.values()):  # each page stands after those that it needs
        stems.update(page.needs if page.stem in stems else ())
    return [page for page in pages.values() if page.stem in stems]


def last(pages: Pages, stems: Iterable[str]) -> list[Page]:
    """Return the pages among `stems` that no other one of them needs: with them come the rest."""
    chosen = [pages[stem] for stem in stems]
    before = {
        page.stem for one in chosen for page in with_needs(pages, [one]) if page.stem != one.stem
    }
    return [page for page in pages.values() if page in chosen and page.stem not in before]


def command_for(stages: Iterable[str], profile: str, task: str, notebooks: Path = NOTEBOOKS) -> str:
    """Return a command that makes stages, and all that they need, wherever it is typed.

    For stages that no page of the pipeline makes it is empty.
    """
    pages = load(notebooks)
    numbers = ",".join(page.number for page in last(pages, (s for s in stages if s in pages)))
    if not numbers:
        return ""
    here = Path.cwd() == CHECKOUT
    if shutil.which("make") and Path(sys.prefix) == CHECKOUT / ".venv":
        words = ["make", *([] if here else ["-C", str(CHECKOUT)]), "run", f"UPTO={numbers}"]
        words += [f"PROFILE={profile}"] * (profile != profiles.LAPTOP.name)
        return shlex.join(words + [f"TASK={task}"] * (task != "imdb"))
    words = [sys.executable, "-m", "helpers.runner", "--upto", numbers]
    words += ["--profile", profile, "--task", task]
    return ("" if here else f"cd {shlex.quote(str(CHECKOUT))} && ") + shlex.join(words)


def _needed(number: str, pages: Pages, stem: str) -> str:
    for earlier in pages:
        if earlier.startswith(number):
            return earlier
    raise PipelineError(f"{FILE}: {stem} needs {number}, and no page before it has that number.")


def _read(notebooks: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((notebooks / FILE).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PipelineError(f"{FILE} can't be read: {error}.") from error
