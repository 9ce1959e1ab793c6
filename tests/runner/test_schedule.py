"""Which page starts when."""

from pathlib import Path

from helpers.runner import schedule
from helpers.stages.pipeline import Page

TWO = schedule.Room(2, 6.0, "a test")


def page(stem, needs=(), minutes=1.0, memory=2.0, threads: int | None = 1):
    return Page("core", stem, Path(stem), "t", "p", tuple(needs), "l", minutes, memory, threads)


PAGES = [page("01"), page("02", ["01"], 5), page("03", ["01"], 9), page("04", ["02"], 6)]
WAYS = schedule.minutes_to_end(PAGES)


def choose(ready, running=(), room=TWO):
    return schedule.next_page(ready, list(running), room, WAYS, lambda page: page.memory)


def test_the_longest_way_to_the_end_goes_first():
    assert WAYS == {"01": 12, "02": 11, "03": 9, "04": 6}
    assert choose([PAGES[2], PAGES[1]]) is PAGES[1]
    assert choose([]) is None


def test_beside_another_a_page_needs_a_worker_memory_and_a_fixed_number_of_threads():
    one, two = PAGES[1:3]
    assert choose([two], [one]) is two
    assert choose([two], [one], schedule.Room(1, 6.0, "a test")) is None
    assert choose([two], [one, one]) is None
    large, alone = page("03", memory=4.1), page("03", threads=None)
    assert choose([large], [one]) is None and choose([large]) is large
    assert choose([alone], [one]) is None and choose([alone]) is alone
    assert choose([one], [alone]) is None


def test_a_page_that_does_not_fit_now_lets_a_smaller_one_go_before():
    WAYS["05"] = 1.0
    small = page("05", memory=1.0)
    assert choose([page("02", memory=5.0), small], [PAGES[2]]) is small


def test_threads_are_the_pages_and_not_the_moments():
    assert schedule.thread_variables(page("01", threads=None)) == {}
    assert set(schedule.thread_variables(page("01")).values()) == {"1"}


def test_room_is_by_cores_and_free_memory(monkeypatch):
    monkeypatch.setattr(schedule.os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)

    def room(free):
        class Memory:
            available = free * 1e9

        monkeypatch.setattr(schedule.psutil, "virtual_memory", lambda: Memory)
        return schedule.room_here()

    assert (room(6.5).workers, room(6.5).memory) == (2, 6.0)
    assert str(room(64)) == "up to 2 pages at once, 6 GB together (2 cores, 64.0 GB of memory free)"
    assert room(4).workers == room(1).workers == 1
    assert schedule.room_here(workers=3).workers == 3
