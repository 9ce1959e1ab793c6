"""Checking whose a bundle is: a checksum says that it is whole, a signature who vouches for it."""

from pathlib import Path
from types import ModuleType

SIGNATURE = "model.sig"


class SignatureError(RuntimeError):
    """A bundle is not signed by the owner of a key, or cannot be signed; the message says why."""


def library() -> tuple[ModuleType, ModuleType, ModuleType]:
    """Return the modules `hashing`, `signing` and `verifying` of the package `model-signing`.

    Raises SignatureError where the package, or what it needs, is missing.
    """
    try:
        from model_signing import hashing, signing, verifying
    except ImportError as error:
        raise SignatureError("Signatures need: pip install model-signing pyOpenSSL") from error
    return hashing, signing, verifying


def verify(bundle: Path, public_key: Path) -> None:
    """Check that the owner of a key has signed this bundle as it is.

    Files that came with the download (the client's notes) do not count: nothing without a checksum
    is opened, and the list of checksums is signed. Raises SignatureError.
    """
    hashing, _, verifying = library()
    if not (bundle / SIGNATURE).is_file():
        raise SignatureError(f"{bundle} is not signed.")
    # the client's cache is made of links
    config = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    config.set_hashing_config(hashing.Config().set_allow_symlinks(True))
    try:
        config.set_ignore_unsigned_files(True).verify(bundle, bundle / SIGNATURE)
    except ValueError as error:
        raise SignatureError(
            f"{bundle} is not as the owner of the key signed it: {error}"
        ) from error
