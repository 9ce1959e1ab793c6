"""A training that is watched: the rate and loss of every batch, and the processor's seconds."""

import time

import numpy as np

from helpers.learning import training


class Watch(training.Progress):
    """Set the rate of each step, tell how far training is, and keep the loss of each batch.

    Setting the rate from outside lets one compiled model train again and again.

    `seconds` are of the processor, all threads together, from the end of the first batch on (the
    first one is mostly making the graph): a busy machine changes them little.
    """

    def __init__(self, label: str, rates: np.ndarray):
        super().__init__(label)
        self.rates = rates  # of learning, one for each step

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.means: list[float] = []
        self.began = self.ended = time.process_time()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.model.optimizer.learning_rate = self.rates[batch]

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        self.means.append((logs or {})["loss"])
        self.ended = time.process_time()
        if batch == 0:
            self.began = self.ended

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def losses(self, rows: np.ndarray) -> np.ndarray:
        """Return the mean loss of each batch; Keras tells the mean over all rows so far.

        Args:
            rows: how many each batch has, [batches].
        """
        return np.diff(np.array(self.means) * np.cumsum(rows), prepend=0) / rows
