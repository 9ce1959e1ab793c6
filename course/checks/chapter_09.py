"""Checks of chapter 9, making it small."""

import zlib

import numpy as np

from helpers.show.course import expect


def exercise_1(affine):
    """Scale and zero point of an affine quantization."""
    cases = [(-1.0, 2.0, 4), (0.0, 6.0, 8), (-0.6, 2.4, 8), (0.5, 3.0, 8), (-4.0, -1.0, 8)]
    for lowest, highest, bits in cases:
        scale, zero_point = affine(lowest, highest, bits)
        top = 2**bits - 1
        call = f"affine({lowest}, {highest}, {bits})"
        expect(
            float(zero_point) == int(zero_point),
            f"{call} gave the zero point {zero_point}: it must be a whole number.",
        )
        expect(
            0 <= zero_point <= top,
            f"{call} gave the zero point {zero_point}, but the integers run from 0 to {top}: "
            "0 itself would be clipped. Did you stretch the range to include it?",
        )
        low, high = -zero_point * scale, (top - zero_point) * scale
        reach = (min(lowest, 0), max(highest, 0))
        expect(
            abs(low - reach[0]) <= 0.51 * scale and abs(high - reach[1]) <= 0.51 * scale,
            f"{call}: your integers 0 and {top} mean {low:.4f} and {high:.4f}, expected about "
            f"{reach[0]:.4f} and {reach[1]:.4f}.",
        )
        expect(
            np.isclose(scale, (reach[1] - reach[0]) / top),
            f"{call} gave the scale {scale:.5f}. How many gaps lie between {top + 1} values?",
        )


def exercise_2(quantize_columns):
    """Symmetric int8 with a scale for each column."""
    rng = np.random.default_rng(9)
    W = rng.normal(size=(20, 5)) * [0.01, 1, 30, 0.5, 0]
    q, scale = quantize_columns(W.copy())
    q, scale = np.asarray(q), np.asarray(scale)
    expect(q.dtype == np.int8, f"q has type {q.dtype}, expected int8.")
    expect(q.shape == W.shape, f"q has shape {q.shape}, expected {W.shape}.")
    expect(scale.size == W.shape[1], f"{scale.size} scales for {W.shape[1]} columns.")
    scale = scale.reshape(-1).astype(float)
    expect(
        np.all(np.isfinite(scale)) and np.isclose(scale[-1], 1),
        "The column of zeros should have the scale 1, not a division by zero.",
    )
    top = np.abs(q.astype(int)).max(axis=0)
    expect(
        np.array_equal(top[:4], [127] * 4) and top[4] == 0,
        f"The largest |q| of the columns is {top.tolist()}: each column that is not zero should "
        "use its range up to 127 (and -128 is not used).",
    )
    off = np.abs(W - q * scale)[:, :4] / scale[:4]
    expect(
        off.max() <= 0.5 + 1e-6,
        f"Some number is off by {off.max():.2f} scales; rounding to the nearest is off by at most "
        "half a scale. (Turning a float into int8 cuts off the decimals; it does not round.)",
    )


def exercise_3(break_even):
    """The density below which a sparse list is smaller."""
    for value, index in ((4, 4), (1, 4), (1, 2), (2, 4), (4, 2)):
        seen = break_even(value, index)
        n = 1_000_000
        size = seen * n * (value + index)
        expect(
            np.isclose(size, n * value),
            f"break_even({value}, {index}) gave {seen}: at that density the list of a million "
            f"weights takes {size:,.0f} bytes, the matrix {n * value:,}. They should be equal.",
        )


