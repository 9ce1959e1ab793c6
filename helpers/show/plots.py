"""One look for every figure: readable colors, titles, labeled axes with units.

Functions take data and return the `Axes`, so a notebook can add to them.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker

from helpers.show import fonts
from helpers.show.confusions import most_confused, with_others
from helpers.show.placing import place_labels

# Okabe and Ito (2008): distinguishable with every kind of color vision
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F7F7F")
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GRAY = COLORS
MOST_CLASSES = 12  # in a confusion matrix
MOST_BARS = 20
MOST_LABELS = 12  # of more models only those on the front are named


def use_style() -> None:
    """Set the shared look. Figures keep a white ground, so they read in dark themes too."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.5, 3.6),
            "figure.dpi": 80,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=COLORS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "grid.color": "#E5E5E5",
            "lines.linewidth": 2,
            "legend.frameon": False,
            "font.size": 11,
            "font.sans-serif": [fonts.USUAL, *fonts.of_other_scripts()],
        }
    )
    # a warning for every letter and picture; `fonts.literals` says it once
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")


def show() -> None:
    """Show the figure now; as the last line of a cell it leaves nothing but the picture."""
    plt.show()


def axes(title: str, x: str, y: str, **figure: Any) -> plt.Axes:
    """Return new axes with a title and labeled axes."""
    _, ax = plt.subplots(**figure)
    ax.set(title=title, xlabel=x, ylabel=y)
    return ax


def bars(
    names: Sequence[str],
    values: Sequence[float],
    *,
    title: str,
    x: str,
    color: str | Sequence[str] = BLUE,
) -> plt.Axes:
    """Draw horizontal bars from zero, the first on top, each with its value.

    `color` is one color or one per bar.
    """
    ax = _named_lines(names, title, x)
    drawn = ax.barh(range(len(names)), values, color=color)
    shown = [f"{v:,.0f}" if abs(v) >= 1000 else f"{v:.4g}" for v in values]
    ax.bar_label(drawn, shown, padding=3, fontsize=10)
    ax.margins(x=0.12)
    return ax


def points(names: Sequence[str], values: Sequence[float], **labels: Any) -> plt.Axes:
    """Draw values as points, each with its value, where they differ little and zero is far away.

    Arguments are those of `bars`.
    """
    ax = _named_lines(names, labels["title"], labels["x"])
    ax.scatter(values, range(len(names)), color=labels.get("color", BLUE), s=50)
    for i, value in enumerate(values):
        ax.annotate(f"{value:.4g}", (value, i), (7, -4), textcoords="offset points", fontsize=10)
    ax.margins(x=0.15)
    return ax


def _named_lines(names: Sequence[str], title: str, x: str) -> plt.Axes:
    """Return axes with a line for each name, the first on top."""
    ax = axes(title, x, "", figsize=(7.5, 0.7 + 0.32 * len(names)))
    ax.set_yticks(range(len(names)), fonts.literals(names))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    return ax


def accuracies(rows: Sequence[dict], title: str, x: str = "test accuracy, %") -> plt.Axes:
    """Draw result rows as points with their 95 % intervals, accuracy in percent."""
    ax = axes(title, x, "", figsize=(7.5, 1.0 + 0.4 * len(rows)))
    for i, row in enumerate(rows):
        low, high = (100 * bound for bound in row["interval"])
        ax.plot([low, high], [i, i], color=COLORS[i % len(COLORS)], linewidth=3, alpha=0.5)
        ax.plot(100 * row["accuracy"], i, "o", color=COLORS[i % len(COLORS)], markersize=8)
    ax.set_yticks(range(len(rows)), fonts.literals(row["model"] for row in rows))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    return ax


