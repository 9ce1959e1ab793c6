"""Checks of chapter 6, Pretraining."""

import math
from collections import Counter

import numpy as np

from helpers.data import imdb
from helpers.show.course import expect

QUIZ = [
    {
        "question": "A model gives every token that comes the probability 1/10. Its perplexity?",
        "choices": {
            "10": "The inverse of the geometric mean of the probabilities.",
            "0.1": "That is the mean probability; perplexity is its inverse.",
            "log 10": "That is the cross-entropy in nats, before the exponential.",
        },
        "answer": "10",
    },
    {
        "question": (
            "Your word model gets a perplexity of 40, a colleague's subword model 25 on the same "
            "text. Who is ahead?"
        ),
        "choices": {
            "The colleague": (
                "Her tokens are shorter, so each is easier. The totals may well be the other way "
                "around."
            ),
            "You": "Nothing says so either.",
            "Nobody can tell": (
                "Ask both for the bits of the whole text, per byte, and how unknown words count."
            ),
        },
        "answer": "Nobody can tell",
    },
    {
        "question": (
            "Why does Kneser-Ney count different contexts instead of occurrences in its shorter "
            "models?"
        ),
        "choices": {
            "A word bound to one companion is a bad guess elsewhere": (
                "And elsewhere is exactly where the short model is asked."
            ),
            "To store fewer numbers": "It stores just as many.",
            "So that the probabilities sum to one": (
                "They do with plain counts too; the discount is handed on in full."
            ),
        },
        "answer": "A word bound to one companion is a bad guess elsewhere",
    },
    {
        "question": "Text drawn at temperature 0.2 repeats itself. What do you try first?",
        "choices": {
            "Raise the temperature, with top-p against the wild tail": (
                "Near zero the choice is nearly deterministic, and that must circle."
            ),
            "Lower the temperature to 0": "Then it is fully deterministic.",
            "Train with more masks": (
                "The choice of the next token is the trouble, not the training."
            ),
        },
        "answer": "Raise the temperature, with top-p against the wild tail",
    },
    {
        "question": "Why can a masked model not simply write from left to right?",
        "choices": {
            "It learned to guess with both sides in view": (
                "While writing there is no right side, a situation it never practiced."
            ),
            "It has no softmax": "It has one, at every hidden position.",
            "Its vocabulary is too small": "It may be the same one.",
        },
        "answer": "It learned to guess with both sides in view",
    },
    {
        "question": (
            "Causal and ELECTRA models learn from every position, BERT from 15 %. Why not hide 80"
            " % in BERT?"
        ),
        "choices": {
            "Too little is left to guess from": (
                "More lessons, but each from a ruin: there is a best rate between."
            ),
            "The loss would be negative": "A mean of -log p is never negative.",
            "It would be the same as causal": (
                "A causal model sees an unbroken left side; here holes are everywhere."
            ),
        },
        "answer": "Too little is left to guess from",
    },
]
HINTS = {
    1: [
        "Mean of the logarithms, turn the sign, then the exponential.",
        "Four tokens with probability 1/2 each must give 2.",
    ],
    2: [
        "Every count grows by k. By how much does their sum grow?",
        "With V symbols the sum grows by k * V; V is the length of the array.",
    ],
    3: [
        "First the total of the whole text, in nats.",
        "One bit is log(2) nats. len(text.encode()) counts bytes, len(text) does not.",
    ],
    4: [
        "How often a pair occurs plays no part: which structure forgets repetitions?",
        "set(pairs), then count how many of the different pairs end in each symbol.",
    ],
    5: [
        "The border is m times the largest probability; what lies on the border stays.",
        "Set what lies below to 0, then divide by the sum of what is left.",
    ],
    6: [
        "Triples are not enough: use contexts of four or five letters, and shorter ones where the "
        "long one was never seen.",
        "kneser_ney(grams, V) of the page gives one probability: ask it for every letter of "
        "alphabet after the last five letters of the context.",
    ],
}
MOST_BITS = 2.6
ASKED = 3000


def _close(found, wanted, what):
    expect(
        math.isclose(float(found), wanted, rel_tol=1e-6),
        f"For {what} you return {float(found):.6g}, expected was {wanted:.6g}.",
    )


def exercise_1(perplexity):
    """Inverse of the geometric mean."""
    _close(perplexity([0.5] * 4), 2, "four tokens of probability 1/2")
    _close(perplexity([0.1]), 10, "one token of probability 0.1")
    _close(perplexity([0.5, 0.125]), 4, "probabilities 1/2 and 1/8 (think of the geometric mean)")
    _close(perplexity([1.0, 1.0]), 1, "a model that is always sure and right")
    _close(perplexity([0.25, 0.5, 1.0]), 2, "probabilities 1/4, 1/2 and 1")


