"""The models behind the server: a fixed number of interpreters, exchanged as a whole.

One LiteRT interpreter serves one thread at a time, so every worker thread takes one of its own.
Requests are not gathered into batches: the files have a batch of one, so sixteen rows cost
sixteen times one row, and gathering would only add a wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from helpers.predictor import runtime
from helpers.predictor.answers import most_probable
from helpers.serving.versions import Papers, SwitchError, answered, read_papers
from helpers.serving.writers import WritingVersion, is_writer, load_writing_version

PROBE = "A plain sentence, to see whether an answer comes."


class UnreadableTextError(ValueError):
    """A text in which the model finds nothing to read, so that its answer is no number."""


@dataclass(frozen=True)
class Version:
    """One loaded version of a classifier: a predictor for every worker, and its papers."""

    papers: Papers
    idle: SimpleQueue[runtime.Predictor] = field(repr=False)

    def answer(self, texts: Sequence[str], top: int = 0) -> list[dict[str, Any]]:
        """Return an answer for each text; may run in as many threads as loaded.

        It is that of `runtime.Predictor.predict`; with `top`, it has a list of that name, the
        most probable labels and their probabilities.

        Raises UnreadableTextError when the model has no number to say.
        """
        predictor = self.idle.get_nowait()  # there are as many as threads, so one is free
        try:
            probabilities = predictor.probabilities(texts)
        finally:
            self.idle.put(predictor)
        if not np.isfinite(probabilities).all():
            raise UnreadableTextError("The model finds nothing to read in this text.")
        answers = [predictor.answer(row) for row in probabilities]
        if top:
            for answer, row in zip(answers, probabilities, strict=True):
                answer["top"] = most_probable(row, predictor.labels, top)
        return answers


def load_version(folder: Path, revision: str, workers: int) -> Version:
    """Load a bundle once for every worker, and let each copy answer a text.

    Raises SwitchError, whatever went wrong: the version that serves must not be touched by it.
    """
    try:
        idle: SimpleQueue[runtime.Predictor] = SimpleQueue()
        for _ in range(workers):
            idle.put(runtime.load_bundle(folder))
        version = Version(read_papers(folder, revision), idle)
        for _ in range(workers):  # the queue hands out each in turn
            version.answer([PROBE])
    except Exception as error:
        raise SwitchError(f"{revision} cannot serve: {error}") from error
    return version


def load_any(folder: Path, revision: str, workers: int) -> Version | WritingVersion:
    """Load a bundle as what it is: a classifier's or a writer's. Raises SwitchError."""
    try:
        load = load_writing_version if is_writer(folder) else load_version
    except runtime.BundleError as error:
        raise SwitchError(f"{revision} cannot serve: {error}") from error
    return load(folder, revision, workers)


class Pool:
    """The version that serves, and the threads that answer with it.

    Args:
        find: from a revision to its bundle folder; it may download.
        revision: the first to serve.
        workers: threads, and interpreters of each version.

    Raises SwitchError when the first version cannot serve.
    """

    def __init__(self, find: Callable[[str], Path], revision: str, workers: int = 2):
        self._find, self._workers = find, workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self.serving = load_any(find(revision), revision, workers)

    @property
    def current(self) -> Papers:
        """Return the papers of the version that serves."""
        return self.serving.papers

    def run(self, work: Callable[[], None]) -> None:
        """Do something in a worker's thread, as soon as one is free."""
        self._threads.submit(work)

    async def answer(self, texts: Sequence[str], top: int = 0) -> tuple[list[dict[str, Any]], str]:
        """Return the answers and the one revision that gave them all."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, texts, top)

    def _answer(self, texts: Sequence[str], top: int = 0) -> tuple[list[dict[str, Any]], str]:
        version = self.serving  # read once: a switch in between changes nothing for this request
        assert isinstance(version, Version)  # the routes of a writer do not come here
        return version.answer(texts, top), version.papers.revision

    def switch(self, revision: str) -> None:
        """Load `revision` beside the one that serves, then let it take over, in one assignment.

        Requests in flight finish with the version they began with, which is freed after the last.
        Blocks while loading. Raises SwitchError and changes nothing when it cannot serve.
        """
        try:
            folder = self._find(revision)
        except Exception as error:  # not there, not reachable, no such name
            raise SwitchError(f"{revision} cannot be had: {error}") from error
        version = load_any(folder, revision, self._workers)
        found, expected = answered(version.papers.config), answered(self.current.config)
        if found != expected:
            raise SwitchError(
                f"{revision} answers {found}, but callers expect {expected}: start a server for it."
            )
        self.serving = version
