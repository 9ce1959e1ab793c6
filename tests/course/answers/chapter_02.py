"""Right and wrong answers to the exercises of chapter 2."""

import functools
import re

import numpy as np
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from helpers.data import imdb


def words(text):
    text = text.replace("<br />", " ").lower()
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|\S", text)


def fit_heaps(lengths, sizes):
    beta, log_k = np.polyfit(np.log(lengths), np.log(sizes), 1)
    return np.exp(log_k), beta


def without_exponential(lengths, sizes):
    beta, log_k = np.polyfit(np.log(lengths), np.log(sizes), 1)
    return log_k, beta


def word_probability(word, probabilities):
    forward = [1.0] + [0.0] * len(word)
    for j in range(1, len(word) + 1):
        for i in range(j):
            forward[j] += forward[i] * probabilities.get(word[i:j], 0.0)
    return forward[-1]


def best_cut_only(word, probabilities):
    best = [1.0] + [0.0] * len(word)
    for j in range(1, len(word) + 1):
        best[j] = max(best[i] * probabilities.get(word[i:j], 0.0) for i in range(j))
    return best[-1]


def sum_of_pieces(word, probabilities):
    return sum(p for piece, p in probabilities.items() if piece in word)


@functools.cache
def tokenizer():
    reviews = imdb.film_aligned_split(imdb.packaged_reviews())["train"]["text"]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?\w+| ?[^\w\s]+|\s"), "isolated")
    trainer = trainers.BpeTrainer(vocab_size=1900, show_progress=False)
    made.train_from_iterator([text.lower() for text in reviews[::9]], trainer)
    return made


def cut(text):
    text = text.lower()
    ends = [end for _, end in tokenizer().encode(text).offsets]
    borders = [0, *ends[:-1], len(text)] if ends else [0, len(text)]
    return [text[i:j] for i, j in zip(borders, borders[1:], strict=False)]


RIGHT = {
    1: (words,),
    2: (fit_heaps,),
    3: (({"a", "ab", "##bc"}, "abc"),),
    4: (word_probability,),
    5: (cut,),
}
WRONG = {
    1: [
        (lambda text: text.lower().split(),),
        (lambda text: re.findall(r"\w+", text.lower()),),  # loses the signs
        (lambda text: re.findall(r"\w+|[^\w\s]", text.lower()),),  # tears don't, keeps the tag
        (lambda text: re.findall(r"[\w']+|[^\w\s]", text.lower().replace("<br />", " ")),),
    ],
    2: [
        (without_exponential,),
        (lambda lengths, sizes: np.polyfit(np.log(lengths), np.log(sizes), 1),),  # order
        (lambda lengths, sizes: np.polyfit(lengths, sizes, 1)[::-1],),  # no logarithms
    ],
    3: [
        (({"a", "ab", "bc"}, "abc"),),  # the ## is missing: no cut at all
        (({"a", "##b", "##c", "ab"}, "abc"),),  # greed manages
        (({"ab"}, "abc"),),
    ],
    4: [(best_cut_only,), (sum_of_pieces,), (lambda w, p: np.log(word_probability(w, p)),)],
    5: [(list,), (lambda text: re.findall(r"\s?\S+|\s", text),), (lambda text: text.split(),)],
}
