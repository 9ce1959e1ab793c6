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

from helpers.feedback.said import Said
from helpers.feedback.store import FeedbackStore
from helpers.learning import evaluation
from helpers.show import notebook

NO_LABEL = "no label"
FEW = 9  # labels with a button and a key each; of more labels the model's best have one
BEST = 3


def most_uncertain(probabilities: np.ndarray, count: int, several: bool = False) -> np.ndarray:
    """Return the rows that a model doubts most, the most doubtful first, int64 [at most count].

    Those are the rows whose most probable label is least probable; with `several` labels a text,
    those with a label closest to a half. Uncertainty sampling (Lewis and Gale, 1994, A sequential
    algorithm for training text classifiers): what the model doubts teaches it most.

    Args:
        probabilities: of the labels, [rows, k].
        count: how many rows are wanted.
        several: a text may have several labels.
    """
    p = np.asarray(probabilities, "float64")
    if not p.size:
        return np.empty(0, int)
    sureness = np.abs(p - 0.5).min(axis=1) if several else p.max(axis=1)
    return np.argsort(sureness, kind="stable")[:count]


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
    probabilities: np.ndarray  # the model's, [texts, k]
    _done: dict[str, Any] = field(default_factory=dict)

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

    def decide(self, label: Said | None) -> None:
        """Keep the decision on the current text (None skips it) and go on to the next.

        It is a label, or a list of them where the store is for several.
        """
        at = self.current
        if at is not None:
            self.store.decide(self.texts[at], label)
            self._done[self.texts[at]] = label

    def undo(self) -> None:
        """Take the last decision back; its text is the current one again."""
        if self.store.undo() is not None:
            self._done = self.store.decisions()

    def best(self, at: int) -> list[int]:
        """Return the numbers of a text's labels, the most probable first."""
        p = np.asarray(self.probabilities[at], "float64")
        return np.argsort(-p, kind="stable").tolist()

    def row(self, at: int) -> dict[str, Any]:
        """Return what a reviewer sees of a text: the model's answer and what users said.

        The model's answer is the most probable label; of more than two labels the best three; of
        several at once those of at least a half.
        """
        text, names, p = self.texts[at], self.store.labels, self.probabilities[at]
        answered = self.best(at)[: 1 if len(names) == 2 else BEST]
        if self.store.several:
            given = evaluation.answers(p[None], several=True)[0]
            answered = [i for i in self.best(at) if given[i]]
        counts = enumerate(self._opinions.get(text, ()))
        return {
            "text": text,
            "model": ", ".join(f"{names[i]} {p[i]:.0%}" for i in answered) or NO_LABEL,
            "users": ", ".join(f"{count} × {names[i]}" for i, count in counts if count),
            "decided": _shown(self._done[text]) if text in self._done else "open",
        }


def _shown(decided: Said | None) -> str:
    if decided is None or isinstance(decided, str):
        return decided or ""
    return ", ".join(decided) or NO_LABEL


class ReviewPanel:
    """Buttons for a review; a table where no buttons can be (on the web, in a headless run).

    Every button is reached with Tab; in the box, 1 to 9 stand for the labels, s skips and u takes
    back. Of more than nine labels the three that the model finds most probable have a button, and
    any is found by typing in the box beside them. Where a text may have several labels, each press
    puts one on or takes it off, and d is done.
    """

    def __init__(self, review: Review, most_rows: int = 5):
        import ipywidgets as widgets

        self.review, self.most_rows = review, most_rows
        self.names, self.several = review.store.labels, review.store.several
        self.text, self.bar = widgets.HTML(), widgets.IntProgress(max=len(review.texts))
        self.count = widgets.Label()
        self.chosen: set[str] = set()  # of several labels, those that are on
        many = len(self.names) > FEW
        self.shown = list(range(BEST if many else len(self.names)))  # labels that have a button
        others = {"done (d)": "d"} if self.several else {}
        others |= {"skip (s)": "s", "undo (u)": "u"}
        keys = [str(place + 1) for place in range(len(self.shown))] + list(others.values())
        self.buttons = []
        for name, key in zip([*[""] * len(self.shown), *others], keys, strict=True):
            layout = {"width": "auto", "min_width": "6em"}
            button = widgets.Button(description=name, tooltip=f"key {key}", layout=layout)
            button.on_click(lambda _, key=key: self.press(key))
            self.buttons.append(button)
        self.keys = widgets.Text(placeholder=f"keys: {' '.join(keys)}", layout={"width": "12em"})
        self.keys.observe(self._typed, "value")
        # a value comes when Enter is hit or a name is chosen: names may begin with other names
        self.search = widgets.Combobox(
            options=self.names, placeholder="another label", continuous_update=False
        )
        self.search.observe(self._found, "value")
        found = [self.search] if many else []
        row = widgets.HBox([*self.buttons, *found, self.keys], layout={"flex_flow": "row wrap"})
        self.box = widgets.VBox([widgets.HBox([self.bar, self.count]), self.text, row])
        self.refresh()

    def press(self, key: str) -> None:
        """Do what a button or a key stands for."""
        if key == "u":
            self.review.undo()
        elif key == "s":
            self.review.decide(None)
        elif key == "d" and self.several:
            self.review.decide([name for name in self.names if name in self.chosen])
        elif key.isdecimal() and 0 < int(key) <= len(self.shown):
            self.choose(self.names[self.shown[int(key) - 1]])
            return
        else:
            return
        self.chosen = set()
        self.refresh()

    def choose(self, name: str) -> None:
        """Decide for a label; where there may be several, put it on or take it off."""
        if self.several:
            self.chosen ^= {name}
        else:
            self.review.decide(name)
        self.refresh()

    def _typed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.keys.value = ""
            self.press(change["new"][-1].lower())

    def _found(self, change: dict[str, Any]) -> None:
        if change["new"] in self.names:
            self.search.value = ""
            self.choose(change["new"])

    def refresh(self) -> None:
        """Show the current text and how far the review is."""
        done, total = self.review.progress
        self.bar.value, self.count.value = done, f"{done} of {total}"
        at = self.review.current
        many = len(self.names) > FEW
        self.shown = self.review.best(at)[:BEST] if many and at is not None else self.shown
        for key, (button, label) in enumerate(zip(self.buttons, self.shown, strict=False), 1):
            mark = "✓ " if self.names[label] in self.chosen else ""
            button.description = f"{mark}{self.names[label]} ({key})"
        for widget in (*self.buttons[:-1], self.search):
            widget.disabled = at is None
        self.text.value = "<p>All done. Thank you.</p>" if at is None else self._html(at)

    def _html(self, at: int) -> str:
        row = {key: html.escape(str(value)) for key, value in self.review.row(at).items()}
        chosen = ", ".join(html.escape(name) for name in self.names if name in self.chosen)
        return (
            f'<blockquote dir="auto" style="max-width:46em;font-size:120%">{row["text"]}'
            f"</blockquote><p>model: <bdi>{row['model']}</bdi> · users: "
            f"<bdi>{row['users'] or 'nothing'}</bdi></p>"
            + (f"<p>chosen: <bdi>{chosen or NO_LABEL}</bdi></p>" if self.several else "")
        )

    def table(self) -> Any:
        """Return the first rows of the queue as a table."""
        rows = range(min(self.most_rows, len(self.review.texts)))
        return notebook.table(self.review.row(i) for i in rows)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = {"text/html": self.table()._repr_html_(), "text/plain": "a table of the review"}
        return notebook.with_widget(bundle, self.box, **options)
