"""spaCy and NLTK for the language at hand, as far as they know it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

# the languages that NLTK's Snowball stemmers know, by their ISO 639 codes
STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
}  # fmt: skip


def one_of(language: str | list[str]) -> str:
    """Return the code that spaCy and NLTK are asked for: `pt` of `pt-BR`, of several the first."""
    return (language if isinstance(language, str) else language[0]).partition("-")[0]


def spacy_pipeline(language: str | list[str]) -> tuple["Language", str]:
    """Return spaCy's tokenizer of a language, with sentences and, where it has them, lemmas.

    Nothing is downloaded. Also returned is what had to be left out, in words, or "".

    Args:
        language: an ISO 639 code, or several, or `und` where it is not known.
    """
    import spacy

    language = one_of(language)
    left_out = ""
    try:
        nlp = spacy.blank(language)
    except ImportError:  # no such language, or one that needs a package of its own
        nlp, left_out = spacy.blank("xx"), f"spaCy has no rules for {language!r} here. "
    nlp.add_pipe("sentencizer")
    try:
        nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
        nlp.initialize()
    except ValueError:
        nlp.remove_pipe("lemmatizer")
        left_out += f"There are no lemmas for {language!r}."
    return nlp, left_out.strip()


def stemmer(language: str | list[str]) -> Callable[[str], str] | None:
    """Return NLTK's Snowball stemmer for an ISO 639 code, or None where it has none."""
    from nltk.stem import SnowballStemmer

    language = one_of(language)
    return SnowballStemmer(STEMMERS[language]).stem if language in STEMMERS else None
