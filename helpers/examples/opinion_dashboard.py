"""How the dashboard of the opinion monitor is drawn; what it shows is computed on the page."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from helpers.show import plots


def draw(
    panels: Sequence[plt.Axes],
    day_texts: int,
    truth: np.ndarray,
    shares: np.ndarray,
    paths: Mapping[str, np.ndarray],
    name: str,
    days: int = 30,
) -> None:
    """Draw the dashboard as it is at the end of a day, on axes that may hold an older one.

    Args:
        panels: one for the shares, then one for each of the paths.
        day_texts: texts of a day.
        truth: the share that each text so far was drawn with, [texts].
        shares: of each day so far the estimate and its standard error, [days so far, 2].
        paths: by name the sums of all texts, relative to the border, [texts or more].
        name: of the opinion that is watched.
        days: the width of the picture.
    """
    for ax in panels:
        ax.clear()
        ax.set_xlim(0.5, days + 0.5)
    day = np.arange(1, len(shares) + 1)
    low = np.minimum(1.96 * shares[:, 1], shares[:, 0])
    error = 100 * np.stack([low, 1.96 * shares[:, 1]])
    panels[0].errorbar(day, 100 * shares[:, 0], error, fmt=".", label="estimate, 95 % interval")
    made = 100 * truth[::day_texts]
    panels[0].plot(day, made, color=plots.GRAY, drawstyle="steps-mid", label="as made")
    title = f"Share of {name} in the last three days, day {len(shares)}"
    panels[0].set(title=title, ylabel="%", ylim=(0, 100))
    panels[0].legend(fontsize=8, loc="upper left", ncols=2)
    for ax, (what, path) in zip(panels[1:], paths.items(), strict=True):
        path = path[: len(truth)]
        ax.plot(np.arange(1, len(path) + 1) / day_texts + 0.5, path, color=plots.ORANGE)
        ax.axhline(1, color=plots.RED, linestyle="--")
        rung = np.flatnonzero(path > 1)
        when = f"rings on day {rung[0] // day_texts + 1}" if len(rung) else "is silent"
        ax.set(title=f"CUSUM, {what}: {when}", ylabel="sum / border")
    panels[-1].set_xlabel("day")
