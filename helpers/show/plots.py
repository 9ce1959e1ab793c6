"""One look for every figure: readable colors, titles, labeled axes with units.

Functions take data and return the `Axes`, so a notebook can add to them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker

# Okabe and Ito (2008): distinguishable with every kind of color vision
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GRAY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#7F7F7F",
)
MOST_LABELS = 12  # of more models only those on the front are named
COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GRAY)


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
        }
    )


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
    ax.set_yticks(range(len(names)), names)
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
    ax.set_yticks(range(len(rows)), [row["model"] for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    return ax


def histories(runs: dict[str, dict[str, list[float]]], key: str, *, title: str, y: str) -> plt.Axes:
    """Draw one quantity of several trainings by epoch: training dashed, validation solid."""
    ax = axes(title, "epoch", y)
    for (name, history), color in zip(runs.items(), COLORS, strict=False):
        for values, style in ((history.get(key), "--"), (history.get(f"val_{key}"), "-")):
            if values:
                what = "validation" if style == "-" else "training"
                epochs = np.arange(1, len(values) + 1)
                ax.plot(epochs, values, style, marker="o", color=color, label=f"{name}, {what}")
    ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    ax.legend(fontsize=9)
    return ax


def confusion(labels: np.ndarray, probabilities: np.ndarray, names: Sequence[str]) -> plt.Axes:
    """Draw the 2 by 2 confusion matrix of a binary classifier, in rows."""
    predicted = (np.asarray(probabilities) >= 0.5).astype(int)
    counts = np.zeros((2, 2), int)
    np.add.at(counts, (np.asarray(labels), predicted), 1)
    ax = axes("Confusion matrix, rows", "predicted", "true", figsize=(4.2, 3.6))
    ax.imshow(counts, cmap="Blues", vmin=0)
    for (i, j), count in np.ndenumerate(counts):
        ink = "white" if count > counts.max() / 2 else "black"
        ax.text(j, i, f"{count:,}", ha="center", va="center", color=ink, fontsize=14)
    ax.set_xticks([0, 1], names)
    ax.set_yticks([0, 1], names)
    ax.grid(visible=False)
    return ax


def calibration(models: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> plt.Axes:
    """Draw reliability curves from `evaluation.calibration_bins`, one per model."""
    ax = axes(
        "Calibration: does 80 % mean 80 %?",
        "predicted probability",
        "share that is positive",
        figsize=(5, 4.4),
    )
    ax.plot([0, 1], [0, 1], color=GRAY, linestyle=":", label="perfect")
    for name, (predicted, observed, _) in models.items():
        seen = ~np.isnan(predicted)
        ax.plot(predicted[seen], observed[seen], marker="o", label=name)
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
    names = {i: rows[i]["model"] for i in wanted}
    place_labels(ax, list(zip(costs, scores, strict=True)), names)
    return ax


def _log_costs(ax: plt.Axes) -> None:
    """Give an axis of costs a logarithmic scale with plain numbers."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())


def place_labels(
    ax: plt.Axes, points: Sequence[tuple[float, float]], names: dict[int, str]
) -> None:
    """Write names beside points so that they cover neither a point nor one another.

    Each tries places around its point, the nearest first, and takes the first that is free.
    """
    figure = ax.figure
    figure.canvas.draw()  # now the layout is known
    at = ax.transData.transform(points)
    taken = [(px - 4, py - 4, px + 4, py + 4) for px, py in at]
    inside = ax.get_window_extent()
    for i in sorted(names, key=lambda i: -points[i][1]):
        note = ax.annotate(names[i], points[i], (0, 0), textcoords="offset pixels", fontsize=9)
        extent = note.get_window_extent()
        for dx, dy in _places(extent.width, extent.height):
            x0, y0 = at[i][0] + dx, at[i][1] + dy
            box = (x0, y0, x0 + extent.width, y0 + extent.height)
            held = inside.x0 <= x0 and box[2] <= inside.x1 and inside.y0 <= y0
            if held and not any(_overlap(box, other) for other in taken):
                break
        note.set_position((dx, dy))  # the last place where none is free
        taken.append(box)


def _places(width: float, height: float) -> list[tuple[float, float]]:
    """Return offsets of a label's lower left corner from its point, the nearest first."""
    places = []
    for ring in range(6):
        up, side = 5 + ring * height, 6 + ring * height / 2
        places += [(side, up - 3), (-side - width, up - 3), (-width / 2, up + 3)]
        places += [(side, -up - height + 3), (-side - width, -up - height + 3)]
        places += [(-width / 2, -up - height - 3)]
    return places


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
