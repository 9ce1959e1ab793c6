"""One look for every figure: readable colors, titles, labeled axes with units.

Functions take data and return the `Axes`, so a notebook can add to them.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

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
MOST_LABELS = 8  # more names than this cover each other
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


def axes(title: str, x: str, y: str, **figure: object) -> plt.Axes:
    """Return new axes with a title and labeled axes."""
    _, ax = plt.subplots(**figure)
    ax.set(title=title, xlabel=x, ylabel=y)
    return ax


def bars(
    names: Sequence[str], values: Sequence[float], *, title: str, x: str, color=BLUE
) -> plt.Axes:
    """Draw horizontal bars, the first on top, each with its value.

    `color` is one color or one per bar.
    """
    ax = axes(title, x, "", figsize=(7.5, 0.7 + 0.32 * len(names)))
    drawn = ax.barh(range(len(names)), values, color=color)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    shown = [f"{v:,.0f}" if abs(v) >= 1000 else f"{v:.4g}" for v in values]
    ax.bar_label(drawn, shown, padding=3, fontsize=10)
    ax.margins(x=0.12)
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
    ax.xaxis.get_major_locator().set_params(integer=True)
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


def size_accuracy(rows: Sequence[dict], title: str) -> plt.Axes:
    """Draw result rows as accuracy (percent, with interval) against download size (log, KB).

    Of many rows only those are named that no other beats in size and accuracy at once.
    """
    ax = axes(title, "download, KB (log scale)", "test accuracy, %", figsize=(7.5, 4.6))
    for i, row in enumerate(rows):
        kilobytes, score = row["bytes"] / 1000, 100 * row["accuracy"]
        low, high = (100 * bound for bound in row["interval"])
        color = COLORS[i % len(COLORS)]
        ax.errorbar(
            kilobytes, score, [[score - low], [high - score]], fmt="o", color=color, alpha=0.8
        )
        if len(rows) <= MOST_LABELS or _is_on_front(row, rows):
            ax.annotate(
                row["model"], (kilobytes, score), (6, 5), textcoords="offset points", fontsize=9
            )
    ax.set_xscale("log")
    ax.margins(x=0.25)
    return ax


def _is_on_front(row: dict, rows: Sequence[dict]) -> bool:
    """Tell whether no row is as small and as accurate; of equal rows the first counts."""
    ranks = {id(r): (r["accuracy"], -r["bytes"], -i) for i, r in enumerate(rows)}
    smaller = [r for r in rows if r["bytes"] <= row["bytes"] and r is not row]
    return all(ranks[id(row)] > ranks[id(other)] for other in smaller)
