"""What a run ends with: a results table in the terminal, an HTML report, what may come next."""

import base64
import html
import importlib.util
import io
import json
import platform
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from helpers.stages import claims, pipeline, results, workspace
from helpers.stages.claims import EXAMPLES
from helpers.stages.pipeline import Page
from helpers.system import files

NOTES = "run.json"  # in the folder of a task: what pages and runs took
SHARED = Path("10_sharing/bundles/pocket-v1.0")  # what `make serve` takes
MATHJAX = "mathjax"  # in a report's folder
# the package ships this font alone; with the usual one, formulas that hold a prime are not set
MATH_FONT = (
    '<script type="text/x-mathjax-config">MathJax.Hub.Config('
    '{"HTML-CSS": {availableFonts: [], webFont: "STIX-Web"}});</script>'
)
HEADINGS = (
    "model",
    "accuracy, %",
    "macro-F1, %",
    "95 % interval",
    "size, KB",
    "latency, ms",
    "p95, ms",
    "training, s",
)


def table_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a result row as the texts of a table, in the order of HEADINGS."""
    low, high = (100 * bound for bound in row["interval"])
    latency, seconds = row.get("latency_us"), row.get("train_seconds")
    return (
        row["model"],
        f"{100 * row['accuracy']:.1f}",
        f"{100 * row['macro_f1']:.1f}" if "macro_f1" in row else "",
        f"{low:.1f} to {high:.1f}",
        f"{row['bytes'] / 1000:,.0f}",
        f"{latency['median'] / 1000:.2f}" if latency else "",
        f"{latency['p95'] / 1000:.2f}" if latency else "",
        f"{seconds:,.0f}" if seconds else "",
    )


def _with_the_larger(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    larger = results.always_the_larger(rows)
    return [larger, *rows] if larger else rows


def finish(pages: Sequence[Page], profile: str, task: str, console: Console) -> None:
    """Show the results and the claims that missed, write the report, say what may come next."""
    folder = workspace.task_folder(profile, task)
    examples = pages[0].group == pipeline.EXAMPLES  # each has a table of its own
    rows = [] if examples else workspace.collect_results(profile, task)
    table = Table(title=f"{workspace.task_name(task)}, profile {profile}, test rows")
    for i, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if i == 0 else "right")
    for row in _with_the_larger(rows):
        table.add_row(*table_cells(row))
    if not examples:
        console.print(table)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    if words := results.no_better(rows):
        say(words)
    records = {record["stage"]: record for record in workspace.finished_records(profile, task)}
    for page in pages:
        for name in claims.missed(records.get(page.stem, {}).get("claims", [])):
            say(f"A claim of the text missed in {page.stem}: {name}")
    for page in pages if examples else ():
        say(f"{page.title}: {records[page.stem]['metrics'].get('headline', 'done')}")
    opener = "open" if platform.system() == "Darwin" else "xdg-open"
    say(f"Report: {opener} {shlex.quote(str(write_report(folder, profile, task)))}")
    shared = folder / SHARED
    if shared.exists():
        choice = "".join(
            f" {name}={shlex.quote(value)}"
            for name, value, usual in (("PROFILE", profile, "laptop"), ("TASK", task, "imdb"))
            if value != usual
        )
        say(f"A model to share: {shared}")
        say(f"Next: make serve{choice} (it answers over HTTP and in the browser), or make hub")


def write_report(folder: Path, profile: str, task: str) -> Path:
    """Write `report/index.html` and each executed notebook as HTML; return the index."""
    target = folder / "report"
    target.mkdir(parents=True, exist_ok=True)
    _copy_mathjax(target / MATHJAX)
    links = []
    for executed in sorted((folder / "executed").glob("*.ipynb")):
        page = target / f"{executed.stem}.html"
        if not page.exists() or page.stat().st_mtime < executed.stat().st_mtime:
            files.write_text(page, notebook_html(executed))
        links.append((executed.stem, page.name))
    title = f"{workspace.task_name(task)}, profile {profile}"
    index = index_html(title, workspace.finished_records(profile, task), read_notes(folder), links)
    files.write_text(target / "index.html", index)
    return target / "index.html"


def notebook_html(path: Path) -> str:
    """Return an executed notebook as one HTML page."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        mathjax_url=f"{MATHJAX}/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe",
    )
    return exporter.from_filename(str(path))[0].replace("<head>", f"<head>{MATH_FONT}", 1)


def _copy_mathjax(target: Path) -> None:
    """Put the script that sets formulas beside the pages, so that they need no network."""
    if target.exists():
        return
    # importing the package would import the whole Jupyter server
    package = importlib.util.find_spec("jupyter_server_mathjax")
    assert package is not None and package.origin is not None
    draft = target.with_name(f".draft-{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(Path(package.origin).parent / "static", draft)
    draft.rename(target)


STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
td, th { padding: .3rem .6rem; border-bottom: 1px solid #8885; text-align: right; }
td:first-child, th:first-child { text-align: left; }
img { max-width: 100%; background: white; } .no { color: #d33; }
"""


def read_notes(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what pages, and whole runs, took the last time: seconds and bytes."""
    path = folder / NOTES
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {"pages": known.get("pages", {}), "runs": known.get("runs", {})}


def index_html(
    title: str,
    records: list[dict[str, Any]],
    notes: dict[str, dict[str, Any]],
    links: list[tuple[str, str]],
) -> str:
    """Return the start page of a report: results, plot, claims, time and memory, notebooks.

    Args:
        title: of the page.
        records: of the finished stages.
        notes: from `read_notes`.
        links: (name, file) of each page.
    """
    rows = [row for r in records if r["protocol"] not in EXAMPLES for row in r["results"]]
    claimed = [(record["stage"], claim) for record in records for claim in record["claims"]]
    pages = [
        (f'<a href="{page}">{name}</a>', *_cost(notes["pages"].get(name))) for name, page in links
    ]
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        *_results(rows),
        f"<p>{html.escape(results.no_better(rows))}</p>",
        _plot(rows),
        "<h2>Notebooks</h2>",
        _html_table(("notebook", "seconds", "peak memory, GB"), pages),
        "<h2>Claims</h2>",
        _html_table(
            ("claim", "stage", "measured", "verdict"),
            [(html.escape(c["name"]), s, f"{c['value']:.4g}", _verdict(c)) for s, c in claimed],
        ),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Report</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>"
    )


def _results(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    cells = [tuple(map(html.escape, table_cells(row))) for row in _with_the_larger(rows)]
    return ["<h2>Results</h2>", _html_table(HEADINGS, cells)]


def _cost(cost: dict | None) -> tuple[str, str]:
    return (
        (f"{cost['seconds']:,.0f}", f"{cost['peak_bytes'] / 1e9:.1f}")
        if cost and "seconds" in cost
        else ("", "")
    )


def _verdict(claim: dict) -> str:
    if not claim["asserted"]:
        return "not claimed here"
    return "holds" if claim["holds"] else '<span class="no">missed</span>'


def _html_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _plot(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from helpers.show import plots

    plots.use_style()
    picture = io.BytesIO()
    plots.size_accuracy(rows, "Accuracy against download size")
    plt.savefig(picture, format="png")
    plt.close()
    data = base64.b64encode(picture.getvalue()).decode()
    alt = "Accuracy of each model against its download size"
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'
