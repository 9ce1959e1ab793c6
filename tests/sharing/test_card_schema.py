"""Cards: shapes are checked, and words of tomorrow pass with a warning."""

import pytest

from helpers.sharing import card_schema


def check(line: str) -> card_schema.Report:
    license = "" if line.startswith("license") else "license: mit\n"
    return card_schema.check(f"---\n{license}{line}\n---\n")


@pytest.mark.parametrize(
    "line",
    ["license: hub-next-4.0", "pipeline_tag: text-to-smell", "language: qz", "language: [qz]"],
)
def test_a_word_that_is_not_known_yet_is_warned_of(line):
    report = check(line)
    assert report.errors == [] and "not known here" in report.warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        "license: My own terms",
        "license: [mit]",
        "pipeline_tag: Text Classification",
        "pipeline_tag: [fill-mask]",
        "pipeline_tag: 3",
        "language: English",
        "language: e",
        "language: no",
    ],
)
def test_what_is_no_word_is_refused(line):
    assert check(line).errors


@pytest.mark.parametrize(
    "line",
    ["license: openrail++", "pipeline_tag: any-to-any", "language: [en, zh-Hans, und, code]"],
)
def test_known_words_pass(line):
    report = check(line)
    assert report.errors == [] and report.warnings == []
