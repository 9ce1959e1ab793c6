"""Checks of chapter 3, learning."""

from functools import lru_cache

import numpy as np

from helpers.show.course import expect

HINTS = {
    1: [
        "Write log p and log(1 - p) in terms of z. Both are a logaddexp with a minus before it.",
        "-log p is logaddexp(0, -z), and -log(1 - p) is logaddexp(0, z). Which counts when?",
    ],
    2: [
        "For one review it is (p - y) x. Stack the reviews as the rows of X.",
        "A sum over reviews of (number times row) is a product with the transposed X.",
    ],
    3: [
        "Along an eigenvector the matrix is a number. For which one does |1 - rate * it| reach 1?",
        "np.linalg.eigvalsh gives the curvatures of a symmetric matrix, the smallest first.",
    ],
    4: [
        "The common length is the root of the sum of ALL squares, over all arrays.",
        "One factor for all: limit / length, but never more than 1.",
    ],
    5: [
        "Which of the optimizers of this chapter gets far in 100 steps? Try a few rates.",
        "Rows of length 1 bound the curvature by 1/4: how large may a plain rate be? And momentum?",
    ],
}
QUIZ = [
    {
        "question": "The loss of a new binary classifier starts at 0.693. What does that say?",
        "choices": {
            "It gives every review about 0.5": "log 2 is what p = 0.5 costs, for either label.",
            "It is right for 69.3 % of the reviews": "A loss is no accuracy. Here it is log 2.",
            "Its learning rate is too high": "No step has been made yet.",
        },
        "answer": "It gives every review about 0.5",
    },
    {
        "question": "Someone takes (f - y) ∇f for the gradient of the cross-entropy. What follows?",
        "choices": {
            "All is well: the sigmoid cancels": "It cancels only in the gradient of z: (f - y) ∇z.",
            "It descends another loss, the squared error": "It pulls f(1 - f) times as hard.",
            "It goes uphill": "The sign is right. Only the size is wrong, review by review.",
        },
        "answer": "It descends another loss, the squared error",
    },
    {
        "question": "A gradient check with h = 1e-13 is off in the fourth digit. Likeliest reason?",
        "choices": {
            "Rounding: both losses agree in nearly all digits": "Try h = 1e-5 before you worry.",
            "The gradient is wrong": "Perhaps, but this check cannot tell: its own error is large.",
            "h is still too large": "The error from a large h falls as h squared: long gone.",
        },
        "answer": "Rounding: both losses agree in nearly all digits",
    },
    {
        "question": "You multiply the loss by 1000, for nicer numbers. Which training is upset?",
        "choices": {
            "SGD only": "Its step grows a thousandfold. Adam divides the factor away.",
            "Adam only": "m and the root of v grow by the same factor, which cancels.",
            "Both": "Adam's m grows a thousandfold, and so does the root of v below it.",
            "Neither": "SGD steps by the rate times the gradient, and that has grown.",
        },
        "answer": "SGD only",
    },
    {
        "question": "Adam with an L2 penalty: which weights does the penalty shrink least?",
        "choices": {
            "Those with large gradients": "Their penalty is divided by a large root of v.",
            "Those with small gradients": "The division favors them: they shrink the most.",
            "None: it shrinks all by the same share": "That is AdamW. L2 passes the division.",
        },
        "answer": "Those with large gradients",
    },
]


def exercise_1(answer):
    """The mean binary cross-entropy from logits, finite for any logit."""
    rng = np.random.default_rng(1)
    for scale in (1.0, 5.0):
        z, y = scale * rng.normal(size=50), rng.integers(0, 2, 50)
        seen, p = answer(z, y), 1 / (1 + np.exp(-z))
        expected = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        expect(np.ndim(seen) == 0, f"Return one number, the mean. Seen: shape {np.shape(seen)}.")
        expect(not np.isclose(seen, -expected), "The size is right, the sign is not.")
        expect(not np.isclose(seen, 50 * expected), "That is the sum. Take the mean.")
        expect(np.isclose(seen, expected), f"For small logits: {expected:.4f}, seen {seen:.4f}.")
    z, y = np.array([1000.0, -1000.0, 800.0]), np.array([1, 0, 0])
    with np.errstate(all="ignore"):
        seen = answer(z, y)
    expect(np.isfinite(seen), f"For the logits 1000, -1000 and 800 it became {seen}.")
    expect(
        np.isclose(seen, 800 / 3),
        f"Two sure and right, one wrong with logit 800: expected {800 / 3:.1f}, seen {seen:.1f}.",
    )


