"""JupyterLab on a copy of the pages: `python -m helpers.show.lab`, or `make lab`.

Opening a page already changes it (JupyterLab writes a kernel name and saves by itself), so readers
work in `work/`, which git ignores. A page they never changed is brought up to date; one that they
changed stays theirs, and a newer edition is laid beside it.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.system.files import write_json

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("course", "notebooks")
NOTE = ".copied.json"  # the digest of each page when it was copied
SETTINGS = {
    # pages of text open rendered, nothing is fetched from outside, and widgets survive a save
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


def page_digest(path: Path) -> str:
    """Return a digest of what a person wrote: the cells of a notebook, the bytes of other files."""
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        try:
            cells = json.loads(content)["cells"]
            content = json.dumps(["".join(cell["source"]) for cell in cells]).encode()
        except (ValueError, KeyError, TypeError):
            pass  # a page in no shape to be compared cell by cell
    return hashlib.sha256(content).hexdigest()


def copy_pages(checkout: Path, work: Path) -> list[Path]:
    """Bring the pages of `checkout` into `work`; return the newer editions laid beside a reader's.

    Nothing that a reader changed is overwritten: where both sides changed, the new edition of
    `page.ipynb` becomes `page.new.ipynb`.
    """
    note = work / NOTE
    copied = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    beside = []
    for source in _pages(checkout):
        name = source.relative_to(checkout).as_posix()
        target, digest = work / name, page_digest(source)
        if target.exists() and copied.get(name) == digest:
            continue
        if target.exists() and page_digest(target) not in (copied.get(name), digest):
            target = target.with_name(f"{target.stem}.new{target.suffix}")
            beside.append(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        copied[name] = digest
    write_json(note, copied)
    return beside


def _pages(checkout: Path) -> list[Path]:
    """Return the README and what stands in the folders of pages, but for caches."""
    files = [path for folder in FOLDERS for path in sorted((checkout / folder).rglob("*"))]
    hidden = (".ipynb_checkpoints", "__pycache__")
    return [checkout / "README.md"] + [
        path for path in files if path.is_file() and not any(part in hidden for part in path.parts)
    ]


def main() -> int:
    """Copy the pages, then run JupyterLab on them until it is closed; return its exit code."""
    work = CHECKOUT / "work"
    for path in copy_pages(CHECKOUT, work):
        print(f"You changed {path.stem.removesuffix('.new')}; the newer edition is {path}")
    write_json(Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json", SETTINGS)
    command = [sys.executable, "-m", "jupyter", "lab", str(work)]
    try:
        return subprocess.run(
            [*command, "--LabApp.default_url=/lab/tree/course/README.md"]
        ).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
