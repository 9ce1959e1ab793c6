"""The data of an example page: made once by its module, kept as Parquet with a manifest.

The module `helpers.examples.<page>` has three functions, `packaged()`, `online()` and `own(path)`:
each returns (tables by name, facts for the manifest). The task says which is called. Two more it
may have: `files(path)` returns which files are read beside a reader's own, `tools()` names the
programs of this machine, in a text, that `packaged()` makes the data with. The manifest has the
facts (source, license, citation, split_rule, ...), the rows and SHA-256 of each table.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from helpers.data.settings import MANIFEST, told_encoding
from helpers.data.task_data import CorruptDataError
from helpers.stages import tasks
from helpers.stages.errors import DataError
from helpers.stages.workspace import Run
from helpers.system.files import file_digest, replace_folder, write_json

Tables = dict[str, pd.DataFrame]
NEEDED = {"source", "license", "citation", "split_rule"}
IMPORTED = re.compile(r"^from (helpers\.\S+) import", re.MULTILINE)


def load(run: Run) -> tuple[Tables, dict[str, Any]]:
    """Return the tables of a page and their manifest, made first where they are not there.

    Args:
        run: of the page; its task is `packaged`, `online`, or the path of a reader's file.

    Raises:
        DataError: where the source does not have the data, or a file is not as documented.
        CorruptDataError: where a table is not the one that was made.
    """
    folder = prepare(run.stage, run.task)
    manifest = read_manifest(folder)
    settings = manifest["settings"].items()  # the runner asks whether these are still the same
    run.parameters |= {what: value for what, value in settings if what != "code"}
    for line in manifest.get("report", ()):
        print(line)
    return {name: _read(folder, name, manifest) for name in manifest["files"]}, manifest


def prepare(page: str, task: str) -> Path:
    """Make the data of a page unless it is there, made by the same code from the same files.

    Returns its folder. Arguments and errors are those of `load`.
    """
    module = importlib.import_module(f"helpers.examples.{page}")
    folder = tasks.root() / "data" / page / tasks.task_name(task)
    if not hasattr(module, "own"):
        raise DataError(
            f"{page} reads tables as tasks are read: python data_scripts/prepare.py FILE"
        )
    wanted = {"code": _code(module), **made_from(page, task)}
    if (folder / MANIFEST).exists() and read_manifest(folder)["settings"] == wanted:
        return folder
    if tasks.is_file(task):
        tables, facts = module.own(tasks.find_file(task))
    else:
        tables, facts = getattr(module, task)()
    assert facts.keys() >= NEEDED, f"{page}: the manifest needs {NEEDED - facts.keys()}"
    _write(folder, tables, {"page": page, "task": tasks.task_name(task), **facts}, wanted)
    return folder


def made_from(page: str, task: str) -> dict[str, str | None]:
    """Return what the data of a page is made from, beside its code; {} where nothing can change.

    Of a reader's file: the digest of it and of the files read beside it, and ENCODING. Of
    `packaged` data: the tools, where the page's module has some.

    Args:
        page: a page's name; it may be one without a module here, which reads one file.
        task: `packaged`, `online`, or the path of a reader's file.

    Raises FileError where there is no such file.
    """
    name = f"helpers.examples.{page}"
    module = importlib.import_module(name) if importlib.util.find_spec(name) else None
    if tasks.is_file(task):
        path, files = tasks.find_file(task), getattr(module, "files", None)
        beside = files(path) if files else []
        return {"file": _digest([path, *beside]), "encoding": told_encoding()}
    tools = getattr(module, "tools", None) if task == tasks.PACKAGED else None
    return {"tools": tools()} if tools else {}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what the data in a folder was made from; it is written last, so it is whole."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def _code(module: ModuleType) -> str:
    """Return the digest of a page's module and of the modules of the house that it imports."""
    source = Path(module.__file__ or "")
    names = set(IMPORTED.findall(source.read_text(encoding="utf-8")))
    names |= {value.__name__ for value in vars(module).values() if isinstance(value, ModuleType)}
    house = [sys.modules[name] for name in sorted(names) if name.startswith("helpers.")]
    return _digest([source, *(Path(imported.__file__ or "") for imported in house)])


def _digest(paths: Iterable[Path]) -> str:
    """Return the digest of a file, or one of the digests of several."""
    digests = [file_digest(path) for path in paths]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _write(
    folder: Path, tables: Tables, facts: dict[str, Any], settings: dict[str, str | None]
) -> None:
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
        manifest = {**facts, "settings": settings, "files": files, "digest": digest}
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
