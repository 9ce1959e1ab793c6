"""Many callers at once, to see what a server can do. For a server of one's own, on this machine.

Every caller waits for its answer before it asks again, so a slow server is asked less often: the
times say how long callers wait, not how long a queue would grow under a fixed stream of requests.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np

SLOWEST = 60.0  # seconds until an answer counts as none


@dataclass
class Load:
    """What callers saw: seconds to each answer, and how often each status and version came."""

    clients: int
    seconds: float = 0.0  # of the whole
    times: list[float] = field(default_factory=list, repr=False)
    statuses: Counter = field(default_factory=Counter)  # 0 is a connection that broke
    versions: Counter = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Return how many requests got no answer."""
        return sum(count for status, count in self.statuses.items() if status != 200)

    def row(self) -> dict[str, float]:
        """Return requests per second and times in milliseconds, for a table."""
        times = 1000 * np.array(self.times or [np.nan])
        median, p95, p99 = np.quantile(times, (0.5, 0.95, 0.99)).tolist()
        return {
            "clients": self.clients,
            "requests": self.statuses.total(),
            "failed": self.failed,
            "per second": (self.statuses.total() - self.failed) / self.seconds,
            "median, ms": median,
            "p95, ms": p95,
            "p99, ms": p99,
        }


def measure(url: str, texts: Sequence[str], *, clients: int, requests: int) -> Load:
    """Let `clients` callers ask `requests` questions in all, taking the texts in turn.

    `url` is the address of a route that takes {"text"}, on this machine.
    """
    bodies = [json.dumps({"text": text}).encode() for text in texts]
    questions = iter([bodies[i % len(bodies)] for i in range(requests)])
    load = Load(clients)

    async def everybody() -> None:
        await asyncio.gather(*(_caller(url, questions, load) for _ in range(clients)))

    begin = time.perf_counter()
    with ThreadPoolExecutor(1) as thread:  # a notebook's own thread has an event loop already
        thread.submit(asyncio.run, everybody()).result()
    load.seconds = time.perf_counter() - begin
    return load


async def _caller(url: str, questions: Iterator[bytes], load: Load) -> None:
    """Ask until no question is left, over one connection as long as it holds."""
    place, connection = urlsplit(url), None
    for body in questions:
        head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(SLOWEST):
                connection = connection or await asyncio.open_connection(place.hostname, place.port)
                connection[1].write(head.encode() + body)
                status, answer = await _read_answer(connection[0])
        except (OSError, EOFError, TimeoutError):
            status, answer = 0, b""
        load.statuses[status] += 1
        if status == 200:
            load.times.append(time.perf_counter() - begin)
            load.versions[json.loads(answer).get("version")] += 1
        elif connection:
            connection[1].close()
            connection = None
    if connection:
        connection[1].close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.split("content-length:")[1].split("\r\n")[0]
    return int(head.split()[1]), await reader.readexactly(int(length))
