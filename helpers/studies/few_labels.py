"""Few labels: small labeled samples, short inputs, and a pretrained encoder made ready for them.

Notebook 22 draws its label-efficiency curve with these.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats
from tokenizers import Encoding, Tokenizer


def balanced_sample(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return some `count` rows, as many of each class, int64 [count], in the order they were drawn.

    The samples of one seed are nested: a smaller one is the beginning of a larger one. Of rows with
    several labels, bool [rows, k], no sample is even: they are drawn as they come.
    """
    generator = np.random.default_rng(seed)
    if labels.ndim == 2:
        return generator.permutation(len(labels))[:count]
    drawn = [generator.permutation(np.flatnonzero(labels == value)) for value in np.unique(labels)]
    share = max(1, min(count // len(drawn), *(len(rows) for rows in drawn)))
    return np.stack([rows[:share] for rows in drawn], axis=1).ravel()


def keep_ends(token_ids: np.ndarray, head: int, tail: int) -> np.ndarray:
    """Return the first `head` and the last `tail` tokens of each row, int32 [rows, head + tail].

    A shorter row is kept whole; padding (id 0) stays at the end.
    """
    lengths = (token_ids != 0).sum(axis=1)
    position = np.arange(head + tail)
    skipped = np.maximum(lengths - (head + tail), 0)[:, None] * (position >= head)
    padded = np.pad(token_ids, ((0, 0), (0, max(0, head + tail - token_ids.shape[1]))))
    return np.take_along_axis(padded, position + skipped, axis=1)


def ends_of_texts(tokenizer: Tokenizer, texts: Sequence[str], head: int, tail: int) -> list[str]:
    """Return of each text what `keep_ends` leaves of its tokens: the stretches they stand for.

    A model that reads words is so given what one that reads tokens is given.
    """

    def ends(text: str, encoding: Encoding) -> str:
        offsets = encoding.offsets[: sum(encoding.attention_mask)]
        if len(offsets) <= head + tail:
            pieces = [offsets]
        else:
            pieces = [offsets[:head], offsets[len(offsets) - tail :]]
        return " ".join(text[some[0][0] : some[-1][1]] for some in pieces if some)

    return [ends(*both) for both in zip(texts, tokenizer.encode_batch(list(texts)), strict=True)]


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of a few runs and the ends of its t-interval: mean, low, high."""
    values = np.asarray(values, "float64")
    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    error = values.std(ddof=1) / np.sqrt(len(values))
    reach = float(stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * error)
    return mean, mean - reach, mean + reach
