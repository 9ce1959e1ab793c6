"""Put the outputs of a run into the notebooks, for committing: `python -m helpers.runner.outputs`.

With the names of chapters of the course it executes those and keeps their outputs.

A reader on the web then sees real results. What differs between two runs of the same page
(times, widget state, paths of one machine) is taken out.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from helpers.runner.execute import NotebookError, code_cells, execute
from helpers.stages import workspace
from helpers.system import files

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
RECORD = "outputs.json"


class OutputsError(RuntimeError):
    """Outputs that do not belong to the notebooks in the checkout."""


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
    return nbformat.from_dict(json.loads(re.sub(r"(/home/\w+|/root|/tmp)/", "./", text)))


def publish(profile: str = "laptop", task: str = "imdb", notebooks: Path = NOTEBOOKS) -> int:
    """Copy the outputs of a finished run into the notebooks; return how many were written.

    Also writes `outputs.json`: claims, results and seconds of the stages they came from. Raises
    OutputsError when the code of an executed notebook is not the code in the checkout.
    """
    folder = workspace.task_folder(profile, task)
    cleaned, record = {}, {}
    for path in sorted(notebooks.rglob("[0-9][0-9]_*.ipynb")):
        executed = folder / "executed" / path.name
        stage = workspace.open_stage(profile, task, path.stem, verify=False)
        if not executed.exists() or code_cells(executed) != code_cells(path):
            raise OutputsError(f"{path.name} was changed since it ran: run the pipeline again.")
        cleaned[path] = clean_notebook(executed, workspace.root())
        # text may have been improved since the run: it is taken from the checkout
        for cell, current in zip(
            cleaned[path].cells, nbformat.read(path, as_version=4).cells, strict=True
        ):
            cell.source = current.source
        record[path.stem] = {
            key: stage.record[key] for key in ("profile", "seed", "seconds", "claims", "results")
        }
    for path, notebook in cleaned.items():
        temporary = path.with_name(f".{path.name}.tmp")
        nbformat.write(notebook, temporary)
        temporary.replace(path)
    files.write_json(notebooks / RECORD, record)
    return len(cleaned)


def execute_chapter(path: Path) -> None:
    """Execute a chapter of the course headless and put its outputs into it."""
    with tempfile.TemporaryDirectory() as folder:
        executed = Path(folder) / path.name
        watch = execute(path, executed, {}, {}, lambda _: None)
        notebook = clean_notebook(executed, workspace.root())
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):  # the comparison asks for it
        cell.execution_count = count
        for out in cell.outputs:
            if out.output_type == "execute_result":
                out.execution_count = count
    temporary = path.with_name(f".{path.name}.tmp")
    nbformat.write(notebook, temporary)
    temporary.replace(path)
    print(f"{path.name}: {watch.seconds:.0f} s, {watch.peak_bytes / 1e9:.1f} GB")


if __name__ == "__main__":
    try:
        if chapters := [Path(name) for name in sys.argv[1:]]:
            for chapter in chapters:
                execute_chapter(chapter)
        else:
            print(f"{publish()} notebooks now carry the outputs of the laptop run.")
    except (OutputsError, NotebookError, workspace.WorkspaceError) as error:
        sys.exit(f"error: {error}")
