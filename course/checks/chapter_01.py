"""Checks of chapter 1, What small models are for."""

import math

from sklearn.feature_extraction.text import CountVectorizer

from helpers.data import imdb
from helpers.show.course import expect

QUIZ = [
    {
        "question": (
            "A model of width 64 with 30,000 words is too large for your device. What do you cut "
            "first?"
        ),
        "choices": {
            "The number of layers": (
                "In so narrow a model the layers are a small part; look at the figure of shares."
            ),
            "The vocabulary": "At this width the table is nearly all of the parameters.",
            "The learning rate": "It changes how the model learns, not how large it is.",
        },
        "answer": "The vocabulary",
    },
    {
        "question": (
            "A writing model goes from 16 to 4 bits and becomes faster, with the same number of "
            "operations. Why?"
        ),
        "choices": {
            "Fewer bytes have to be fetched for each token": (
                "Writing waits for memory: all weights are read for every token."
            ),
            "It has fewer parameters": "The same number, each with fewer bits.",
            "Rounded numbers are easier to multiply": (
                "The formula counts operations alike; the gain here comes from memory."
            ),
        },
        "answer": "Fewer bytes have to be fetched for each token",
    },
    {
        "question": (
            "99 % of a server's answers are quick. Your page needs 100 of them. What do your "
            "users see?"
        ),
        "choices": {
            "1 % slow pages": "That holds for pages that need one answer.",
            "Most pages are slow": "1 - 0.99^100 is about 63 %.",
            "Every page is slow": "Some are lucky: 0.99^100 is about 37 %.",
        },
        "answer": "Most pages are slow",
    },
    {
        "question": "You have 30 labeled reviews. Which is the sensible first step?",
        "choices": {
            "A lexicon, and label more": (
                "Our curve: with 20 to 50 labels counting is near chance, the lexicon is not."
            ),
            "Naive Bayes, it won": "It won with thousands of labels.",
            "Fine-tune a large model on the 30": (
                "Perhaps later; first know what costs nothing reaches, or you cannot tell what "
                "you gained."
            ),
        },
        "answer": "A lexicon, and label more",
    },
    {
        "question": (
            "A paper says that a small fine-tuned model beats a large prompted one. What must you"
            " check before you follow it?"
        ),
        "choices": {
            "How many labels the small one had": (
                "That is its price. With none, the comparison says nothing about you."
            ),
            "The number of authors": "It says nothing about the comparison.",
            "Whether the large model is the newest": (
                "Worth knowing, but a newer one does not give you labels either."
            ),
        },
        "answer": "How many labels the small one had",
    },
]
HINTS = {
    1: [
        "How many bytes are 8 bits? And a gigabyte is 10**9 bytes here.",
        "In training each parameter needs four numbers of 32 bits.",
    ],
    2: [
        "Turn the question around: when is the page quick?",
        "All k answers are quick with probability (1 - p) ** k.",
    ],
    3: [
        "Write down both times, set them equal, solve for the round trip.",
        "1.5 kilobytes at 10 megabits a second take 8 * 1.5 / 10 ms. And a time is never negative.",
    ],
    4: [
        "How many numbers does one token add, over all layers, keys and values together?",
        "Compare bits with bits. If the two are equal, the cache is not yet larger.",
    ],
    5: [
        "weights and words of this page belong together: words[i] has weights[i].",
        "A rare word with a large weight hardly ever helps. Rank by weight and by how often it "
        "occurs together.",
    ],
}
MOST_WORDS = 100
WANTED = 0.72


def _close(found, wanted, what):
    expect(
        isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-12),
        f"For {what} you return {found}, expected was {wanted:.6g}.",
    )


def exercise_1(gigabytes):
    """Use at several widths, and training."""
    _close(gigabytes(7e9, 4, False), 3.5, "7 billion parameters at 4 bits, use")
    _close(gigabytes(1e9, 16, False), 2.0, "1 billion parameters at 16 bits, use")
    _close(gigabytes(110e6, 32, False), 0.44, "110 million parameters at 32 bits, use")
    _close(gigabytes(1e9, 32, True), 16.0, "1 billion parameters, training with Adam")
    _close(gigabytes(1e9, 4, True), 16.0, "training again, bits=4 (it trains in 32 bits)")


def exercise_2(slow_page):
    """At least one of k."""
    _close(slow_page(1, 0.01), 0.01, "one answer, p = 0.01")
    _close(slow_page(2, 0.5), 0.75, "two answers, p = 0.5")
    _close(slow_page(100, 0.01), 1 - 0.99**100, "100 answers, p = 0.01")
    _close(slow_page(10, 0), 0.0, "no slow answers at all")
    _close(slow_page(500, 0.01), 1 - 0.99**500, "500 answers (a probability stays below 1)")


def exercise_3(longest_round_trip):
    """Break even, with units, never below zero."""
    _close(longest_round_trip(50, 10, 1.5, 10), 38.8, "device 50, server 10 ms, 1.5 KB, 10 Mbit/s")
    _close(longest_round_trip(100, 0, 125, 10), 0.0, "125 KB over 10 Mbit/s, which take 100 ms")
    _close(longest_round_trip(200, 20, 100, 8), 80.0, "device 200, server 20 ms, 100 KB, 8 Mbit/s")
    _close(longest_round_trip(3, 10, 1.5, 10), 0.0, "a device that is always faster")


def exercise_4(cache_outgrows):
    """Tokens until the cache is larger than the weights."""
    cases = [
        ((1_000_000_000, 4, 2048, 16, 16), 4_000_000_000 // (2 * 16 * 2048 * 16) + 1),
        ((1000, 8, 10, 1, 8), 51),  # evenly: 50 tokens are equal, 51 are more
        ((1001, 8, 10, 1, 8), 51),
        ((1000, 16, 10, 2, 8), 51),
        ((110_000_000, 32, 768, 12, 32), 110_000_000 // (2 * 12 * 768) + 1),
    ]
    for shape, wanted in cases:
        found = cache_outgrows(*shape)
        expect(
            found == wanted,
            f"For (parameters, weight_bits, width, layers, cache_bits) = {shape} you return "
            f"{found}, expected was {wanted}. Keys and values? Equal or more?",
        )


def exercise_5(answer):
    """A hundred weighted words on reviews that the page has not used."""
    expect(isinstance(answer, dict), "Give a dictionary {word: weight}.")
    expect(
        0 < len(answer) <= MOST_WORDS,
        f"Between 1 and {MOST_WORDS} words are allowed, you have {len(answer)}.",
    )
    shouting = [word for word in answer if word != word.lower()]
    expect(not shouting, f"Words must be lower case: {shouting[:3]}.")
    test = imdb.film_aligned_split(imdb.packaged_reviews())["test"][2::5]
    counter = CountVectorizer(binary=True, vocabulary=list(answer))
    scores = counter.transform(test["text"]) @ [float(weight) for weight in answer.values()]
    share = float(((scores > 0) == test["label"].to_numpy()).mean())
    expect(
        share > WANTED,
        f"{share:.1%} right, wanted is more than {WANTED:.0%}. Do your words occur often enough? "
        "Is praise above zero?",
    )
