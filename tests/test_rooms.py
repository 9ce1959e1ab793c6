"""The house: rooms in a fixed order, each with its purpose said, none of its modules too long."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import helpers

HELPERS = Path(helpers.__file__).parent
MODULES = sorted(HELPERS.rglob("*.py"))


def room_of(path: Path) -> str:
    """Return the room a module stands in: the first folder below helpers/."""
    return path.relative_to(HELPERS).parts[0]


def imports(source: str, room: str) -> Iterator[tuple[str, int]]:
    """Yield name and line of every import of the project's own, wherever it stands.

    Only the room that strangers install under another name leaves its own name out.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            near = node.level == 1 and room == "predictor"
            assert near or not node.level, f"line {node.lineno}: write the whole name"
            module = ".".join(filter(None, [near and f"helpers.{room}", node.module]))
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.startswith("helpers."))


def upward(room: str, source: str) -> list[str]:
    """Return the imports of a module that do not point to its own or an earlier room."""
    allowed = helpers.ROOMS[: helpers.ROOMS.index(room) + 1]
    return [
        f"line {line}: {name}"
        for name, line in imports(source, room)
        if name.split(".")[1] not in allowed
    ]


def name_of(path: Path) -> str:
    """Return the name a module is imported by."""
    parts = path.relative_to(HELPERS.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_every_room_has_its_place():
    folders = {path.parent.name for path in HELPERS.glob("*/__init__.py")}
    assert sorted(helpers.ROOMS) == sorted(folders)
    assert {room_of(path) for path in MODULES} == {*helpers.ROOMS, "__init__.py"}


@pytest.mark.parametrize("room", helpers.ROOMS)
def test_imports_point_one_way(room):
    modules = [path for path in MODULES if room_of(path) == room]
    found = {p.name: upward(room, p.read_text(encoding="utf-8")) for p in modules}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_modules_import_each_other_in_no_circle():
    names = {name_of(path): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        wanted = [found for found, _ in imports(path.read_text("utf-8"), room_of(path))]
        # `from helpers.hub import serve` names a function: the module is the package then
        graph[name] = {n if n in names else n.rpartition(".")[0] for n in wanted}
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, naming the circle


def test_an_arrow_upward_is_seen_wherever_it_stands():
    last = helpers.ROOMS[-1]
    for source in (
        f"import helpers.{last}",
        f"from helpers import {last}",
        f"from helpers.{last} import thing",
        f"def late():\n    from helpers.{last}.module import thing",
    ):
        assert upward(helpers.ROOMS[0], source), source
        assert not upward(last, source), source
    with pytest.raises(AssertionError, match="whole name"):
        upward(last, "from . import thing")
    with pytest.raises(AssertionError, match="whole name"):
        upward("predictor", "from ..system import files")


@pytest.mark.parametrize("room", helpers.ROOMS)
def test_a_room_says_what_it_is_for(room):
    purpose = ast.get_docstring(ast.parse((HELPERS / room / "__init__.py").read_text()))
    assert purpose and len(purpose.splitlines()[0]) >= 30


def test_a_module_is_read_in_five_minutes():
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lines.items() if n > 300} == {}, "each of them is two modules"


# what is imported before anything is asked for, or in a process that must stay small
LIGHT = ("helpers", "helpers.stages.workspace", "helpers.predictor.runtime", "helpers.runner.run")
HEAVY = {"tensorflow", "keras", "pandas", "datasets", "sklearn", "matplotlib"}


@pytest.mark.parametrize("name", LIGHT)
def test_importing_is_instant(name):
    code = f"import sys, {name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not HEAVY & loaded
    assert name != "helpers" or not [m for m in loaded if m.startswith("helpers.")]
