"""Runs of tokens that stand in two places: repeated spans of a corpus, and what a sample copied."""

import numpy as np

SEED_LENGTH = 4  # runs are looked up by their first four tokens, ids below 2**15, as one number


def span_numbers(stream: np.ndarray, doublings: int = 4) -> np.ndarray:
    """Return a number of 64 bits for each span of 2**doublings tokens.

    Made by doubling: two spans of one token make one of two, these make one of four. Equal spans
    have equal numbers; that different ones meet among millions is out of the question.
    """
    draw = np.random.default_rng(7)
    numbers = draw.integers(1, 2**63, int(stream.max(initial=0)) + 1, dtype="uint64")[stream]
    for k in range(doublings):
        numbers = numbers[: -(2**k)] * np.uint64(0x9E3779B97F4A7C15) + numbers[2**k :]
        numbers ^= numbers >> np.uint64(29)
    return numbers


class Copies:
    """A corpus in which runs of tokens are looked up."""

    def __init__(self, stream: np.ndarray):
        self.stream = stream
        self.keys = self._keys(stream)
        self.order = np.argsort(self.keys)

    def longest(self, ids: np.ndarray) -> tuple[int, int]:
        """Return where in `ids` the longest run begins that the corpus has too, and its length.

        A run of fewer than four tokens counts as none: (0, 0).
        """
        wanted = self._keys(ids)
        low, high = (
            np.searchsorted(self.keys, wanted, side, sorter=self.order)
            for side in ("left", "right")
        )
        here = np.repeat(np.arange(len(wanted)), high - low)  # places in ids ...
        there = np.concatenate([self.order[a:b] for a, b in zip(low, high, strict=True)])
        begin, length = 0, 0
        following = SEED_LENGTH
        while len(here):  # ... and in the corpus, that agree in so many tokens
            begin, length = int(here[0]), following
            inside = (here + length < len(ids)) & (there + length < len(self.stream))
            here, there = here[inside], there[inside]
            same = ids[here + length] == self.stream[there + length]
            here, there, following = here[same], there[same], length + 1
        return begin, length

    @staticmethod
    def _keys(ids: np.ndarray) -> np.ndarray:
        rows = np.lib.stride_tricks.sliding_window_view(ids, SEED_LENGTH).astype("int64")
        return rows @ (1 << 15) ** np.arange(SEED_LENGTH - 1, -1, -1, dtype="int64")
