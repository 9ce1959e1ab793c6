"""What every model here takes for a text: how much of it is read, and what is no part of it."""

import re

LONGEST_TEXT = 16_384  # bytes in UTF-8; a longer text is neither read to its end nor stored
LINE_BREAK = "<br />"  # reviews from web pages carry it
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """Replace halves of characters, which no encoding can write, as browsers do."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def without_html(text: str) -> str:
    """Return a text with a space where it has an HTML line break."""
    return text.replace(LINE_BREAK, " ")
