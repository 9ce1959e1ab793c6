"""Right and wrong answers to the exercises of chapter 13."""

import math

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logit(p):
    return math.log(p / (1 - p))


def co_stars(triples, person):
    films = {s for s, r, o in triples if (r, o) == ("stars", person)}
    return {o for s, r, o in triples if r == "stars" and s in films} - {person}


def with_myself(triples, person):
    films = {s for s, r, o in triples if (r, o) == ("stars", person)}
    return {o for s, r, o in triples if r == "stars" and s in films}


def any_relation(triples, person):
    films = {s for s, _, o in triples if o == person}
    return {o for s, _, o in triples if s in films} - {person}


def thompson(likes, dislikes, rng):
    return int(np.argmax(rng.beta(1 + likes, 1 + dislikes)))


def greedy(likes, dislikes, rng):
    return int(np.argmax((likes + 1) / (likes + dislikes + 2)))


def swapped(likes, dislikes, rng):
    return int(np.argmax(rng.beta(1 + dislikes, 1 + likes)))


def gradient(r, wins):
    surprise = sigmoid(r[None, :] - r[:, None])
    return (wins * surprise).sum(axis=1) - (wins * surprise).sum(axis=0)


def without_surprise(r, wins):
    return wins.sum(axis=1) - wins.sum(axis=0)


def only_wins(r, wins):
    return (wins * sigmoid(r[None, :] - r[:, None])).sum(axis=1)


def average(weights, sizes):
    return np.average(weights[sizes > 0], axis=0, weights=sizes[sizes > 0])


def stop(history):
    return abs(history[-1]) >= 7


RIGHT = {
    1: (lambda text, sound, prior: sigmoid(logit(text) + logit(sound) - logit(prior)),),
    2: (co_stars,),
    3: (thompson,),
    4: (gradient,),
    5: (average,),
    6: (stop,),
}
WRONG = {
    1: [
        (lambda text, sound, prior: sigmoid(logit(text) + logit(sound)),),
        (lambda text, sound, prior: (text + sound) / 2,),
        (lambda text, sound, prior: sigmoid(logit(text) + logit(sound) + logit(prior)),),
        (lambda text, sound, prior: text * sound / prior,),
    ],
    2: [(with_myself,), (any_relation,), (lambda triples, person: {t[2] for t in triples},)],
    3: [(greedy,), (swapped,), (lambda likes, dislikes, rng: int(rng.integers(len(likes))),)],
    4: [(lambda r, w: -gradient(r, w),), (without_surprise,), (only_wins,)],
    5: [
        (lambda w, n: np.mean(w, axis=0),),
        (lambda w, n: np.average(w, axis=0, weights=n),),
        (lambda w, n: (n[:, None] * w).sum(axis=0),),
    ],
    6: [
        (lambda history: False,),
        (lambda history: abs(history[-1]) >= 10,),
        (lambda history: True,),
        (lambda history: abs(history[-1]) >= 3,),
        (lambda history: len(history) >= 60,),
    ],
}
