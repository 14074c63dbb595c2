"""What sending one person costs, in whole equivalent seconds: one function per term.

The terms add up; an empty head has its own price in the policy. Everything is integer, so the
optimum is exact and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.policy import MatchPolicy
from dispatch.roster import Bools, Ints

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Who would go and how, columns of one length: travel and turnout in seconds, the steps their
    skill is away from the one asked for, and whether they are on duty."""

    eta_s: Ints
    turnout_s: Ints
    steps: NDArray[np.uint8]
    on_duty: Bools


def equivalent_s(trips: Trips, policy: MatchPolicy) -> Seconds:
    """Return the cost of each trip: the sum of all terms."""
    total = np.zeros(len(trips.eta_s), np.int64)
    for term in TERMS:
        total += term(trips, policy)
    return total


def turnout(trips: Trips, policy: MatchPolicy) -> Seconds:
    """Return the time from alert to moving."""
    return trips.turnout_s.astype(np.int64)


def travel(trips: Trips, policy: MatchPolicy) -> Seconds:
    """Return the time from moving to on scene."""
    return trips.eta_s.astype(np.int64)


def substitute(trips: Trips, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for a substitute: a share of the travel time per step, rounded.

    Half seconds go to the even neighbour.
    """
    surcharge = policy.substitute_share * trips.steps * trips.eta_s.astype(np.float64)
    rounded: Seconds = np.rint(surcharge).astype(np.int64)
    return rounded


def off_duty(trips: Trips, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for people off duty, so that the duty roster goes first."""
    return np.where(trips.on_duty, 0, policy.off_duty_s).astype(np.int64)


TERMS: Final[tuple[Callable[[Trips, MatchPolicy], Seconds], ...]] = (
    turnout,
    travel,
    substitute,
    off_duty,
)
