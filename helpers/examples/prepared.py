"""The data of an example page: made once by its module, kept as Parquet with a manifest.

The module `helpers.examples.<page>` has three functions, `packaged()`, `online()` and `own(path)`:
each returns (tables by name, facts for the manifest). The task says which is called; `files(path)`,
where it has that, says which files are read beside a reader's own. The manifest has their facts
(source, license, citation, split_rule, ...), the rows and SHA-256 of each table.
"""

import hashlib
import importlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.data.settings import MANIFEST
from helpers.data.task_data import CorruptDataError
from helpers.stages import tasks
from helpers.stages.errors import DataError
from helpers.stages.workspace import Run
from helpers.system.files import file_digest, replace_folder, write_json

Tables = dict[str, pd.DataFrame]
NEEDED = {"source", "license", "citation", "split_rule"}


def load(run: Run) -> tuple[Tables, dict[str, Any]]:
    """Return the tables of a page and their manifest, made first where they are not there.

    Args:
        run: of the page; its task is `packaged`, `online`, or the path of a reader's file.

    Raises:
        DataError: where the source does not have the data, or a file is not as documented.
        CorruptDataError: where a table is not the one that was made.
    """
    if tasks.is_file(run.task):  # the runner asks whether it is still the same
        run.parameters["file"] = file_digest(tasks.find_file(run.task))
    folder = prepare(run.stage, run.task)
    manifest = read_manifest(folder)
    for line in manifest.get("report", ()):
        print(line)
    return {name: _read(folder, name, manifest) for name in manifest["files"]}, manifest


def prepare(page: str, task: str) -> Path:
    """Make the data of a page unless it is there, made by the same code from the same file.

    Returns its folder. Arguments and errors are those of `load`.
    """
    module = importlib.import_module(f"helpers.examples.{page}")
    folder = tasks.root() / "data" / page / tasks.task_name(task)
    if not hasattr(module, "own"):
        raise DataError(
            f"{page} reads tables as tasks are read: python data_scripts/prepare.py FILE"
        )
    wanted = {"code": file_digest(Path(module.__file__ or ""))}
    if tasks.is_file(task):
        path = tasks.find_file(task)
        beside = module.files(path) if hasattr(module, "files") else []
        wanted["file"] = " ".join(map(file_digest, [path, *beside]))
    if (folder / MANIFEST).exists() and read_manifest(folder)["settings"] == wanted:
        return folder
    if tasks.is_file(task):
        tables, facts = module.own(tasks.find_file(task))
    else:
        tables, facts = getattr(module, task)()
    assert facts.keys() >= NEEDED, f"{page}: the manifest needs {NEEDED - facts.keys()}"
    _write(folder, tables, {"page": page, "task": tasks.task_name(task), **facts}, wanted)
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what the data in a folder was made from; it is written last, so it is whole."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def _write(folder: Path, tables: Tables, facts: dict[str, Any], made_from: dict[str, str]) -> None:
    draft = folder.with_name(f".draft-{folder.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        files = {}
        for name, table in tables.items():
            path = draft / f"{name}.parquet"
            table.to_parquet(path, index=False)
            files[name] = {"rows": len(table), "sha256": file_digest(path)}
        digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        manifest = {**facts, "settings": made_from, "files": files, "digest": digest}
        write_json(draft / MANIFEST, manifest)
        replace_folder(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(folder: Path, name: str, manifest: dict[str, Any]) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file() or file_digest(path) != manifest["files"][name]["sha256"]:
        raise CorruptDataError(
            f"{path.name} in {folder} is missing or was altered since it was prepared. "
            "Delete that folder and run again: it is prepared anew."
        )
    return pd.read_parquet(path)
