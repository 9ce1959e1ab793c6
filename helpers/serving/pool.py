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
from helpers.system.files import file_digest

PROBE = "A plain sentence, to see whether an answer comes."


class SwitchError(RuntimeError):
    """A version cannot be loaded or does not answer; the message says why."""


class UnreadableTextError(ValueError):
    """A text in which the model finds nothing to read, so that its answer is no number."""


@dataclass(frozen=True)
class Version:
    """One loaded version of a model: a predictor for every worker, and its papers."""

    revision: str
    config: dict[str, Any]
    metrics: dict[str, Any]
    digest: str  # SHA-256 of the list of checksums, hence of the whole bundle
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
        version = Version(
            revision=revision,
            config=runtime.read_config(folder),
            metrics=runtime.read_metrics(folder),
            digest=file_digest(folder / "checksums.sha256"),
            idle=idle,
        )
        for _ in range(workers):  # the queue hands out each in turn
            version.answer([PROBE])
    except Exception as error:
        raise SwitchError(f"{revision} cannot serve: {error}") from error
    return version


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
        self.current = load_version(find(revision), revision, workers)

    async def answer(self, texts: Sequence[str], top: int = 0) -> tuple[list[dict[str, Any]], str]:
        """Return the answers and the one revision that gave them all."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, texts, top)

    def _answer(self, texts: Sequence[str], top: int = 0) -> tuple[list[dict[str, Any]], str]:
        version = self.current  # read once: a switch in between changes nothing for this request
        return version.answer(texts, top), version.revision

    def switch(self, revision: str) -> None:
        """Load `revision` beside the one that serves, then let it take over, in one assignment.

        Requests in flight finish with the version they began with, which is freed after the last.
        Blocks while loading. Raises SwitchError and changes nothing when it cannot serve.
        """
        try:
            folder = self._find(revision)
        except Exception as error:  # not there, not reachable, no such name
            raise SwitchError(f"{revision} cannot be had: {error}") from error
        version = load_version(folder, revision, self._workers)
        answered, expected = _answered(version.config), _answered(self.current.config)
        if answered != expected:
            raise SwitchError(
                f"{revision} answers {answered}, but callers expect {expected}: start a server for "
                "it."
            )
        self.current = version


def _answered(config: dict[str, Any]) -> str:
    """Return which labels a model answers with, and how many at once."""
    return ("several of " if config.get("several") else "") + str(config["labels"])
