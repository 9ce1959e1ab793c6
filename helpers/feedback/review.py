"""Review: a person goes over what users said, the texts the model doubts most first.

`most_uncertain` and `spread_out` choose the texts, `Review` keeps every decision at once, and
`ReviewPanel` puts buttons on it. What is decided here is what the next version learns from.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from helpers.feedback.store import FeedbackStore
from helpers.show import notebook


def most_uncertain(probabilities: np.ndarray, count: int) -> np.ndarray:
    """Return the rows closest to 0.5, the closest first, int64 [at most count].

    Uncertainty sampling (Lewis and Gale, 1994, A sequential algorithm for training text
    classifiers): what the model doubts teaches it most.
    """
    distance = np.abs(np.asarray(probabilities, "float64") - 0.5)
    return np.argsort(distance, kind="stable")[:count]


def spread_out(
    order: Sequence[int], hashes: Sequence[np.ndarray], count: int, *, at_most: float = 0.5
) -> np.ndarray:
    """Return the first `count` rows of `order` that are no near copy of an earlier one, int64.

    Near copies would cost the reviewer twice and teach once. `hashes` holds the distinct n-gram
    hashes of each row. Two rows are near copies when the n-grams they share are more than
    `at_most` of those that either has (the resemblance of Broder, 1997).
    """
    if not len(order):
        return np.empty(0, int)
    known, column = np.unique(np.concatenate(hashes), return_inverse=True)
    size = np.array([len(row) for row in hashes])
    ends = np.r_[0, np.cumsum(size)]
    x = sparse.csr_matrix((np.ones(len(column), "float32"), column, ends), (len(size), len(known)))
    chosen = np.zeros(len(hashes), bool)
    kept: list[int] = []
    for row in order:
        if len(kept) == count:
            break
        shared = (x @ x[[row]].T).toarray().ravel()
        resemblance = shared / np.maximum(1, size + size[row] - shared)
        if not (resemblance[chosen] > at_most).any():
            chosen[row] = True
            kept.append(int(row))
    return np.array(kept, int)


@dataclass
class Review:
    """A queue of texts and where in it the reviewer is; decisions live in the store.

    A text that the store has a decision on is not asked again, so a review goes on where it was.
    """

    store: FeedbackStore
    texts: Sequence[str]  # in the order they are shown
    probabilities: Sequence[float]  # the model's, of the second label
    _done: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._done = self.store.decisions()
        self._opinions = self.store.opinions()

    @property
    def current(self) -> int | None:
        """Return the place of the text to decide now, or None when all are done."""
        return next((i for i, text in enumerate(self.texts) if text not in self._done), None)

    @property
    def progress(self) -> tuple[int, int]:
        """Return how many texts are done, and how many there are."""
        return sum(text in self._done for text in self.texts), len(self.texts)

    def decide(self, label: str | None) -> None:
        """Keep the decision on the current text (None skips it) and go on to the next."""
        at = self.current
        if at is not None:
            self.store.decide(self.texts[at], label)
            self._done[self.texts[at]] = label

    def undo(self) -> None:
        """Take the last decision back; its text is the current one again."""
        if self.store.undo() is not None:
            self._done = self.store.decisions()

    def row(self, at: int) -> dict[str, Any]:
        """Return what a reviewer sees of a text: the model's answer and what users said."""
        text, p = self.texts[at], float(self.probabilities[at])
        first, second = self._opinions.get(text, (0, 0))
        names = self.store.labels
        return {
            "text": text,
            "model": f"{names[p >= 0.5]} {max(p, 1 - p):.0%}",
            "users": f"{first} × {names[0]}, {second} × {names[1]}",
            "decided": self._done.get(text, "") if text in self._done else "open",
        }


class ReviewPanel:
    """Buttons for a review; a table where no buttons can be (on the web, in a headless run).

    Every button is reached with Tab; in the box, 0 and 1 give a label, s skips and u takes back.
    """

    KEYS = {"0": 0, "1": 1, "s": None}

    def __init__(self, review: Review, most_rows: int = 5):
        import ipywidgets as widgets

        self.review, self.most_rows = review, most_rows
        self.text, self.bar = widgets.HTML(), widgets.IntProgress(max=len(review.texts))
        self.count = widgets.Label()
        names = review.store.labels
        actions = {f"{name} ({key})": key for key, name in zip("01", names, strict=True)}
        actions |= {"skip (s)": "s", "undo (u)": "u"}
        self.buttons = []
        for name, key in actions.items():
            button = widgets.Button(description=name, tooltip=f"key {key}")
            button.on_click(lambda _, key=key: self.press(key))
            self.buttons.append(button)
        self.keys = widgets.Text(placeholder="keys: 0 1 s u", layout={"width": "9em"})
        self.keys.observe(self._typed, "value")
        self.box = widgets.VBox(
            [
                widgets.HBox([self.bar, self.count]),
                self.text,
                widgets.HBox([*self.buttons, self.keys]),
            ]
        )
        self.refresh()

    def press(self, key: str) -> None:
        """Do what a button or a key stands for."""
        if key == "u":
            self.review.undo()
        elif key in self.KEYS:
            at = self.KEYS[key]
            self.review.decide(None if at is None else self.review.store.labels[at])
        self.refresh()

    def _typed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.keys.value = ""
            self.press(change["new"][-1].lower())

    def refresh(self) -> None:
        """Show the current text and how far the review is."""
        done, total = self.review.progress
        self.bar.value, self.count.value = done, f"{done} of {total}"
        at = self.review.current
        for button in self.buttons[:-1]:
            button.disabled = at is None
        self.text.value = "<p>All done. Thank you.</p>" if at is None else self._html(at)

    def _html(self, at: int) -> str:
        row = {key: html.escape(str(value)) for key, value in self.review.row(at).items()}
        return (
            f'<blockquote style="max-width:46em;font-size:120%">{row["text"]}</blockquote>'
            f"<p>model: {row['model']} · users: {row['users']}</p>"
        )

    def table(self) -> Any:
        """Return the first rows of the queue as a table."""
        rows = range(min(self.most_rows, len(self.review.texts)))
        return notebook.table(self.review.row(i) for i in rows)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = {"text/html": self.table()._repr_html_(), "text/plain": "a table of the review"}
        if notebook.attended():
            bundle |= {
                kind: value
                for kind, value in (self.box._repr_mimebundle_(**options) or {}).items()
                if kind not in bundle
            }
        return bundle
