"""The decoder of the writer's pages: plain functional Keras, with and without a cache.

A saved model loads with Keras alone, in safe mode. Both models are made by one function from the
same layers, so weights go from one to the other with `set_weights`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import layers, ops

Tensor = keras.KerasTensor
Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
NEVER = -1e4  # added to the score of a position that must not be seen; int8 can hold it, -1e9 not
EPSILON = 1e-6


@dataclass(frozen=True)
class Config:
    """The shape of a decoder. The published models of today differ in these numbers only."""

    vocab_size: int
    seq_len: int = 256  # tokens that it can look back at, and room in its cache
    width: int = 128
    blocks: int = 4
    heads: int = 4  # of queries
    kv_heads: int = 2  # of keys and values; each serves heads // kv_heads queries
    head_width: int = 32
    hidden: int = 352  # of the feed-forward layers
    rope_base: float = 10_000.0

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, for a JSON file."""
        return asdict(self)


def build_decoder(config: Config) -> keras.Model:
    """Build a decoder: int32 [batch, n] -> logits float32 [batch, n, vocab_size], for any n.

    Pre-norm blocks of RMSNorm (Zhang and Sennrich, 2019), grouped-query attention (Ainslie et
    al., 2023) with rotary positions (Su et al., 2021), and SwiGLU (Shazeer, 2020); the table is
    tied to the output (Press and Wolf, 2017). No layer has a bias. What a block adds is zero at
    first: with small random entries everywhere instead, short trainings stay at the frequencies
    of single tokens.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    positions = ops.cumsum(ops.ones_like(token_ids[0])) - 1  # [n], whatever n is
    unseen = ops.less(ops.expand_dims(positions, 1), positions)  # [n, n]

    def attend(block: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attention(query, key, value, unseen, config)

    logits = _blocks(token_ids, positions, config, attend)
    return keras.Model(token_ids, logits, name="decoder")


def build_cached_decoder(config: Config, batch: int = 1, n: int | None = None) -> keras.Model:
    """Build a decoder that reads `n` tokens more and remembers those before in a cache.

    Inputs: `token_ids` int32 [batch, n]; `start` int32 [1], how many tokens the cache holds;
    `keys` and `values` float32 [batch, blocks, kv_heads, seq_len, head_width].
    Outputs: logits float32 [batch, n, vocab_size], then keys and values with the new tokens in.
    What stands in the cache at `start` and later is never looked at, so a cache of zeros is an
    empty one, and setting `start` back forgets. Tokens from position `seq_len` on are not kept:
    the caller must stop before.
    """
    shape = (config.blocks, config.kv_heads, config.seq_len, config.head_width)
    token_ids = keras.Input(batch_shape=(batch, n), dtype="int32", name="token_ids")
    start = keras.Input(batch_shape=(1,), dtype="int32", name="start")
    caches = [keras.Input(batch_shape=(batch, *shape), name=name) for name in ("keys", "values")]
    positions = start + ops.cumsum(ops.ones_like(token_ids[0])) - 1  # [n]
    slots = ops.arange(config.seq_len, dtype="int32")
    unseen = ops.less(ops.expand_dims(positions, 1), slots)  # [n, seq_len]
    write = ops.cast(ops.equal(ops.expand_dims(slots, 1), positions), "float32")
    old = 1.0 - ops.sum(write, axis=1, keepdims=True)  # [seq_len, 1]: slots that stay
    kept: tuple[list[Tensor], list[Tensor]] = ([], [])

    def attend(block: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        for cache, new, filled in zip(caches, (key, value), kept, strict=True):
            filled.append(cache[:, block] * old + ops.matmul(write, new))
        return attention(query, kept[0][-1], kept[1][-1], unseen, config)

    logits = _blocks(token_ids, positions, config, attend)
    keys, values = (ops.stack(filled, axis=1) for filled in kept)
    return keras.Model([token_ids, start, *caches], [logits, keys, values], name="cached_decoder")


def attention(query: Tensor, key: Tensor, value: Tensor, unseen: Tensor, config: Config) -> Tensor:
    """Return what each query gathers: float32 [batch, n, heads * head_width].

    Args:
        query: [batch, heads, n, head_width], turned by `rotate`.
        key, value: [batch, kv_heads, m, head_width], the keys turned.
        unseen: bool [n, m], true where a query must not look.
        config: heads and their width.
    """
    groups = config.heads // config.kv_heads
    shared = layers.Reshape((config.kv_heads, groups, -1, config.head_width))(query)
    scores = ops.matmul(shared, ops.expand_dims(ops.swapaxes(key, 2, 3), 2))
    scores = scores * config.head_width**-0.5 + ops.cast(unseen, "float32") * NEVER
    found = ops.matmul(ops.softmax(scores), ops.expand_dims(value, 2))
    found = layers.Reshape((config.heads, -1, config.head_width))(found)
    joined = ops.transpose(found, (0, 2, 1, 3))
    return layers.Reshape((-1, config.heads * config.head_width))(joined)


def rotate(x: Tensor, positions: Tensor, base: float) -> Tensor:
    """Turn each pair (i, i + half) of x [batch, heads, n, head_width] by its position's angle."""
    half = x.shape[-1] // 2
    rates = [base ** (-i / half) for i in range(half)]  # radians a position
    angles = ops.expand_dims(ops.cast(positions, "float32"), 1) * ops.array([rates], "float32")
    cos, sin = ops.cos(angles), ops.sin(angles)  # [n, half]
    left, right = x[..., :half], x[..., half:]
    return ops.concatenate([left * cos - right * sin, right * cos + left * sin], axis=-1)


def _blocks(token_ids: Tensor, positions: Tensor, config: Config, attend: Attend) -> Tensor:
    """Return the logits: the way of a token through the blocks, whatever attention looks at."""
    table = layers.ReversibleEmbedding(
        config.vocab_size,
        config.width,
        embeddings_initializer=keras.initializers.RandomNormal(0.05),
        name="embedding",
    )
    x = table(token_ids)
    for i in range(config.blocks):
        h = layers.RMSNormalization(epsilon=EPSILON, name=f"attention_norm_{i}")(x)
        query, key, value = (
            _heads(_dense(count * config.head_width, f"{name}_{i}")(h), count, config)
            for name, count in (
                ("query", config.heads),
                ("key", config.kv_heads),
                ("value", config.kv_heads),
            )
        )
        query, key = (rotate(part, positions, config.rope_base) for part in (query, key))
        x = x + _dense(config.width, f"output_{i}", "zeros")(attend(i, query, key, value))
        h = layers.RMSNormalization(epsilon=EPSILON, name=f"norm_{i}")(x)
        gate, up = (_dense(config.hidden, f"{name}_{i}")(h) for name in ("gate", "up"))
        x = x + _dense(config.width, f"down_{i}", "zeros")(ops.silu(gate) * up)
    x = layers.RMSNormalization(epsilon=EPSILON, name="final_norm")(x)
    return table(x, reverse=True)


def _heads(x: Tensor, count: int, config: Config) -> Tensor:
    """[batch, n, count * head_width] -> [batch, count, n, head_width]."""
    return ops.transpose(layers.Reshape((-1, count, config.head_width))(x), (0, 2, 1, 3))


def _dense(width: int, name: str, start: str = "lecun_normal") -> layers.Dense:
    return layers.Dense(width, use_bias=False, kernel_initializer=start, name=name)
