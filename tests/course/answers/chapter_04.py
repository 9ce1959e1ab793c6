"""Answers for the checks of chapter 4."""

import numpy as np


def layers_needed(tokens, k):
    field, step, pairs = 1, 1, 0
    while field < tokens:
        field, step, pairs = field + k * step, 2 * step, pairs + 1
    return pairs


def without_the_pooling(tokens, k):
    field, step, pairs = 1, 1, 0
    while field < tokens:
        field, step, pairs = field + (k - 1) * step, 2 * step, pairs + 1
    return pairs


def more_than_needed(tokens, k):
    field, step, pairs = 1, 1, 0
    while field <= tokens:
        field, step, pairs = field + k * step, 2 * step, pairs + 1
    return pairs


def masked_max(h, token_ids):
    return np.where(token_ids[..., None] != 0, h, -np.inf).max(axis=1)


def convolve(x, kernel, bias, before, after, turn=1):
    padded = np.pad(x, ((before, after), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    return np.einsum("tcj,jcf->tf", windows, kernel[::turn]) + bias


WORDS = {
    1: "great excellent wonderful best loved perfect beautiful amazing superb",
    -1: "bad worst awful terrible boring waste poor stupid horrible nothing",
}
PHRASES = {word: sign for sign, text in WORDS.items() for word in text.split()}

RIGHT = {
    1: (
        lambda n, k, d, filters: (
            k * d * filters + filters,
            n - k + 1,
            (n - k + 1) * k * d * filters,
        ),
    ),
    2: (layers_needed,),
    3: (masked_max,),
    4: (lambda x, kernel, bias: convolve(x, kernel, bias, len(kernel) - 1, 0),),
    5: (PHRASES,),
}
WRONG = {
    1: [
        (lambda n, k, d, f: (k * d * f, n - k + 1, (n - k + 1) * k * d * f),),
        (lambda n, k, d, f: (k * d * f + f, n - k, (n - k) * k * d * f),),
        (lambda n, k, d, f: (k * d * f + f, n, n * k * d * f),),
        (lambda n, k, d, f: (k * d * f + f, n - k + 1, k * d * f),),
        (lambda n, k, d, f: (k * f + f, n - k + 1, (n - k + 1) * k * f),),
    ],
    2: [
        (without_the_pooling,),
        (more_than_needed,),
        (lambda tokens, k: -(-(tokens - 1) // (k - 1)),),
    ],
    3: [
        (lambda h, token_ids: h.max(axis=1),),
        (lambda h, token_ids: (h * (token_ids[..., None] != 0)).max(axis=1),),
        (lambda h, token_ids: np.where(token_ids[..., None] == 0, h, -np.inf).max(axis=1),),
        (lambda h, token_ids: np.where(token_ids[..., None] != 0, h, -np.inf).max(axis=2),),
    ],
    4: [
        (lambda x, kernel, bias: convolve(x, kernel, bias, 0, len(kernel) - 1),),
        (lambda x, kernel, bias: convolve(x, kernel, bias, 0, 0),),
        (lambda x, kernel, bias: convolve(x, kernel, bias, len(kernel) - 1, 0, turn=-1),),
        (lambda x, kernel, bias: convolve(x, kernel, 0 * bias, len(kernel) - 1, 0),),
        (lambda x, kernel, bias: np.maximum(0, convolve(x, kernel, bias, len(kernel) - 1, 0)),),
    ],
    5: [
        ({"good": 1, "bad": -1},),
        ({word: -weight for word, weight in PHRASES.items()},),
        ({f"word{i}": 1 for i in range(31)},),
        ({"this is a phrase that is too long": 1},),
    ],
}
