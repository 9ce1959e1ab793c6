"""Answers to the exercises of chapter 8: right ones, and wrong ones a learner might give."""

import numpy as np
from scipy import stats


def wilson_interval(correct, n, z=1.96):
    share = correct / n
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    center, scale = share + z**2 / (2 * n), 1 + z**2 / n
    return (center - half) / scale, (center + half) / scale


def rows_needed(p, half_width, z=1.96):
    return int(np.ceil(z**2 * p * (1 - p) / half_width**2 - 1e-9))


def mcnemar_p_value(labels, first, second):
    first_only = np.sum((first == labels) & (second != labels))
    second_only = np.sum((second == labels) & (first != labels))
    m = first_only + second_only
    tail = stats.binom.cdf(min(first_only, second_only), m, 0.5)
    return float(min(1.0, 2 * tail)) if m else 1.0


def holm_adjusted(p_values):
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(scaled))
    return adjusted


def group_split(groups, share, seed):
    groups = np.asarray(groups)
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    before = np.cumsum(sizes[order]) - sizes[order]  # rows taken before each group
    return np.isin(groups, names[order][before < share * len(groups)])


def clustered_interval(right, films, resamples=500):
    _, film = np.unique(films, return_inverse=True)
    sums, sizes = np.bincount(film, weights=right), np.bincount(film)
    drawn = np.random.default_rng(0).integers(0, len(sums), size=(resamples, len(sums)))
    scores = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return tuple(np.quantile(scores, [0.025, 0.975]))


RIGHT = {
    1: (wilson_interval,),
    2: (rows_needed,),
    3: (mcnemar_p_value,),
    4: (holm_adjusted,),
    5: (group_split,),
    6: (clustered_interval,),
}


def wald(correct, n, z=1.96):
    share = correct / n
    half = z * np.sqrt(share * (1 - share) / n)
    return share - half, share + half


def wilson_without_scale(correct, n, z=1.96):
    share = correct / n
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share + z**2 / (2 * n) - half, share + z**2 / (2 * n) + half


def wilson_upside_down(correct, n, z=1.96):
    low, high = wilson_interval(correct, n, z)
    return high, low


def wilson_for_the_wrong(correct, n, z=1.96):
    return wilson_interval(n - correct, n, z)


def rows_rounded(p, half_width, z=1.96):
    return round(z**2 * p * (1 - p) / half_width**2)


def rows_not_squared(p, half_width, z=1.96):
    return int(np.ceil(z * p * (1 - p) / half_width))


def rows_for_whole_width(p, half_width, z=1.96):
    return rows_needed(p, half_width / 2, z)


def mcnemar_one_sided(labels, first, second):
    return mcnemar_p_value(labels, first, second) / 2


def mcnemar_not_capped(labels, first, second):
    only = [np.sum((x == labels) & (o != labels)) for x, o in ((first, second), (second, first))]
    return float(2 * stats.binom.cdf(min(only), sum(only), 0.5))


def two_proportions(labels, first, second):
    a, b = np.mean(first == labels), np.mean(second == labels)
    pooled = (a + b) / 2
    error = np.sqrt(2 * pooled * (1 - pooled) / len(labels)) or 1.0
    return float(2 * stats.norm.sf(abs(b - a) / error))


def mcnemar_of_positives(labels, first, second):
    return mcnemar_p_value(np.ones_like(labels), first, first * second)


def bonferroni_adjusted(p_values):
    return np.minimum(1, np.asarray(p_values) * len(p_values))


def holm_sorted(p_values):
    return np.sort(holm_adjusted(p_values))


def holm_without_maximum(p_values):
    p_values = np.asarray(p_values, float)
    rank = np.argsort(np.argsort(p_values))
    return np.minimum(1, p_values * (len(p_values) - rank))


def holm_not_capped(p_values):
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    return adjusted


def random_split(groups, share, seed):
    return np.random.default_rng(seed).random(len(groups)) < share


def same_split_always(groups, share, seed):
    return group_split(groups, share, 0)


def split_by_number_of_groups(groups, share, seed):
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).choice(names, int(share * len(names)), replace=False)
    return np.isin(groups, chosen)


def training_rows(groups, share, seed):
    return ~group_split(groups, share, seed)


def wilson_of_rows(right, films):
    return wilson_interval(np.sum(right), len(right))


def bootstrap_of_rows(right, films):
    drawn = np.random.default_rng(0).integers(0, len(right), size=(300, len(right)))
    return tuple(np.quantile(np.asarray(right)[drawn].mean(axis=1), [0.025, 0.975]))


def everything(right, films):
    return 0.0, 1.0


def one_standard_error(right, films):
    low, high = clustered_interval(right, films)
    middle, half = (low + high) / 2, (high - low) / 4
    return middle - half, middle + half


WRONG = {
    1: [(wald,), (wilson_without_scale,), (wilson_upside_down,), (wilson_for_the_wrong,)],
    2: [(rows_rounded,), (rows_not_squared,), (rows_for_whole_width,)],
    3: [(mcnemar_one_sided,), (mcnemar_not_capped,), (two_proportions,), (mcnemar_of_positives,)],
    4: [(bonferroni_adjusted,), (holm_sorted,), (holm_without_maximum,), (holm_not_capped,)],
    5: [(random_split,), (same_split_always,), (split_by_number_of_groups,), (training_rows,)],
    6: [(wilson_of_rows,), (bootstrap_of_rows,), (everything,), (one_standard_error,)],
}
