"""Answering with a shared model: fetch it, verify it, run it.

All that a stranger installs, under the name `slm_predictor` (see `pyproject.toml` beside this
file); it imports nothing else of this project.
"""

from .checksums import BundleError
from .fetch import OfflineError, PullError, SharedModel, load_predictor
from .texts import LONGEST_TEXT
from .writer import PromptError, Writer, load_writer

__all__ = [
    "LONGEST_TEXT",
    "BundleError",
    "OfflineError",
    "PromptError",
    "PullError",
    "SharedModel",
    "Writer",
    "load_predictor",
    "load_writer",
]
