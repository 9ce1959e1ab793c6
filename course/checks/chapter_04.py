"""Checks of chapter 4, the text CNN."""

import re
from functools import lru_cache

import numpy as np

from helpers.show.course import expect

HINTS = {
    1: [
        "Draw a text of seven tokens and slide a window of five along it. How many places?",
        "Each filter has k times d weights and one bias; each window costs k d multiplications.",
    ],
    2: [
        "Write down the layers of one pair as (width, stride), as the chapter does.",
        "A pair is (k, 1) and then (2, 2). Add pairs until the receptive field is large enough.",
    ],
    3: [
        "Zero is not a neutral number for a maximum. Which number is?",
        "np.where(mask, h, -np.inf), with a mask of shape [reviews, n, 1].",
    ],
    4: [
        "How many zeros must stand before the first token, so that it can be the LAST of a window?",
        "Put k - 1 rows of zeros before x; then it is the convolution of the chapter.",
    ],
    5: [
        "Which words do people use who loved a film, and hardly anybody else?",
        "Rare strong words are clear (awful, superb); common ones speak more often (bad, great).",
    ],
}

QUIZ = [
    {
        "question": "Remove MaxPooling1D(4) from the trained classic. What changes in its answers?",
        "choices": {
            "Nothing": "The largest of the largest is the largest.",
            "They get less certain": "The global maximum that follows finds the same number.",
            "They take four times as long": "The work is in the convolution, which stays.",
        },
        "answer": "Nothing",
    },
    {
        "question": "The vocabulary is cut from 10,000 to 2,000 words. What happens?",
        "choices": {
            "The file loses most of its size, the time stays": "The table is only looked up.",
            "File and time shrink alike": "A lookup costs the same in a shorter table.",
            "The time shrinks, the file hardly": "The other way around: the table is the file.",
        },
        "answer": "The file loses most of its size, the time stays",
    },
    {
        "question": "Two filters look for the same words in different orders. Is one redundant?",
        "choices": {
            "No: a filter has its own weights for each position": "Inside a window, order counts.",
            "Yes: a filter sums over its window": "It sums, but each position has its own weights.",
            "Yes: max pooling forgets the order": "The order of windows, not of words in them.",
        },
        "answer": "No: a filter has its own weights for each position",
    },
    {
        "question": "A review praises a film once and damns it nine times. What does g tell us?",
        "choices": {
            "That both kinds of phrase occur": "One maximum per filter, and no count.",
            "That damning is nine times as frequent": "A maximum does not count.",
            "That the praise came first": "It does not know places, either.",
        },
        "answer": "That both kinds of phrase occur",
    },
    {
        "question": "With dropout 0.2, why multiply the survivors by 1.25?",
        "choices": {
            "So that each number keeps its mean": "0.8 times 1.25 is 1.",
            "To make training faster": "It sets the scale, not the speed.",
            "So that the largest keeps its mean": "That would be nice. We saw that it does not.",
        },
        "answer": "So that each number keeps its mean",
    },
]


def exercise_1(answer):
    """Parameters, windows and multiplications of a convolution."""
    for n, k, d, filters in ((500, 5, 128, 128), (7, 3, 2, 4), (5, 5, 1, 1)):
        what = f"n={n}, k={k}, d={d}, filters={filters}"
        parameters, windows, multiplications = answer(n, k, d, filters)
        expect(
            windows == n - k + 1,
            f"{what}: {windows} windows. A window of {k} may start at the first token, and must "
            f"end at the last.",
        )
        expect(
            parameters != k * d * filters, f"{what}: each filter has one more number than weights."
        )
        expect(
            parameters == k * d * filters + filters,
            f"{what}: {parameters} parameters. One filter is a grid of {k} by {d}, and a bias.",
        )
        expect(
            multiplications == windows * k * d * filters,
            f"{what}: {multiplications} multiplications. Every filter is laid on every window.",
        )


def exercise_2(answer):
    """The smallest number of (convolution, pooling) pairs that sees far enough."""
    for tokens, k in ((6, 5), (7, 5), (16, 5), (17, 5), (500, 5), (10, 3), (11, 3), (2000, 7)):
        field, step, pairs = 1, 1, 0
        while field < tokens:
            field, step, pairs = field + (k - 1) * step + step, 2 * step, pairs + 1
        seen = answer(tokens, k)
        word = "few" if seen < pairs else "many"
        expect(seen == pairs, f"For {tokens} tokens and width {k}, {seen} pairs are too {word}.")


