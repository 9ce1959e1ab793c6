"""N-gram weights in a few kilobytes: a table of fingerprints with a four-bit weight each.

A hash chooses a bucket and a fingerprint. A bucket has a few slots; where a slot holds the
fingerprint, the n-gram has that slot's weight, elsewhere none. Unlike in plain feature hashing,
the many n-grams that say nothing do not blur the few that do. (Fingerprints in buckets: Fan et
al., 2014, Cuckoo filter.)
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from helpers.bundle.export import opens_with, quiet
from helpers.predictor import runtime

if TYPE_CHECKING:
    import tensorflow as tf

FINGERPRINTS = 4095  # 12 bits; the highest is kept for empty slots
CODES = 16  # 4 bits
EMPTY = FINGERPRINTS


@dataclass(frozen=True)
class NgramTable:
    """Which n-grams have a slot: fingerprints int32 [buckets, slots], EMPTY where there is none."""

    fingerprints: np.ndarray

    @property
    def size(self) -> int:
        """Return the number of slots."""
        return self.fingerprints.size

    def find(self, hashes: np.ndarray) -> np.ndarray:
        """Return the slot of each hash, or -1: int64, of the shape of `hashes`."""
        bucket, fingerprint = split(hashes, len(self.fingerprints))
        hit = self.fingerprints[bucket] == fingerprint[..., None]
        slot = bucket * self.fingerprints.shape[1] + hit.argmax(axis=-1)
        return np.where(hit.any(axis=-1) & (hashes > 0), slot, -1)

    def features(self, rows: list[np.ndarray]) -> sparse.csr_matrix:
        """Return how often each text hits each slot, float32 [texts, slots].

        More than once is a false hit: an n-gram that shares bucket and fingerprint with another.
        """
        found = [self.find(row) for row in rows]
        return _counts([slots[slots >= 0] for slots in found], self.size)


def split(hashes: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bucket and the fingerprint that each hash stands for."""
    return hashes % buckets, hashes // buckets % FINGERPRINTS


def build_table(hashes: np.ndarray, buckets: int, slots: int = 4) -> NgramTable:
    """Put n-grams into a table, the most important (first) ones first, until it is full.

    An n-gram whose bucket is full is left out, as is one that its bucket cannot tell from an
    earlier one.
    """
    table = np.full((buckets, slots), EMPTY, "int32")
    used = np.zeros(buckets, "int32")
    for bucket, fingerprint in zip(
        *(part.tolist() for part in split(hashes, buckets)), strict=True
    ):
        if used[bucket] < slots and fingerprint not in table[bucket]:
            table[bucket, used[bucket]] = fingerprint
            used[bucket] += 1
    return NgramTable(table)


def count(rows: list[np.ndarray], at_least: int = 2) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Return the hashes found in at least that many texts, sorted, and a binary count matrix.

    Args:
        rows: for each text its distinct hashes (zeros are padding).

    Returns hashes int32 [features] and float32 [texts, features].
    """
    hashes, times = np.unique(np.concatenate(rows), return_counts=True)
    hashes = hashes[(times >= at_least) & (hashes > 0)]
    return hashes, features(rows, hashes)


def features(rows: list[np.ndarray], hashes: np.ndarray) -> sparse.csr_matrix:
    """Return which of the sorted `hashes` each text has, binary float32 [texts, features]."""
    found = []
    for row in rows:
        at = np.minimum(np.searchsorted(hashes, row), len(hashes) - 1)
        found.append(at[hashes[at] == row])
    return _counts(found, len(hashes))


def _counts(found: list[np.ndarray], columns: int) -> sparse.csr_matrix:
    ends = np.r_[0, np.cumsum([len(f) for f in found])]
    indices = np.concatenate(found) if found else np.empty(0, int)
    ones = np.ones(len(indices), "float32")
    matrix = sparse.csr_matrix((ones, indices, ends), shape=(len(found), columns))
    matrix.sum_duplicates()
    return matrix


def code_weights(weights: np.ndarray, importance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round weights to 16 values by k-means, each weight counting by its importance.

    Returns the code of each weight, int32 [slots], and the values, float32 [16].
    """
    from sklearn.cluster import KMeans

    values = np.unique(np.quantile(weights, np.linspace(0.01, 0.99, CODES)))
    means = KMeans(len(values), init=values[:, None], n_init=1).fit(
        weights[:, None], sample_weight=importance
    )
    codebook = np.zeros(CODES, "float32")
    codebook[: len(values)] = means.cluster_centers_[:, 0]
    return means.labels_.astype("int32"), codebook


