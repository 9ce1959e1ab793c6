"""Put the outputs of a run into the notebooks, for committing: `python -m helpers.runner.outputs`.

With words (a group, numbers) it takes those pages only, and with names of files, chapters of the
course, which it executes first. Of another TASK than imdb it keeps the rows only. A reader on the
web then sees real results. What differs between two runs of the same page (times, widget state,
paths of one machine) is taken out.
"""

import json
import os
import platform
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat

from helpers.runner import readme, report
from helpers.runner.execute import NotebookError, code_cells, execute
from helpers.stages import claims, pipeline, tasks, workspace
from helpers.stages.errors import PlainError
from helpers.stages.pipeline import NOTEBOOKS, Page
from helpers.system import files

OUTPUTS = "outputs.json"  # what each page claimed
# folders of a person or a machine, and what they are called on macOS
HOMES = re.compile(
    rf"({re.escape(str(Path.home()))}|{re.escape(tempfile.gettempdir())}|(/home|/Users)/[^/\s\"]+"
    r"|/root|(/private)?/tmp|(/private)?/var/folders/[^/\s\"]+/[^/\s\"]+/T)/"
)
PICTURE = "picture.png"  # a stage's, for the gallery of examples
RESULTS = "results.json"  # the rows, headlines and costs that the READMEs show
# what the README shows of tasks beside the notebooks' own
TASK_STAGES = ("01_corpus", "04_finetuning", "09_ladder")
TASK_ROWS = {"n-gram baseline", "TF-IDF + SVM", "seed CNN", "encoder", "encoder from scratch"}
TASK_ROWS |= {"wide encoder", "main", "pocket", "thumbnail"}
TASK_FACTS = [
    "model",
    "protocol",
    "accuracy",
    "macro_f1",
    "majority",
    "interval",
    "bytes",
    "n",
    "classes",
    "seed",
]


class OutputsError(PlainError, RuntimeError):
    """Outputs that may not be committed: of other code, or of a run whose claims missed."""


