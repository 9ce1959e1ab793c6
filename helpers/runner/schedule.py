"""Which pages run when: side by side where the machine has room and none needs the other."""

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import psutil

from helpers.stages.pipeline import Page

MEMORY_A_WORKER = 3.0  # GB


@dataclass(frozen=True)
class Room:
    """How many pages may run at once, and how much memory they may take together, in GB."""

    workers: int
    memory: float
    why: str

    def __str__(self) -> str:
        pages = "one page at a time" if self.workers == 1 else f"up to {self.workers} pages at once"
        return f"{pages}, {self.memory:.0f} GB together ({self.why})"


def room_here(workers: int | None = None) -> Room:
    """Return the room of this machine: a worker for each core that has 3 GB of free memory."""
    free = psutil.virtual_memory().available / 1e9
    if workers:
        return Room(workers, max(workers * MEMORY_A_WORKER, free), "as asked")
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    workers = max(1, min(cores, int(free // MEMORY_A_WORKER)))
    why = f"{cores} cores, {free:.1f} GB of memory free"
    return Room(workers, workers * MEMORY_A_WORKER, why)


def minutes_to_end(pages: Sequence[Page]) -> dict[str, float]:
    """Return for each page the minutes of the longest way from its start to the end of a run."""
    ways: dict[str, float] = {}
    for page in reversed(pages):  # those that need it come after it
        after = [ways[later.stem] for later in pages if page.stem in later.needs]
        ways[page.stem] = page.minutes + max(after, default=0.0)
    return ways


def next_page(
    ready: Iterable[Page],
    running: Collection[Page],
    room: Room,
    ways: dict[str, float],
    memory: Callable[[Page], float],
) -> Page | None:
    """Return the page to start now, or None when there is none, or no room.

    Of those that fit beside what runs, it is the one with the longest way to the end. A page
    without a fixed number of threads has the machine to itself.

    Args:
        ready: pages whose needs are there.
        running: pages at work.
        room: of the machine.
        ways: from `minutes_to_end`.
        memory: gives the GB that a page takes.
    """

    def fits(page: Page) -> bool:
        together = [*running, page]
        return not running or (
            len(together) <= room.workers
            and all(one.threads is not None for one in together)
            and sum(map(memory, together)) <= room.memory
        )

    return max(filter(fits, ready), key=lambda page: ways[page.stem], default=None)


def thread_variables(page: Page) -> dict[str, str]:
    """Return the variables that fix a page's number of threads; none where it has them all.

    The number is the page's, not the moment's: it changes the last bits of what is computed.
    """
    if page.threads is None:
        return {}
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return dict.fromkeys(names, str(page.threads))
