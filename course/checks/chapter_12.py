"""Checks of chapter 12, learning from little."""

from functools import cache

import numpy as np

from helpers.data import imdb
from helpers.show.course import expect

HINTS = {
    1: [
        "Write the observed share as a function of the true one; the text has the formula.",
        "observed = rho + (1 - 2 rho) · true. Solve for the true share.",
    ],
    2: [
        "Least sure means nearest to one half.",
        "np.flatnonzero(~labeled) gives the candidates; sort those and give back their numbers in "
        "the whole array.",
    ],
    3: [
        "np.argsort(z) has the most negative first and the most positive last.",
        "How many rows are below zero, how many above? The smallest of those and k is the number "
        "for both sides. Mind the slice order[-0:].",
    ],
    4: [
        "Start from the log-odds without any vote.",
        "Bayes' rule adds log(prior / (1 - prior)) to the weighted votes; then the sigmoid.",
    ],
    5: [
        "With which probability is a vote +1 right? And a vote -1?",
        "Add those up over the rows where the rule votes, and divide by the number of such rows.",
    ],
    6: [
        "Several small rules of different kinds correct each other; one large rule cannot.",
        "Read twenty reviews in the pool and note what gave the verdict away. Also blame needs "
        "its words: waste, boring, poor, ...",
    ],
}


def exercise_1(clean_share):
    """Invert symmetric label noise."""
    for true, rho in [(0.5, 0.3), (0.8, 0.1), (0.2, 0.25), (0.6, 0.0), (0.0, 0.4)]:
        observed = true * (1 - rho) + (1 - true) * rho
        seen = clean_share(observed, rho)
        expect(
            np.isclose(seen, true),
            f"Of 100 labels {100 * true:.0f} are positive; after flips with probability {rho} you "
            f"see {100 * observed:.1f} and conclude {100 * seen:.1f}.",
        )


def exercise_2(choose):
    """The least sure of the unlabeled."""
    rng = np.random.default_rng(2)
    for n, k in [(12, 3), (50, 10), (200, 1)]:
        f, labeled = rng.random(n), rng.random(n) < 0.5
        f[0], labeled[0], labeled[1] = 0.5, True, False
        seen = np.asarray(choose(f.copy(), labeled.copy(), k))
        expect(seen.shape == (k,), f"{k} reviews were wanted, the answer has shape {seen.shape}.")
        expect(
            not labeled[seen].any(),
            f"Review {seen[labeled[seen]][:1]} has a label already. (Are these numbers of the "
            "whole array?)",
        )
        left = np.setdiff1d(np.flatnonzero(~labeled), seen)
        distance = np.abs(f - 0.5)
        expect(
            distance[seen].max() <= distance[left].min(),
            f"You chose f = {np.round(f[seen][:3], 2)}, but a nearer one to 0.5 was left.",
        )
        expect(bool(np.all(np.diff(distance[seen]) >= 0)), "The least sure should come first.")


def exercise_3(choose):
    """Equally many guesses of both classes."""
    rng = np.random.default_rng(3)
    for shift, k in [(0.0, 10), (1.8, 20), (-1.8, 20), (9.0, 5)]:
        z = rng.normal(shift, 1, 80)
        rows, labels = (np.asarray(part) for part in choose(z.copy(), k))
        positive, negative = (set(rows[labels == label].tolist()) for label in (1, 0))
        available = min(k, int(np.sum(z > 0)), int(np.sum(z < 0)))
        seen = f"{len(positive)} positive and {len(negative)} negative guesses"
        expect(
            len(positive) == len(negative) == available,
            f"{seen}; with k = {k}, {np.sum(z > 0)} logits above zero and {np.sum(z < 0)} below, "
            f"{available} of each were wanted.",
        )
        order = np.argsort(z)
        expect(
            positive == set(order[len(z) - available :].tolist())
            and negative == set(order[:available].tolist()),
            f"{seen}, but not the surest of each side with the label of that side.",
        )


def exercise_4(posterior):
    """Bayes' rule, by going through both labels."""
    rng = np.random.default_rng(4)
    a = np.array([0.9, 0.6, 0.75, 0.3])
    votes = np.r_[np.zeros((1, 4), int), rng.integers(-1, 2, size=(30, 4))]
    for prior in (0.5, 0.2, 0.9):
        likelihood = {
            side: np.prod(np.where(votes == side, a, np.where(votes == -side, 1 - a, 1.0)), axis=1)
            for side in (1, -1)
        }
        both = prior * likelihood[1] + (1 - prior) * likelihood[-1]
        expected = prior * likelihood[1] / both
        seen = np.asarray(posterior(votes.copy(), a.copy(), prior), float)
        expect(seen.shape == expected.shape, f"One probability a row: {expected.shape}.")
        expect(
            np.isclose(seen[0], prior),
            f"A row without votes gets {seen[0]:.2f}; with prior {prior} it should get that.",
        )
        worst = int(np.argmax(np.abs(seen - expected)))
        expect(
            np.allclose(seen, expected),
            f"Votes {votes[worst]}, accuracies {a}, prior {prior}: you give {seen[worst]:.3f}, "
            f"Bayes' rule {expected[worst]:.3f}.",
        )


def exercise_5(accuracies):
    """Expected share of right votes."""
    rng = np.random.default_rng(5)
    votes, q = rng.integers(-1, 2, size=(200, 4)), rng.random(200)
    votes[:, 3] = 0
    seen = np.asarray(accuracies(votes.copy(), q.copy()), float)
    expect(seen.shape == (4,), f"One number a rule: 4, not {seen.shape}.")
    expect(bool(np.isclose(seen[3], 0.5)), f"Rule 3 never votes and gets {seen[3]}.")
    for j in range(3):
        chances = [q[i] if v == 1 else 1 - q[i] for i, v in enumerate(votes[:, j]) if v]
        expect(
            bool(np.isclose(seen[j], np.mean(chances))),
            f"Rule {j} votes on {len(chances)} of 200 rows and is right on "
            f"{np.sum(chances):.1f} of them in expectation. You give {seen[j]:.3f}.",
        )


@cache
def held_reviews():
    """1,000 reviews of films that the chapter does not use."""
    rows = imdb.film_aligned_split(imdb.packaged_reviews())["validation"]
    rows = rows.sample(1000, random_state=12)
    return rows["text"].tolist(), 2 * rows["label"].to_numpy() - 1


def exercise_6(rules):
    """Rules that together beat one obvious rule on reviews the check holds."""
    expect(len(rules) >= 1, "The list has no rules.")
    texts, truth = held_reviews()
    votes = np.array([[rule(text) for rule in rules] for text in texts])
    expect(bool(np.isin(votes, (-1, 0, 1)).all()), "A rule votes -1, 0 or +1 and nothing else.")
    total = np.sign(votes.sum(axis=1))
    score = 100 * np.mean(np.where(total == 0, 0.5, total == truth))
    silent = 100 * np.mean(total == 0)
    expect(
        score >= 71,
        f"{score:.1f} %, and silent or undecided on {silent:.0f} % of the reviews. "
        + ("More words would help more than better ones." if silent > 30 else "Look at errors."),
    )
