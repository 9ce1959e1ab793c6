"""What every loaded version of a model has, whatever it answers: its papers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.predictor import runtime
from helpers.system.files import file_digest


class SwitchError(RuntimeError):
    """A version cannot be loaded or does not answer; the message says why."""


@dataclass(frozen=True)
class Papers:
    """What a bundle says of itself.

    Attributes:
        revision: the version.
        config, metrics: from its files.
        digest: SHA-256 of the list of checksums, hence of the whole bundle.
    """

    revision: str
    config: dict[str, Any]
    metrics: dict[str, Any]
    digest: str


def read_papers(folder: Path, revision: str) -> Papers:
    """Read the papers of a bundle. Raises BundleError where they are none."""
    return Papers(
        revision,
        runtime.read_config(folder),
        runtime.read_metrics(folder),
        file_digest(folder / "checksums.sha256"),
    )


def answered(config: dict[str, Any]) -> str:
    """Return what a model answers with: labels, text or calls."""
    if config.get("kind") == runtime.WRITER:
        return "calls" if config.get("functions") else "words"
    return ("several of " if config.get("several") else "") + str(config["labels"])
