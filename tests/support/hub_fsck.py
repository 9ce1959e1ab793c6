"""A look at a hub's folder from outside: is everything that can be reached there and whole?"""

import json
import sqlite3
from pathlib import Path

from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo


def check_repository(path: Path) -> dict[str, str]:
    """Read every object that a branch or tag leads to; return file contents on main by path."""
    with Repo(str(path)) as git:
        waiting, seen = list(git.get_refs().values()), set()
        while waiting:
            oid = waiting.pop()
            if oid in seen:
                continue
            seen.add(oid)
            thing = git.object_store[oid]
            thing.check()
            # the name of an object is the hash of its content
            assert type(thing).from_string(thing.as_raw_string()).id == oid
            if isinstance(thing, Commit):
                waiting += [thing.tree, *thing.parents]
            elif isinstance(thing, Tree):
                waiting += [item.sha for item in thing.items()]
            elif isinstance(thing, Tag):
                waiting.append(thing.object[1])
            else:
                assert isinstance(thing, Blob)
        tree = git.object_store[git.get_refs()[b"refs/heads/main"]].tree
        items = git.object_store.iter_tree_contents(tree)
        return {i.path.decode(): git.object_store[i.sha].data.decode("latin-1") for i in items}


def check_hub(folder: Path) -> dict[str, dict[str, str]]:
    """Check every repository and the database; return the files of each model."""
    leftovers = [*folder.rglob("*.lock"), *(folder / "tmp").iterdir()]
    assert [p for p in leftovers if p.name != "hub.lock"] == []
    with sqlite3.connect(folder / "hub.sqlite3") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()
    found = {}
    for path in folder.glob("models/*/*"):
        assert json.loads((path / "hub.json").read_text())["uid"]
        found[f"{path.parent.name}/{path.name}"] = check_repository(path)
    return found
