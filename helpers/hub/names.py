"""Names that come from outside: of models, files and versions. What passes here is safe to store.

Each function returns the name it was given, or raises HubError with a status of 400.
"""

import re
import unicodedata

from dulwich.index import validate_path_element_hfs, validate_path_element_ntfs
from dulwich.refs import check_ref_format

from helpers.hub.errors import HubError

PART = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?", re.ASCII)
REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,99}", re.ASCII)
COMMIT_ID = re.compile(r"[0-9a-f]{40}")
USER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?", re.ASCII)
# Owners that would hide a page or a route of the hub
RESERVED = {"api", "datasets", "spaces", "static", "models", "uploads", "buckets", "kernels"}
MAX_PATH_BYTES, MAX_PART_BYTES, MAX_DEPTH = 1024, 255, 32
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
    shown = ascii(path)
    if part in ("", ".", ".."):
        raise HubError(400, f"{shown} has an empty part, '.' or '..'. Write it like 'folder/file'.")
    if "\\" in part or any(
        unicodedata.category(c) in ("Cc", "Cs") or c in BIDI or c == "\N{LINE SEPARATOR}"
        for c in part
    ):
        raise HubError(400, f"{shown} has a backslash, a control character or a broken letter.")
    encoded = part.encode("utf-8")
    if len(encoded) > MAX_PART_BYTES:
        raise HubError(400, f"A part of the path is longer than {MAX_PART_BYTES} bytes.")
    if not (validate_path_element_ntfs(encoded) and validate_path_element_hfs(encoded)):
        raise HubError(400, f"{shown} has a part that means git's own folder on some systems.")


def check_ref(name: str) -> str:
    """Check the name of a new branch or tag."""
    narrow = REF.fullmatch(name) and not name.startswith("refs/") and name.upper() != "HEAD"
    if not narrow or COMMIT_ID.fullmatch(name) or not check_ref_format(b"refs/heads/" + _raw(name)):
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


def _raw(name: str) -> bytes:
    return name.encode("utf-8")