def clean_notebook(executed: Path, root: Path) -> nbformat.NotebookNode:
    """Return an executed notebook as it may be committed; `root` is hidden in its outputs."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if "injected-parameters" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag != "papermill-error-cell-tag"]
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_clean_output(out, root) for out in cell.outputs if _worth(out)]
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def _worth(output: dict[str, Any]) -> bool:
    if output["output_type"] == "stream":
        return output["name"] == "stdout"
    return "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


def _clean_output(output: dict[str, Any], root: Path) -> dict[str, Any]:
    if output["output_type"] == "execute_result":
        output["execution_count"] = None
    output.pop("transient", None)
    # the plain text of a picture or table is an object's address: nobody reads it
    data = output.get("data", {})
    described = data.get("text/plain", "").startswith("Figure: ")  # the course's pictures
    if ("image/png" in data or "text/html" in data) and not described:
        data["text/plain"] = "<picture>" if "image/png" in data else "<table>"
    text = json.dumps(output).replace(json.dumps(str(root))[1:-1], ".")
    return nbformat.from_dict(json.loads(HOMES.sub("./", text)))


def publish(
    profile: str = "laptop", task: str = "imdb", notebooks: Path = NOTEBOOKS, words: str = "all"
) -> int:
    """Copy the outputs of a finished run into the notebooks; return how many were written.

    Also writes what the run claimed and measured, and the READMEs' tables of it.

    Args:
        profile: of the run.
        task: of the run.
        notebooks: the folder of the pages.
        words: which pages; see `pipeline.choose`.

    Raises:
        OutputsError: when the code of an executed page is not the code in the checkout, or a
            claim of a page missed.
    """
    pages = pipeline.choose(pipeline.load(notebooks), words, notebooks)
    folders = {
        page.stem: workspace.task_folder(profile, tasks.of_page(page, task)) for page in pages
    }
    records = {
        page.stem: workspace.open_stage(
            profile, tasks.of_page(page, task), page.stem, verify=False
        ).record
        for page in pages
    }
    missed = [
        f"{stem}: {name}" for stem in records for name in claims.missed(records[stem]["claims"])
    ]
    if missed:
        raise OutputsError("Nothing is published, because claims missed. " + "; ".join(missed))
    cleaned = {page.path: _with_outputs(page, folders[page.stem]) for page in pages}
    for path, notebook in cleaned.items():
        _write_notebook(notebook, path)
    for page in pages:
        _copy_picture(folders[page.stem] / page.stem / PICTURE, page.path)
    known = _read(notebooks / OUTPUTS)
    kept = ("profile", "seed", "seconds", "claims")
    known |= {stem: {key: record[key] for key in kept} for stem, record in records.items()}
    files.write_json(notebooks / OUTPUTS, {stem: known[stem] for stem in sorted(known)})
    notes: dict[str, dict[str, Any]] = {"pages": {}, "runs": {}}
    for folder in dict.fromkeys(folders.values()):
        for kind, costs in report.read_notes(folder).items():
            notes[kind] |= costs
    # what a run took is told by its own pages: one page more changes nothing of it
    notes["runs"] = {name: cost for name, cost in notes["runs"].items() if words in ("all", name)}
    results = make_record(records, notes, _read(notebooks / RESULTS))
    files.write_json(notebooks / RESULTS, results)
    readme.update(notebooks, results)
    return len(cleaned)


def publish_task(task: str, profile: str = "laptop", notebooks: Path = NOTEBOOKS) -> int:
    """Keep the rows of another task than the notebooks' own, for the README; return their number.

    Raises:
        MissingStageError: when its run is not finished.
        OutputsError: for a file of one's own, which the README cannot name.
    """
    if task not in tasks.BUILT_IN:
        raise OutputsError(f"{task} is no built-in task: the README shows those only.")
    records = [
        workspace.open_stage(profile, task, stem, verify=False).record for stem in TASK_STAGES
    ]
    every = [row for record in records for row in record["results"]]
    rows = [{key: row[key] for key in TASK_FACTS} for row in every if row["model"] in TASK_ROWS]
    baselines = {row["model"] for row in records[0]["results"]}
    tests = [
        {key: test[key] for key in ("model", "against", "points", "holm", "verdict")}
        for test in records[-1]["metrics"]["tests"]
        if test["model"] in ("main", "pocket") and test["against"] in baselines
    ]
    domain = records[0]["metrics"]["manifest"]["domain"]
    known = _read(notebooks / RESULTS)
    measured = {"domain": domain, "rows": rows, "tests": tests}
    known["tasks"] = dict(sorted({**known.get("tasks", {}), task: measured}.items()))
    files.write_json(notebooks / RESULTS, known)
    readme.update(notebooks, known)
    return len(rows)


def publish_online(profile: str = "laptop", notebooks: Path = NOTEBOOKS) -> int:
    """Keep what examples found on the usual data of their fields; return how many did."""
    records = workspace.finished_records(profile, tasks.ONLINE)
    known = _read(notebooks / RESULTS)
    found = {record["stage"]: record["metrics"]["headline"] for record in records}
    known["online"] = dict(sorted({**known.get("online", {}), **found}.items()))
    files.write_json(notebooks / RESULTS, known)
    readme.update(notebooks, known)
    return len(found)


def make_record(
    records: dict[str, Any], notes: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any]:
    """Return rows, headlines and costs of published pages, beside those that `known` has."""
    rows = [row for row in known.get("rows", []) if row["stage"] not in records]
    rows += [row for record in records.values() for row in record["results"]]
    headlines = {stem: record["metrics"].get("headline", "") for stem, record in records.items()}
    costs = {stem: notes["pages"][stem] for stem in records if stem in notes["pages"]}
    earlier = known.get("run", {})
    groups = ("all", *pipeline.groups())
    runs = {words: cost for words, cost in notes["runs"].items() if words in groups}
    machine = {
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "date": datetime.now(UTC).date().isoformat(),
        "runs": runs,
    }
    return {
        "rows": sorted(rows, key=lambda row: row["stage"]),
        "headlines": dict(sorted({**known.get("headlines", {}), **headlines}.items())),
        "tasks": known.get("tasks", {}),
        "online": known.get("online", {}),
        "run": {
            **(machine if notes["runs"] or not earlier else earlier),
            "pages": dict(sorted({**earlier.get("pages", {}), **costs}.items())),
        },
    }


def _with_outputs(page: Page, folder: Path) -> nbformat.NotebookNode:
    """Return the page in the checkout with the outputs of its executed copy."""
    executed = folder / "executed" / page.path.name
    if not executed.exists() or code_cells(executed) != code_cells(page.path):
        raise OutputsError(f"{page.path.name} was changed since it ran: run it again.")
    notebook = clean_notebook(executed, workspace.root())
    # text may have been improved since the run: it is taken from the checkout
    current = nbformat.read(page.path, as_version=4)
    for cell, other in zip(notebook.cells, current.cells, strict=True):
        cell.source = other.source
    return notebook


def _copy_picture(source: Path, page: Path) -> None:
    """Put the picture that a page left for the gallery, if any, beside the page."""
    if source.exists():
        target = page.parent / "pictures" / f"{page.stem}.png"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)


def _write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    with files.written_whole(path) as temporary:
        nbformat.write(notebook, temporary)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def execute_chapter(path: Path) -> None:
    """Execute a chapter of the course headless and put its outputs into it."""
    with tempfile.TemporaryDirectory() as folder:
        executed = Path(folder) / path.name
        watch = execute(path, executed, {}, {})
        notebook = clean_notebook(executed, workspace.root())
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):  # the comparison asks for it
        cell.execution_count = count
        for out in cell.outputs:
            if out.output_type == "execute_result":
                out.execution_count = count
    _write_notebook(notebook, path)
    print(f"{path.name}: {watch.seconds:.0f} s, {watch.peak_bytes / 1e9:.1f} GB")


def main(words: list[str]) -> None:
    """Execute the chapters that are named; without one, publish the pages that are."""
    if chapters := [Path(word) for word in words if word.endswith(".ipynb")]:
        for chapter in chapters:
            execute_chapter(chapter)
    elif os.environ.get("TASK") == tasks.ONLINE:
        print(f"{publish_online()} results on the usual data now stand in the READMEs.")
    elif (task := os.environ.get("TASK") or "imdb") != "imdb":
        print(f"{publish_task(task)} rows of {task} now stand in the README.")
    else:
        count = publish(words=",".join(words) or "all")
        print(f"{count} notebooks now carry the outputs of the laptop run.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PlainError, NotebookError) as error:
        sys.exit(f"error: {error}")
