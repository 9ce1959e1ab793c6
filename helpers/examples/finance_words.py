"""What English finance news say in words and numbers: lexicons of the field, and amounts."""

import re

from helpers.data import packages

LEXICONS = {
    "Henry.py": "96ae59371b34e47cdad3c149f882a125d43e8c28574b2af740e6c3662312adfe",
    "SentiBignomics.py": "bbbdfbb97c685143b41eaa5893ad48fe68a66d2e539a70c561c40bb83f7e0f78",
}
_NUMBER = r"(\d+(?:[ ,]\d{3})*(?:\.\d+)?)"
_UNIT = r"\s*(billion|bn|million|mln|mn|m\b)?"
_MONEY = re.compile(
    rf"(?:eur|euro|usd|gbp|sek|\$)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}\s*euros?\b", re.IGNORECASE
)
_ENTRY = re.compile(r"""\w+\[(['"])(.+?)\1\]\s*=\s*(-?[\d.]+)""")


def lexicon() -> dict[str, float]:
    """Return words and pairs of words with their value, below 0 for bad, of the package finvader.

    Its files are read as text and never run. Of a word in both lists the first list's value counts.
    """
    found: dict[str, float] = {}
    for name, sha256 in LEXICONS.items():
        text = packages.read_file("finvader", "1.0.4", name, sha256).decode()
        entries = {match[2]: float(match[3]) for match in _ENTRY.finditer(text)}
        found = entries | found
    return found


def lexicon_values(text: str, lexicon: dict[str, float]) -> list[float]:
    """Return the values of the words and pairs of words of a text that a lexicon knows."""
    words = re.findall(r"[a-z]+(?:[-'][a-z]+)*", text.lower())
    pairs = [" ".join(pair) for pair in zip(words, words[1:], strict=False)]
    return [lexicon[word] for word in words + pairs if word in lexicon]


def amounts(text: str) -> list[tuple[float, int, int]]:
    """Return the amounts of money in a text: (amount, where it begins, where it ends).

    A bare number below a thousand is taken for millions, as in "EUR 3.1".
    """
    found = []
    for match in _MONEY.finditer(text):
        number = float(re.sub(r"[ ,]", "", match[1] or match[3]))
        unit = (match[2] or match[4] or "").lower()
        scale = 1e9 if unit.startswith("b") else 1e6 if unit or number < 1000 else 1.0
        found.append((number * scale, match.start(), match.end()))
    return found
