"""Answers for the checks of chapter 5."""

import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def without_the_maximum(scores):
    e = np.exp(scores)
    return e / e.sum(axis=-1, keepdims=True)


def one_maximum_for_all(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum(axis=-1, keepdims=True)


def sums_over_everything(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def distance(n):
    return np.arange(n)[:, None] - np.arange(n)


def head(n, size, ahead=False):
    w_q = np.eye(n, k=1 if ahead else -1) * size
    return w_q, np.eye(n)


def rows_and_columns():
    row, column = np.divmod(np.arange(64), 8)
    return row[:, None] == row, column[:, None] == column


def window():
    mask = (distance(64) >= -8) & (distance(64) < 8)
    return mask, mask


RIGHT = {
    1: (softmax,),
    2: (lambda n, width: (distance(n) >= 0) & (distance(n) < width),),
    3: (lambda d: 2 * d + 1,),
    4: (lambda n: head(n, 20 * np.sqrt(n)),),
    5: (rows_and_columns,),
}
WRONG = {
    1: [(without_the_maximum,), (one_maximum_for_all,), (sums_over_everything,)],
    2: [
        (lambda n, width: (distance(n) >= 0) & (distance(n) <= width),),
        (lambda n, width: (distance(n) <= 0) & (distance(n) > -width),),
        (lambda n, width: np.abs(distance(n)) < width,),
        (lambda n, width: (distance(n) > 0) & (distance(n) < width),),
    ],
    3: [(lambda d: 2 * d,), (lambda d: d // 2,), (lambda d: 2 * d + 2,), (lambda d: d + 1,)],
    4: [
        (lambda n: head(n, 1.0),),
        (lambda n: head(n, 20 * np.sqrt(n), ahead=True),),
        (lambda n: (20 * np.eye(n), np.eye(n)),),
        (lambda n: head(n, 7.0),),
    ],
    5: [
        (window,),
        (lambda: (np.ones((64, 64), bool),) * 2,),
        (lambda: (rows_and_columns()[0],) * 2,),
    ],
}
