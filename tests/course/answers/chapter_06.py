"""Right and wrong answers to the exercises of chapter 6."""

import functools
from collections import Counter

import numpy as np

from helpers.data import imdb


def continuation(pairs):
    different = set(pairs)
    ends = Counter(second for _, second in different)
    return {symbol: n / len(different) for symbol, n in ends.items()}


def raw_frequency(pairs):
    ends = Counter(second for _, second in pairs)
    return {symbol: n / len(pairs) for symbol, n in ends.items()}


def share_of_places(pairs):
    ends = Counter(second for _, second in set(pairs))
    return {symbol: n / len(pairs) for symbol, n in ends.items()}


def min_p(p, m):
    kept = np.where(p >= m * p.max(), p, 0)
    return kept / kept.sum()


def absolute_border(p, m):
    kept = np.where(p >= m, p, 0)
    return kept / max(kept.sum(), 1e-9)


def without_border(p, m):
    kept = np.where(p > m * p.max(), p, 0)
    return kept / max(kept.sum(), 1e-9)


@functools.cache
def counted(longest):
    reviews = imdb.film_aligned_split(imdb.packaged_reviews())["train"]["text"][::24]
    train = "\n".join(text.replace("<br />", " ").lower() for text in reviews)
    alphabet = "".join(sorted(c for c, _ in Counter(train).most_common(63))) + "~"
    train = "".join(c if c in alphabet else "~" for c in train)
    after = {}
    for n in range(longest):
        for i in range(n, len(train)):
            after.setdefault(train[i - n : i], Counter())[train[i]] += 1
    return alphabet, after


def guess(context, longest=5):
    alphabet, after = counted(longest)
    p = dict.fromkeys(alphabet, 1 / len(alphabet))
    for n in range(longest):
        counts = after.get(context[len(context) - n :]) if n <= len(context) else None
        if counts:
            total = counts.total()
            trust = total / (total + 5)
            p = {c: trust * counts[c] / total + (1 - trust) * p[c] for c in alphabet}
    return p


def sure(context):
    p = guess(context)
    best = max(p, key=p.get)
    return {letter: float(letter == best) for letter in p}


RIGHT = {
    1: (lambda p: np.exp(-np.log(p).mean()),),
    2: (lambda counts, k: (counts + k) / (counts.sum() + k * len(counts)),),
    3: (lambda nats, tokens, text: nats * tokens / np.log(2) / len(text.encode()),),
    4: (continuation,),
    5: (min_p,),
    6: (guess,),
}
WRONG = {
    1: [
        (lambda p: 1 / np.mean(p),),
        (lambda p: -np.log(p).mean(),),
        (lambda p: np.exp(np.log(p).mean()),),  # the sign
        (lambda p: 2 ** -np.log(p).mean(),),  # nats as if they were bits
    ],
    2: [
        (lambda counts, k: (counts + k) / (counts.sum() + k),),
        (lambda counts, k: counts / counts.sum(),),
        (lambda counts, k: (counts + k) / counts.sum(),),
        (lambda counts, k: (counts + 1) / (counts.sum() + len(counts)),),  # k is always 1
    ],
    3: [
        (lambda nats, tokens, text: nats * tokens / len(text.encode()),),  # nats
        (lambda nats, tokens, text: nats * tokens / np.log(2) / len(text),),  # characters
        (lambda nats, tokens, text: nats / np.log(2) / len(text.encode()),),  # one token
        (lambda nats, tokens, text: nats * tokens * np.log(2) / len(text.encode()),),
    ],
    4: [
        (raw_frequency,),
        (share_of_places,),
        (lambda pairs: continuation([p[::-1] for p in pairs]),),
    ],
    5: [
        (absolute_border,),
        (without_border,),
        (lambda p, m: np.where(p >= m * p.max(), p, 0),),  # not renormalized
    ],
    6: [
        (lambda context: guess(context, longest=2),),
        (sure,),
        (lambda context: dict.fromkeys(counted(2)[0], 1 / 64),),
        (lambda context: {letter: 1.0 for letter in counted(2)[0]},),
    ],
}
