"""Differences: what a comparison allows to be said, from its interval."""


def verdict(
    name: str, difference: float, low: float, high: float, *, unit: str = "points", digits: int = 1
) -> str:
    """Return a difference with its 95 % interval, and whether it can be told from none.

    Args:
        name: what was compared, as in "first minus second".
        difference: first minus second, in `unit`.
        low, high: the ends of its interval.
        digits: decimals shown.
    """
    shown = f"{name}: {difference:+.{digits}f} {unit} ({low:+.{digits}f} to {high:+.{digits}f})"
    if low <= 0 <= high:
        return f"{shown}: no measurable difference"
    return f"{shown}: measurably {'more' if difference > 0 else 'less'}"
