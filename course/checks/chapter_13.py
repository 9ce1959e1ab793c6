"""Checks of chapter 13, frontiers."""

import functools
import math
import re
from collections import Counter

import numpy as np

from helpers.show.course import expect


def exercise_1(fuse):
    """Late fusion with the prior taken off once."""
    for prior, text, sound in (
        (0.5, (0.9, 0.2), (0.6, 0.5)),
        (0.2, (0.7, 0.3), (0.5, 0.1)),
        (0.9, (0.5, 0.5), (0.2, 0.8)),
    ):

        def posterior(ratio, prior=prior):
            return prior * ratio / (prior * ratio + 1 - prior)

        p_text, p_sound = posterior(text[0] / text[1]), posterior(sound[0] / sound[1])
        right = posterior(text[0] * sound[0] / (text[1] * sound[1]))
        seen = fuse(p_text, p_sound, prior)
        expect(
            np.isclose(seen, right),
            f"fuse({p_text:.3f}, {p_sound:.3f}, {prior}) gave {seen:.4f}, Bayes' rule says "
            f"{right:.4f}. Each of the two already contains the prior.",
        )


def exercise_2(co_stars):
    """Two steps in a graph."""
    triples = [
        ("A", "stars", "Ann"),
        ("A", "stars", "Bob"),
        ("A", "directed by", "Dan"),
        ("B", "stars", "Ann"),
        ("B", "stars", "Cid"),
        ("C", "stars", "Dan"),
        ("C", "stars", "Eve"),
        ("C", "directed by", "Ann"),
    ]
    for person, right in (("Ann", {"Bob", "Cid"}), ("Bob", {"Ann"}), ("Dan", {"Eve"})):
        seen = set(co_stars(list(triples), person))
        expect(
            seen == right,
            f"co_stars of {person}: expected {sorted(right)}, you gave {sorted(seen)}. Directing a "
            "film is not starring in it, and nobody is their own co-star.",
        )
    expect(set(co_stars(triples, "Zoe")) == set(), "Zoe is in no film: expected an empty set.")


def exercise_3(choose):
    """Thompson sampling, by its frequencies."""
    likes, dislikes = np.array([0, 8, 30]), np.array([0, 6, 30])
    rng = np.random.default_rng(3)
    draws = rng.beta(1 + likes, 1 + dislikes, (40_000, 3))
    right = np.bincount(draws.argmax(axis=1), minlength=3) / len(draws)
    seen = np.zeros(3)
    for _ in range(4_000):
        seen[choose(likes, dislikes, rng)] += 1 / 4_000
    expect(
        np.abs(seen - right).max() < 0.04,
        f"With likes {likes.tolist()} and dislikes {dislikes.tolist()} the three answers should be "
        f"shown in shares of about {right.round(2).tolist()}; you showed {seen.round(2).tolist()}. "
        "An answer nobody has seen may be the best and should often get its chance.",
    )


def exercise_4(reward_gradient):
    """The gradient of Bradley-Terry, compared with small steps."""
    rng = np.random.default_rng(4)
    for n in (2, 4):
        r, wins = rng.normal(size=n), rng.integers(0, 9, (n, n)) * (1 - np.eye(n))

        def log_likelihood(r, wins=wins):
            return float((wins * -np.logaddexp(0, r[None, :] - r[:, None])).sum())

        steps = 1e-5 * np.eye(n)
        right = np.array([log_likelihood(r + s) - log_likelihood(r - s) for s in steps]) / 2e-5
        seen = np.asarray(reward_gradient(r.copy(), wins.copy()))
        expect(seen.shape == (n,), f"shape {seen.shape}, expected ({n},).")
        expect(
            np.allclose(seen, right, atol=1e-4),
            f"Small steps find {right.round(3).tolist()}, yours is {seen.round(3).tolist()}. A win "
            "that was expected anyway should hardly move the rewards.",
        )


def exercise_5(average):
    """The server's average."""
    weights = np.array([[1.0, 0.0], [4.0, 8.0], [0.0, 2.0]])
    seen = np.asarray(average(weights.copy(), np.array([2, 1, 1])))
    expect(
        np.allclose(seen, [1.5, 2.5]),
        f"Weights {weights.tolist()} of devices with 2, 1 and 1 rows: expected [1.5, 2.5], you "
        f"gave {seen.round(3).tolist()}. (The plain mean would be [1.667, 3.333].)",
    )
    broken = np.array([[1.0, 3.0], [np.nan, np.inf]])
    seen = np.asarray(average(broken, np.array([5, 0])))
    expect(
        np.allclose(seen, [1.0, 3.0]),
        f"A device without rows sent nan; expected [1, 3], you gave {seen.tolist()}. Zero times "
        "nan is nan.",
    )


