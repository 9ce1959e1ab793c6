"""Cards: what is said of two labels, of many and of several at once, and of the data."""

import re

import pytest
from tiny_bundle import MANIFEST, ROW

from helpers.sharing import cards

HARMFUL = ["<b>x</b>", "a`b``c", "`tick", "pipe | in\nit", "</details>", "$x$"]
BANK = MANIFEST | {
    "protocol": "official",
    "language": "en",
    "model_license": "cc-by-4.0",
    "dataset": "someone/questions",
    "domain": "questions to a bank",
    "examples": ["Where's my `card`?", "another"],
}


def write(labels=("negative", "positive"), row=ROW, manifest=MANIFEST, **more):
    text = cards.model_card(
        name="toy",
        task="A toy.",
        labels=labels,
        row=row,
        comparisons=[ROW | {"model": "other"}],
        manifest=manifest,
        formats=["litert"],
        limits=["It knows nothing."],
        hashed=True,
        **more,
    )
    return text, cards.check_card(text)


def test_an_older_manifest_is_of_imdb_or_of_an_own_file():
    text, facts = write()
    assert "Labels: 0 `negative`, 1 `positive`. Input: a text." in text
    assert '"what a lovely mess"' in text and "macro-F1" not in text
    assert (facts["language"], facts["license"]) == ("en", "apache-2.0")
    assert facts["datasets"] == ["stanfordnlp/imdb"] and facts["metrics"] == ["accuracy"]
    _, facts = write(manifest=MANIFEST | {"protocol": "own"})
    assert (facts["language"], facts["license"]) == ("und", "other") and "datasets" not in facts
    (result,) = facts["model-index"][0]["results"]
    assert result["dataset"]["type"] == "own"


def test_many_labels_are_folded_and_their_weakest_are_named():
    labels = [*HARMFUL, *(f"label {i}" for i in range(71))]
    recalls = [0.9, None, 0.1, float("nan"), 0.3, *[0.5] * 72]
    row = ROW | {"classes": 77, "macro_f1": 0.4321, "majority": 0.5, "recalls": recalls}
    text, facts = write(labels, row, BANK)
    assert "Labels: 77, see below. Input: a text, of this kind: questions to a bank." in text
    folded = re.search("<details>\n<summary>All 77 labels</summary>\n\n(.*)\n\n</details>", text)
    assert "1 ```a`b``c```, 2 `` `tick ``, 3 `pipe | in it`" in folded[1]
    assert "| toy | 50.0 | 40.0 to 60.0 | 43.2 | 1 |" in text
    assert "recall in percent: `` `tick `` 10, `</details>` 30," in text
    assert "always the largest class" in text and "macro-F1 is 43.2 %" in text
    assert facts["license"] == "cc-by-4.0" and facts["datasets"] == ["someone/questions"]
    (result,) = facts["model-index"][0]["results"]
    assert result["dataset"]["type"] == "someone/questions"
    assert [metric["value"] for metric in result["metrics"]] == [0.5, 0.4321]
    assert 'predict(["Where\'s my `card`?"])' in text
    assert """-d '{"text": "Where'"'"'s my `card`?"}'""" in text


def test_several_labels_are_told_as_such():
    row = ROW | {"classes": 3, "macro_f1": 0.4, "majority": 0.3, "several": True}
    text, _ = write(("joy", "fear", "love"), row, several=True)
    assert "those of at least one half: several, one or none" in text
    assert "{'labels': [...], 'probabilities': {...}}" in text
    assert "counts as right when all" in text and "| always no label | 30.0 |" in text


@pytest.mark.parametrize("text", HARMFUL)
def test_a_label_is_shown_as_it_is(text):
    from markdown_it import MarkdownIt

    shown = MarkdownIt("commonmark", {"html": True}).renderInline(cards.code(text))
    assert re.fullmatch(r"<code>[^<>]*</code>", shown)
