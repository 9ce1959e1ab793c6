"""Drawing the next token: the knobs, and dice that fall the same way in Python and JavaScript."""

import numpy as np


class Dice:
    """Random numbers from a seed, mulberry32: 32-bit whole numbers only, so any language has them.

    Good enough to draw words with, not for secrets. `helpers/browser/sampling.js` has the same.
    """

    def __init__(self, seed: int):
        """Begin with a seed of 32 bits."""
        self.state = seed & 0xFFFFFFFF

    def draw(self) -> float:
        """Return the next number of [0, 1), a multiple of 2 ** -32."""
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & 0xFFFFFFFF
        t ^= (t + ((t ^ (t >> 7)) * (t | 61))) & 0xFFFFFFFF
        return ((t ^ (t >> 14)) & 0xFFFFFFFF) / 2**32


def probabilities(
    logits: np.ndarray,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
) -> np.ndarray:
    """Return what may come next, float64 [vocab_size], adding up to one.

    Args:
        logits: float [vocab_size]; minus infinity for what must not come.
        temperature: below 1 the likely becomes likelier; 0 takes the likeliest.
        top_k: only so many of the likeliest; 0 for all.
        top_p: only the likeliest that together have this share (Holtzman et al., 2020).
        min_p: only those with at least this share of the likeliest's probability.

    The knobs work in this order. Of equally likely tokens the smaller id comes first.
    """
    logits = np.asarray(logits, "float64")
    if temperature <= 0:
        return np.eye(1, len(logits), int(logits.argmax()))[0]
    p = np.exp((logits - logits.max()) / temperature)
    p /= np.cumsum(p)[-1]  # from left to right, where `sum` goes in pairs
    if not top_k and top_p >= 1 and min_p <= 0:  # nothing to sort for
        return p / np.cumsum(p)[-1]
    order = np.argsort(-p, kind="stable")
    kept = np.ones(len(p), bool)
    if top_k:
        kept[order[top_k:]] = False
    if top_p < 1:
        before = np.cumsum(p[order]) - p[order]
        kept[order[before >= top_p]] = False
    kept &= p >= min_p * p[order[0]]
    kept[order[0]] = True
    p = np.where(kept, p, 0.0)
    return p / np.cumsum(p)[-1]


def pick(p: np.ndarray, chance: float) -> int:
    """Return the token into whose part of [0, 1) the chance falls; parts stand by id."""
    upto = np.cumsum(p)
    return int(min(np.searchsorted(upto, chance * upto[-1], side="right"), np.flatnonzero(p)[-1]))