def exercise_2(smooth):
    """Add k over all symbols, also for unseen contexts."""
    for counts, k in (([3, 1, 0, 0], 1.0), ([3, 1, 0, 0], 0.1), ([0, 0, 0], 0.5), ([7, 2], 2.0)):
        found = np.asarray(smooth(np.array(counts), k), float)
        expect(
            found.shape == (len(counts),),
            f"For {len(counts)} counts return {len(counts)} probabilities, not {found.shape}.",
        )
        expect(
            math.isclose(found.sum(), 1, rel_tol=1e-9),
            f"For counts {counts} and k = {k} your probabilities sum to {found.sum():.4g}. What "
            "does adding k to every count do to their sum?",
        )
        wanted = (np.array(counts) + k) / (sum(counts) + k * len(counts))
        expect(
            np.allclose(found, wanted),
            f"For counts {counts} and k = {k} you return {np.round(found, 4)}. Ratios of the "
            "probabilities must be those of the counts plus k.",
        )


def exercise_3(bits_per_byte):
    """Nats to bits, tokens to bytes."""
    _close(bits_per_byte(math.log(2), 10, "abcdefghij"), 1, "1 bit for each of 10 ASCII letters")
    _close(bits_per_byte(2.0, 5, "abcdefghij"), 10 / math.log(2) / 10, "5 tokens of 2 nats")
    _close(bits_per_byte(math.log(4), 4, "\u00e9t\u00e9!"), 8 / 6, "a text with two-byte letters")
    _close(
        bits_per_byte(3.0, 7, "\U0001f3a5 ok"), 21 / math.log(2) / 7, "a text with a camera sign"
    )


def exercise_4(continuation):
    """Different left neighbors, as a share of different pairs."""
    kong = [("hong", "kong")] * 9 + [("a", "film"), ("the", "film"), ("this", "film")]
    cases = [
        (kong, {"kong": 0.25, "film": 0.75}),
        ([("a", "b"), ("b", "a"), ("a", "b"), ("c", "b")], {"b": 2 / 3, "a": 1 / 3}),
        ([("x", "x")], {"x": 1.0}),
    ]
    for pairs, wanted in cases:
        found = dict(continuation(list(pairs)))
        expect(
            found.keys() == wanted.keys(),
            f"For {pairs[-3:]} your symbols are {sorted(found)}; the second of each pair counts.",
        )
        for symbol, p in wanted.items():
            expect(
                math.isclose(found[symbol], p, rel_tol=1e-9),
                f"{symbol!r} gets {found[symbol]:.4g}. Does it matter how often the same pair "
                "occurs, and of what is it a share?",
            )


def exercise_5(min_p):
    """Relative to the largest, border included, renormalized."""
    cases = [
        ([0.5, 0.25, 0.15, 0.1], 0.5, [2 / 3, 1 / 3, 0, 0]),
        ([0.1, 0.15, 0.25, 0.5], 0.25, [0, 0.15 / 0.9, 0.25 / 0.9, 0.5 / 0.9]),
        ([0.25, 0.25, 0.25, 0.25], 1.0, [0.25, 0.25, 0.25, 0.25]),
        ([0.9, 0.06, 0.04], 0.1, [1, 0, 0]),
        ([0.3, 0.3, 0.4], 0.0, [0.3, 0.3, 0.4]),
    ]
    for p, m, wanted in cases:
        given = np.array(p)
        found = np.asarray(min_p(given, m), float)
        expect(np.array_equal(given, p), "Do not change the array that was given to you.")
        expect(
            found.shape == given.shape and np.allclose(found, wanted),
            f"For p = {p} and m = {m} you return {np.round(found, 3)}. Which symbols have at least "
            "the share m of the largest probability, and what must the rest sum to?",
        )


def exercise_6(guess):
    """Bits a letter on reviews of other films."""
    reviews = imdb.film_aligned_split(imdb.packaged_reviews())
    train = "\n".join(t.replace("<br />", " ").lower() for t in reviews["train"]["text"][::24])
    alphabet = {letter for letter, _ in Counter(train).most_common(63)} | {"~"}
    texts = [t.replace("<br />", " ").lower() for t in reviews["test"]["text"][7::500]]
    text = "".join(c if c in alphabet else "~" for c in "\n".join(texts))
    bits = []
    for t in range(20, 20 + ASKED):
        p = guess(text[t - 20 : t])
        missing = alphabet - set(p)
        expect(not missing, f"Letters without a probability: {sorted(missing)[:5]}.")
        total = sum(p.values())
        expect(
            abs(total - 1) < 1e-6 and min(p.values()) >= 0,
            f"After {text[t - 20 : t]!r} your probabilities sum to {total:.6g}.",
        )
        expect(
            p[text[t]] > 0,
            f"After {text[t - 20 : t]!r} came {text[t]!r}, which had probability 0. Smooth.",
        )
        bits.append(-math.log2(p[text[t]]))
    mean = sum(bits) / len(bits)
    expect(mean < MOST_BITS, f"{mean:.2f} bits a letter; wanted are fewer than {MOST_BITS}.")
