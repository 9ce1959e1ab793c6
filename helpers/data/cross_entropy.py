"""The cross-entropy of one label a text, for rows that may count more or less than one."""

import keras
from keras import ops


class CrossEntropy(keras.losses.Loss):
    """Sum of target times -log p over the classes, from logits; the mean over the rows.

    Keras' own is for targets that add up to one: of others it gives the right value, and a
    gradient that is not its own.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return the loss of each row, [rows], of targets and logits [rows, k]."""
        return -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)
