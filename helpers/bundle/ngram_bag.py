"""N-grams of many classes: the table of `ngram_table`, with a short vector in each slot.

A weight for every n-gram and class would be k numbers a slot. Here each slot has a vector of 64
numbers of four bits, and one matrix [width, k] for all turns their sum into logits. (After
fastText: Joulin et al., 2017, Bag of tricks for efficient text classification.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers, ops
from scipy import sparse

from helpers.bundle.ngram_table import EMPTY, NgramTable, split
from helpers.data.classes import Classes
from helpers.learning import training
from helpers.system.files import written_whole

if TYPE_CHECKING:
    import tensorflow as tf

LARGEST = 7  # of a number of four bits, -8 to 7, of which -8 stays unused
VISITS = 300_000  # rows that are trained on in all, about


@dataclass(frozen=True)
class NgramBag:
    """A table and its vectors, int8 [slots, width] of -7 to 7; kernel [width, k], bias [k]."""

    table: NgramTable
    vectors: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray

    @property
    def buckets(self) -> int:
        """Return how many buckets of slots there are."""
        return len(self.table.fingerprints)

    def features(self, rows: list[np.ndarray]) -> np.ndarray:
        """Return the sum of the vectors that each text hits, float32 [texts, width].

        Divided by the root of their number, so that a long text is not surer just for its length.
        """
        return _mean(self.table.features(rows)) @ self.vectors.astype("float32")

    def logits_of(self, x: np.ndarray) -> np.ndarray:
        """Return the logits [rows, k] of features [rows, width]."""
        return x @ self.kernel + self.bias

    def logits(self, rows: list[np.ndarray]) -> np.ndarray:
        """Return the logits for the hashes of each text, float32 [texts, k]."""
        return self.logits_of(self.features(rows))

    def in_tensorflow(self, factor: float = 1.0) -> Callable[["tf.Tensor"], "tf.Tensor"]:
        """Return the same for a graph: hashes int32 [1, ngrams] -> logits float32 [1, k].

        All are multiplied by the factor.
        """
        import tensorflow as tf

        codes = (self.vectors + LARGEST + 1).astype("uint8")
        half = codes.shape[1] // 2
        pairs = tf.constant(codes[:, :half] + 16 * codes[:, half:])  # two numbers a byte
        entries = tf.constant(self.table.fingerprints.astype("int16"))
        places = tf.range(entries.shape[1])

        def logits(hashes: "tf.Tensor") -> "tf.Tensor":
            bucket, fingerprint = split(hashes, self.buckets)
            stored = tf.cast(tf.gather(entries, bucket), tf.int32)  # [1, ngrams, slots]
            hit = (stored == fingerprint[..., None]) & (hashes > 0)[..., None]
            slot = bucket * len(places) + tf.reduce_max(tf.where(hit, places, 0), axis=-1)
            found = tf.cast(tf.reduce_any(hit, axis=-1), tf.float32)[0]  # [ngrams]
            pair = tf.cast(tf.gather(pairs, slot[0]), tf.int32)  # [ngrams, width / 2]
            vectors = tf.cast(tf.concat([pair % 16, pair // 16], axis=1) - LARGEST - 1, tf.float32)
            total = tf.reduce_sum(vectors * found[:, None], axis=0, keepdims=True)
            mean = total * tf.math.rsqrt(tf.maximum(tf.reduce_sum(found), 1.0))
            return tf.matmul(mean, tf.constant(factor * self.kernel)) + factor * self.bias

        return logits

    def save(self, path: Path) -> None:
        """Write everything as one `.npz`, without pickle."""
        with written_whole(path) as temporary:
            np.savez_compressed(
                temporary, fingerprints=self.table.fingerprints, vectors=self.vectors,
                kernel=self.kernel, bias=self.bias,
            )  # fmt: skip


def load_bag(path: Path) -> NgramBag:
    """Load what `NgramBag.save` wrote; nothing in the file is executed."""
    with np.load(path, allow_pickle=False) as saved:
        table = NgramTable(saved["fingerprints"])
        return NgramBag(table, saved["vectors"], saved["kernel"], saved["bias"])


def fit_bag(
    table: NgramTable,
    rows: list[np.ndarray],
    targets: np.ndarray,
    weight: np.ndarray,
    classes: Classes,
    *,
    width: int = 64,
    dropout: float = 0.7,
    most_epochs: int = 30,
    seed: int = 0,
) -> NgramBag:
    """Learn the vectors of a table's slots and the matrix, by gradient descent.

    In training most n-grams of a text are left out, anew every time, so that the model learns to
    do with any of them.

    Args:
        table: which n-grams have a slot.
        rows: the distinct hashes of each text.
        targets: labels or probabilities, [rows, k].
        weight: what each row counts, [rows].
        classes: of the task.
        width: numbers in a vector, an even number.
        dropout: the share of n-grams that is left out.
        most_epochs: of a small corpus; a large one is read less often.
        seed: of weights, batches and what is left out.
    """
    keras.utils.set_random_seed(seed)
    hits = table.features(rows)
    model = _network(table.size, width, dropout, classes)
    slots = [hits.indices[a:b] + 1 for a, b in zip(hits.indptr, hits.indptr[1:], strict=False)]
    weight = np.asarray(weight, "float32")

    def make_batch(chosen: np.ndarray, _: np.random.Generator) -> Any:
        return _padded([slots[i] for i in chosen]), targets[chosen], weight[chosen]

    batches = training.Batches(len(rows), 64, make_batch, seed=seed, lengths=np.diff(hits.indptr))
    epochs = int(np.clip(VISITS // len(rows), 2, most_epochs))
    schedule = training.warmup_cosine(3e-3, epochs * len(batches))
    model.compile(keras.optimizers.Adam(schedule), classes.loss())
    for epoch in range(epochs):
        batches.set_epoch(epoch)
        shown = training.Progress(f"vectors of n-grams, epoch {epoch + 1} of {epochs}")
        model.fit(batches.dataset(), callbacks=[shown], shuffle=False, verbose=0)
    vectors, kernel, bias = model.get_weights()
    scale = np.maximum(np.abs(vectors[1:]).max(axis=0), 1e-9) / LARGEST  # the matrix takes it over
    codes = np.round(vectors[1:] / scale).astype("int8")
    codes[(table.fingerprints == EMPTY).ravel()] = 0
    return NgramBag(table, codes, kernel * scale[:, None], bias)


def _network(slots: int, width: int, dropout: float, classes: Classes) -> keras.Model:
    """Build the network to train: slots from 1, int32 [batch, ngrams], 0 is padding -> logits."""
    slot = keras.Input((None,), dtype="int32", name="slots")
    mask = ops.expand_dims(ops.cast(slot > 0, "float32"), -1)  # [batch, ngrams, 1]
    count = ops.maximum(ops.sum(mask, axis=1), 1.0)
    kept = layers.Dropout(dropout, name="ngram_dropout")(mask)
    small = keras.initializers.RandomNormal(stddev=0.1, seed=0)
    vectors = layers.Embedding(slots + 1, width, embeddings_initializer=small)(slot)
    x = ops.sum(vectors * kept, axis=1) / ops.sqrt(count)
    x = layers.Dropout(0.1, name="dropout")(x)
    return keras.Model(slot, layers.Dense(len(classes), name=classes.head)(x), name="ngram_bag")


def _mean(hits: sparse.csr_matrix) -> sparse.csr_matrix:
    counts = np.asarray(hits.sum(axis=1)).ravel()
    return sparse.diags(1 / np.sqrt(np.maximum(counts, 1))).astype("float32") @ hits


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Return rows of slots as one array, int32 [rows, ngrams], padded with 0."""
    out = np.zeros((len(rows), max(1, *map(len, rows))), "int32")
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
