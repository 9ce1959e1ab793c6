"""Checks of chapter 5, attention."""

import numpy as np

from helpers.show.course import expect

HINTS = {
    1: [
        "np.exp(3000) is infinite. What may be subtracted from all scores without any effect?",
        "Subtract the maximum along axis -1, with keepdims=True, so that the shapes fit.",
    ],
    2: [
        "Let i be the row and j the column. Which two inequalities must i - j satisfy?",
        "np.arange(n)[:, None] - np.arange(n) holds i - j for all pairs.",
    ],
    3: [
        "Write both counts down. Which n makes them equal?",
        "2 n² d against 4 n d²: divide by 2 n d. And then: MORE than half.",
    ],
    4: [
        "With one-hot tokens, row t of Q is row t of W_Q. Let the keys be the identity.",
        "W_Q[t, t - 1] must be large: how large, if the score is divided by the root of n?",
    ],
    5: [
        "Think of the tokens as an 8 by 8 square: token 8 r + c stands in row r and column c.",
        "In the first layer look at your own row of the square. Whom must you ask in the second?",
    ],
}

QUIZ = [
    {
        "question": "Without positions, what can a mean over the outputs of attention tell?",
        "choices": {
            "Which words occur, in whatever order": "Shuffling the text only shuffles the outputs.",
            "Which words stand next to each other": "Nothing in the formula asks where they are.",
            "Nothing about the text": "It knows the words, just not their order.",
        },
        "answer": "Which words occur, in whatever order",
    },
    {
        "question": "Queries get four times as wide, and the root is forgotten. Raw scores spread",
        "choices": {
            "twice as far": "The variance grows fourfold, the standard deviation twofold.",
            "four times as far": "That is the variance. The spread is its root.",
            "as far as before": "A sum of more independent terms spreads more.",
        },
        "answer": "twice as far",
    },
    {
        "question": "A mask sets weights to zero after the softmax. What goes wrong?",
        "choices": {
            "The remaining weights no longer sum to one": "Outputs shrink as more is masked.",
            "Nothing, zero is zero": "Masked tokens are silent, but they took their share first.",
            "The masked tokens still shine through": "Their weight is zero. The rest is the harm.",
        },
        "answer": "The remaining weights no longer sum to one",
    },
    {
        "question": "Texts get twice as long. The parameters of a block with waves for positions",
        "choices": {
            "stay": "All matrices work on single tokens. The work grows, not the weights.",
            "double": "No matrix has a side of length n.",
            "grow fourfold": "That is the map of weights, which is computed, not learned.",
        },
        "answer": "stay",
    },
    {
        "question": "In our race attention guessed hidden words no better than frequencies. So",
        "choices": {
            "it had not yet learned where to look": "More text or another rate may change that.",
            "it cannot use neighbors": "It can: exercise 4 builds such a head by hand.",
            "it had too few parameters": "Both had the same, within two in a thousand.",
        },
        "answer": "it had not yet learned where to look",
    },
]


def exercise_1(answer):
    """A softmax along the last axis that survives large scores."""
    rng = np.random.default_rng(1)
    for shape in ((5,), (3, 4), (2, 3, 6)):
        scores = rng.normal(size=shape)
        seen = np.asarray(answer(scores))
        expect(seen.shape == shape, f"Expected shape {shape}, seen {seen.shape}.")
        sums = seen.sum(axis=-1)
        expect(
            np.allclose(sums, 1),
            f"For shape {shape} the sums along the last axis are {np.round(sums.ravel()[:3], 2)}.",
        )
        e = np.exp(scores)
        expect(np.allclose(seen, e / e.sum(axis=-1, keepdims=True)), "These are not its weights.")
    with np.errstate(all="ignore"):
        seen = np.asarray(answer(np.array([3000.0, 2999.0, -3000.0])))
    expect(bool(np.isfinite(seen).all()), f"For the scores 3000, 2999, -3000 it gave {seen}.")
    expect(np.allclose(seen, [0.731059, 0.268941, 0]), "Large scores give other weights.")
    rows = np.array([[0.0, 1.0], [2000.0, 2001.0], [-2000.0, -1999.0]])
    with np.errstate(all="ignore"):
        seen = np.asarray(answer(rows))
    expect(
        np.allclose(seen, [[0.268941, 0.731059]] * 3),
        "Three rows that differ by a constant must give the same weights. Is the maximum taken "
        "for each row by itself?",
    )


def exercise_2(answer):
    """A local causal mask."""
    for n, width in ((6, 3), (5, 1), (4, 10)):
        seen = np.asarray(answer(n, width))
        expect(seen.shape == (n, n), f"Expected shape {(n, n)}, seen {seen.shape}.")
        expect(seen.dtype == bool, f"Expected booleans, seen {seen.dtype}.")
        expect(bool(np.diag(seen).all()), "Every token may look at itself.")
        expect(not np.triu(seen, 1).any(), "Someone looks ahead: the row looks at the column.")
        for t in range(n):
            allowed = min(t + 1, width)
            expect(
                seen[t].sum() == allowed and seen[t, t + 1 - allowed : t + 1].all(),
                f"n={n}, width={width}: token {t} may look at {seen[t].sum()} tokens, "
                f"expected the last {allowed} up to itself.",
            )


def exercise_3(answer):
    """The smallest length at which the quadratic part is the larger."""
    for d in (32, 128, 7):
        seen, matrices = answer(d), lambda n, d=d: 4 * n * d**2
        expect(float(seen).is_integer(), f"A number of tokens is whole; seen {seen}.")
        square = 2 * seen**2 * d
        expect(square != matrices(seen), f"d={d}: at n={seen} they are equal. More than half!")
        expect(square > matrices(seen), f"d={d}: at n={seen} the matrices still need more.")
        before = seen - 1
        expect(2 * before**2 * d <= matrices(before), f"d={d}: n={before} is enough already.")


def exercise_4(answer):
    """Queries and keys that look at the token before."""
    for n in (4, 16, 40):
        w_q, w_k = (np.asarray(w, float) for w in answer(n))
        expect(w_q.shape == w_k.shape == (n, n), f"Expected two arrays {(n, n)}.")
        scores = w_q @ w_k.T / np.sqrt(n)  # the tokens are the identity
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        before = weights[np.arange(1, n), np.arange(n - 1)]
        after = weights[np.arange(n - 1), np.arange(1, n)]
        expect(after.min() < 0.5, "This head looks at the token AFTER. Rows ask, columns answer.")
        expect(
            before.min() >= 0.99,
            f"n={n}: some token gives only {before.min():.1%} to the one before it. Right place "
            "but too little? Scores are divided by the root of n, and n - 1 others want a share.",
        )


def exercise_5(answer):
    """Two sparse masks through which everyone hears everyone."""
    masks = [np.asarray(mask) for mask in answer()]
    expect(len(masks) == 2, f"Expected two masks, seen {len(masks)}.")
    for mask in masks:
        expect(mask.shape == (64, 64), f"Expected shape (64, 64), seen {mask.shape}.")
        expect(mask.dtype == bool, f"Expected booleans, seen {mask.dtype}.")
        most = mask.sum(axis=1).max()
        expect(most <= 16, f"A token looks at {most} tokens; 16 are allowed.")
        expect(bool(mask.any(axis=1).all()), "A token that looks at nobody has no softmax.")
    first, second = (mask.astype(int) for mask in masks)
    heard = (second @ first) > 0  # whom did those hear that I listen to?
    expect(
        bool(heard.all()),
        f"After two layers the worst token has heard {heard.sum(axis=1).min()} of 64 tokens.",
    )
