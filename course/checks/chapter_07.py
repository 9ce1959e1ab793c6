"""Checks of chapter 7, fine-tuning."""

import numpy as np

from helpers.show.course import expect

HINTS = {
    1: ["How many entries has L, how many R?", "L is m by r and R is r by n, for each matrix."],
    2: [
        "Which of the two shapes of L is the rank?",
        "left is m by r: left.shape[1]. The product L R has the shape of W.",
    ],
    3: [
        "Write the two straight lines apart, then see where each one rules.",
        "Rising: peak·t/warmup. Falling: it is peak at warmup and 0 at steps. Take the smaller.",
    ],
    4: [
        "Walk through the epochs in order; training does not know what comes later.",
        "Remember the best epoch; stop when the current one is `patience` epochs after it. The "
        "epoch at which you stop was trained too.",
    ],
    5: [
        "Call a = relu(h D). Then y = h + a U is linear in U.",
        "The gradient has the shape of U: a transposed times dy.",
    ],
    6: [
        "What does cutting a matrix at rank r lose, in terms of its singular values?",
        "np.linalg.svd(update, compute_uv=False) gives them. A direction is worth its squared "
        "singular value, whichever matrix it belongs to.",
    ],
}


def exercise_1(size):
    """Numbers trained by LoRA."""
    for shapes, r in [([(64, 128)], 4), ([(2000, 64), (64, 128), (128, 64)], 2), ([(5, 5)] * 3, 1)]:
        seen = size(shapes, r)
        expected = sum(np.zeros((m, r)).size + np.zeros((r, n)).size for m, n in shapes)
        expect(
            seen == expected,
            f"For {shapes} and r = {r} you count {seen}. List the two arrays of each matrix.",
        )


def exercise_2(merge):
    """A merged matrix answers like the two paths."""
    rng = np.random.default_rng(2)
    for m, n, r, alpha in [(6, 4, 2, 2.0), (5, 7, 1, 8.0), (8, 8, 4, 1.0)]:
        w, left, right = rng.normal(size=(m, n)), rng.normal(size=(m, r)), rng.normal(size=(r, n))
        x = rng.normal(size=(3, m))
        seen = np.asarray(merge(w, left, right, alpha))
        expect(seen.shape == w.shape, f"The result has shape {seen.shape}, W has {w.shape}.")
        beside = x @ w + (x @ left) @ right * (alpha / r)
        expect(
            np.allclose(x @ seen, beside),
            f"With r = {r} and alpha = {alpha}, x W' differs from x W + (alpha/r) (x L) R by up "
            f"to {np.abs(x @ seen - beside).max():.2f}.",
        )


def exercise_3(schedule):
    """Warm-up and linear decay."""
    for steps, warmup, peak in [(100, 10, 0.01), (50, 25, 1.0), (30, 1, 0.2)]:
        points = {warmup: peak, steps: 0.0, 1: peak / warmup, (steps + warmup) / 2: peak / 2}
        for t, expected in points.items():
            seen = schedule(t, steps, warmup, peak)
            expect(
                np.isclose(seen, expected),
                f"steps {steps}, warm-up {warmup}, peak {peak}: at step {t:g} you give {seen:.4g}. "
                "Draw the two lines: where do they meet, and where does the second end?",
            )


def exercise_4(early_stop):
    """The epoch kept, and the epochs trained."""
    cases = [
        ([0.9, 0.7, 0.6, 0.65, 0.66, 0.3], 2, (2, 5)),
        ([0.9, 0.7, 0.6, 0.65, 0.66, 0.3], 3, (5, 6)),
        ([0.5, 0.6, 0.55, 0.7], 2, (0, 3)),
        ([0.5, 0.4, 0.3], 1, (2, 3)),
        ([0.5, 0.5, 0.4], 1, (0, 2)),
        ([0.9, 0.5, 0.8, 0.7, 0.6, 0.55, 0.52], 3, (1, 5)),
    ]
    for losses, patience, expected in cases:
        seen = tuple(early_stop(list(losses), patience))
        expect(
            seen == expected,
            f"For {losses} and patience {patience} you give {seen}. When would training have "
            "stopped, and which epoch had the lowest loss until then?",
        )


def exercise_5(adapter):
    """Output and gradient, the gradient by finite differences."""
    rng = np.random.default_rng(5)
    h, down = rng.normal(size=(7, 5)), rng.normal(size=(5, 3))
    for up in (np.zeros((3, 5)), rng.normal(size=(3, 5))):
        dy = rng.normal(size=(7, 5))
        y, gradient = adapter(h, down, up, dy)
        a = np.where(h @ down > 0, h @ down, 0)
        expect(
            np.allclose(y, h + a @ up),
            "The output is off. With U = 0 an adapter must give back h itself."
            if not up.any()
            else "The output is off. Is the relu where it belongs?",
        )
        expect(
            np.shape(gradient) == up.shape,
            f"The gradient must have the shape of U, {up.shape}; yours is {np.shape(gradient)}.",
        )
        numeric = np.zeros_like(up)
        for i in np.ndindex(up.shape):
            step = np.zeros_like(up)
            step[i] = 1e-6
            more, less = adapter(h, down, up + step, dy)[0], adapter(h, down, up - step, dy)[0]
            numeric[i] = np.sum(dy * (more - less)) / 2e-6
        expect(
            np.allclose(gradient, numeric, atol=1e-5),
            "The gradient differs from what a small change of U does to the loss, by up to "
            f"{np.abs(gradient - numeric).max():.3f}.",
        )


def lost(updates, ranks):
    """The sum of squared errors of the changes cut to these ranks."""
    spectra = (np.linalg.svd(update, compute_uv=False) for update in updates)
    return sum(np.sum(s[rank:] ** 2) for s, rank in zip(spectra, ranks, strict=True))


def exercise_6(allocate):
    """Clearly better than equal shares on updates of unequal weight."""
    rng = np.random.default_rng(6)
    for budget in (8, 20):
        updates = []
        for scale, rank, shape in [
            (5, 2, (40, 20)),
            (1, 8, (20, 30)),
            (3, 5, (10, 25)),
            (0.3, 9, (60, 12)),
        ]:
            product = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
            updates.append(scale * product / np.sqrt(rank) + 0.1 * rng.normal(size=shape))
        ranks = [int(rank) for rank in allocate([u.copy() for u in updates], budget)]
        expect(len(ranks) == len(updates), f"{len(updates)} matrices, {len(ranks)} ranks.")
        expect(min(ranks) >= 0, f"A negative rank: {ranks}.")
        expect(sum(ranks) <= budget, f"Ranks {ranks} add up to more than {budget}.")
        equal = lost(updates, [budget // len(updates)] * len(updates))
        seen = lost(updates, ranks)
        expect(
            seen < 0.8 * equal,
            f"With {budget} directions, ranks {ranks} lose {seen:.0f}; equal shares lose "
            f"{equal:.0f}. Which directions carry most?",
        )
