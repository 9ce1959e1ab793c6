"""Checks of chapter 2, Text into numbers."""

import math
from itertools import product

import numpy as np

from helpers.data import imdb
from helpers.show.course import expect

QUIZ = [
    {
        "question": (
            "You read ten times as many reviews. What happens to the list of different words?"
        ),
        "choices": {
            "It grows, by less than ten times": (
                "Heaps: V grows like N to a power between 0 and 1, and does not stop."
            ),
            "It grows ten times": "That would be beta = 1: every word as new as in the first line.",
            "It is complete by then": (
                "The curve bends but never became flat; other films bring other names."
            ),
        },
        "answer": "It grows, by less than ten times",
    },
    {
        "question": "Nearly half of the different words in your corpus occur once. What follows?",
        "choices": {
            "Half of the running text is rare words": (
                "Nearly half of the list, not of the text: those words make up a small share of "
                "the text."
            ),
            "A part of tomorrow's words will be new": (
                "The words seen once tell how often new ones come: about N1 of N."
            ),
            "The tokenizer is broken": "It is what Zipf's law predicts: a share of 1/2 for n = 1.",
        },
        "answer": "A part of tomorrow's words will be new",
    },
    {
        "question": "Two programs hold the same 1,000 pieces. Do they cut alike?",
        "choices": {
            "Yes, the vocabulary decides": (
                "We saw the opposite: replaying merges and longest-first differ."
            ),
            "Only if they use the same rule of cutting": (
                "List and rule belong together; that is why one file holds both."
            ),
            "Yes, for words they have both seen": (
                "Seen or not plays no part: the rule runs the same way on any word."
            ),
        },
        "answer": "Only if they use the same rule of cutting",
    },
    {
        "question": (
            "Why is the ratio of the pair's count to the product of its parts' counts a poor "
            "score alone?"
        ),
        "choices": {
            "It prefers very rare pairs": (
                "A pair that always stands together wins, even if joining it saves almost nothing."
            ),
            "It prefers very frequent pairs": (
                "That is the score of BPE; the product below divides the frequent letters away."
            ),
            "It cannot be computed without labels": "It needs counts only.",
        },
        "answer": "It prefers very rare pairs",
    },
    {
        "question": "A tokenizer of yours never reports anything unknown. Is all well?",
        "choices": {
            "Yes": "A model without an unknown token may have dropped signs in silence.",
            "Decode and compare with the text first": (
                "A round trip shows what was lost: case, spaces, unseen signs."
            ),
            "Yes, if it is BPE": (
                "The BPE above dropped the film camera; only starting from bytes rules that out."
            ),
        },
        "answer": "Decode and compare with the text first",
    },
]
HINTS = {
    1: [
        "Lower-case and replace the tag first; then one re.findall with alternatives.",
        "Try the alternatives in this order: letters with apostrophes between them, digits, "
        "any other single sign (\\S).",
    ],
    2: [
        "The logarithm of K N**beta is a straight line in log N.",
        "np.polyfit(x, y, 1) returns the slope first, then the intercept. The intercept is log K.",
    ],
    3: [
        "The first, longest piece must be a mistake: what is left must not be on the list.",
        "Three letters and three entries are enough.",
    ],
    4: [
        "Let A[j] be the probability of the first j letters by all their cuts. What is A[0]?",
        "Every cut has exactly one last piece. The best cut took a max over where it begins; what "
        "takes its place when all cuts count?",
    ],
    5: [
        "You may have more merges than the page had, and a piece may begin with a space.",
        "Train a BPE of tokenizers on seen with a Split pre-tokenizer that leaves the space at "
        "the word; take slices of the text between the offsets of the tokens.",
    ],
}
# pieces a character that the BPE of the page needs (1,000 merges, every space a piece)
PAGE_PIECES = 0.50
MOST_PIECES = 2000


def exercise_1(words):
    """A rule that separates signs and keeps contractions."""
    cases = {
        "Don't go!!<br />'10/10'": ["don't", "go", "!", "!", "'", "10", "/", "10", "'"],
        "It's   GREAT.": ["it's", "great", "."],
        "rock'n'roll": ["rock'n'roll"],
        "a<br /><br />b": ["a", "b"],
        "Am\u00e9lie, 2001": ["am\u00e9lie", ",", "2001"],
        "the actors' faces": ["the", "actors", "'", "faces"],
        "": [],
    }
    for text, tokens in cases.items():
        found = list(words(text))
        expect(found == tokens, f"For {text!r} you return {found}; look at each sign in it again.")


