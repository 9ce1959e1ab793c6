"""Claims: a figure in a notebook's prose is checked by a cell beside it.

A claim states what the published run showed, so a bound is met when the value is not further on
the wrong side than noise explains: two standard errors, where the cell gives one. A miss is told
in a line and the reader goes on; `CLAIMS=strict`, for those who publish outputs, stops instead.

A claim speaks about one profile and protocol of film reviews or, in an example, of its packaged
data. Elsewhere (a small profile, another task) it is recorded and says nothing. A claim `on="any"`
is an invariant: it speaks on every run.
"""

import math
import os
from typing import Any

from helpers.stages import tasks
from helpers.stages.workspace import Run

EXAMPLES = (tasks.PACKAGED, tasks.ONLINE)
STANDARD_ERRORS = 2  # how far noise alone may carry a value, about 19 times in 20


class ClaimError(AssertionError):
    """A run did not give the figure that the text states."""


def check(
    run: Run,
    name: str,
    value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    equals: float | None = None,
    within: float = 0.0,
    se: float = 0.0,
    on: str | None = None,
) -> None:
    """Record `value` as the claim `name`, and say whether its bounds hold.

    Args:
        run: the stage being made.
        name: what the figure is, as the text says it.
        value: what this run measured.
        at_least: the lowest value that the text allows.
        at_most: the highest value that the text allows.
        equals: the figure that the text states, instead of bounds.
        within: how far from `equals` the text allows.
        se: the standard error of `value`, in its unit; see `helpers.learning.evaluation`. Each
            bound is widened by two of them.
        on: `profile/protocol` whose published run the claim is about; `any` for an invariant. By
            default `laptop/local`; of an example `laptop/packaged`.

    Raises:
        ClaimError: with CLAIMS=strict, when the claim is about this run and does not hold.
        ValueError: if there is no bound, or `se` is no size.
    """
    value, se = float(value), float(se)
    if not (math.isfinite(se) and se >= 0):
        raise ValueError(f"Claim {name!r}: a standard error is 0 or more, not {se}.")
    stated = {
        "at_least": at_least if equals is None else equals - within,
        "at_most": at_most if equals is None else equals + within,
    }
    bounds = {key: float(bound) for key, bound in stated.items() if bound is not None}
    if not bounds:
        raise ValueError(f"Claim {name!r} has no bound: give at_least, at_most or equals.")
    missed_by = _distance(value, bounds, STANDARD_ERRORS * se)
    on = on or f"laptop/{'packaged' if run.protocol in EXAMPLES else 'local'}"
    published = run.task == "imdb" or run.protocol in EXAMPLES
    here = on == "any" or (published and on == f"{run.profile.name}/{run.protocol}")
    asserted = on == "any" or (here and run.seed == 0)  # the published run has seed 0
    claim = {"name": name, "value": value, **bounds, "se": se, "asserted": asserted}
    run.claims.append({**claim, "holds": missed_by == 0})
    line = f"{name}: {value:.4g} ({_stated(bounds, equals, within, se)}: "
    if asserted and missed_by != 0 and os.environ.get("CLAIMS") == "strict":
        raise ClaimError(f"{line}missed by {missed_by:.2g})")
    if here:
        said = "holds" if _distance(value, bounds, 0) == 0 else "not met, but within noise"
        print(line + (said if missed_by == 0 else f"missed by {missed_by:.2g}; read on") + ")")


def missed(claims: list[dict[str, Any]]) -> list[str]:
    """Return the names of the claims about the published run that did not hold."""
    return [claim["name"] for claim in claims if claim["asserted"] and not claim["holds"]]


def _distance(value: float, bounds: dict[str, float], slack: float) -> float:
    """Return how far `value` lies outside the bounds and the slack around them; 0 within."""
    below = bounds.get("at_least", -math.inf) - slack - value
    above = value - slack - bounds.get("at_most", math.inf)
    return math.nan if math.isnan(value) else max(0.0, below, above)


def _stated(bounds: dict[str, float], equals: float | None, within: float, se: float) -> str:
    if equals is None:
        text = " and ".join(f"{key.replace('_', ' ')} {bound:g}" for key, bound in bounds.items())
    else:
        text = f"equals {equals:g}" + (f" within {within:g}" if within else "")
    return text + (f", give or take {STANDARD_ERRORS} x {se:.2g}" if se else "")