@functools.cache
def _streams():
    """Return the running log-odds of 1,000 held-out reviews, and their labels."""
    from helpers.data import imdb

    parts = imdb.film_aligned_split(imdb.packaged_reviews())
    train, held = parts["train"][1::4], parts["validation"][1::2]
    counts, totals = [Counter(), Counter()], [0, 0]
    for text, label in zip(train["text"], train["label"], strict=True):
        counts[label].update(set(re.findall(r"[a-z']+", text.lower())))
        totals[label] += 1
    weight = {
        w: math.log((counts[1][w] + 1) / (totals[1] + 2) / (counts[0][w] + 1) * (totals[0] + 2))
        for w in counts[0] | counts[1]
        if counts[0][w] + counts[1][w] >= 5
    }
    streams = []
    for text in held["text"]:
        z, seen, history = 0.0, set(), []
        for word in re.findall(r"[a-z']+", text.lower()):
            z += 0.0 if word in seen else weight.get(word, 0.0)
            seen.add(word)
            history.append(z)
        streams.append(history)
    return streams, held["label"].to_numpy()


def exercise_6(stop):
    """Stopping early at little loss."""
    streams, labels = _streams()
    read, right = 0, []
    for history, label in zip(streams, labels, strict=True):
        at = len(history)
        for n in range(1, len(history) + 1):
            if stop(history[:n]):
                at = n
                break
        read += at
        right.append((history[at - 1] > 0) == label)
    share = read / sum(map(len, streams))
    everything = float(np.mean([(h[-1] > 0) == y for h, y in zip(streams, labels, strict=True)]))
    score = float(np.mean(right))
    expect(
        share <= 0.6,
        f"You read {share:.0%} of the words (allowed: 60 %), with {score:.1%} right.",
    )
    expect(
        score >= everything - 0.01,
        f"You read {share:.0%} of the words and are right in {score:.1%}; reading everything gives "
        f"{everything:.1%}, and one point less is allowed.",
    )


HINTS = {
    1: [
        "Work with log-odds: ln(p / (1 - p)).",
        "Add those of text and sound, subtract that of the prior, and go back with the sigmoid.",
    ],
    2: [
        "First the films in which the person stars, then all who star in them.",
        "Look at the relation in both steps, and take the person out at the end.",
    ],
    3: [
        "rng.beta takes arrays: one draw for each answer.",
        "Its arguments are 1 + likes and 1 + dislikes; argmax of the draws is the answer.",
    ],
    4: [
        "d[i, j] = sigmoid(r[j] - r[i]) is the surprise when i beats j.",
        "(wins * d).sum(axis=1) is what i gains from its wins; its defeats are in the columns.",
    ],
    5: [
        "np.average takes weights.",
        "First leave out the devices with size 0: weights[sizes > 0].",
    ],
    6: [
        "Stop when the last log-odds are far from zero. How far, says the chapter's curve.",
        "Wald's 3 is too low for words that come together, 10 reads too much. What you need "
        "lies in between.",
    ],
}

QUIZ = [
    {
        "question": "Word and voice are each useless alone, together they tell everything. Adding "
        "the log-odds of two models gives",
        "choices": {
            "a perfect model, since all information is there": "It is there, but no sum can reach "
            "it.",
            "chance": "Each adds zero. Only a model that sees both at once can combine them.",
            "about three quarters": "One line through both could cut off one group. But each of "
            "these two models says nothing, and so does their sum.",
        },
        "answer": "chance",
    },
    {
        "question": "The n-gram model names a wrong director with full confidence. It did so "
        "because",
        "choices": {
            "its training data was wrong": "Every sentence it saw was true.",
            "it continues with what is frequent after the part of the context it knows": "It was "
            "never asked whether it knows.",
            "it is too small": "A larger one knows more films, and does the same with the next "
            "unknown one.",
        },
        "answer": "it continues with what is frequent after the part of the context it knows",
    },
    {
        "question": "Why does the regret of epsilon-greedy keep growing in a straight line?",
        "choices": {
            "It never finds the best answer": "Mostly it does, and soon.",
            "It goes on exploring at the same rate when there is nothing left to learn": "A "
            "shrinking epsilon would bend the line.",
            "The rates change over time": "Here they are fixed.",
        },
        "answer": "It goes on exploring at the same rate when there is nothing left to learn",
    },
    {
        "question": "Wald's test promised 5 % errors and made far more. Why?",
        "choices": {
            "The threshold was computed wrongly": "It is ln(0.95 / 0.05), as it should be.",
            "Words that come together were counted as independent evidence": "So the log-odds "
            "claim more than they know.",
            "The reviews were too short": "Most were stopped long before their end.",
        },
        "answer": "Words that come together were counted as independent evidence",
    },
    {
        "question": "When is federated averaging exactly central gradient descent?",
        "choices": {
            "Always": "With several local steps the devices drift apart.",
            "With one full step a round, averaged by the number of rows": "The gradient of the "
            "whole is the weighted mean of the gradients.",
            "When all devices have the same number of rows": "Only if they also take one step.",
        },
        "answer": "With one full step a round, averaged by the number of rows",
    },
]
