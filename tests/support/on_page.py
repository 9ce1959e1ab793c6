"""Functions as a notebook page defines them, so that a test can hold a helper to the page."""

import ast
import builtins
import json
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def definitions(page: str, *names: str) -> dict[str, Any]:
    """Return functions, classes and constants of a page by name, with the imports they need.

    Nothing else of the page is run.

    Args:
        page: the notebook's path inside `notebooks`.
        names: what to define, in the order of the page.
    """
    cells = json.loads((NOTEBOOKS / page).read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    to_python = TransformerManager().transform_cell  # for the lines with magic commands
    nodes = [node for source in code for node in ast.parse(to_python(source)).body]
    chosen = [node for node in nodes if set(names) & _defines(node)]
    missing = set(names) - set().union(*(_defines(node) for node in chosen))
    assert not missing, f"{page} does not define {sorted(missing)}"
    used = {n.id for node in chosen for n in ast.walk(node) if isinstance(n, ast.Name)}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    needed = [node for node in imports if used & _defines(node)]
    scope: dict[str, Any] = {"__builtins__": builtins}
    for node in [*needed, *chosen]:
        exec(compile(ast.Module([node], []), page, "exec"), scope)
    return {name: scope[name] for name in names}


def _defines(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return set()
