"""N-gram weights in a few kilobytes: a table of fingerprints with a four-bit weight each.

It answers one yes-or-no question, so it is for two classes; `ngram_bag` is for more.

A hash chooses a bucket and a fingerprint. A bucket has a few slots; where a slot holds the
fingerprint, the n-gram has that slot's weight, elsewhere none. Unlike in plain feature hashing,
the many n-grams that say nothing do not blur the few that do. (Fingerprints in buckets: Fan et
al., 2014, Cuckoo filter.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

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

    @property
    def buckets(self) -> int:
        """Return how many buckets of slots there are."""
        return len(self.table.fingerprints)

    @property
    def weights(self) -> np.ndarray:
        """Return the weight of each slot, float32 [slots]."""
        return self.codebook[self.codes]

    def features(self, rows: list[np.ndarray]) -> sparse.csr_matrix:
        """Return what the hashes of each text hit, [texts, slots]; see `NgramTable.features`."""
        return self.table.features(rows)

    def logits(self, rows: list[np.ndarray]) -> np.ndarray:
        """Return the logits of both classes for the hashes of each text, float [texts, 2]."""
        return self.logits_of(self.features(rows))

    def logits_of(self, x: sparse.csr_matrix) -> np.ndarray:
        """Return the logits of rows that hit the slots so, [rows, slots]: float [rows, 2].

        Their difference are the log-odds of the second class.
        """
        z = x @ self.weights + self.bias
        return np.stack([-z / 2, z / 2], axis=1)

    def in_tensorflow(self, factor: float = 1.0) -> Callable[["tf.Tensor"], "tf.Tensor"]:
        """Return the same for a graph: hashes int32 [1, ngrams] -> logits float32 [1, 2].

        All are multiplied by the factor; that costs nothing, for it goes into the constants.
        """
        import tensorflow as tf

        entries = tf.constant(self.entries())
        values = tf.constant(np.r_[factor * self.codebook, 0.0].astype("float32"))
        sides = tf.constant([[-0.5, 0.5]])

        def logits(hashes: "tf.Tensor") -> "tf.Tensor":
            return (ngram_logit(hashes, entries, values) + factor * self.bias) * sides

        return logits

    def entries(self) -> np.ndarray:
        """Return what is stored, int16 [buckets, slots]: fingerprint * 16 + code - 2**15."""
        codes = self.codes.reshape(self.table.fingerprints.shape)
        return (self.table.fingerprints * CODES + codes - 2**15).astype("int16")


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
