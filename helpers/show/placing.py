"""Names beside the points of a plot, where they cover nothing."""

from collections.abc import Sequence

import matplotlib.pyplot as plt


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
