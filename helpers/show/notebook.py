"""Small conveniences for notebook pages: tables, texts, and the first lines every page shares."""

import html
import importlib
import logging
import os
import unicodedata
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from helpers.predictor.environment import bypass_proxies
from helpers.predictor.quiet import stderr_to
from helpers.show import plots
from helpers.stages.results import always_the_larger, needs_macro_f1, no_better


def prepare_page(*libraries: str) -> None:
    """Set the figure style, and import the libraries named without their start-up messages.

    What other projects left in the environment is set right for this process: the backend and the
    numbers of Keras (`~/.keras/keras.json` among them), and proxies around this very machine.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # of itself TensorFlow takes its fast kernels on newest processors only; others gain more
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # a bar for each small file
    os.environ["KERAS_BACKEND"] = "tensorflow"
    bypass_proxies()
    with stderr_to():
        for library in libraries:
            importlib.import_module(library)
        if "tensorflow" in libraries:
            import keras

            keras.config.set_floatx("float32")
            keras.config.set_image_data_format("channels_last")
    for name in ("absl", "tensorflow"):  # now: TensorFlow sets its own level at import
        logging.getLogger(name).setLevel(logging.ERROR)
    plots.use_style()


def with_widget(bundle: dict[str, Any], box: Any, **options: Any) -> dict[str, Any]:
    """Return what an object shows: text for everybody, the widget `box` where somebody is."""
    if not attended():
        return bundle
    return (box._repr_mimebundle_(**options) or {}) | bundle


def attended() -> bool:
    """Tell whether somebody is there to move a slider or to type.

    Whatever executes pages on its own (the runner, the tests) sets SLM_HEADLESS; every page and
    helper that shows a widget asks here.
    """
    return not os.environ.get("SLM_HEADLESS")


def table(rows: Iterable[dict[str, Any]], digits: int = 3) -> Any:
    """Show dictionaries as a table, one row each.

    Args:
        rows: what a row lacks, or has as None or NaN, stays empty.
        digits: decimals of the columns that hold a number which is not whole.
    """
    from IPython.display import HTML

    rows = list(rows)
    columns = {key: [row.get(key) for row in rows] for row in rows for key in row}
    shown = [_column(values, digits) for values in columns.values()]
    head = _table_row("th", [html.escape(str(name)) for name in columns])
    body = "".join(_table_row("td", cells) for cells in zip(*shown, strict=True))
    return HTML(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")


def _column(values: Sequence[Any], digits: int) -> list[str]:
    """Return a column's cells; texts of the corpus are shown, never interpreted as HTML."""
    numbers = [value for value in values if isinstance(value, Real) and value == value]
    whole = all(isinstance(value, Integral) for value in numbers)
    form = ",d" if whole else f",.{digits}f"

    def cell(value: Any) -> str:
        if value is None or value != value:
            return ""
        if isinstance(value, Real) and not isinstance(value, bool):
            return format(value, form)
        return html.escape(str(value))

    return [cell(value) for value in values]


def _table_row(tag: str, cells: Sequence[str]) -> str:
    # in every cell: JupyterLab takes the style sheet out of a saved table, and aligns right
    row = "".join(
        f'<{tag}{direction(cell)} style="text-align:left">{cell}</{tag}>' for cell in cells
    )
    return f"<tr>{row}</tr>\n"


def direction(text: str) -> str:
    """Return what an HTML element of this text needs if some of it is read from the right."""
    right = not text.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    return ' dir="auto"' if right else ""


def results(rows: Iterable[dict[str, Any]]) -> Any:
    """Show rows of the results table: accuracy with interval, download, latency.

    Where there are more than two classes, or one is larger than the others, macro-F1 stands beside
    accuracy; where one is larger, always saying it stands in the first row, and below the table the
    models that are no better.
    """
    from IPython.display import HTML

    rows = [{"macro_f1": row["accuracy"], **row} for row in rows]  # older rows are without it
    larger, words = always_the_larger(rows), no_better(rows)
    with_f1 = needs_macro_f1(rows)
    rows = [larger, *rows] if larger else rows
    shown = table(
        {
            "model": row["model"],
            "accuracy, %": f"{100 * row['accuracy']:.1f}",
            "95 % interval": "{:.1f} to {:.1f}".format(*(100 * bound for bound in row["interval"])),
            **({"macro-F1, %": f"{100 * row['macro_f1']:.1f}"} if with_f1 else {}),
            "download, KB": f"{row['bytes'] / 1000:,.0f}",
            "latency, ms": _milliseconds(row["latency_us"]),
        }
        for row in rows
    )
    return HTML(f"{shown.data}<p>{html.escape(words)}</p>") if words else shown


def comparisons(tests: Iterable[dict[str, Any]]) -> Any:
    """Show what `evaluation.compare` found: difference with interval, p-values, verdict.

    Where a test has `macro_f1_points`, the difference in macro-F1 is a column of its own.
    """
    tests = list(tests)
    with_f1 = any("macro_f1_points" in t for t in tests)
    return table(
        {
            "model": t["model"],
            "against": t["against"],
            "points": f"{t['points']:+.1f} ± {1.96 * t['standard_error']:.1f}",
            **({"macro-F1, points": _points(t.get("macro_f1_points"))} if with_f1 else {}),
            "won : lost": f"{t['first_only']} : {t['second_only']}",
            "p": f"{t['p_value']:.2g}",
            "p, Holm": f"{t['holm']:.2g}",
            "verdict": t["verdict"],
        }
        for t in tests
    )


def loss(test: dict[str, Any]) -> str:
    """Say what one test of `evaluation.compare` shows of a model that replaces a larger one.

    Returns "no measurable loss", "1.1 points lost" or "1.1 points won", and the 95 % interval of
    the difference; where the test has `macro_f1_points`, these, too.
    """
    told = {
        "worse": f"{-test['points']:.1f} points lost",
        "better": f"{test['points']:.1f} points won",
    }
    words = told.get(test["verdict"], "no measurable loss")
    low, high = (test["points"] + side * 1.96 * test["standard_error"] for side in (-1, 1))
    more = f", macro-F1 {_points(test['macro_f1_points'])}" if "macro_f1_points" in test else ""
    return f"{words} ({low:+.1f} to {high:+.1f}){more}"


def _points(difference: float | None) -> str:
    return "" if difference is None else f"{difference:+.1f}"


def _milliseconds(latency_us: dict[str, float] | None) -> str:
    return "" if latency_us is None else f"{latency_us['median'] / 1000:.2f}"


def show_text(text: str) -> Any:
    """Show a text as a quotation, never as HTML."""
    from IPython.display import HTML

    quoted = html.escape(text)
    return HTML(f'<blockquote{direction(text)} style="max-width:46em">{quoted}</blockquote>')


def show_pieces(pieces: Sequence[str]) -> Any:
    """Show tokens side by side, each on its own ground, so that their borders are seen."""
    from IPython.display import HTML

    shades = ("#D6E9F5", "#FBE8C6", "#CDEBE0", "#F3DCE9")
    spans = (
        f'<span style="background:{shades[i % 4]};color:#111;border-radius:4px;'
        f'padding:1px 4px;margin:2px;display:inline-block">{html.escape(piece)}</span>'
        for i, piece in enumerate(pieces)
    )
    way = direction("".join(pieces))
    return HTML(f'<div{way} style="max-width:46em;line-height:1.9">{"".join(spans)}</div>')