@dataclass(frozen=True)
class CodedTable:
    """A table with its weights: codes int32 [slots], codebook float32 [16], and a bias."""

    table: NgramTable
    codes: np.ndarray
    codebook: np.ndarray
    bias: float

    def logits(self, rows: list[np.ndarray]) -> np.ndarray:
        """Return the log-odds of class 1 for the hashes of each text, float [texts]."""
        return self.table.features(rows) @ self.codebook[self.codes] + self.bias

    def entries(self) -> np.ndarray:
        """Return what is stored, int16 [buckets, slots]: fingerprint * 16 + code - 2**15."""
        codes = self.codes.reshape(self.table.fingerprints.shape)
        return (self.table.fingerprints * CODES + codes - 2**15).astype("int16")


def to_litert(
    wide: CodedTable,
    ngrams: int,
    path: Path,
    *,
    deep: Callable | None = None,
    deep_length: int = 0,
    mix: tuple[float, float, float] = (1.0, 0.0, 0.0),
) -> Path:
    """Write a table, alone or beside a Keras network, as one int8 `.tflite` file.

    Args:
        wide: the table.
        ngrams: how many hashes a row has; zeros are padding.
        path: where to write.
        deep: a Keras model, int32 [1, deep_length] -> logit [1, 1]; its weights become int8.
        deep_length: the entries of a row that are for `deep`; they stand before the hashes.
        mix: (a, b, c) for the log-odds a * wide + b * deep + c.

    The file maps int32 [1, deep_length + ngrams] to a probability [1, 1].
    """
    import keras
    import tensorflow as tf

    entries = tf.constant(wide.entries())
    values = tf.constant(np.r_[mix[0] * wide.codebook, 0.0].astype("float32"))
    bias = mix[0] * wide.bias + mix[2]

    def probability(token_ids: tf.Tensor) -> tf.Tensor:
        logit = ngram_logit(token_ids[:, deep_length:], entries, values) + bias
        if deep is not None:
            logit += mix[1] * deep(token_ids[:, :deep_length], training=False)
        return tf.sigmoid(logit)

    # by way of a SavedModel: converted directly, the variables of the network would be left out
    archive = keras.export.ExportArchive()
    if deep is not None:
        archive.track(deep)
    row = tf.TensorSpec([1, deep_length + ngrams], tf.int32, name="token_ids")
    archive.add_endpoint("serve", probability, input_signature=[row])
    with tempfile.TemporaryDirectory() as folder, quiet():
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
    with opens_with(runtime.load_litert, path) as temporary:
        temporary.write_bytes(content)
    return path


def ngram_logit(hashes: "tf.Tensor", entries: "tf.Tensor", values: "tf.Tensor") -> "tf.Tensor":
    """Sum the weights of the n-grams found: int32 [1, ngrams] -> float32 [1, 1], in TensorFlow.

    `entries` int16 [buckets, slots] and `values` float32 [17], the last of which is zero.
    """
    import tensorflow as tf

    buckets = entries.shape[0]
    fingerprint = hashes // buckets % FINGERPRINTS
    stored = tf.cast(tf.gather(entries, hashes % buckets), tf.int32) + 2**15  # [1, ngrams, slots]
    code = stored - tf.expand_dims(fingerprint * CODES, -1)
    hit = (code >= 0) & (code < CODES) & tf.expand_dims(hashes > 0, -1)
    weights = tf.gather(values, tf.where(hit, code, CODES))
    return tf.reduce_sum(weights, axis=[1, 2])[:, None]