def exercise_3(answer):
    """The maximum over real tokens only."""
    rng = np.random.default_rng(3)
    h = rng.normal(size=(6, 9, 4)) - 2.0
    token_ids = rng.integers(1, 50, (6, 9))
    for row, length in enumerate((9, 1, 4, 7, 2, 8)):
        token_ids[row, length:] = 0
        h[row, length:] += 5.0  # padding shouts
    kept, seen = h.copy(), np.asarray(answer(h, token_ids))
    expect(seen.shape == (6, 4), f"Expected shape (6, 4), seen {seen.shape}.")
    expect(np.array_equal(h, kept), "The array that was given changed. Work on a copy.")
    expected = np.stack(
        [h[row, : np.count_nonzero(ids)].max(axis=0) for row, ids in enumerate(token_ids)]
    )
    expect(not np.allclose(seen, h.max(axis=1)), "Padding won some maxima.")
    expect(
        not np.allclose(seen, np.maximum(expected, np.where(token_ids.all(1)[:, None], -9, 0))),
        "Where all answers are negative, a zero won. Zero is not neutral for a maximum.",
    )
    expect(np.allclose(seen, expected), "Some maxima are not those of the real tokens.")


def exercise_4(answer):
    """A causal convolution."""
    rng = np.random.default_rng(4)
    for n, k, d, filters in ((8, 3, 2, 5), (6, 5, 4, 1), (4, 1, 3, 3)):
        x, kernel = rng.normal(size=(n, d)), rng.normal(size=(k, d, filters))
        bias = rng.normal(size=filters)
        seen = np.asarray(answer(x, kernel, bias))
        expect(seen.shape == (n, filters), f"Expected shape {(n, filters)}, seen {seen.shape}.")
        later = x.copy()
        later[n // 2 + 1 :] += 1.0
        same = np.allclose(
            np.asarray(answer(later, kernel, bias))[: n // 2 + 1], seen[: n // 2 + 1]
        )
        expect(same, "Changing later tokens changed earlier outputs: it looks ahead.")
        for t in range(n):
            places = range(max(0, t - k + 1), t + 1)
            expected = bias + sum(x[s] @ kernel[k - 1 - (t - s)] for s in places)
            expect(
                np.allclose(seen[t], expected),
                f"With k={k}, output {t} is not the window that ends at token {t}. Is the "
                "kernel's last position on that token, and the bias added?",
            )


@lru_cache
def _other_films():
    from helpers.data import imdb

    rows = imdb.film_aligned_split(imdb.packaged_reviews())["validation"]
    texts = rows["text"].str.lower().str.replace("<br />", " ", regex=False)
    plain = [f" {' '.join(re.findall(r'[a-z]+', text))} " for text in texts.str.replace("'", "")]
    return plain, rows["label"].to_numpy()


def exercise_5(answer):
    """At most 30 phrases with weights that judge the reviews of other films."""
    expect(isinstance(answer, dict), "Give a dictionary, phrase: weight.")
    expect(1 <= len(answer) <= 30, f"{len(answer)} phrases; between 1 and 30 are allowed.")
    for phrase in answer:
        expect(1 <= len(phrase.split()) <= 5, f"{phrase!r} does not have one to five words.")
    texts, labels = _other_films()
    asked = {
        f" {' '.join(re.findall(r'[a-z]+', phrase.lower().replace(chr(39), '')))} ": weight
        for phrase, weight in answer.items()
    }
    scores = np.array([sum(w for phrase, w in asked.items() if phrase in text) for text in texts])
    silent, right = scores == 0, (scores > 0) == labels
    accuracy = np.where(silent, 0.5, right).mean()  # where nothing speaks, a coin decides
    expect(
        accuracy >= 0.72,
        f"{accuracy:.1%} right, a coin deciding where the score is 0 ({silent.mean():.0%} of the "
        f"reviews). Of those with a score, {right[~silent].mean() if (~silent).any() else 0:.1%} "
        "are right. Do you need phrases that are clearer, or phrases that are more frequent?",
    )
