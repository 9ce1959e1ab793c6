"""Cards of models that write."""

import numpy as np

from helpers.sharing import cards, writer_cards
from tests.support import tiny_writer

ROW = {
    "model": "v1.1",
    "test": "commands of unseen templates",
    "exact_match": 0.9512,
    "interval": [0.93, 0.97],
    "n": 400,
    "bytes": 1_440_000,
    "tokens_per_second": 1234.5,
}
DATA = {
    "source": "templates",
    "license": "CC-BY-4.0",
    "citation": "somebody",
    "language": ["en", "de"],
    "model_license": "apache-2.0",
}


def card(**changes):
    parts = {"row": ROW, "comparisons": [ROW | {"model": "v1.0", "bytes": 2_000_000}]}
    parts |= {"data": DATA, "formats": ["litert"], "limits": ["It knows `nothing`."]}
    parts |= {"example": 'say "hi"', "functions": tiny_writer.FUNCTIONS}
    return writer_cards.writer_card(name="home", task="It calls.", **parts | changes)


def test_a_hub_takes_it():
    metadata = cards.check_card(card())
    assert metadata["pipeline_tag"] == "text-generation" and metadata["language"] == ["en", "de"]
    (result,) = metadata["model-index"][0]["results"]
    assert result["metrics"][0] == {"type": "exact_match", "value": 0.9512}


def test_it_says_what_was_measured_and_how_to_use_it():
    text = card()
    assert "| v1.1 | 95.1 | 400 | 1.44 | 1,234 |" in text and "| v1.0 |" in text
    assert "93.0% to 97.0%" in text and "`light_set`: `area`, `brightness`" in text
    assert 'model.call("say \\"hi\\"")' in text and "chat.completions.create" in text
    assert "## Limits\n\n- It knows `nothing`." in text
    row = {"model": "w", "test": "reviews", "bits_per_byte": 2.0}
    story = card(row=row, comparisons=[], functions=())
    assert "model.stream(" in story and "client.completions.create" in story
    cards.check_card(story)


def test_figures_may_come_from_numpy():
    row = {"model": "w", "test": "reviews", "bits_per_byte": np.float64(2.82131)}
    metadata = cards.check_card(card(row=row, comparisons=[], functions=()))
    (result,) = metadata["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "bits_per_byte", "value": 2.8213}]
