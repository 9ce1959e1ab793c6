"""Claims: a figure in a notebook's prose is asserted by a cell beside it.

A claim is always recorded with the stage. It is asserted where it was made for: in the profile
and protocol it names, with seed 0, by the runner. A reader who turns a knob by hand, or brings
data of their own, is told that a figure of ours does not hold and may read on.
"""

import os

from helpers.stages.workspace import Run


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
    on: str = "laptop/local",
) -> None:
    """Record `value` as the claim `name`, and assert its bounds.

    Args:
        run: the stage being made.
        name: what the figure is, as the text says it.
        value: what this run measured.
        at_least, at_most: inclusive bounds.
        equals, within: the stated figure and how far a run may be from it.
        on: `profile/protocol` whose published run the claim is about; `any` asserts it everywhere.

    Raises ClaimError when the claim is made for this run and does not hold.
    """
    value = float(value)
    bounds = {
        "at_least": at_least if equals is None else equals - within,
        "at_most": at_most if equals is None else equals + within,
    }
    bounds = {key: bound for key, bound in bounds.items() if bound is not None}
    if not bounds:
        raise ValueError(f"Claim {name!r} has no bound: give at_least, at_most or equals.")
    ours = on == "any" or (on == f"{run.profile.name}/{run.protocol}" and run.seed == 0)
    asserted = on == "any" or (ours and "SLM_PROGRESS" in os.environ)  # the runner sets it
    holds = bounds.get("at_least", value) <= value <= bounds.get("at_most", value)
    run.claims.append(
        {"name": name, "value": value, **bounds, "asserted": asserted, "holds": bool(holds)}
    )
    stated = " and ".join(f"{key.replace('_', ' ')} {bound:g}" for key, bound in bounds.items())
    if asserted and not holds:
        raise ClaimError(f"{name}: measured {value:g}, but the text says {stated}.")
    verdict = "holds" if holds else "does not hold"
    print(f"{name}: {value:.4g} ({stated}: {verdict}{'' if ours else f', claimed for {on}'})")
