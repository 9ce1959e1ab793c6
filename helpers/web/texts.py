"""Which texts are taken from outside: one rule for what a model is asked and for what is kept.

Whatever the server answers, a correction of it can be kept: both go through `check_text`.
"""

import re

from helpers.predictor.texts import LONGEST_TEXT, is_blank, readable

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab and line ends


def tidy(text: str) -> str:
    """Return a text as it is kept: a space for a control character, one kind of line end."""
    return _CONTROL.sub(" ", readable(text)).replace("\r\n", "\n").strip()


def check_text(text: str) -> str:
    """Return a text as it is kept.

    Raises ValueError when there is nothing to read in it, or more than LONGEST_TEXT bytes, which
    is all that a model reads.
    """
    size = len(readable(text).encode())
    if size > LONGEST_TEXT:
        raise ValueError(f"is {size:,} bytes long; a model reads {LONGEST_TEXT:,}. Send a part.")
    kept = tidy(text)
    if is_blank(kept):
        raise ValueError("holds nothing to read. Send the text that the model is asked.")
    return kept
