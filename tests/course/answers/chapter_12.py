"""Answers to the exercises of chapter 12: right ones, and wrong ones a learner might give."""

import numpy as np


def clean_share(observed, rho):
    return (observed - rho) / (1 - 2 * rho)


def most_uncertain(f, labeled, k):
    candidates = np.flatnonzero(~labeled)
    return candidates[np.argsort(np.abs(f[candidates] - 0.5))[:k]]


def even_guesses(z, k):
    order = np.argsort(z)
    k = min(k, int(np.sum(z < 0)), int(np.sum(z > 0)))
    return np.r_[order[:k], order[len(z) - k :]], np.repeat([0, 1], k)


def posterior(votes, a, prior):
    log_odds = np.log(prior / (1 - prior)) + votes @ np.log(a / (1 - a))
    return 1 / (1 + np.exp(-log_odds))


def rule_accuracies(votes, q):
    right = (votes == 1) * q[:, None] + (votes == -1) * (1 - q)[:, None]
    count = (votes != 0).sum(axis=0)
    return np.where(count > 0, right.sum(axis=0) / np.maximum(count, 1), 0.5)


def votes_by_words(praise, blame):
    praise, blame = set(praise.split()), set(blame.split())

    def rule(text):
        words = text.lower().replace(".", " ").replace(",", " ").split()
        return int(np.sign(sum(w in praise for w in words) - sum(w in blame for w in words)))

    return rule


my_rules = [
    votes_by_words(
        "excellent superb wonderful perfect brilliant amazing", "worst awful terrible horrible"
    ),
    votes_by_words("loved enjoyed touching favorite enjoy", "boring bored annoying dull hated"),
    votes_by_words("great best", "bad nothing"),
    votes_by_words("recommend recommended well beautiful", "waste avoid poor poorly stupid lame"),
]


RIGHT = {
    1: (clean_share,),
    2: (most_uncertain,),
    3: (even_guesses,),
    4: (posterior,),
    5: (rule_accuracies,),
    6: (my_rules,),
}


def only_subtracted(observed, rho):
    return observed - rho


def divided_by_kept(observed, rho):
    return (observed - rho) / (1 - rho)


def noised_again(observed, rho):
    return rho + (1 - 2 * rho) * observed


def labeled_too(f, labeled, k):
    return np.argsort(np.abs(f - 0.5))[:k]


def most_confident(f, labeled, k):
    return np.flatnonzero(~labeled)[np.argsort(-np.abs(f[~labeled] - 0.5))[:k]]


def positions_among_unlabeled(f, labeled, k):
    return np.argsort(np.abs(f[~labeled] - 0.5))[:k]


def lowest_probability(f, labeled, k):
    return np.flatnonzero(~labeled)[np.argsort(f[~labeled])[:k]]


def across_zero(z, k):
    order = np.argsort(z)
    return np.r_[order[:k], order[-k:]], np.repeat([0, 1], k)


def surest(z, k):
    rows = np.argsort(-np.abs(z))[: 2 * k]
    return rows, (z[rows] > 0).astype(int)


def labels_swapped(z, k):
    rows, labels = even_guesses(z, k)
    return rows, 1 - labels


def without_prior(votes, a, prior):
    return 1 / (1 + np.exp(-(votes @ np.log(a / (1 - a)))))


def accuracies_as_weights(votes, a, prior):
    return 1 / (1 + np.exp(-(np.log(prior / (1 - prior)) + votes @ a)))


def log_accuracies(votes, a, prior):
    return 1 / (1 + np.exp(-(np.log(prior / (1 - prior)) + votes @ np.log(a))))


def prior_added_at_the_end(votes, a, prior):
    return without_prior(votes, a, prior) * prior


def over_all_rows(votes, q):
    right = (votes == 1) * q[:, None] + (votes == -1) * (1 - q)[:, None]
    return right.mean(axis=0)


def hard_labels(votes, q):
    return rule_accuracies(votes, (q > 0.5).astype(float))


def positive_votes_only(votes, q):
    fired = votes == 1
    return (fired * q[:, None]).sum(axis=0) / np.maximum(fired.sum(axis=0), 1)


def zero_without_votes(votes, q):
    found = rule_accuracies(votes, q)
    return np.where((votes != 0).any(axis=0), found, 0.0)


great_against_bad = [votes_by_words("great", "bad")]
always_positive = [lambda text: 1]
turned_around = [lambda text, rule=rule: -rule(text) for rule in my_rules]

WRONG = {
    1: [(only_subtracted,), (divided_by_kept,), (noised_again,)],
    2: [(labeled_too,), (most_confident,), (positions_among_unlabeled,), (lowest_probability,)],
    3: [(across_zero,), (surest,), (labels_swapped,)],
    4: [(without_prior,), (accuracies_as_weights,), (log_accuracies,), (prior_added_at_the_end,)],
    5: [(over_all_rows,), (hard_labels,), (positive_votes_only,), (zero_without_votes,)],
    6: [(great_against_bad,), (always_positive,), (turned_around,), ([],)],
}
