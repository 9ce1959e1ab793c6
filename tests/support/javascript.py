"""JavaScript modules of the project, run by Node.js on data of a test."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def run(folder: Path, module: Path, code: str, data: Any) -> Any:
    """Return what an expression makes of `data`, with everything that a module exports at hand.

    Skips the test where Node.js is missing, which is no Python package.
    """
    node = shutil.which("node")
    if node is None:
        # it is no Python package, so requirements.txt cannot bring it to every machine
        pytest.skip(f"Node.js is not installed: {module.name} cannot be compared with Python")
    shutil.copy(module, folder / "module.mjs")
    (folder / "data.json").write_text(json.dumps(data))
    (folder / "main.mjs").write_text(
        "import * as module from './module.mjs';\n"
        "import { readFileSync, writeFileSync } from 'fs';\n"
        "const data = JSON.parse(readFileSync('data.json'));\n"
        f"const answer = (({{ {exports(module)} }}) => {code})(module);\n"
        "writeFileSync('answer.json', JSON.stringify(answer));\n"
    )
    subprocess.run([node, "main.mjs"], cwd=folder, check=True)
    return json.loads((folder / "answer.json").read_text())


def exports(module: Path) -> str:
    """Return the names that a module exports."""
    lines = module.read_text(encoding="utf-8").splitlines()
    heads = [line.split("(")[0].split() for line in lines if line.startswith("export ")]
    return ", ".join(head[2] for head in heads)
