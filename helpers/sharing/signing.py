"""Signing a bundle with a key of one's own.

A checksum says that a bundle is whole, a signature says whose it is. Signing is optional; nothing
of it leaves this machine. What checks a signature is `helpers.predictor.signature`.
"""

import os
from pathlib import Path

from helpers.predictor.signature import SIGNATURE, library
from helpers.system.files import written_whole


def make_keys(folder: Path) -> tuple[Path, Path]:
    """Write a new pair of keys, `private.pem` (for its owner's eyes only) and `public.pem`.

    Elliptic curve P-256. Raises FileExistsError rather than replace a key.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shown = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private, public = folder / "private.pem", folder / "public.pem"
    if public.exists():
        raise FileExistsError(f"{public} is there already: others verify with it.")
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    public.write_bytes(shown)
    return private, public


def sign(bundle: Path, private_key: Path) -> Path:
    """Sign all files of a bundle; the signature goes into it as `model.sig`. Returns its path.

    Raises SignatureError where the packages are missing.
    """
    hashing, signing, _ = library()
    signature = bundle / SIGNATURE
    with written_whole(signature) as draft:
        ignored = hashing.Config().set_ignored_paths(paths=[signature, draft])
        config = signing.Config().use_elliptic_key_signer(private_key=private_key)
        config.set_hashing_config(ignored).sign(bundle, draft)
    return signature
