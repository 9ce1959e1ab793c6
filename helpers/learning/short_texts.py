"""Short texts, a question or a command: every ending counts, and an epoch is soon over.

The small network for them reads words that are spelled: the vector of a hashed word, plus those of
its hashed n-grams of characters (after fastText: Bojanowski et al., 2017, Enriching word vectors
with subword information), and windows of one to four words over these (Kim, 2014).
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from helpers.data.classes import Classes
from helpers.learning import training
from helpers.predictor.hashing import HashTokenizer, split_words

SHORT = 32  # words and marks: a corpus is short if half of its texts have fewer
VISITS = 180_000  # rows that the student is trained on in all, about
SMOOTHING, WORD_DROPOUT = 0.1, 0.2


def are_short(texts: Sequence[str]) -> bool:
    """Tell whether the texts of a corpus are short; of many a thousand are asked."""
    some = texts[:: max(1, len(texts) // 1000)]
    return bool(np.median([len(split_words(text)) for text in some]) < SHORT)


def build_student(tokenizer: HashTokenizer, classes: Classes, width: int = 48) -> keras.Model:
    """Build the network: int32 [batch, words_length] of a tokenizer that spells -> logits.

    The logits are [batch, k]. An entry's hash picks a vector by its remainder; 0 is padding.
    """
    row = keras.Input((tokenizer.words_length,), dtype="int32", name="words")
    words = row[:, : tokenizer.max_words]
    shape = (-1, tokenizer.max_words, tokenizer.spelling)
    spelled = ops.reshape(row[:, tokenizer.max_words :], shape)
    mask, inner = (ops.expand_dims(ops.cast(ids > 0, "float32"), -1) for ids in (words, spelled))
    x = layers.Embedding(2048, width, name="word")(ops.mod(words, 2048))
    pieces = layers.Embedding(4096, width, name="spelling")(ops.mod(spelled, 4096)) * inner
    x = x + ops.sum(pieces, axis=2) / ops.sqrt(ops.maximum(ops.sum(inner, axis=2), 1.0))
    x = layers.Dropout(0.25)(x) * mask  # [batch, words, width]
    pooled = []
    for size in (1, 2, 3, 4):
        conv = layers.Conv1D(96, size, padding="same", activation="relu", name=f"conv_{size}")
        h = conv(x) * mask
        pooled += [ops.max(h, axis=1), ops.sum(h, axis=1) / ops.sqrt(ops.sum(mask, axis=1) + 1e-6)]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    logits = layers.Dense(len(classes), name=classes.head)(x)
    return keras.Model(row, logits, name="short_student")


def batches(
    rows: np.ndarray, targets: np.ndarray, tokenizer: HashTokenizer, batch_size: int, seed: int
) -> training.Batches:
    """Return shuffled batches in which a fifth of the words is unknown and targets are softened.

    Args:
        rows: the words of the tokenizer's rows, int32 [rows, words_length].
        targets: [rows, k].
        tokenizer: one that spells.
        batch_size: rows of a batch.
        seed: of order and dropout.
    """
    softened = (1 - SMOOTHING) * targets + SMOOTHING * targets.sum(axis=1, keepdims=True) / (
        targets.shape[1]
    )

    def make_batch(chosen: np.ndarray, generator: np.random.Generator) -> training.Pair:
        batch = rows[chosen]
        words = batch[:, : tokenizer.max_words]
        dropped = (generator.random(words.shape) < WORD_DROPOUT) & (words > 0)
        words[dropped] = 1
        spelled = batch[:, tokenizer.max_words :].reshape(*words.shape, tokenizer.spelling)
        spelled[dropped] = 0
        return batch, softened[chosen].astype("float32")

    return training.Batches(len(rows), batch_size, make_batch, seed=seed)


def epochs(rows: int) -> int:
    """Return how many epochs a student of so many rows takes."""
    return int(np.clip(VISITS // rows, 6, 20))