def exercise_2(fit_heaps):
    """K and beta from exact and from noisy power laws."""
    lengths = np.geomspace(100, 1e6, 40)
    for k, beta in ((10.0, 0.7), (44.0, 0.5), (0.5, 0.9)):
        found = tuple(float(value) for value in fit_heaps(lengths, k * lengths**beta))
        expect(len(found) == 2, "Return two numbers, K and beta.")
        expect(
            math.isclose(found[1], beta, rel_tol=1e-6),
            f"The law had beta {beta}, you found {found[1]:.4g}. Is it the slope of log V over "
            "log N?",
        )
        expect(
            math.isclose(found[0], k, rel_tol=1e-6),
            f"The law had K {k}, you found {found[0]:.4g}. The intercept of the line is its log.",
        )
    noise = np.exp(np.random.default_rng(0).normal(0, 0.05, len(lengths)))
    _, beta = fit_heaps(lengths, 10 * lengths**0.7 * noise)
    expect(
        abs(beta - 0.7) < 0.02, f"With a little noise beta should stay near 0.7, not {beta:.3f}."
    )


def _greedy(word, vocabulary):
    start = 0
    while start < len(word):
        ends = [
            end
            for end in range(len(word), start, -1)
            if ("##" if start else "") + word[start:end] in vocabulary
        ]
        if not ends:
            return False
        start = ends[0]
    return True


def _can_be_cut(word, vocabulary):
    reachable = [True] + [False] * len(word)
    for end in range(1, len(word) + 1):
        reachable[end] = any(
            reachable[i] and ("##" if i else "") + word[i:end] in vocabulary for i in range(end)
        )
    return reachable[-1]


def exercise_3(answer):
    """A word that greed cannot cut, though a cut exists."""
    expect(len(answer) == 2, "Give a pair: the vocabulary (a set) and the word.")
    vocabulary, word = set(answer[0]), answer[1]
    expect(isinstance(word, str) and word != "", "The second part must be a word.")
    expect(
        _can_be_cut(word, vocabulary),
        f"{word!r} cannot be cut with these entries at all. Remember that every piece after the "
        "first one begins with ##.",
    )
    expect(
        not _greedy(word, vocabulary),
        f"The longest-first rule cuts {word!r} without trouble. Its first piece must lead astray.",
    )


def exercise_4(word_probability):
    """The forward sum against listing all cuts."""
    probabilities = {"a": 0.2, "b": 0.1, "c": 0.05, "ab": 0.3, "bc": 0.15, "abc": 0.12, "ca": 0.08}
    for word in ("a", "ab", "abc", "abcab", "cabca", "abcabc"):
        wanted = _by_listing(word, probabilities)
        found = word_probability(word, dict(probabilities))
        expect(
            math.isclose(found, wanted, rel_tol=1e-9),
            f"For {word!r} listing every cut gives {wanted:.6g}, you return {found:.6g}. Does "
            "every cut count once, and with the product of its pieces?",
        )
    found = word_probability("abx", dict(probabilities))
    expect(found == 0, f"'abx' has no cut (there is no x), so its probability is 0, not {found}.")


def _by_listing(word, probabilities):
    total = 0.0
    for borders in product((False, True), repeat=len(word) - 1):
        ends = [i + 1 for i, cut in enumerate(borders) if cut] + [len(word)]
        starts = [0, *ends[:-1]]
        pieces = [word[i:j] for i, j in zip(starts, ends, strict=True)]
        total += math.prod(probabilities.get(piece, 0.0) for piece in pieces)
    return total


def exercise_5(cut):
    """A cutter that loses nothing, with few pieces, on reviews of other films."""
    test = imdb.film_aligned_split(imdb.packaged_reviews())["test"]
    texts = [text.lower() for text in test["text"][5::25]]
    pieces = [list(cut(text)) for text in texts]
    for text, found in zip(texts, pieces, strict=True):
        expect("".join(found) == text, f"The pieces of {text[:40]!r}... do not join to the text.")
        expect("" not in found, "An empty piece helps nobody.")
    different = len({piece for found in pieces for piece in found})
    expect(
        different <= MOST_PIECES,
        f"You use {different:,} different pieces; {MOST_PIECES:,} are allowed. Long pieces must "
        "occur again in other texts.",
    )
    share = sum(map(len, pieces)) / sum(map(len, texts))
    expect(
        share < PAGE_PIECES,
        f"You need {share:.3f} pieces a character, the page's BPE {PAGE_PIECES}. Which pieces "
        "could be longer? What do the spaces cost?",
    )