def exercise_4(soft_gradient):
    """The gradient of the softened loss, compared with small steps."""
    rng = np.random.default_rng(4)
    for T, rows in ((1.0, 1), (3.0, 4)):
        student, teacher = rng.normal(size=(2, rows, 3)) * 2
        seen = np.asarray(soft_gradient(student.copy(), teacher.copy(), T))
        expect(seen.shape == student.shape, f"shape {seen.shape}, expected {student.shape}.")
        right = np.empty_like(student)
        for spot in np.ndindex(student.shape):
            step = np.zeros_like(student)
            step[spot] = 1e-5
            up, down = (_soft_loss(student + s * step, teacher, T) for s in (1, -1))
            right[spot] = (up - down) / 2e-5
        if np.allclose(seen, right, atol=1e-6):
            continue
        ratio = float((seen * right).sum() / (right**2).sum())
        same_way = np.allclose(seen, ratio * right, atol=1e-6)
        expect(
            False,
            f"With T = {T:g} and {rows} rows your gradient is {ratio:.3g} times the slope found by "
            "small steps. Which factor is that?"
            if same_way
            else f"With T = {T:g}, small steps find {right[0].round(4)} in the first row, yours is "
            f"{seen[0].round(4)}.",
        )


def _soft_loss(student, teacher, T):
    log_q = student / T - np.log(np.exp(student / T).sum(axis=1, keepdims=True))
    p = np.exp(teacher / T)
    p /= p.sum(axis=1, keepdims=True)
    return -(T**2) * (p * log_q).sum(axis=1).mean()


def exercise_5(keep_movers):
    """A mask by movement."""
    # weight 0 grows, 1 shrinks, 2 grows below zero, 3 is large and rests, 4 grows a little
    weights = np.array([[0.1, 0.9, -0.1, 5.0, 0.2], [0.2, 0.6, -0.3, 5.0, 0.21]])
    grads = np.array([[-1.0, 3.0, 2.0, 0.0, -0.1], [-1.0, 3.0, 2.0, 0.0, -0.1]])
    mask = np.asarray(keep_movers(weights, grads, 2))
    expect(mask.dtype == bool and mask.shape == (5,), "The mask should be 5 booleans.")
    expect(mask.sum() == 2, f"The mask keeps {mask.sum()} weights; asked for were 2.")
    expect(not mask[3], "You kept weight 3: it is large, but it does not move.")
    expect(not mask[1], "You kept weight 1, which shrinks. Check the sign of the score.")
    expect(
        mask[2], "You lost weight 2: it goes from -0.1 to -0.3, away from zero, and that counts."
    )
    rng = np.random.default_rng(5)
    weights, grads = rng.normal(size=(2, 30, 40))
    mask = np.asarray(keep_movers(weights, grads, 10))
    score = -(weights * grads).sum(axis=0)
    expect(
        mask.sum() == 10 and score[mask].min() > score[~mask].max(),
        "On 30 random steps you did not keep the weights with the highest sum over all steps.",
    )


def _uneven_matrix():
    rng = np.random.default_rng(96)
    return rng.laplace(size=(512, 64)) * np.exp(rng.normal(0, 1.2, 64))


def _column_error(W, restored):
    return float((np.linalg.norm(W - restored, axis=0) / np.linalg.norm(W, axis=0)).mean())


def exercise_6(encode, decode):
    """Fewer bytes than plain int8, and columns no worse."""
    W = _uneven_matrix()
    scale = np.abs(W).max() / 127
    plain = _column_error(W, np.round(W / scale) * scale)
    blob = encode(W.copy())
    expect(isinstance(blob, bytes), f"encode gave {type(blob).__name__}, expected bytes.")
    restored = np.asarray(decode(blob), float)
    expect(restored.shape == W.shape, f"decode gave shape {restored.shape}, not {W.shape}.")
    error = _column_error(W, restored)
    expect(
        error <= plain / 3,
        f"The mean relative error of a column is {error:.4f}; allowed is {plain / 3:.4f}, a third "
        "of plain int8's. Which columns suffer? Print the error of each.",
    )
    limit = int(0.6 * W.size)
    expect(
        len(blob) <= limit,
        f"{len(blob):,} bytes; allowed are {limit:,}. (Plain int8 through zlib takes "
        f"{_packed(W):,}, with its error.) How many bits does the allowed error really need?",
    )


