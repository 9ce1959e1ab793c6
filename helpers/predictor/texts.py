"""What every model here takes for a text: how much of it is read, and what is no part of it."""

import re
import unicodedata

LONGEST_TEXT = 16_384  # bytes in UTF-8; a longer text is neither read to its end nor stored
LINE_BREAK = "<br />"  # reviews from web pages carry it
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# Many characters that people write for one: the tables of `hashing.js` are the same.
FOLDS = {
    '"': "«»“”„‟",
    "'": "‘’‚‛‹›ʼ",
    "-": "‐‑‒–—―−",
    "σ": "ς",  # the form at the end of a word
    "ss": "ßẞ",  # `upper` leaves a capital ẞ as it is
}
# Format characters (joiners, directions) and variation selectors: seen by nobody. Inside of [].
UNSEEN = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001-\U000e01ef"
)
_UNSEEN = re.compile(f"[{UNSEEN}]")
# Beside blanks and UNSEEN: control characters, and letters that show nothing. Inside of [].
CONTROLS, FILLERS = "\x00-\x1f\x7f-\x9f", "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_SEEN = re.compile(rf"[^\s{UNSEEN}{CONTROLS}{FILLERS}]")
# Scripts without spaces between words: Thai, Lao, Myanmar, Khmer (their digits are as elsewhere),
# kana, Bopomofo and Han. Inside of [].
SPACELESS = (
    "\u0e01-\u0e4f\u0e5a-\u0ecf\u0eda-\u0eff\u1000-\u103f\u104a-\u108f\u109a-\u109f\u1780-\u17df"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua9e0-\ua9ef\ua9fa-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)


def readable(text: str) -> str:
    """Replace halves of characters, which no encoding can write, as browsers do."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text is seen."""
    return not _SEEN.search(without_html(text))


def without_html(text: str) -> str:
    """Return a text with a space where it has an HTML line break."""
    return text.replace(LINE_BREAK, " ")


def folded(text: str) -> str:
    """Return a text in small letters, where what looks or means the same is the same.

    Halves of characters and HTML breaks are replaced. Compatibility forms become plain ones
    (Unicode's NFKC: full-width and mathematical letters, ligatures), accents stay. Quotes and
    dashes become ASCII, capitals small (ß: ss; the dots of I do not count), and what nobody sees
    is gone.
    """
    text = without_html(text)
    if text.isascii():
        return text.lower()
    text = readable(text).replace("´", "'")  # an accent alone, typed for an apostrophe
    text = unicodedata.normalize("NFKC", text).upper().lower().replace("i\u0307", "i")
    text = unicodedata.normalize("NFKC", text)
    for one, many in FOLDS.items():
        for character in many:  # on texts, sooner than one `translate`
            text = text.replace(character, one)
    return _UNSEEN.sub("", text)
