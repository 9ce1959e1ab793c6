"""What a run ends with: a results table in the terminal, an HTML report, the README's table."""

import base64
import html
import importlib.util
import io
import json
import os
import platform
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from helpers.stages import workspace
from helpers.stages.profiles import Profile
from helpers.system import files

CHECKOUT = Path(__file__).resolve().parents[2]
MATHJAX = "mathjax"  # in a report's folder
# the package ships this font alone; with the usual one, formulas that hold a prime are not set
MATH_FONT = (
    '<script type="text/x-mathjax-config">MathJax.Hub.Config('
    '{"HTML-CSS": {availableFonts: [], webFont: "STIX-Web"}});</script>'
)
RECORD = "results.json"  # in notebooks/: the run that the README's table shows
README_STAGES = ("01", "04", "12", "13", "18")  # whose rows the README has room for
HEADINGS = (
    "model",
    "accuracy, %",
    "95 % interval",
    "size, KB",
    "latency, ms",
    "p95, ms",
    "training, s",
)


def table_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a result row as the texts of a table, in the order of HEADINGS."""
    low, high = (100 * bound for bound in row["interval"])
    latency = row["latency_us"]
    return (
        row["model"],
        f"{100 * row['accuracy']:.1f}",
        f"{low:.1f} to {high:.1f}",
        f"{row['bytes'] / 1000:,.0f}",
        f"{latency['median'] / 1000:.2f}" if latency else "",
        f"{latency['p95'] / 1000:.2f}" if latency else "",
        f"{row['train_seconds']:,.0f}" if row["train_seconds"] else "",
    )


def results_table_markdown(record: dict[str, Any]) -> str:
    """Return the README's rows as a Markdown table with a line on where they are from."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    rows = [row for row in record["rows"] if row["stage"].startswith(README_STAGES)]
    lines += ["| " + " | ".join(table_cells(row)) + " |" for row in rows]
    run = record["run"]
    # a time is told only where every notebook's was measured
    whole = f"; whole run {run['seconds'] / 60:.0f} minutes" if run["seconds"] else ""
    lines.append(
        f"\nProtocol `{record['rows'][0]['protocol']}`, {record['rows'][0]['n']:,} test reviews, "
        f"seed {record['rows'][0]['seed']}; {run['cores']} cores ({run['machine']}), "
        f"{run['date']}{whole}; at most {run['peak_bytes'] / 1e9:.1f} GB of memory."
    )
    return "\n".join(lines)


def notebooks_table_markdown(record: dict[str, Any], notebooks: list[Path]) -> str:
    """Return the README's table of notebooks: promise, minutes and result of the recorded run."""
    lines = ["| notebook | what it is about | minutes | result | |", "|---|---|---:|---|---|"]
    for path in notebooks:
        title, promise, colab = page_heading(path)
        cost = record["run"]["notebooks"][path.stem]
        minutes = f"{cost['seconds'] / 60:.1f}" if "seconds" in cost else ""
        lines.append(
            f"| [{title}](notebooks/{path.name}) | {promise} | {minutes} "
            f"| {record['headlines'][path.stem]} | [Colab]({colab}) |"
        )
    return "\n".join(lines)


def page_heading(path: Path) -> tuple[str, str, str]:
    """Return title, promise and Colab address from the first cell of a notebook."""
    first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    title, _, promise = first.splitlines()[0].removeprefix("# ").partition(": ")
    colab = re.search(r"https://colab\.research\.google\.com/github/[^)]+", first).group()
    return title, promise, colab


