"""Using a shared model from Python: `load_predictor("learner/imdb-pocket", revision="v1.0")`.

The model comes from a model hub (HF_ENDPOINT says which; the Hugging Face Hub by default), from
the cache when there is no network, or from a folder. Nothing is used before its checksums held.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from . import runtime, signature
from .checksums import verify_checksums
from .environment import hub_settings, is_offline

REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


class PullError(RuntimeError):
    """A model or a version of it cannot be had; the message says why and what to do."""


class OfflineError(PullError):
    """The hub cannot be reached and the model is not in the cache."""


@dataclass(frozen=True)
class SharedModel:
    """A model somebody shared: it answers texts, and says which version it is."""

    predictor: runtime.Predictor = field(repr=False)
    folder: Path
    revision: str
    metrics: dict[str, Any] = field(repr=False)

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Return an answer for each text: its label and probability; see `Predictor.predict`."""
        return self.predictor.predict(texts)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability of each label, float32 [texts, k]."""
        return self.predictor.probabilities(texts)


def load_predictor(
    source: str | Path, revision: str | None = None, *, format: str = "litert", **hub: Any
) -> SharedModel:
    """Get a shared model, verify it, and make it ready to answer.

    Args:
        source: `owner/name` on a hub, a bundle folder, or a folder of versions.
        revision: the version, such as `v1.0`; without it, the newest state on a hub. A folder of
            versions needs one.
        format: `litert`, `onnx` or `keras`.
        hub: what else `locate` takes: `endpoint`, `token`, `public_key` and so on.

    Raises PullError when it cannot be had, BundleError when it is not whole and SignatureError
    when a signature that was asked for does not hold.
    """
    folder, revision = locate(source, revision, format=format, **hub)
    predictor = runtime.load_bundle(folder, format)
    return SharedModel(predictor, folder, revision, runtime.read_metrics(folder))


def locate(
    source: str | Path,
    revision: str | None = None,
    *,
    format: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
    cache_dir: Path | None = None,
    folder: Path | None = None,
    public_key: Path | None = None,
) -> tuple[Path, str]:
    """Find a version, download it if need be, verify it; return its folder and its name.

    Args:
        source: `owner/name` on a hub, a bundle folder, or a folder of versions. A bundle folder is
            the version of its own name; the folders beside it are its other versions.
        revision: the version, such as `v1.0`, or a commit; without it, the newest state on a hub.
            A folder of versions needs one.
        format: the one whose model is wanted: those of other formats stay on the hub. By default
            all come.
        endpoint, token: of the hub; HF_ENDPOINT and HF_TOKEN when they are not given, read now
            and not at import.
        cache_dir: the client's cache, where a later call finds the version without a network.
        folder: where to put the files, instead of the cache.
        public_key: a `.pem` file; the version must be signed by the owner of that key.

    Raises PullError, or OfflineError when there is neither network nor a cached copy; BundleError
    when a checksum does not hold, SignatureError when the signature does not.
    """
    # what is signed is all of the files
    others = runtime.of_other_formats(None if public_key else format)
    is_folder = Path(source).is_dir()
    own_name = is_folder and revision == Path(source).resolve().name
    if revision is not None and not own_name and not REVISION.fullmatch(revision):
        raise PullError(f"{revision!r} is no version. Write it like v1.0.")
    if is_folder:
        found, version = _in_folder(Path(source), revision)
    elif not REPOSITORY.fullmatch(str(source)):
        raise PullError(f"{source} is neither a folder nor a model's name like owner/name.")
    else:
        hub, shown = hub_settings(endpoint, token)
        found = _download(str(source), revision or "main", hub, shown, cache_dir, folder, others)
        # a snapshot's folder is named by its commit
        version = revision or (found.name if folder is None else "main")
    verify_checksums(found, others)
    if public_key:
        signature.verify(found, public_key)
    return found, version


def _in_folder(source: Path, revision: str | None) -> tuple[Path, str]:
    source = source.resolve()
    is_bundle = (source / "config.json").is_file()
    if is_bundle and revision in (None, source.name):
        return source, source.name
    versions = source.parent if is_bundle else source
    if revision is not None and (versions / revision / "config.json").is_file():
        return versions / revision, revision
    there = sorted(path.parent.name for path in versions.glob("[!.]*/config.json"))
    raise PullError(
        f"{versions} has no version {revision or '(none was named)'}. "
        f"It holds: {', '.join(there) or 'no bundle'}."
    )


def _download(
    name: str,
    revision: str,
    endpoint: str | None,
    token: str | Literal[False] | None,
    cache_dir: Path | None,
    folder: Path | None,
    without: Sequence[str],
) -> Path:
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                endpoint=endpoint,
                token=token,
                local_files_only=is_offline(),
                cache_dir=cache_dir,
                local_dir=folder,
                ignore_patterns=[f"*{ending}" for ending in without],
            )
        )
    except errors.LocalEntryNotFoundError as error:
        why = "HF_HUB_OFFLINE forbids to ask" if is_offline() else "it is not possible to reach"
        raise OfflineError(
            f"{name} {revision} is not in the cache, and {why} {endpoint or 'the hub'}. Fetch it "
            "once while there is a network."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise PullError(f"{name} has no version {revision} at {endpoint or 'the hub'}.") from error
    except errors.RepositoryNotFoundError as error:
        raise PullError(
            f"There is no model {name} at {endpoint or 'the hub'}, or the token may not see it."
        ) from error
    except Exception as error:  # the client lets through what its network library raises
        raise PullError(f"{name} {revision} cannot be pulled: {error}") from error
