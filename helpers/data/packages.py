"""Files that installed packages carry: found without an import, and checked to the last bit."""

import hashlib
import importlib.util
from pathlib import Path

from helpers.data.settings import SourceError


def read_file(package: str, version: str, name: str, sha256: str) -> bytes:
    """Return a file of an installed package, which is never imported.

    Args:
        package: what pip installs; with `_` for `-` it is the folder's name.
        version: the one that requirements.txt pins, for the message.
        name: the file's path within the package.
        sha256: of the file that is meant.

    Raises SourceError where the package is missing or holds another file.
    """
    wanted = f"pip install {package}=={version}"
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise SourceError(f"The package {package} is not installed: {wanted}")
    path = Path(spec.origin).parent / name
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SourceError(
            f"The installed package {package} holds another {name} than expected: {wanted}"
        )
    return content