def histories(runs: dict[str, dict[str, list[float]]], key: str, *, title: str, y: str) -> plt.Axes:
    """Draw one quantity of several trainings by epoch: training dashed, validation solid.

    Of a single epoch, where there are no lines, training is a dot and validation a ring.
    """
    ax = axes(title, "epoch", y)
    for (name, history), color in zip(runs.items(), COLORS, strict=False):
        for values, style in ((history.get(key), "--"), (history.get(f"val_{key}"), "-")):
            if values:
                what = "validation" if style == "-" else "training"
                epochs = np.arange(1, len(values) + 1)
                label = f"{fonts.literal(name)}, {what}"
                drawn = ax.plot(epochs, values, style, marker="o", color=color, label=label)
                if style == "-" and len(values) == 1:
                    plt.setp(drawn, fillstyle="none", markersize=10)  # seen around an equal dot
    ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    ax.legend(fontsize=9)
    return ax


def confusion(labels: np.ndarray, probabilities: np.ndarray, names: Sequence[str]) -> plt.Axes:
    """Draw a confusion matrix: how many rows of each class are given which, colored by the share.

    Of more than 12 classes the 12 are shown that are most often taken for one another; the rest is
    summed up as "others".

    Args:
        labels: classes, int [rows].
        probabilities: [rows, k].
        names: of the classes, [k].

    Raises:
        ValueError: for several labels a text, where no answer is taken for another: see `recalls`.
    """
    if np.ndim(labels) != 1:
        raise ValueError("a confusion matrix is of one label a text; draw `recalls` of several")
    k = len(names)
    counts = np.zeros((k, k), int)
    np.add.at(counts, (np.asarray(labels, int), np.argmax(probabilities, axis=1)), 1)
    title, shown = "Confusion matrix, rows", fonts.literals(_cut(name) for name in names)
    if k > MOST_CLASSES:
        kept = most_confused(counts, MOST_CLASSES)
        counts = with_others(counts, kept)
        title = f"The {len(kept)} of {k} classes most confused with one another, rows"
        shown = [*(shown[i] for i in kept), "others"]
    size = len(shown)
    width, height = (4.2, 3.6) if size == 2 else (2.8 + 0.5 * size, 2.3 + 0.42 * size)
    ax = axes(title, "predicted", "true", figsize=(width, height))
    font = 14 if size == 2 else 9
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (i, j), count in np.ndenumerate(counts):
        if count or size == 2:
            ink = "white" if shares[i, j] > 0.5 else "black"
            ax.text(j, i, f"{count:,}", ha="center", va="center", color=ink, fontsize=font)
    ax.set_xticks(range(size), shown)
    if size > 2:
        plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(size), shown)
    ax.grid(visible=False)
    return ax


def _cut(name: str, longest: int = 28) -> str:
    name = " ".join(str(name).split())
    return name if len(name) <= longest else name[: longest - 1] + "…"


def recalls(
    names: Sequence[str],
    recalls: Sequence[float],
    counts: Sequence[int],
    title: str = "Recall of each class, the weakest first",
) -> plt.Axes:
    """Draw how many of each class's rows are found, as bars with 95 % intervals (Wilson, 1927).

    Of more than 20 classes the 20 weakest are drawn; classes without rows are left out.

    Args:
        names: of the classes, [k].
        recalls: shares from 0 to 1, as `evaluation.recalls` returns them, [k].
        counts: rows of each class, [k].
        title: of the figure.
    """
    from scipy import stats

    measured = [i for i, count in enumerate(counts) if count]
    weakest = sorted(measured, key=lambda i: recalls[i])[:MOST_BARS]
    if len(weakest) < len(measured):
        title += f" ({len(weakest)} of {len(measured)})"
    shown = [f"{_cut(names[i])} ({counts[i]:,})" for i in weakest]
    ax = _named_lines(shown, title, "recall, % (rows of the class)")
    for place, i in enumerate(weakest):
        found = stats.binomtest(round(recalls[i] * counts[i]), int(counts[i]))
        interval = found.proportion_ci(method="wilson")
        ax.barh(place, 100 * recalls[i], color=BLUE)
        ax.hlines(place, 100 * interval.low, 100 * interval.high, color="black", linewidth=1.5)
    ax.set_xlim(0, 100)
    return ax