def exercise_2(answer):
    """The gradient of the mean cross-entropy of logistic regression."""
    rng = np.random.default_rng(2)
    for reviews, weights in ((40, 3), (7, 7), (2, 5)):
        X, w = rng.normal(size=(reviews, weights)), rng.normal(size=weights)
        y = rng.integers(0, 2, reviews)
        seen, p = answer(w, X, y), 1 / (1 + np.exp(-X @ w))
        expected = X.T @ (p - y) / reviews
        expect(
            np.shape(seen) == (weights,),
            f"One number a weight: expected shape {(weights,)}, seen {np.shape(seen)}.",
        )
        expect(not np.allclose(seen, -expected), "It points downhill: a gradient points uphill.")
        expect(not np.allclose(seen, reviews * expected), "That is the sum over reviews.")
        expect(
            not np.allclose(seen, X.T @ ((p - y) * p * (1 - p)) / reviews),
            "That is formula C: a factor p(1 - p) is left that should have cancelled.",
        )
        expect(
            np.allclose(seen, expected),
            f"Finite differences say {np.round(expected, 3)}, seen {np.round(seen, 3)}.",
        )


def exercise_3(answer):
    """The limit of the learning rate on a quadratic bowl."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    bowls = [np.diag([1.0, 20.0]), turn @ np.diag([3.0, 8.0]) @ turn.T, np.diag([4.0, 0.5, 2.0])]
    for H in bowls:
        seen, curvatures = answer(H), np.linalg.eigvalsh(H)
        limit = 2 / curvatures[-1]
        expect(
            not np.isclose(seen, 2 / curvatures[0]),
            "That is the limit of the gentlest direction. The steepest flies out before.",
        )
        expect(
            not np.isclose(seen, 1 / curvatures[-1]),
            "At that rate the steepest direction arrives in one step. One may go further.",
        )
        off_axis = not np.allclose(H, np.diag(np.diag(H)))
        where = " (its axes are turned: look beyond the diagonal)" if off_axis else ""
        expect(
            np.isclose(seen, limit),
            f"For H = {np.round(H, 2).tolist()}{where} the rate {seen:.4g} is not the limit.",
        )


def exercise_4(answer):
    """Clipping by global norm."""
    rng = np.random.default_rng(4)
    for limit in (1.0, 2.5):
        given = [rng.normal(size=(3, 4)), 0.01 * rng.normal(size=5), 3 * rng.normal(size=(2, 2, 2))]
        kept = [g.copy() for g in given]
        seen = list(answer(given, limit))
        expect(
            [np.shape(g) for g in seen] == [g.shape for g in given],
            f"Expected arrays of shapes {[g.shape for g in given]}.",
        )
        same = all(np.array_equal(a, b) for a, b in zip(given, kept, strict=True))
        expect(same, "The arrays that were given changed. Return new ones.")
        length = np.sqrt(sum((g**2).sum() for g in seen))
        expect(
            np.isclose(length, limit),
            f"The common length became {length:.3f}; the limit is {limit}.",
        )
        factors = [np.ravel(g / k) for g, k in zip(seen, kept, strict=True)]
        expect(
            np.allclose(np.concatenate(factors), factors[0][0]),
            "The arrays were scaled by different factors: the direction of the step changed.",
        )
    small = [np.array([0.3, -0.4]), np.array([[0.1]])]
    seen = answer(small, 1.0)
    expect(
        all(np.allclose(a, b) for a, b in zip(seen, small, strict=True)),
        "Gradients shorter than the limit must stay as they are.",
    )


@lru_cache
def _race_rows():
    from sklearn.feature_extraction.text import TfidfVectorizer

    from helpers.data import imdb

    parts = imdb.film_aligned_split(imdb.packaged_reviews())
    train, held_out = parts["train"].iloc[3::18], parts["validation"].iloc[1::2]
    words = TfidfVectorizer(max_features=1000)
    X, X_held = words.fit_transform(train["text"]).tocsr(), words.transform(held_out["text"])
    return X, train["label"].to_numpy(), X_held, held_out["label"].to_numpy()


def exercise_5(answer):
    """At most 100 gradients, and a lower held-out loss than 100 plain steps."""
    X, y, X_held, y_held = _race_rows()
    columns, calls = X.T.tocsr(), 0

    def gradient(w):
        nonlocal calls
        calls += 1
        expect(calls <= 100, "More than 100 looks at the gradient.")
        return columns @ (1 / (1 + np.exp(-(X @ w))) - y) / len(y)

    def held_out_loss(w):
        z = X_held @ w
        return np.mean(np.logaddexp(0, z) - y_held * z)

    plain = np.zeros(X.shape[1])
    for _ in range(100):
        plain = plain - 4.0 * gradient(plain)
    calls = 0
    w = np.asarray(answer(gradient, X.shape[1]), float)
    expect(w.shape == (X.shape[1],), f"Expected {X.shape[1]} weights, seen shape {w.shape}.")
    expect(bool(np.isfinite(w).all()), "Some weights are not finite: the descent flew out.")
    seen, baseline = held_out_loss(w), held_out_loss(plain)
    expect(
        seen < baseline - 0.05,
        f"Held-out loss {seen:.3f} after {calls} gradients; 100 plain steps with rate 4 reach "
        f"{baseline:.3f}. Get at least 0.05 below.",
    )
