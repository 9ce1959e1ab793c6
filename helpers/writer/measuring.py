"""What a writer's text costs: log2 of each token's probability, in windows that overlap by half."""

import keras
import numpy as np
from keras import ops

Cut = tuple[np.ndarray, np.ndarray, np.ndarray]


def cut(stream: np.ndarray, seq_len: int, end: int = 0) -> Cut:
    """Cut texts into windows, so that each token is told of once, with the longer history.

    Args:
        stream: END, text, END, text, ..., as `tokens.encode_stream` gives it, int32 [tokens].
        seq_len: tokens of a window; an even number.
        end: the id of END.

    Returns what is read and what follows, int32 [windows, seq_len], filled up with `end`; and
    which of the latter are told of, bool: in order, every token of the texts and an END after each.
    """
    following, place, half = np.append(stream[1:], end), np.arange(seq_len), seq_len // 2
    begins = np.flatnonzero(stream == end)
    read, targets, told = [], [], []
    for begin, stop in zip(begins, [*begins[1:], len(stream)], strict=True):
        for at in range(begin, max(begin + 1, stop - half), half):
            row = slice(at, min(stop, at + seq_len))
            padding = (0, seq_len - (row.stop - at))
            read.append(np.pad(stream[row], padding, constant_values=end))
            targets.append(np.pad(following[row], padding, constant_values=end))
            told.append((place < row.stop - at) & ((place >= half) | (at == begin)))
    return np.array(read, "int32"), np.array(targets, "int32"), np.array(told)


def log2_probability(
    model: keras.Model, stream: np.ndarray, seq_len: int, batch_size: int = 16
) -> np.ndarray:
    """Return log2 of the probability of each token and of the END after each text, [tokens].

    Args:
        model: token ids [batch, n] -> logits [batch, n, vocab_size].
        stream: as in `cut`; what is returned stands in its order and has its length.
        seq_len: how many tokens the model reads at most.
        batch_size: windows at a time.
    """
    read, targets, told = cut(stream, seq_len)
    answers = keras.Input((None,), dtype="int32")
    losses = ops.sparse_categorical_crossentropy(answers, model.output, from_logits=True)
    scorer = keras.Model([model.input, answers], losses)
    scorer.compile(jit_compile=False)
    return -scorer.predict([read, targets], batch_size=batch_size, verbose=0)[told] / np.log(2)


def bits_of_texts(log2_p: np.ndarray, stream: np.ndarray, end: int = 0) -> np.ndarray:
    """Return the bits that each text takes, its END included, [texts]; arguments as above."""
    return -np.add.reduceat(log2_p, np.flatnonzero(stream == end))


def per_byte(bits: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """Return bits per byte of texts and the standard error of that ratio.

    Texts are what was drawn by chance, so the error is of texts, not of tokens. Differences of the
    bits of two models give the difference of their rates with its paired error.

    Args:
        bits: of each text, or differences of two models' bits, [texts].
        sizes: bytes of each text, as `tokens.count_bytes` counts them, [texts].
    """
    rate = bits.sum() / sizes.sum()
    error = np.std(bits - rate * sizes, ddof=1) * len(bits) ** 0.5 / sizes.sum()
    return float(rate), float(error)
