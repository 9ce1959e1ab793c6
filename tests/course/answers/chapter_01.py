"""Right and wrong answers to the exercises of chapter 1."""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from helpers.data import imdb


def hundred_words():
    train = imdb.film_aligned_split(imdb.packaged_reviews())["train"][::3]
    counter = CountVectorizer(binary=True, max_features=10_000)
    seen = counter.fit_transform(text.replace("<br />", " ") for text in train["text"])
    labels = train["label"].to_numpy()
    n = np.array([np.asarray(seen[labels == y].sum(axis=0)).ravel() for y in (0, 1)])
    p = (n + 1) / (n.sum(axis=1, keepdims=True) + n.shape[1])
    weights, q = np.log(p[1] / p[0]), np.asarray(seen.mean(axis=0)).ravel()
    words = counter.get_feature_names_out()
    top = np.argsort(-np.abs(weights) * np.sqrt(q * (1 - q)))[:100]
    rare = np.argsort(-np.abs(weights))[:100]
    return ({words[i]: float(weights[i]) for i in order} for order in (top, rare))


TOP, LARGEST_WEIGHTS = hundred_words()

RIGHT = {
    1: (lambda p, bits, training: p * (16 if training else bits / 8) / 1e9,),
    2: (lambda k, p: 1 - (1 - p) ** k,),
    3: (lambda device, server, kb, mbit: max(0.0, device - server - 8 * kb / mbit),),
    4: (lambda p, wb, d, layers, cb: p * wb // (2 * layers * d * cb) + 1,),
    5: (TOP,),
}
WRONG = {
    1: [
        (lambda p, bits, training: p * (16 if training else bits) / 1e9,),  # bits as bytes
        (lambda p, bits, training: p * bits / 8 / 1e9 * (4 if training else 1),),
        (lambda p, bits, training: p * (8 if training else bits / 8) / 1e9,),  # no averages
        (lambda p, bits, training: p * (16 if training else bits / 8) / 2**30,),
    ],
    2: [
        (lambda k, p: k * p,),
        (lambda k, p: p**k,),
        (lambda k, p: (1 - p) ** k,),
        (lambda k, p: min(1, k * p),),
    ],
    3: [
        (lambda device, server, kb, mbit: max(0.0, device - server - kb / mbit),),  # bytes as bits
        (lambda device, server, kb, mbit: device - server - 8 * kb / mbit,),  # below zero
        (lambda device, server, kb, mbit: max(0.0, device + server - 8 * kb / mbit),),
    ],
    4: [
        (lambda p, wb, d, layers, cb: p * wb // (layers * d * cb) + 1,),  # keys only
        (lambda p, wb, d, layers, cb: -(-p * wb // (2 * layers * d * cb)),),  # equal is not more
        (lambda p, wb, d, layers, cb: p // (2 * layers * d) + 1,),  # bits forgotten
    ],
    5: [
        ({"good": 1, "bad": -1},),
        ({word: -weight for word, weight in TOP.items()},),
        (LARGEST_WEIGHTS,),
        ({word.upper(): weight for word, weight in TOP.items()},),
    ],
}
