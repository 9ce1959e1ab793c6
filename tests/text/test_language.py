"""spaCy and NLTK for a language, and what is left out."""

from helpers.text import language


def test_what_spacy_knows_of_a_language():
    nlp, left_out = language.spacy_pipeline("en")
    assert [t.lemma_ for t in nlp("She saw films.")][2] == "film" and left_out == ""
    nlp, left_out = language.spacy_pipeline("zh")
    assert [t.text for t in nlp("很好。")] == [
        "很",
        "好",
        "。",
    ] and "no lemmas for 'zh'" in left_out
    nlp, left_out = language.spacy_pipeline("und")
    assert [t.text for t in nlp("Ya, baik.")] == ["Ya", ",", "baik", "."]
    assert left_out == "spaCy has no rules for 'und' here. There are no lemmas for 'und'."


def test_stemmers():
    german = language.stemmer("de")
    assert german is not None and german("Filme") == "film"
    assert language.stemmer("th") is None
    assert language.stemmer("pt-BR") and language.stemmer(["de", "en"])("Filme") == "film"
    assert language.spacy_pipeline(["en", "de"])[1] == ""