def calibration(models: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> plt.Axes:
    """Draw reliability curves from `evaluation.calibration_bins`, one per model.

    That is how often answers of some confidence are right; of two classes the confidence is never
    below a half.
    """
    ax = axes(
        "Calibration: does 80 % mean 80 %?",
        "confidence (probability of the answer)",
        "share of answers that are right",
        figsize=(5, 4.4),
    )
    lowest = 1.0
    for name, (confidence, observed, _) in models.items():
        seen = ~np.isnan(confidence)
        ax.plot(confidence[seen], observed[seen], marker="o", label=fonts.literal(name))
        lowest = min(lowest, *confidence[seen], *observed[seen])
    begin = 0.5 if lowest >= 0.5 else 0.0
    ax.plot([begin, 1], [begin, 1], color=GRAY, linestyle=":", label="perfect", zorder=1)
    ax.legend()
    return ax


def pareto_front(costs: Sequence[float], scores: Sequence[float]) -> np.ndarray:
    """Tell which models no other model beats: bool [models].

    A model is on the front if no other is as cheap and as good; of equal ones the first counts.
    """
    front = np.zeros(len(costs), bool)
    best = -np.inf
    for i in sorted(range(len(costs)), key=lambda i: (costs[i], -scores[i], i)):
        front[i] = scores[i] > best
        best = max(best, scores[i])
    return front


def size_accuracy(rows: Sequence[dict], title: str) -> plt.Axes:
    """Draw result rows as accuracy (percent, with interval) against download size (log, KB).

    Of many rows only those are named that no other beats in size and accuracy at once.
    """
    costs = [row["bytes"] / 1000 for row in rows]
    named = [row["model"] for row in rows] if len(rows) <= MOST_LABELS else ()
    return cost_accuracy(rows, costs, title=title, x="download, KB (log scale)", named=named)


def cost_accuracy(
    rows: Sequence[dict], costs: Sequence[float], *, title: str, x: str, named: Iterable[str] = ()
) -> plt.Axes:
    """Draw accuracy (percent, with interval) against a cost (log), and the front as a stair.

    Rows with `"peer": True` are orange. Models on the front and those in `named` get a label.
    """
    ax = axes(title, x, "test accuracy, %", figsize=(8.5, 5.4))
    scores = [100 * row["accuracy"] for row in rows]
    front = pareto_front(costs, scores)
    for row, cost, score, best in zip(rows, costs, scores, front, strict=True):
        color = ORANGE if row.get("peer") else BLUE if best else GRAY
        ax.plot([cost, cost], [100 * bound for bound in row["interval"]], color=color, alpha=0.25)
        ax.plot(cost, score, "o", color=color, markersize=7)
    legend = {"on the front": BLUE, "not on it": GRAY, "a peer": ORANGE}
    for label, color in legend.items():
        if any(line.get_color() == color for line in ax.lines):
            ax.plot([], [], "o", color=color, label=label)
    stair = sorted((c, s) for c, s, best in zip(costs, scores, front, strict=True) if best)
    ax.step(*zip(*stair, strict=True), where="post", color=BLUE, linewidth=1.5, alpha=0.6)
    _log_costs(ax)
    ax.margins(x=0.15, y=0.12)
    ax.legend(loc="lower right", fontsize=9)
    named = set(named)
    wanted = [i for i, row in enumerate(rows) if front[i] or row["model"] in named]
    names = {i: fonts.literal(rows[i]["model"]) for i in wanted}
    place_labels(ax, list(zip(costs, scores, strict=True)), names)
    return ax


def _log_costs(ax: plt.Axes) -> None:
    """Give an axis of costs a logarithmic scale with plain numbers."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