def _packed(W):
    return len(zlib.compress(np.round(W / np.abs(W).max() * 127).astype("int8").tobytes(), 9))


HINTS = {
    1: [
        "First lowest = min(lowest, 0), and the same for the highest. Then the two formulas.",
        "16 values have 15 gaps. The zero point is the integer that means 0: -lowest / scale.",
    ],
    2: [
        "np.abs(W).max(axis=0) is one number a column; the largest must become 127.",
        "np.where(top > 0, top / 127, 1.0) keeps the zero column safe; np.round comes before "
        "astype('int8').",
    ],
    3: [
        "n weights, a share d of them not zero. Write down the bytes of both forms.",
        "Solve d n (value + index) = n value for d.",
    ],
    4: [
        "For one row the chapter derived (q - p) / T for C. What does the factor T squared make "
        "of it?",
        "The mean over rows divides every row's gradient by the number of rows.",
    ],
    5: [
        "The score of a weight is minus the sum, over steps, of weight times gradient.",
        "np.argsort(-score)[:count] are the ones to keep; set a mask of False to True there.",
    ],
    6: [
        "Store a scale for each column as float32, 256 bytes in all, and small integers behind it.",
        "Fewer than 8 bits, say q between -31 and 31, kept as int8, go through zlib.compress. Then "
        "see how much coarser you may become. "
        "decode reads the scales with np.frombuffer(blob[:256], 'float32').",
    ],
}

QUIZ = [
    {
        "question": "Why must the number 0 be exactly representable after quantization?",
        "choices": {
            "So that the scale is a power of two": "The scale may be any positive number.",
            "Padding and ReLU give many zeros; a small error in each would add up": "An error that "
            "is the same everywhere does not average out.",
            "Because the mean of the weights is 0": "It usually is not, and nothing needs it.",
        },
        "answer": "Padding and ReLU give many zeros; a small error in each would add up",
    },
    {
        "question": "A layer goes from 8 to 6 bits. The mean squared rounding error grows by",
        "choices": {
            "a factor of 4": "That is one bit. Here it is two.",
            "a factor of about 16": "Each bit fewer doubles the scale, and the error goes with its "
            "square.",
            "a factor of 8/6": "The bytes shrink by that factor; the error grows much faster.",
        },
        "answer": "a factor of about 16",
    },
    {
        "question": "You prune a dense layer to 90 % scattered zeros and change nothing else. What "
        "gets better?",
        "choices": {
            "Time, about tenfold": "The dense kernel multiplies the zeros, too.",
            "Memory while running, about tenfold": "A zero in float32 takes four bytes, too.",
            "The size of the packed file": "Only the packer sees that zeros are frequent.",
        },
        "answer": "The size of the packed file",
    },
    {
        "question": "What is wrong with the straight-through gradient?",
        "choices": {
            "Its values: the true derivative of rounding is 0 almost everywhere": "A useful lie: "
            "true gradients would stop all learning.",
            "It needs second derivatives": "It is the plain gradient, at the rounded weights.",
            "It only works for 8 bits": "We used it with 2 bits, where it matters most.",
        },
        "answer": "Its values: the true derivative of rounding is 0 almost everywhere",
    },
    {
        "question": "You mix the soft loss with the ordinary one, raise T from 2 to 8, and forget "
        "the factor T squared. Then",
        "choices": {
            "the teacher counts far less, by a factor of up to about 16": "The soft gradient "
            "shrinks like one over T squared, so the labels drown it out.",
            "the teacher counts about 4 times more": "Softer answers make smaller gradients, not "
            "larger.",
            "nothing changes, since a softmax sums to one anyway": "It does, and its gradient "
            "shrinks all the same.",
        },
        "answer": "the teacher counts far less, by a factor of up to about 16",
    },
]
