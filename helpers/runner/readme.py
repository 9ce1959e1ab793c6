"""The generated parts of the READMEs: maps and tables, from `pipeline.toml` and a recorded run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.runner.report import HEADINGS, table_cells
from helpers.stages import pipeline
from helpers.stages.pipeline import Page, Pages
from helpers.system import files

HOST = "github/small-language-models/small-language-models/blob/main"
TIMELESS = HEADINGS[:-3]  # without latencies and seconds of training
COLAB = f"https://colab.research.google.com/{HOST}"


def update(notebooks: Path, record: dict[str, Any]) -> None:
    """Write maps and tables into README.md and notebooks/README.md.

    Args:
        notebooks: the folder of the pages; README.md lies beside it.
        record: results, headlines and costs of the published run.
    """
    pages, groups = pipeline.load(notebooks), pipeline.groups(notebooks)
    front = notebooks.parent / "README.md"
    update_between_markers(front, "map", map_markdown(pages))
    update_between_markers(front, "notebooks", front_table(pages, groups, record))
    update_between_markers(front, "results", results_table(pages, record))
    update_between_markers(front, "tasks", tasks_tables(record))
    update_between_markers(notebooks / "README.md", "map", map_markdown(pages))
    update_between_markers(notebooks / "README.md", "notebooks", pages_table(pages, groups))
    if (front := notebooks / pipeline.EXAMPLES / "README.md").exists():
        update_between_markers(front, "gallery", gallery(pages, record))


def map_markdown(pages: Pages) -> str:
    """Return a picture of what needs what; an arrow that a longer way implies is left out.

    Examples stand alone, so they are not in it.
    """
    pages = {stem: page for stem, page in pages.items() if page.group != pipeline.EXAMPLES}
    lines = ["```mermaid", "flowchart LR"]
    for group in dict.fromkeys(page.group for page in pages.values()):
        members = [page for page in pages.values() if page.group == group]
        nodes = [f'    n{page.number}["{int(page.number)} {page.title}"]' for page in members]
        lines += [f"  subgraph {group}", *nodes, "  end"]
    for page in pages.values():
        before = pipeline.last(pages, page.needs)
        lines += [f"  n{need.number} --> n{page.number}" for need in before]
    return "\n".join([*lines, "```"])


def front_table(pages: Pages, groups: dict[str, str], record: dict[str, Any]) -> str:
    """Return README's tables of pages, one a group: promise, minutes and result."""
    headlines, online = record["headlines"], record.get("online", {})

    def line(page: Page) -> tuple[str, ...]:
        # in Colab a page finds no earlier stage, so only those that need none can begin there
        colab = "" if page.needs else f" ([Colab]({COLAB}/notebooks/{_file(page)}))"
        name = f"{_link(page, 'notebooks/')}{colab}"
        more = f"; online: {online[page.stem]}" if page.stem in online else ""
        return name, page.promise, f"{page.minutes:g}", headlines.get(page.stem, "") + more

    return _tables(pages, groups, ("page", "what it is about", "minutes", "result"), line)


def pages_table(pages: Pages, groups: dict[str, str]) -> str:
    """Return the tables of notebooks/README.md: what a page needs, and what it leaves."""

    def line(page: Page) -> tuple[str, ...]:
        needs = ", ".join(str(int(need[:2])) for need in page.needs) or "nothing"
        return _link(page), needs, page.leaves, f"{page.minutes:g}"

    return _tables(pages, groups, ("page", "you bring", "you leave with", "minutes"), line)


def gallery(pages: Pages, record: dict[str, Any]) -> str:
    """Return the table of the examples: a picture, the promise, minutes and results of each."""
    lines = []
    for page in pages.values():
        if page.group != pipeline.EXAMPLES:
            continue
        picture = f'<img src="pictures/{page.stem}.png" width="260" alt="{page.title}">'
        results = (record[kind].get(page.stem, "") for kind in ("headlines", "online"))
        name = f"[{page.heading}]({page.path.name}): {page.promise}"
        lines.append((picture, name, f"{page.minutes:g}", *results))
    headings = ("", "page", "minutes", "packaged data", "the usual data of the field")
    return _table(headings, lines, "---|---|---:|---|---|")


