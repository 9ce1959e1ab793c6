"""An answer in the making: its knobs, its pieces of text, and how it ends."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .streaming import TextStream


@dataclass(frozen=True)
class Knobs:
    """How words are drawn; `sampling.probabilities` says what the first four do.

    Attributes:
        seed: the same words for the same seed; None takes another each time.
        most: tokens to write at most; None for as many as there is room for.
        stop: texts before which to end.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int | None = None
    most: int | None = None
    stop: tuple[str, ...] = ()


@dataclass
class Writing:
    """An answer in the making: an iterator of pieces of text.

    Attributes:
        prompt_tokens: how many tokens were read, the cached ones among them.
        cached_tokens: how many of them had been read before.
        token_ids: what was written so far, without the end.
        finish: `stop` when it came to its end, `length` when there was no room for more,
            `interrupted` after `interrupt`; empty before.
    """

    prompt_tokens: int
    cached_tokens: int
    pieces: Iterator[str] = field(repr=False, default=iter(()))
    token_ids: list[int] = field(default_factory=list)
    finish: str = ""
    text: str = ""
    _interrupted: threading.Event = field(default_factory=threading.Event, repr=False)

    def __iter__(self) -> "Writing":
        return self

    def __next__(self) -> str:
        piece = next(self.pieces)
        self.text += piece
        return piece

    def interrupt(self) -> None:
        """End it before its next token, from any thread."""
        self._interrupted.set()

    @property
    def interrupted(self) -> bool:
        """Tell whether someone has asked it to end."""
        return self._interrupted.is_set()


def texts(
    tokens: Iterator[int], stream: TextStream, stop: Sequence[str], writing: Writing
) -> Iterator[str]:
    """Turn tokens into pieces of text; what may be the beginning of a stop text waits."""
    waiting = ""
    stop = [text for text in stop if text]
    for token in tokens:
        waiting += stream.feed(token)
        places = [at for text in stop if (at := waiting.find(text)) >= 0]
        if places:
            writing.finish = "stop"
            if piece := waiting[: min(places)]:
                yield piece
            return
        keep = max((_begun(waiting, text) for text in stop), default=0)
        if piece := waiting[: len(waiting) - keep]:
            yield piece
        waiting = waiting[len(waiting) - keep :]
    if piece := waiting + stream.end():
        yield piece


def _begun(text: str, stop: str) -> int:
    """Return how many characters at the end of a text may be the beginning of `stop`."""
    return next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)
