"""A small drill for tests: the simulation's town for an hour, run once for all who look at it."""

from __future__ import annotations

from functools import cache

from dispatch.drills.run import RunResult, run_drill, setting_of
from dispatch.drills.simulation.town import town, townspeople


@cache
def drilled(seed: int = 3, policy: str = "own") -> RunResult:
    """Return a drill of the town."""
    scenario = town(seed, hours=1.0)
    return run_drill(scenario, townspeople(), setting_of(scenario, seed=seed, policy=policy))
