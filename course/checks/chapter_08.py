"""Checks of chapter 8, evaluation."""

import numpy as np
from scipy import stats

from helpers.show.course import expect

HINTS = {
    1: [
        "Start from the two roots given in the text; write the part under the square root first.",
        "Center and half-width are both divided by 1 + z²/n. At 20 of 20 the upper end is 1.",
    ],
    2: [
        "Solve z·sqrt(p(1-p)/n) <= half_width for n.",
        "Square both sides. A fraction of a row is no row: which way must you round?",
    ],
    3: [
        "Make two boolean arrays: is the first right, is the second right?",
        "Count the rows where exactly one is right; the smaller count and scipy.stats.binom.cdf "
        "with probability one half do the rest. Both tails count, and nothing exceeds 1.",
    ],
    4: [
        "np.argsort gives the order; the factors are m, m-1, ..., 1 in that order.",
        "np.maximum.accumulate keeps what has been reached. adjusted[order] = ... puts back.",
    ],
    5: [
        "Shuffle the names of the groups, not the rows.",
        "Take whole groups until they hold share · rows rows; np.isin turns names into rows. "
        "Groups differ in size: count rows, not groups.",
    ],
    6: [
        "What is independent here: rows, or films?",
        "Resample films and take all rows of each (sums and sizes by np.bincount), or give the "
        "films' means an interval with a t quantile.",
    ],
}


def wilson_by_search(correct, n, z):
    """The ends of the interval by its definition, without its formula."""
    grid = np.linspace(0, 1, 200_001)
    inside = grid[np.abs(correct / n - grid) <= z * np.sqrt(grid * (1 - grid) / n) + 1e-12]
    return inside[0], inside[-1]


def exercise_1(interval):
    """Wilson's interval from counts."""
    for correct, n, z in [(20, 20, 1.96), (0, 15, 1.96), (45, 50, 1.96), (870, 1000, 2.576)]:
        low, high = interval(correct, n, z)
        right_low, right_high = wilson_by_search(correct, n, z)
        seen = f"For {correct} of {n} (z = {z}) you give {low:.4f} to {high:.4f}"
        expect(low <= high, f"{seen}: the lower end comes first.")
        expect(
            abs(low - right_low) < 1e-4 and abs(high - right_high) < 1e-4,
            f"{seen}, but at these ends |share - p| is not z·sqrt(p(1-p)/n), as it must be.",
        )


def exercise_2(rows):
    """The smallest number of rows with a half-width no larger than wanted."""
    for p, half, z in [(0.9, 0.01, 1.96), (0.5, 0.1, 2.0), (0.85, 0.02, 1.96), (0.97, 0.013, 1.96)]:
        n = rows(p, half, z)
        expect(float(n) == int(n), f"Rows are whole: for p = {p} you give {n}.")

        def width(n, p=p, z=z):
            return z * np.sqrt(p * (1 - p) / max(n, 1))

        expect(
            width(n) <= half * (1 + 1e-9),
            f"With p = {p} and {n} rows the interval reaches {width(n):.5f}, more than {half}.",
        )
        expect(
            width(n - 1) > half * (1 + 1e-9),
            f"With p = {p}, fewer than {n} rows would do for {half}.",
        )


def exercise_3(p_value):
    """McNemar's exact two-sided test."""
    rng = np.random.default_rng(8)
    for first_only, second_only in [(3, 12), (12, 3), (5, 5), (0, 6), (40, 41), (0, 0)]:
        agree = 60
        n = agree + first_only + second_only
        kind = rng.permutation(np.repeat([0, 1, 2], [agree, first_only, second_only]))
        labels = rng.integers(0, 2, n)
        both_right = rng.random(n) < 0.7
        first_right = np.where(kind == 0, both_right, kind == 1)
        second_right = np.where(kind == 0, both_right, kind == 2)
        first = np.where(first_right, labels, 1 - labels)
        second = np.where(second_right, labels, 1 - labels)
        seen = p_value(labels, first, second)
        m = first_only + second_only
        expected = stats.binomtest(first_only, m, 0.5).pvalue if m else 1.0
        expect(
            0 <= seen <= 1 and np.isclose(seen, expected, atol=1e-9),
            f"With {first_only} rows only the first gets right and {second_only} only the second "
            f"(and {agree} on which they agree) you give {seen:.4f}, expected {expected:.4f}. "
            "Which rows count? Both tails? At most 1?",
        )


