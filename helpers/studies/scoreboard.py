"""The scoreboard's plumbing: finding every model's file, asking all of them, comparing them.

Notebook 26 puts the pipeline's models beside those a reader would otherwise pick. What the peers
are stands there; here is what it takes to open, time, weigh and draw a page full of models.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker

from helpers.learning import evaluation
from helpers.predictor import runtime
from helpers.show import plots
from helpers.stages.workspace import Stage

Answer = Callable[[str], object]  # one raw text in, its probability out


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


def recorded_answers(stage: Stage) -> dict[str, np.ndarray]:
    """Return the test probabilities a stage kept, by the names of its result rows."""
    for file in ("test.npz", "baseline_test.npz"):
        if file in stage.record["files"]:
            with np.load(stage.path(file)) as saved:
                kept = {evaluation.file_name(name): saved[name] for name in saved}
            break
    else:
        return {}
    names = [row["model"] for row in stage.record["results"]]
    if file == "baseline_test.npz":  # the baseline's page has one model
        return {names[0]: kept["test"]}
    return {
        name: kept[evaluation.file_name(name)]
        for name in names
        if evaluation.file_name(name) in kept
    }


def find_files(
    stage: Stage, name: str, tokenizer_paths: Iterable[Path], texts: Sequence[str], expected=None
) -> tuple[Path, ...]:
    """Return what answers for a result row: (bundle,) or (tokenizer, `.tflite`), or () if nothing.

    Args:
        stage: the stage that the row is from.
        name: the row's model.
        tokenizer_paths: candidates for a bare `.tflite`, the likeliest first.
        texts: the first test rows.
        expected: what the stage recorded for them; a tokenizer fits if it reproduces that.
    """
    bundles = [row.get("bundle") for row in stage.record["results"] if row["model"] == name]
    if any(bundles):
        return (stage.folder.parent / bundles[0],)
    file = f"{evaluation.file_name(name)}.tflite"
    for path in tokenizer_paths if file in stage.record["files"] else ():
        found = (path, stage.path(file))
        try:
            answers = open_files(found).probabilities(texts)
        except (ValueError, RuntimeError):  # a tokenizer of another length
            continue
        if expected is None or np.allclose(answers, expected[: len(texts)], atol=1e-3):
            return found
    return ()


def open_files(files: Sequence[Path]) -> runtime.Predictor:
    """Open what `find_files` found."""
    if len(files) == 1:
        return runtime.load_bundle(files[0])
    return runtime.load_files(*files, ("0", "1"))


def interleaved_latency(
    answers: dict[str, Answer], texts: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Time every model on every text, all models on one text before the next text comes.

    Whatever else the machine does then strikes all models alike. Three texts warm up. Returns
    {"median", "p95"} in microseconds for each model.
    """
    times = {name: [] for name in answers}
    for number, text in enumerate([*texts[:3], *texts]):
        for name, answer in answers.items():
            begin = time.perf_counter()
            answer(text)
            if number >= 3:
                times[name].append((time.perf_counter() - begin) * 1e6)
    return {
        name: {"median": float(np.median(t)), "p95": float(np.quantile(t, 0.95))}
        for name, t in times.items()
    }


MEASURE = """
import sys
{code}
from helpers.system.memory import peak_bytes
print("peak", peak_bytes())
"""
ANSWER_ONE = """
from helpers.predictor import runtime
text, *files = sys.argv[1:]
one = len(files) == 1
model = runtime.load_bundle(*files) if one else runtime.load_files(*files, ("0", "1"))
model.probabilities([text])
"""  # for `peak_memory`, with what `find_files` found


def peak_memory(code: str, *arguments: object) -> int:
    """Run Python code in a fresh process and return its peak resident memory in bytes.

    `arguments` are its `sys.argv[1:]`.
    """
    checkout = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(code=code), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=checkout,
    )
    if done.returncode:
        raise RuntimeError(f"The process that was to be measured failed:\n{done.stderr[-2000:]}")
    return int(done.stdout.rsplit("peak", 1)[1])


def to_full_int8(classifier, path: Path, token_ids: np.ndarray) -> Path:
    """Write a classifier as `.tflite` whose activations are int8 too, where LiteRT can do that.

    Args:
        classifier: a Keras model, probability out.
        path: where to write.
        token_ids: examples to take the ranges of the activations from, int32 [rows, seq_len].
    """
    from helpers.bundle import export

    return export.to_litert(classifier, path, token_ids.shape[1], "int8", examples=token_ids)


def draw_front(
    rows: Sequence[dict], costs: Sequence[float], *, title: str, x: str, named: Iterable[str] = ()
) -> plt.Axes:
    """Draw accuracy (percent, with interval) against a cost (log), and the front as a stair.

    Rows with `"peer": True` are orange. Models on the front and those in `named` get a label.
    """
    ax = plots.axes(title, x, "test accuracy, %", figsize=(8.5, 5.4))
    scores = np.array([100 * row["accuracy"] for row in rows])
    front = pareto_front(costs, scores)
    for row, cost, score, best in zip(rows, costs, scores, front, strict=True):
        color = plots.ORANGE if row.get("peer") else plots.BLUE if best else plots.GRAY
        low, high = (100 * bound for bound in row["interval"])
        spread = [[score - low], [high - score]]
        ax.errorbar(cost, score, spread, color=color, alpha=0.25, linewidth=1.5)
        ax.plot(cost, score, "o", color=color, markersize=7)
    stair = sorted((c, s) for c, s, best in zip(costs, scores, front, strict=True) if best)
    ax.step(*zip(*stair, strict=True), where="post", color=plots.BLUE, linewidth=1.5, alpha=0.6)
    for label, color in (
        ("on the front", plots.BLUE),
        ("ours, not on it", plots.GRAY),
        ("a peer", plots.ORANGE),
    ):
        ax.plot([], [], "o", color=color, label=label)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
    ax.margins(x=0.15, y=0.12)
    ax.legend(loc="lower right", fontsize=9)
    named = set(named)
    wanted = [i for i, row in enumerate(rows) if front[i] or row["model"] in named]
    names = {i: rows[i]["model"] for i in wanted}
    place_labels(ax, list(zip(costs, scores, strict=True)), names)
    return ax


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
