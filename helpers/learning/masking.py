"""The masking of notebook 3 in its plain form, for pages that pretrain beside it."""

import numpy as np


def hide_tokens(
    rows: np.ndarray, count: int, mask_id: int, generator: np.random.Generator
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Put `mask_id` in `count` places of each row: ((rows, positions), the ids that stood there).

    All int32: rows [rows, seq_len] (a copy), positions and ids [rows, count]. The plain form of
    the masking of notebook 3, without its noise.
    """
    shuffled = generator.random(rows.shape).argsort(axis=1)
    positions = np.sort(shuffled[:, :count], axis=1).astype("int32")
    hidden = rows.copy()
    np.put_along_axis(hidden, positions, np.int32(mask_id), axis=1)
    return (hidden, positions), np.take_along_axis(rows, positions, axis=1)