def results_table(pages: Pages, record: dict[str, Any]) -> str:
    """Return the rows that the README has room for, and a line on where they are from."""
    rows = [row for row in record["rows"] if pages[row["stage"]].in_readme]
    table = _rows_table(rows)
    run, first = record["run"], record["rows"][0]
    # a time is told only of runs whose every page was executed from its start
    spent = "".join(
        f"; {words}: {whole['seconds'] / 60:.0f} minutes, at most {whole['peak_bytes'] / 1e9:.1f} "
        "GB of memory"
        for words, whole in run["runs"].items()
    )
    return (
        f"{table}\n\nProtocol `{first['protocol']}`, {first['n']:,} test reviews, seed "
        f"{first['seed']}; {run['cores']} cores ({run['machine']}), {run['date']}{spent}."
    )


def tasks_tables(record: dict[str, Any]) -> str:
    """Return a table of rows for each further task that was measured.

    Without times: those of the machine at hand stand in the report of a run.
    """
    parts = []
    for task, measured in record.get("tasks", {}).items():
        rows = measured["rows"]
        first = rows[0]
        what = f"**`TASK={task}`**: {measured['domain']}, {first['classes']} classes"
        where = f"protocol `{first['protocol']}`, {first['n']:,} test rows, seed {first['seed']}"
        always = f"always the largest class: {100 * first['majority']:.1f} %"
        tests = "; ".join(
            f"{test['model']} against {test['against']} {test['points']:+.1f} points, "
            f"p = {test['holm']:.2g}, {test['verdict']}"
            for test in measured["tests"]
        )
        parts.append(
            f"{what}; {where}; {always}.\n\n{_rows_table(rows, TIMELESS)}\n\n"
            f"Paired tests, after Holm's correction: {tests}."
        )
    return "\n\n".join(parts)


def _rows_table(rows: Sequence[dict[str, Any]], headings: Sequence[str] = HEADINGS) -> str:
    cells = [table_cells(row)[: len(headings)] for row in rows]
    return _table(headings, cells, "---|" + "---:|" * (len(headings) - 1))


def page_heading(first_cell: str) -> tuple[str, str]:
    """Return title and promise from the first cell of a page: `# 5 · title: promise`."""
    title, _, promise = re.sub(r"^# \d+ · ", "", first_cell.splitlines()[0]).partition(": ")
    return title, promise


def update_between_markers(path: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name:begin -->` and `<!-- name:end -->` in a file.

    Raises:
        ValueError: when the markers are not there, once each and in order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    content = path.read_text(encoding="utf-8")
    parts = re.split(f"{re.escape(begin)}.*?{re.escape(end)}", content, flags=re.DOTALL)
    if len(parts) != 2 or content.count(begin) != 1 or content.count(end) != 1:
        raise ValueError(f"{path.name} needs the lines {begin} and {end}, once and in this order.")
    files.write_text(path, f"{parts[0]}{begin}\n{text}\n{end}{parts[1]}")


def _tables(pages: Pages, groups: dict[str, str], headings: tuple[str, ...], line: Any) -> str:
    parts = []
    for group, about in groups.items():
        lines = [line(page) for page in pages.values() if page.group == group]
        marks = "".join("---:|" if heading == "minutes" else "---|" for heading in headings)
        if lines:
            parts.append(f"**{group.capitalize()}**: {about}.\n\n{_table(headings, lines, marks)}")
    return "\n\n".join(parts)


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], marks: str) -> str:
    rows = [f"| {' | '.join(cells)} |" for cells in (headings, *lines)]
    return "\n".join([rows[0], f"|{marks}", *rows[1:]])


def _file(page: Page) -> str:
    return "/".join(page.path.parts[-1 if page.group == pipeline.CORE else -2 :])


def _link(page: Page, folder: str = "") -> str:
    return f"[{page.heading}]({folder}{_file(page)})"
