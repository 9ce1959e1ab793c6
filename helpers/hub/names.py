"""Names that come from outside: of models, files and versions. What passes here is safe to store.

Each function returns the name it was given, or raises HubError with a status of 400.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from dulwich.index import validate_path_element_hfs, validate_path_element_ntfs
from dulwich.refs import Ref, check_ref_format

from helpers.hub.errors import HubError

PART = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?", re.ASCII)
REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}", re.ASCII)
COMMIT_ID = re.compile(r"[0-9a-f]{40}")
USER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?", re.ASCII)
# Owners that would hide a page or a route of the hub
RESERVED = {"api", "datasets", "spaces", "static", "models", "uploads", "buckets", "kernels"}
MAX_PATH_BYTES, MAX_PART_BYTES, MAX_DEPTH = 1024, 255, 32
# Of a new file: clients add endings of their own to a name, and a folder of theirs to a path
NEW_PATH_BYTES, NEW_PART_BYTES = 512, 200
# What Windows takes for a device, whatever ending follows
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
# Characters that turn the reading direction and make one name look like another
BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}


def check_repo_id(owner: str, name: str) -> str:
    """Check the two halves of a model's id by the rules of the Hugging Face Hub."""
    for part in (owner, name):
        if not PART.fullmatch(part) or part.lower().endswith((".git", ".lock", ".ipynb")):
            raise HubError(
                400,
                f"{part!r} cannot be part of a model's id. Use up to 96 letters, digits, '-', '_' "
                "and '.', without '--' or '..', without '-' or '.' at an end, without '.git'.",
            )
    if owner.lower() in RESERVED:
        raise HubError(400, f"{owner!r} is kept for the hub itself. Choose another owner.")
    return f"{owner}/{name}"


def check_path(path: str) -> str:
    """Check the path of a file or folder inside a repository."""
    if len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise HubError(400, f"The path is longer than {MAX_PATH_BYTES} bytes.")
    parts = path.split("/")
    if len(parts) > MAX_DEPTH:
        raise HubError(400, f"The path is deeper than {MAX_DEPTH} folders.")
    for part in parts:
        _check_path_part(part, path)
    return path


def _check_path_part(part: str, path: str) -> None:
    quoted = ascii(path)
    if part in ("", ".", ".."):
        raise HubError(
            400, f"{quoted} has an empty part, '.' or '..'. Write it like 'folder/file'."
        )
    if "\\" in part or any(
        unicodedata.category(c) in ("Cc", "Cs") or c in BIDI or c == "\N{LINE SEPARATOR}"
        for c in part
    ):
        raise HubError(400, f"{quoted} has a backslash, a control character or a broken letter.")
    encoded = part.encode("utf-8")
    if len(encoded) > MAX_PART_BYTES:
        raise HubError(400, f"A part of the path is longer than {MAX_PART_BYTES} bytes.")
    if not (validate_path_element_ntfs(encoded) and validate_path_element_hfs(encoded)):
        raise HubError(400, f"{quoted} has a part that means git's own folder on some systems.")


def check_new_path(path: str) -> str:
    """Check the path of a file that is to be stored: every system must be able to fetch it."""
    check_path(path)
    hint = f"{ascii(path)} cannot be stored, as it could not be downloaded everywhere:"
    if len(path.encode()) > NEW_PATH_BYTES:
        raise HubError(400, f"{hint} the path is longer than {NEW_PATH_BYTES} bytes.")
    for part in path.split("/"):
        if len(part.encode()) > NEW_PART_BYTES:
            raise HubError(400, f"{hint} a name is longer than {NEW_PART_BYTES} bytes.")
        if bad := sorted(set(part) & set('<>:"|?*')):
            raise HubError(400, f"{hint} Windows allows no {' '.join(bad)} in a name.")
        if part.lower() == ".cache":
            raise HubError(400, f"{hint} clients keep notes of their own in '.cache'.")
        if part[-1] in ". ":
            raise HubError(400, f"{hint} Windows drops a space or '.' at the end of a name.")
        if part.split(".")[0].strip().lower() in DEVICES:
            raise HubError(400, f"{hint} {ascii(part)} means a device on Windows.")
    return path


def check_spellings(paths: Iterable[str], new: Collection[str]) -> None:
    """Check that no new file or folder differs from another only in case or in its accents' code.

    Args:
        paths: all files there will be.
        new: those of them that are stored now; what is there already may be mended.
    """
    spellings: dict[str, set[str]] = {}
    for path in paths:
        for place in (path, *map(str, PurePosixPath(path).parents)):
            key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", place).casefold())
            spellings.setdefault(key, set()).add(place)
    for names in spellings.values():
        if len(names) > 1 and any(f"{path}/".startswith(f"{n}/") for n in names for path in new):
            one, other, *_ = sorted(map(ascii, names))
            raise HubError(
                400,
                f"{one} and {other} are one name on Windows and macOS, so a download would lose "
                "one of them. Rename or delete one first.",
            )


def check_ref(name: str) -> str:
    """Check the name of a new branch or tag."""
    narrow = REF.fullmatch(name) and not name.startswith("refs/") and name.upper() != "HEAD"
    if (
        not narrow
        or COMMIT_ID.fullmatch(name)
        or not check_ref_format(Ref(b"refs/heads/" + name.encode()))
    ):
        raise HubError(
            400,
            f"{ascii(name)} cannot name a branch or tag. Use letters, digits, '.', '-', '_', "
            "like v1.0; it must not look like a commit id or start with 'refs/'.",
        )
    return name


def check_text(text: str, what: str, most: int, least: int = 0) -> str:
    """Check that a text has between `least` and `most` characters and can be stored as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise HubError(400, f"{what} has a broken letter (a lone surrogate).") from error
    if "\0" in text or not least <= len(text) <= most:
        raise HubError(400, f"{what} needs {least} to {most} characters, none of them NUL.")
    return text
