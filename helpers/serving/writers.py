"""A writer behind the server: one for every worker thread, lent to one answer at a time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.predictor import runtime
from helpers.predictor.writer import Message, Writer, open_writer
from helpers.predictor.writing import Knobs, Writing
from helpers.serving.versions import Papers, SwitchError, read_papers

Prompt = str | Sequence[Message]


@dataclass(frozen=True)
class WritingVersion:
    """One loaded version of a model that writes, and its papers."""

    papers: Papers
    idle: list[Writer] = field(repr=False)
    functions: list[dict[str, Any]] = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def lend(self, prompt: Prompt) -> Iterator[Writer]:
        """Lend the idle writer that has read most of a prompt already; one a thread at a time."""
        with self._lock:
            token_ids = self.idle[0].encode(prompt)
            writer = max(self.idle, key=lambda each: each.steps.in_common(token_ids))
            self.idle.remove(writer)
        try:
            yield writer
        finally:
            with self._lock:
                self.idle.append(writer)


def load_writing_version(folder: Path, revision: str, workers: int) -> WritingVersion:
    """Load a writer's bundle once for every worker, and let each copy write a token.

    Raises SwitchError, whatever went wrong: the version that serves must not be touched by it.
    """
    try:
        writers = [open_writer(folder) for _ in range(workers)]
        for writer in writers:
            writer.write("Hi", temperature=0.0, most=1)
        return WritingVersion(read_papers(folder, revision), writers, writers[0].functions)
    except Exception as error:
        raise SwitchError(f"{revision} cannot serve: {error}") from error


@dataclass
class Answering:
    """An answer on its way from a worker's thread to a request."""

    writing: Writing
    revision: str
    _queue: asyncio.Queue = field(repr=False)

    async def pieces(self) -> AsyncIterator[str]:
        """Yield the pieces as they are written; when nobody takes them any more, it ends."""
        try:
            while (piece := await self._queue.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.writing.interrupt()


async def begin(
    pool: Any,
    prompt: Prompt,
    knobs: Knobs,
    functions: Sequence[dict[str, Any]] | None,
    seconds: float,
) -> Answering:
    """Begin an answer in a worker's thread, when one is free.

    Args:
        pool: the server's `Pool`.
        prompt, knobs, functions: as in `Writer.answer`.
        seconds: to wait for a free worker, at most.

    Raises PromptError, and TimeoutError when no worker was free in time.
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Any]()
    given_up = threading.Event()

    def put(item: Any) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        if given_up.is_set():
            return
        version = pool.serving  # read once: a switch in between changes nothing for this answer
        try:
            with version.lend(prompt) as writer:
                writing = writer.answer(prompt, knobs, functions)
                put(Answering(writing, version.papers.revision, queue))
                for piece in writing:
                    put(piece)
                    if given_up.is_set():
                        writing.interrupt()
            put(None)
        except Exception as error:  # it is raised where the answer is awaited
            put(error)

    pool.run(work)
    try:
        async with asyncio.timeout(seconds):
            first = await queue.get()
    except BaseException:
        given_up.set()
        raise
    if isinstance(first, Exception):
        raise first
    return first


def is_writer(folder: Path) -> bool:
    """Tell whether a bundle's model writes. Raises BundleError for what is no bundle."""
    return runtime.read_config(folder).get("kind") == runtime.WRITER
