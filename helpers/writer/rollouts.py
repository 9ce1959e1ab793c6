"""Texts by the hundred: a decoder continues many prompts at a time, with its cache, in one graph.

For training on what a model itself says, and for measuring it. One answer at a time, with every
knob, is `helpers.predictor.sampling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from helpers.writer.decoder import Config, build_cached_decoder

END_ID, PAD_ID = 0, 3  # as in `tokens.SPECIAL`


@dataclass(frozen=True)
class Rollouts:
    """Prompts and how a model went on, padded to one length."""

    token_ids: np.ndarray  # int32 [rows, length]: prompt, what was drawn, PAD_ID
    drawn: np.ndarray  # bool [rows, length]: true where the model chose, END_ID included

    def __len__(self) -> int:
        return len(self.token_ids)

    def __getitem__(self, rows: np.ndarray | slice) -> "Rollouts":
        """Return some of the rows."""
        return Rollouts(self.token_ids[rows], self.drawn[rows])

    def answers(self) -> list[list[int]]:
        """Return what was drawn of each row, without END_ID."""
        kept = self.drawn & (self.token_ids != END_ID)
        return [ids[k].tolist() for ids, k in zip(self.token_ids, kept, strict=True)]


class Sampler:
    """Draws from any decoder of one configuration; its graph is traced once."""

    def __init__(self, config: Config, batch: int, length: int):
        """Make room for `batch` texts of at most `length` tokens, prompt and END_ID included."""
        if length > config.seq_len:
            raise ValueError(f"{length} tokens do not fit: the decoder sees {config.seq_len}")
        self.batch, self.length = batch, length
        config = replace(config, seq_len=length)  # a smaller cache; no weight depends on it
        self.decoder = build_cached_decoder(config, batch)
        self.empty = (batch, config.blocks, config.kv_heads, length, config.head_width)
        self._draw = tf.function(self._loop)

    def __call__(
        self,
        model: keras.Model,
        prompts: Sequence[Sequence[int]],
        seed: int,
        temperature: float = 1.0,
    ) -> Rollouts:
        """Continue each prompt until END_ID or the last place.

        Args:
            model: a `build_decoder` of the sampler's configuration.
            prompts: token ids, from 1 to `length` - 1 of each; they may differ in length.
            seed: the same seed, model and prompts give the same texts on the same machine.
            temperature: 0 takes the likeliest token, 1 draws as the model says.
        """
        lengths = np.array([len(prompt) for prompt in prompts])
        if not len(lengths) or lengths.min() < 1 or lengths.max() >= self.length:
            raise ValueError(f"a prompt has 1 to {self.length - 1} tokens")
        self.decoder.set_weights(model.get_weights())
        rows = -(-len(prompts) // self.batch) * self.batch  # whole batches
        given = np.full((rows, self.length), PAD_ID, "int32")
        for i in range(rows):
            prompt = prompts[min(i, len(prompts) - 1)]
            given[i, : len(prompt)] = prompt
        lengths = np.pad(lengths, (0, rows - len(lengths)), mode="edge").astype("int32")
        heat = np.float32(temperature)
        parts = [
            self._draw(given[i:j], lengths[i:j], np.array([seed, i * self.length], "int32"), heat)
            for i, j in ((i, i + self.batch) for i in range(0, rows, self.batch))
        ]
        token_ids = np.concatenate([part.numpy() for part in parts])[: len(prompts)]
        behind = np.arange(self.length) >= lengths[: len(prompts), None]
        ended = np.cumsum(behind & (token_ids == END_ID), axis=1)
        first_end = (token_ids == END_ID) & (ended == 1)
        return Rollouts(token_ids, behind & ((ended == 0) | first_end))

    def _loop(self, given: Tensor, lengths: Tensor, seed: Tensor, temperature: Tensor) -> Tensor:
        """Return token ids [batch, length]: the shortest prompt at once, then token by token."""
        first = tf.reduce_min(lengths)
        caches = (tf.zeros(self.empty), tf.zeros(self.empty))
        logits, *caches = self.decoder([given[:, :first], tf.zeros(1, tf.int32), *caches])
        places = tf.range(self.length)

        def step(place: Tensor, logits: Tensor, keys: Tensor, values: Tensor, *said: Tensor) -> Any:
            token_ids, ended = said
            sharper = logits / tf.maximum(temperature, 1e-6)
            dice = seed + tf.stack([0, place])
            drawn = tf.random.stateless_categorical(sharper, 1, dice, tf.int32)[:, 0]
            drawn = tf.where(temperature > 0, drawn, tf.argmax(logits, -1, tf.int32))
            own = place >= lengths
            token = tf.where(own, drawn, token_ids[:, place])
            token = tf.where(ended, PAD_ID, token)
            token_ids = tf.where(places == place, token[:, None], token_ids)
            ended = ended | (own & (token == END_ID))
            start = tf.reshape(place, [1])
            logits, keys, values = self.decoder([token[:, None], start, keys, values])
            return place + 1, logits[:, -1], keys, values, token_ids, ended

        def go_on(place: Tensor, *state: Tensor) -> Tensor:
            return (place < self.length) & ~tf.reduce_all(state[-1])

        state = (first, logits[:, -1], *caches, given, tf.zeros(self.batch, bool))
        return tf.while_loop(go_on, step, state)[4]