def update_between_markers(path: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name:begin -->` and `<!-- name:end -->` in a file.

    Raises ValueError when the markers are not there, once each and in order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    content = path.read_text(encoding="utf-8")
    if (
        content.count(begin) != 1
        or content.count(end) != 1
        or content.index(begin) > content.index(end)
    ):
        raise ValueError(f"{path.name} needs the lines {begin} and {end}, once and in this order.")
    head, rest = content.split(begin)
    _, tail = rest.split(end)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
    temporary.replace(path)


def make_record(folder: Path) -> dict[str, Any]:
    """Return the result rows of a run with its machine, day, time and memory."""
    costs = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    seconds = [cost.get("seconds") for cost in costs.values()]
    headlines = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["metrics"].get(
            "headline", ""
        )
        for path in sorted(folder.glob(f"*/{workspace.RECORD}"))
    }
    return {
        "rows": json.loads((folder / workspace.RESULTS).read_text(encoding="utf-8")),
        "headlines": headlines,
        "run": {
            "machine": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "date": datetime.now(UTC).date().isoformat(),
            "seconds": None if None in seconds else round(sum(seconds)),
            "peak_bytes": max(cost["peak_bytes"] for cost in costs.values()),
            "notebooks": costs,
        },
    }


def finish(
    profile: Profile, task: str, notebooks: list[Path], *, console: Console, record: bool
) -> None:
    """Show the results and write the report; after a whole laptop run, the README table too."""
    folder = workspace.task_folder(profile.name, task)
    rows = json.loads((folder / workspace.RESULTS).read_text(encoding="utf-8"))
    table = Table(title=f"{workspace.task_name(task)}, profile {profile.name}, test rows")
    for i, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if i == 0 else "right")
    for row in rows:
        table.add_row(*table_cells(row))
    console.print(table)
    index = write_report(folder, notebooks)
    published = bool(rows) and (rows[0]["protocol"], rows[0]["seed"]) == ("local", 0)
    readme = CHECKOUT / "README.md"
    ours = workspace.root() == CHECKOUT  # tests and trials elsewhere leave the README alone
    if record and ours and published and profile.name == "laptop" and task == "imdb":
        made = make_record(folder)
        known = CHECKOUT / "notebooks" / RECORD
        shown = json.loads(known.read_text()) if known.exists() else {}
        changed = any(shown.get(key) != made[key] for key in ("rows", "headlines"))
        if changed or shown["run"]["notebooks"].keys() != made["run"]["notebooks"].keys():
            files.write_json(known, shown := made)
        update_between_markers(readme, "results", results_table_markdown(shown))
        update_between_markers(readme, "notebooks", notebooks_table_markdown(shown, notebooks))
    opener = "open" if platform.system() == "Darwin" else "xdg-open"
    console.print(f"Report: {opener} {shlex.quote(str(index))}", soft_wrap=True, highlight=False)


def write_report(folder: Path, notebooks: list[Path]) -> Path:
    """Write `report/index.html` and each executed notebook as HTML; return the index."""
    target = folder / "report"
    target.mkdir(parents=True, exist_ok=True)
    _copy_mathjax(target / MATHJAX)
    links = []
    for notebook in notebooks:
        executed = folder / "executed" / notebook.name
        page = target / f"{notebook.stem}.html"
        if not executed.exists():
            continue
        if not page.exists() or page.stat().st_mtime < executed.stat().st_mtime:
            _write(page, notebook_html(executed))
        links.append((notebook.stem, page.name))
    _write(target / "index.html", index_html(folder, links))
    return target / "index.html"


def notebook_html(path: Path) -> str:
    """Return an executed notebook as one HTML page."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        mathjax_url=f"{MATHJAX}/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe",
    )
    return exporter.from_filename(path)[0].replace("<head>", f"<head>{MATH_FONT}", 1)


def _copy_mathjax(target: Path) -> None:
    """Put the script that sets formulas beside the pages, so that they need no network."""
    if target.exists():
        return
    package = importlib.util.find_spec("jupyter_server_mathjax").submodule_search_locations[0]
    draft = target.with_name(f".draft-{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(Path(package) / "static", draft)
    draft.rename(target)


STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
td, th { padding: .3rem .6rem; border-bottom: 1px solid #8885; text-align: right; }
td:first-child, th:first-child { text-align: left; }
img { max-width: 100%; background: white; } .no { color: #d33; }
"""


def index_html(folder: Path, links: list[tuple[str, str]]) -> str:
    """Return the start page of a report: results, plot, claims, time and memory, notebooks."""
    rows = json.loads((folder / workspace.RESULTS).read_text(encoding="utf-8"))
    costs = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"*/{workspace.RECORD}"))
    ]
    claims = [(r["stage"], c) for r in records for c in r["claims"]]
    pages = [(f'<a href="{page}">{name}</a>', *_cost(costs.get(name))) for name, page in links]
    parts = [
        f"<h1>{html.escape(folder.name)}, profile {html.escape(folder.parent.name)}</h1>",
        "<h2>Results</h2>",
        _html_table(HEADINGS, [tuple(map(html.escape, table_cells(row))) for row in rows]),
        _plot(rows),
        "<h2>Notebooks</h2>",
        _html_table(("notebook", "seconds", "peak memory, GB"), pages),
        "<h2>Claims</h2>",
        _html_table(
            ("claim", "stage", "measured", "verdict"),
            [(html.escape(c["name"]), s, f"{c['value']:.4g}", _verdict(c)) for s, c in claims],
        ),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Report</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>"
    )


def _cost(cost: dict | None) -> tuple[str, str]:
    return (
        (f"{cost['seconds']:,.0f}", f"{cost['peak_bytes'] / 1e9:.1f}")
        if cost and "seconds" in cost
        else ("", "")
    )


def _verdict(claim: dict) -> str:
    if claim["holds"]:
        return "holds"
    return '<span class="no">fails</span>' if claim["asserted"] else "not claimed here"


def _html_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _plot(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    import matplotlib

    matplotlib.use("agg")
    from helpers.show import plots

    plots.use_style()
    picture = io.BytesIO()
    plots.size_accuracy(rows, "Accuracy against download size").figure.savefig(
        picture, format="png"
    )
    data = base64.b64encode(picture.getvalue()).decode()
    alt = "Accuracy of each model against its download size"
    return f'<img alt="{alt}" src="data:image/png;base64,{data}">'


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
