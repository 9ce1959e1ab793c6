"""Small conveniences for notebook pages: tables, texts, and the first lines every page shares."""

import html
import importlib
import logging
import os
from collections.abc import Iterable, Sequence
from typing import Any

from helpers.predictor.quiet import stderr_to
from helpers.show import plots


def prepare_page(*libraries: str) -> None:
    """Set the figure style, and import the libraries named without their start-up messages."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # a bar for each small file
    logging.getLogger("absl").setLevel(logging.ERROR)
    with stderr_to():
        for library in libraries:
            importlib.import_module(library)
    plots.use_style()


def table(rows: Iterable[dict[str, Any]], digits: int = 3) -> Any:
    """Show dictionaries as a table, one row each, numbers with `digits` decimals."""
    import pandas as pd

    frame = pd.DataFrame(list(rows)).fillna("")
    styled = frame.style.hide(axis="index").set_uuid("table")
    # texts of the corpus are shown, never interpreted as HTML
    styled = styled.format(precision=digits, thousands=",", escape="html")
    left = [{"selector": "th, td", "props": "text-align: left"}]
    return styled.format_index(axis=1, escape="html").set_table_styles(left)


def results(rows: Iterable[dict[str, Any]]) -> Any:
    """Show rows of the results table: accuracy with interval, size, latency."""
    return table(
        {
            "model": row["model"],
            "accuracy, %": f"{100 * row['accuracy']:.1f}",
            "95 % interval": "{:.1f} to {:.1f}".format(*(100 * bound for bound in row["interval"])),
            "size, KB": f"{row['bytes'] / 1000:,.0f}",
            "latency, ms": _milliseconds(row["latency_us"]),
        }
        for row in rows
    )


def _milliseconds(latency_us: dict[str, float] | None) -> str:
    return "" if latency_us is None else f"{latency_us['median'] / 1000:.2f}"


def show_text(text: str) -> Any:
    """Show a text as a quotation, never as HTML."""
    from IPython.display import HTML

    return HTML(f'<blockquote style="max-width:46em">{html.escape(text)}</blockquote>')


def show_pieces(pieces: Sequence[str]) -> Any:
    """Show tokens side by side, each on its own ground, so that their borders are seen."""
    from IPython.display import HTML

    shades = ("#D6E9F5", "#FBE8C6", "#CDEBE0", "#F3DCE9")
    spans = (
        f'<span style="background:{shades[i % 4]};color:#111;border-radius:4px;'
        f'padding:1px 4px;margin:2px;display:inline-block">{html.escape(piece)}</span>'
        for i, piece in enumerate(pieces)
    )
    return HTML(f'<div style="max-width:46em;line-height:1.9">{"".join(spans)}</div>')
