"""What a task is, a built-in one or a file of a reader's own, and where its things are kept."""

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path

from helpers.stages import pipeline
from helpers.stages.errors import DataError, FileError, PlainError

BUILT_IN = {  # name -> where its data is had from, what is taken by default first
    "imdb": ("package", "hub"),
    "chinese-reviews": ("package",),
    "intents": ("package",),
    "banking77": ("hub",),
}
# What examples work on: a package's data, the usual data of their field, or a file
PACKAGED, ONLINE = "packaged", "online"
ENDINGS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".xlsx")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class HomeError(PlainError, OSError):
    """The folder for results and data cannot be written."""


class LanguageError(DataError):
    """A language that is no code of two or three letters."""


def root() -> Path:
    """Return the folder that holds `artifacts/` and `data/`: SLM_HOME, or the checkout."""
    return Path(os.environ.get("SLM_HOME") or pipeline.CHECKOUT)


def check_home() -> None:
    """Raise HomeError unless results and data can be written where `root` says."""
    home = root()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise HomeError(
            f"Nothing can be written in {home} ({error.strerror}). Set SLM_HOME to a folder of "
            "yours: results and data are kept there."
        ) from error


def is_file(task: str) -> bool:
    """Say whether a task is named as a file is: by its ending, packed with gzip or not."""
    return task.lower().removesuffix(".gz").endswith(ENDINGS)


def find_file(path: str) -> Path:
    """Return the path of a file given relative to here or to the project.

    Raises FileError, which says why it is none.
    """
    candidates = (Path(os.path.expanduser(path)), root() / path, Path("..") / path)
    try:
        for candidate in candidates:
            if candidate.is_file():
                with open(candidate, "rb"):
                    # not the target of a link, whose name may have no ending
                    return candidate.parent.resolve() / candidate.name
    except OSError as error:
        raise FileError(f"{path[:200]!r} cannot be opened: {error.strerror}.") from error
    if any(candidate.is_dir() for candidate in candidates):
        raise FileError(f"{path!r} is a folder. Give one file, such as {path.rstrip('/')}/my.csv.")
    kinds = "" if is_file(path) else f" (a file of your own ends in {', '.join(ENDINGS)})"
    raise FileError(f"There is no file {path!r}{kinds}. Looked here and in {root()}.")


def task_name(task: str) -> str:
    """Return the short name of a task, which serves as a folder and in names of models.

    A name is its own. Of a file it is the stem, in the letters that a hub allows, and six digits
    that stand for its place: two files called train.csv are two tasks.

    Raises FileError where `task` is neither a name nor a file.
    """
    if not is_file(task):
        if NAME.fullmatch(task) and ".." not in task:
            return task
        find_file(task)  # says whether it is a folder, or nothing
        raise FileError(f"{task!r} has none of the endings {', '.join(ENDINGS)}.")
    try:
        place = find_file(task)
    except FileError:
        place = Path(os.path.expanduser(task)).absolute()
    name = place.name.lower().removesuffix(".gz").rpartition(".")[0]
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name)[:40].strip("-") or "file"
    return f"{slug}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:6]}"


def languages(codes: str) -> str | list[str]:
    """Return the language of a data set as cards have it: a code, or a list of several.

    Args:
        codes: `en`, or several with commas: `en,de`; `und` where it is not known.

    Raises LanguageError for anything else.
    """
    given = [code.strip() for code in codes.split(",") if code.strip()]
    if not given or not all(map(LANGUAGE.fullmatch, given)):
        raise LanguageError(
            f"TEXT_LANGUAGE is a code such as en, zh or pt-BR, or several with commas: en,de; not "
            f"{codes[:40]!r}."
        )
    return given if len(given) > 1 else given[0]


def of_page(page: pipeline.Page, task: str) -> str:
    """Return what a page works on, asked for a task: an example has data of its own.

    That is `packaged` unless the task is `online` or a file.
    """
    if page.group != pipeline.EXAMPLES or task == ONLINE or is_file(task):
        return task
    return PACKAGED


def check(task: str) -> None:
    """Raise FileError unless a task is built in or a file that is there."""
    if is_file(task):
        find_file(task)
    elif task not in BUILT_IN:
        task_name(task)
        raise FileError(
            f"There is no task {task!r}. Built in: {', '.join(BUILT_IN)}. A file of your own ends "
            f"in {', '.join(ENDINGS)}."
        )
