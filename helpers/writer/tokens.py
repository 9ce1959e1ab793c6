"""Bytes into tokens and back: a byte-level BPE tokenizer, as a standard `tokenizer.json`.

Unlike the core's subwords it loses nothing (`decode(encode(text)) == text`), so what a model knows
can be counted in bits per byte, which no choice of tokens can beautify.
"""

from collections.abc import Iterable

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END, USER, ASSISTANT, PAD = "<|end|>", "<|user|>", "<|assistant|>", "<|pad|>"
SPECIAL = (END, USER, ASSISTANT, PAD)  # ids 0 to 3; no text is ever encoded into one of them


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer (Radford et al., 2019): ids 0 to 3 are SPECIAL.

    Any text can be written with it, whatever its script: unknown words fall apart into bytes.
    Words of letters or digits, with the space before them, are never joined to others.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True  # in a text, "<|end|>" is seven characters
    return tokenizer


def load(content: str) -> Tokenizer:
    """Return the tokenizer of a `tokenizer.json`'s content."""
    tokenizer = Tokenizer.from_str(content)
    tokenizer.encode_special_tokens = True  # the file does not keep it
    return tokenizer


def encode_stream(tokenizer: Tokenizer, texts: Iterable[str]) -> np.ndarray:
    """Return all texts as one stream, int32 [tokens]: END, the first text, END, the second, ..."""
    encodings = tokenizer.encode_batch_fast(list(texts))
    end = [tokenizer.token_to_id(END)]
    return np.concatenate([np.array(end + each.ids, "int32") for each in encodings])


def count_bytes(texts: Iterable[str]) -> int:
    """Return how many bytes of UTF-8 the texts have; the END after each counts as one more."""
    return sum(len(text.encode()) + 1 for text in texts)