def exercise_4(adjusted):
    """Holm's adjusted p-values."""
    cases = [[0.04, 0.001, 0.012, 0.03], [0.02, 0.02, 0.021], [0.9, 0.6, 0.3], [0.01]]
    for case in cases:
        p = np.array(case)
        seen = np.asarray(adjusted(p.copy()), float)
        expect(seen.shape == p.shape, f"{len(p)} p-values in, {seen.size} out.")
        expect(bool(np.all(seen <= 1)), f"A probability above 1 for {case}: {np.round(seen, 4)}.")
        for alpha in (0.005, 0.01, 0.025, 0.045, 0.05, 0.061, 0.2, 0.65, 0.95):
            by_steps = np.zeros(len(p), bool)
            for rank, i in enumerate(np.argsort(p)):
                if p[i] > alpha / (len(p) - rank):
                    break
                by_steps[i] = True
            expect(
                bool(np.array_equal(seen <= alpha, by_steps)),
                f"For {case} you give {np.round(seen, 4)}. Compared with alpha = {alpha} that "
                f"rejects {seen <= alpha}, but Holm's steps reject {by_steps}.",
            )


def exercise_5(split):
    """A split that keeps groups together."""
    rng = np.random.default_rng(5)
    sizes = np.r_[np.ones(300, int), np.full(30, 20), np.full(8, 40)]
    names = rng.permutation(len(sizes))
    groups = rng.permutation(np.repeat(names, sizes))
    shares, masks = [], []
    for seed in range(12):
        mask = np.asarray(split(groups, 0.25, seed))
        expect(
            mask.shape == groups.shape and mask.dtype == bool,
            "Return one boolean for each row, True for test rows.",
        )
        crossing = np.intersect1d(groups[mask], groups[~mask])
        expect(
            len(crossing) == 0,
            f"Seed {seed}: {len(crossing)} groups have rows in training and in test.",
        )
        shares.append(mask.mean())
        masks.append(mask)
    expect(
        max(abs(share - 0.25) for share in shares) < 0.05,
        f"About 25 % of the rows should be test rows; over 12 seeds you give "
        f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %. Groups differ in size.",
    )
    expect(
        not all(np.array_equal(masks[0], mask) for mask in masks[1:]),
        "Another seed should give another split.",
    )
    again = np.asarray(split(groups, 0.25, 3))
    expect(bool(np.array_equal(again, masks[3])), "The same seed should give the same split.")


def exercise_6(interval):
    """Honest coverage with clustered rows, and no needless width."""
    rng = np.random.default_rng(6)
    films = np.repeat(np.arange(40), 10)
    truth, hits, widths = 0.8, 0, []
    for _ in range(300):
        quality = rng.beta(3.2, 0.8, size=40)  # mean 0.8, and films differ a lot
        right = (rng.random(400) < quality[films]).astype(int)
        low, high = interval(right, films)
        hits += low <= truth <= high
        widths.append(high - low)
    share, width = hits / 300, float(np.mean(widths))
    expect(
        share >= 0.89,
        f"Your interval contains the truth in {100 * share:.0f} % of 300 test sets, 95 % were "
        "promised. How many independent things are there in 400 reviews of 40 films?",
    )
    # films differ with variance 0.032: the standard error is 0.033, the interval 0.13 wide
    expect(
        width < 0.16,
        f"It contains the truth in {100 * share:.0f} %, but is {width:.3f} wide on average; "
        "0.13 is enough here.",
    )
