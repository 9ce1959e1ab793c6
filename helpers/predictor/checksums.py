"""Checksums: are these the files that were measured and shared?"""

import hashlib
from collections.abc import Collection
from pathlib import Path

CHECKSUMS = "checksums.sha256"


class BundleError(RuntimeError):
    """A bundle folder is incomplete, altered, or needs a runtime that is not installed."""


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """List the files of a folder with their digests, in the form of the command `sha256sum`."""
    lines = [f"{file_digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def verify_checksums(folder: Path, absent: Collection[str] = ()) -> set[str]:
    """Compare files with the list of checksums; return the names of those that hold.

    A file whose name ends as one of `absent` need not be there; if it is, it must hold.

    Raises BundleError for the first difference, and for a name that leads out of the folder.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{folder} has no readable {CHECKSUMS}: do not trust its files."
        ) from error
    verified = set()
    for line in lines:
        digest, _, name = line.partition("  ")
        path = folder / name
        if name.endswith(tuple(absent)) and not path.exists():
            continue
        if name != Path(name).name or not path.is_file() or file_digest(path) != digest:
            raise BundleError(
                f"{name} in {folder} is missing or was altered. Fetch the bundle again."
            )
        verified.add(name)
    return verified
