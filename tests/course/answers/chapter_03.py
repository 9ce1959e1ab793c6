"""Answers for the checks of chapter 3."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def naive_loss(z, y):
    p = sigmoid(z)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def clipped_loss(z, y):
    p = np.clip(sigmoid(z), 1e-7, 1 - 1e-7)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def stable_loss(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


def gradient(w, X, y):
    return X.T @ (sigmoid(X @ w) - y) / len(y)


def lost_logarithms(w, X, y):
    p = sigmoid(X @ w)
    return X.T @ ((1 - 2 * y) * p * (1 - p)) / len(y)


def squared_error(w, X, y):
    p = sigmoid(X @ w)
    return X.T @ ((p - y) * p * (1 - p)) / len(y)


def clip(gradients, limit):
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * min(1.0, limit / length) for g in gradients]


def clip_each(gradients, limit):
    return [g * min(1.0, limit / np.linalg.norm(g)) for g in gradients]


def clip_values(gradients, limit):
    return [np.clip(g, -limit, limit) for g in gradients]


def always_scale(gradients, limit):
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    return [g * limit / length for g in gradients]


def race(gradient, size, steps=100):
    w, v = np.zeros(size), np.zeros(size)
    for _ in range(steps):
        v = 0.9 * v - 4.0 * gradient(w)
        w = w + v
    return w


def uphill(gradient, size):
    w = np.zeros(size)
    for _ in range(100):
        w = w + 4.0 * gradient(w)
    return w


RIGHT = {
    1: (stable_loss,),
    2: (gradient,),
    3: (lambda H: 2 / np.linalg.eigvalsh(H)[-1],),
    4: (clip,),
    5: (race,),
}
WRONG = {
    1: [
        (naive_loss,),
        (clipped_loss,),
        (lambda z, y: -stable_loss(z, y),),
        (lambda z, y: np.logaddexp(0, z) - y * z,),
        (lambda z, y: len(z) * stable_loss(z, y),),
        (lambda z, y: np.mean(np.logaddexp(0, z)),),
    ],
    2: [
        (lambda w, X, y: -gradient(w, X, y),),
        (lambda w, X, y: len(y) * gradient(w, X, y),),
        (lost_logarithms,),
        (squared_error,),
        (lambda w, X, y: X * (sigmoid(X @ w) - y)[:, None],),
    ],
    3: [
        (lambda H: 2 / np.linalg.eigvalsh(H)[0],),
        (lambda H: 1 / np.linalg.eigvalsh(H)[-1],),
        (lambda H: 2 / np.diag(H).max(),),
        (lambda H: 2 / np.trace(H),),
    ],
    4: [(clip_each,), (clip_values,), (always_scale,), (lambda gradients, limit: gradients,)],
    5: [
        (lambda gradient, size: np.zeros(size),),
        (lambda gradient, size: race(gradient, size, steps=101),),
        (uphill,),
    ],
}
