"""Training that survives an interruption and gives the same result either way.

Keras does the training; here are the batches, whose order and noise depend only on seed and
epoch, and a loop that saves a checkpoint after every epoch and goes on from the last one.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.system.files import write_json, written_whole

# rows int64 [batch], random generator -> (inputs, targets), and what each row counts, if not 1
MakeBatch = Callable[[np.ndarray, np.random.Generator], tuple[Any, ...]]
Pair = tuple[np.ndarray, np.ndarray]


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that what follows repeats bit by bit on one machine.

    On a CPU TensorFlow's operations repeat by themselves; a GPU's must be asked to. Asking costs
    a masked language model a fifth of its time, so a CPU is not asked.
    """
    keras.utils.set_random_seed(seed)
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


class Batches:
    """Shuffled batches of `rows` rows; order and noise follow from seed and epoch alone.

    The last, incomplete batch of an epoch is left out; another epoch shuffles it elsewhere.
    With `lengths`, rows of similar length share a batch, which saves work on padding.
    """

    def __init__(
        self,
        rows: int,
        batch_size: int,
        make_batch: MakeBatch,
        *,
        seed: int = 0,
        lengths: np.ndarray | None = None,
    ):
        self.rows, self.batch_size = rows, min(batch_size, rows)
        self.make_batch, self.seed, self.lengths = make_batch, seed, lengths
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        generator = np.random.default_rng((self.seed, epoch))
        order = generator.permutation(self.rows)[: len(self) * self.batch_size]
        if self.lengths is not None:
            # sorted inside pools of 32 batches, so that batches still differ in every epoch
            pools = np.array_split(order, max(1, len(self) // 32))
            order = np.concatenate([p[np.argsort(self.lengths[p], kind="stable")] for p in pools])
            order = generator.permutation(order.reshape(len(self), self.batch_size)).ravel()
        self.order = order

    def __len__(self) -> int:
        return self.rows // self.batch_size

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.make_batch(rows, np.random.default_rng((self.seed, self.epoch, index)))

    def dataset(self) -> tf.data.Dataset:
        """Return this epoch as a `tf.data.Dataset`: some are made while others train."""
        return as_dataset(self)


def as_dataset(batches: Batches | Sequence[tuple[Any, np.ndarray]]) -> tf.data.Dataset:
    """Return batches, in their order, as a `tf.data.Dataset`.

    Every dimension is left open, because batches may differ in length.
    """
    signature = tf.nest.map_structure(
        lambda array: tf.TensorSpec([None] * array.ndim, array.dtype), batches[0]
    )
    dataset = tf.data.Dataset.from_generator(
        lambda: (batches[i] for i in range(len(batches))), output_signature=signature
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(4)


def array_batches(
    token_ids: np.ndarray, targets: np.ndarray, batch_size: int, *, seed: int = 0
) -> Batches:
    """Return shuffled batches of token ids [rows, seq_len] and targets [rows, k]."""
    return Batches(
        len(token_ids), batch_size, lambda rows, _: (token_ids[rows], targets[rows]), seed=seed
    )


def trimmed_batches(
    token_ids: np.ndarray,
    targets: np.ndarray,
    batch_size: int,
    *,
    seed: int = 0,
    word_dropout: float = 0.0,
    mask_id: int = 2,
) -> Batches:
    """Return batches of rows of similar length, cut where their common padding begins.

    For models that take any length. With `word_dropout`, that share of the tokens is replaced by
    `mask_id` (Dai and Le, 2015), anew in every epoch.
    """
    lengths = (token_ids != 0).sum(axis=1)

    def make_batch(rows: np.ndarray, generator: np.random.Generator) -> Pair:
        batch = token_ids[rows, : lengths[rows].max()]
        if word_dropout:
            dropped = (generator.random(batch.shape) < word_dropout) & (batch != 0)
            batch = np.where(dropped, np.int32(mask_id), batch)
        return batch, targets[rows]

    return Batches(len(token_ids), batch_size, make_batch, seed=seed, lengths=lengths)


def validation_batches(
    token_ids: np.ndarray, targets: np.ndarray, batch_size: int = 100
) -> tf.data.Dataset:
    """Return all rows in order of length, each batch without the padding its rows share.

    For models that take any length: it saves reading padding, and the mean loss over all rows is
    the same. One position of padding stays, because to a maximum it makes a difference.
    """
    lengths = (token_ids != 0).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    parts = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return as_dataset(
        [(token_ids[rows, : lengths[rows].max() + 1], targets[rows]) for rows in parts]
    )


def enough_epochs(token_ids: np.ndarray, least: int, tokens: int, most: int = 20) -> int:
    """Return how often a corpus is to be read: `least` times, more if it is small.

    Args:
        token_ids: of the training rows, [rows, seq_len]; 0 is padding.
        least: of a large corpus.
        tokens: so many should be read in all, if `most` epochs can.
    """
    there = max(1, int(np.count_nonzero(token_ids)))
    return min(max(least, tokens // there), most)


@dataclass
class Training:
    """How a training went: one entry per epoch for each quantity, and the seconds it took."""

    epochs: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    history: dict[str, list[float]] = field(default_factory=dict)


def train(
    model: keras.Model,
    batches: Batches,
    *,
    epochs: int,
    checkpoints: Path,
    name: str,
    validation: Pair | tf.data.Dataset | None = None,
    patience: int | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    verbose: bool = True,
) -> Training:
    """Train a compiled model, saving a checkpoint after each epoch, and resume from the last.

    With `validation` the weights of the epoch with the lowest validation loss are restored at the
    end, and training stops early after `patience` epochs without a better one. A checkpoint of a
    model that was built otherwise is left: training then begins anew.
    """
    state_path = checkpoints / f"{name}.json"
    shapes = [list(weight.shape) for weight in model.weights]
    state = json.loads(state_path.read_text(encoding="utf-8")) if state_path.exists() else {}
    same_model = state.pop("shapes", None) == shapes
    training = Training(**state) if same_model else Training()
    if training.epochs:
        model.optimizer.build(model.trainable_variables)
        model.load_weights(_weights(checkpoints, name, training.epochs))
        if training.epochs >= epochs or _out_of_patience(training, patience):
            print(f"{name} was trained already and is loaded. To train again: delete {checkpoints}")
        elif verbose:
            print(f"Resuming {name} after epoch {training.epochs}.")
    while training.epochs < epochs and not _out_of_patience(training, patience):
        begin = time.time()
        epoch = training.epochs
        batches.set_epoch(epoch)
        _restart_dropout(model, epoch)
        logs = model.fit(
            batches.dataset(),
            initial_epoch=epoch,
            epochs=epoch + 1,
            validation_data=validation,
            callbacks=[Progress(f"{name}, epoch {epoch + 1} of {epochs}"), *callbacks],
            shuffle=False,  # the batches shuffle themselves
            verbose=0,
        ).history
        for key, values in logs.items():
            training.history.setdefault(key, []).append(float(values[-1]))
        training.epochs += 1
        losses = training.history.get("val_loss", training.history["loss"])
        training.best_epoch = training.epochs if validation is None else int(np.argmin(losses)) + 1
        training.seconds += time.time() - begin
        _save(model, checkpoints, name, training)
        write_json(state_path, {**asdict(training), "shapes": shapes})
        _drop_old(checkpoints, name, training)
        if verbose:
            shown = "  ".join(f"{key} {values[-1]:.4f}" for key, values in logs.items())
            print(f"epoch {training.epochs}: {shown}")
    if training.best_epoch != training.epochs:
        model.load_weights(_weights(checkpoints, name, training.best_epoch))
    return training


def _restart_dropout(model: keras.Model, epoch: int) -> None:
    """Let each layer's random numbers follow from its seed and the epoch alone.

    A file of weights does not hold how many of them were drawn.
    """
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            seed, _ = variable.numpy()
            variable.assign([seed, epoch << 20])  # the count of draws; an epoch takes far fewer


def _out_of_patience(training: Training, patience: int | None) -> bool:
    return patience is not None and training.epochs - training.best_epoch >= max(1, patience)


def _weights(checkpoints: Path, name: str, epoch: int) -> Path:
    return checkpoints / f"{name}-{epoch}.weights.h5"


def _save(model: keras.Model, checkpoints: Path, name: str, training: Training) -> None:
    with written_whole(_weights(checkpoints, name, training.epochs)) as temporary:
        model.save_weights(temporary)


def _drop_old(checkpoints: Path, name: str, training: Training) -> None:
    keep = {_weights(checkpoints, name, epoch) for epoch in (training.epochs, training.best_epoch)}
    for path in {*checkpoints.glob(f"{name}-*.weights.h5")} - keep:
        path.unlink()


class Progress(keras.callbacks.Callback):
    """Tell the runner, or the reader in JupyterLab, how far an epoch is, once a second."""

    def __init__(self, label: str):
        super().__init__()
        self.label, self.last, self.line = label, time.time(), None

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.time() - self.last < 1:
            return
        self.last = time.time()
        total = self.params["steps"]
        if path := os.environ.get("SLM_PROGRESS"):
            write_json(Path(path), {"label": self.label, "done": batch + 1, "total": total})
        else:
            self._show(f"{self.label}: {batch + 1} of {total} steps")

    def on_train_end(self, logs: dict | None = None) -> None:
        if self.line is not None:
            self.line.update({"text/plain": ""}, raw=True)

    def _show(self, text: str) -> None:
        from IPython.display import display

        if self.line is None:
            self.line = display({"text/plain": text}, raw=True, display_id=True)
        elif self.line:
            self.line.update({"text/plain": text}, raw=True)


def warmup_cosine(peak: float, steps: int, warmup: float = 0.1) -> Any:
    """Return a learning-rate schedule: a linear rise over the first `warmup` share of all steps
    to `peak`, then a cosine to zero (Loshchilov and Hutter, 2017)."""
    rise = max(1, int(warmup * steps))
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - rise), warmup_target=peak, warmup_steps=rise
    )
