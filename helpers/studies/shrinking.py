"""Shrinking the classic text CNN: its weights as plain arrays, and a network rebuilt from them.

A cut is an index into these arrays. What is rebuilt is really smaller, with no masks left over.
"""

from dataclasses import dataclass, fields, replace

import keras
import numpy as np
from tokenizers import Tokenizer

from helpers.data.classes import Classes
from helpers.learning import models
from helpers.text import tokenization


@dataclass(frozen=True)
class CnnWeights:
    """The seven arrays of a text CNN, float32, in the order a review meets them."""

    table: np.ndarray  # [words, width]
    conv_kernel: np.ndarray  # [kernel_size, width, filters]
    conv_bias: np.ndarray  # [filters]
    hidden_kernel: np.ndarray  # [filters, hidden]
    hidden_bias: np.ndarray  # [hidden]
    last_kernel: np.ndarray  # [hidden, k]
    last_bias: np.ndarray  # [k]

    @property
    def parameters(self) -> int:
        """How many numbers there are in all."""
        return sum(getattr(self, part.name).size for part in fields(self))


def read_weights(classifier: keras.Model) -> CnnWeights:
    """Return the weights of a text CNN, whether probabilities or logits come out."""
    return CnnWeights(*classifier.get_weights())


def build(
    weights: CnnWeights, seq_len: int, classes: Classes, *, dropout: float = 0.2
) -> keras.Model:
    """Build the text CNN that has these weights: int32 [batch, seq_len] -> logits [batch, k].

    It is `models.build_text_cnn`, every size taken from the arrays.
    """
    words, width = weights.table.shape
    kernel_size, _, filters = weights.conv_kernel.shape
    model = models.build_text_cnn(
        words,
        seq_len,
        classes,
        width=width,
        filters=filters,
        kernel_size=kernel_size,
        hidden=len(weights.hidden_bias),
        dropout=dropout,
    )
    model.set_weights([getattr(weights, part.name) for part in fields(weights)])
    return model


def answers(model: keras.Model, token_ids: np.ndarray, batch: int = 100) -> list[np.ndarray]:
    """Return each output of a model for all rows, float32 [rows, ...].

    Nothing is compiled: for a network that answers once, compiling takes longer than answering.
    """
    parts = np.array_split(token_ids, max(1, len(token_ids) // batch))
    outputs = [keras.tree.flatten(model(rows, training=False)) for rows in parts]
    return [
        np.concatenate([np.asarray(part) for part in column])
        for column in zip(*outputs, strict=True)
    ]


def multiply_adds(weights: CnnWeights, seq_len: int) -> int:
    """Return the multiplications, each with its addition, that one row of ids costs.

    Looking up a word is a copy and the maxima are comparisons: neither multiplies.
    """
    positions = seq_len - len(weights.conv_kernel) + 1
    dense = weights.hidden_kernel.size + weights.last_kernel.size
    return positions * weights.conv_kernel.size + dense


def rows_with_word(token_ids: np.ndarray, words: int) -> np.ndarray:
    """Return in how many of the rows [rows, seq_len] each id occurs, int64 [words]."""
    counts = np.zeros(words, "int64")
    for row in token_ids:
        counts[np.unique(row)] += 1
    return counts


def keep_words(tokenizer: Tokenizer, ids: np.ndarray) -> Tokenizer:
    """Return the word tokenizer that knows only `ids`, renumbered in the order given.

    Every other word becomes unknown. The first two ids must be 0, padding, and 1, unknown.
    """
    if list(ids[:2]) != [0, 1]:
        raise ValueError(f"ids must begin with 0 (padding) and 1 (unknown), not {list(ids[:2])}.")
    if tokenizer.truncation is None:
        raise ValueError("the tokenizer must cut texts to a length: call enable_truncation first")
    words = np.array(tokenization.vocabulary(tokenizer), dtype=object)[ids]
    return tokenization.word_tokenizer(list(words), tokenizer.truncation["max_length"])


def keep_filters(weights: CnnWeights, chosen: np.ndarray, means: np.ndarray) -> CnnWeights:
    """Cut all filters but the `chosen` ones out of the convolution and out of the next layer.

    `means` [filters] is what each filter gives on average after pooling; what the lost ones gave
    moves into the next bias. A filter that always gives zero is cut without any trace.
    """
    lost = np.setdiff1d(np.arange(len(weights.conv_bias)), chosen)
    return replace(
        weights,
        conv_kernel=weights.conv_kernel[:, :, chosen],
        conv_bias=weights.conv_bias[chosen],
        hidden_kernel=weights.hidden_kernel[chosen],
        hidden_bias=weights.hidden_bias + means[lost] @ weights.hidden_kernel[lost],
    )


def keep_hidden(weights: CnnWeights, chosen: np.ndarray, means: np.ndarray) -> CnnWeights:
    """Cut all hidden units but the `chosen` ones; `means` [hidden] as for the filters."""
    lost = np.setdiff1d(np.arange(len(weights.hidden_bias)), chosen)
    return replace(
        weights,
        hidden_kernel=weights.hidden_kernel[:, chosen],
        hidden_bias=weights.hidden_bias[chosen],
        last_kernel=weights.last_kernel[chosen],
        last_bias=weights.last_bias + means[lost] @ weights.last_kernel[lost],
    )
