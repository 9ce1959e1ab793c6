"""What every model here takes for a text: how much of it is read, and what is no part of it."""

LONGEST_TEXT = 16_384  # bytes in UTF-8; a longer text is neither read to its end nor stored
LINE_BREAK = "<br />"  # reviews from web pages carry it


def without_html(text: str) -> str:
    """Return a text with a space where it has an HTML line break."""
    return text.replace(LINE_BREAK, " ")
