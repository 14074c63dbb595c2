"""What sending one person costs, in whole equivalent seconds: one function per term.

The terms add up; an empty head has its own price in the policy. Everything is integer, so the
optimum is exact and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.policy import ALERTS_MOST, MatchPolicy
from dispatch.roster import Bools, Floats, Ints

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """What a trip's cost reads of a person, columns of the roster's length n: turnout, on duty,
    time on task within the last day, alerts within the last week (one stood down counts half),
    and how long ago their position was taken beyond what counts as fresh; times in seconds."""

    turnout_s: Ints
    on_duty: Bools
    task_s: Ints
    alerts: Floats
    stale_s: Ints

    @classmethod
    def fresh(cls, turnout_s: Ints, on_duty: Bools) -> People:
        """Return people who have done nothing yet and are where we think."""
        n = len(turnout_s)
        none = np.zeros(n, np.int32)
        return cls(turnout_s, on_duty, none, np.zeros(n), none)


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Who would go where and how, columns of one length p: roster row, travel, how late after the
    deadline in seconds; steps of a substitute; rarity steps of an unused better skill; whether
    they leave an assignment; whether they accepted already and stay; the probability of a yes."""

    row: NDArray[np.intp]
    eta_s: Ints
    late_s: Seconds
    steps: NDArray[np.uint8]
    surplus: NDArray[np.uint8]
    moved: Bools
    stays: Bools
    accepts: Floats


Term = Callable[[Trips, People, MatchPolicy], Seconds]


def terms_s(trips: Trips, people: People, policy: MatchPolicy) -> dict[str, Seconds]:
    """Return the cost of each trip term by term, by the terms' names."""
    staying = np.where(trips.stays, 0, 1)
    return {term.__name__: term(trips, people, policy) * staying for term in TERMS}


def equivalent_s(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the cost of each trip: the sum of all terms, nothing for who stays where they are."""
    total = np.zeros(len(trips.row), np.int64)
    for term in TERMS:
        total += term(trips, people, policy)
    total[trips.stays] = 0
    return total


def least_idle_s(policy: MatchPolicy, most_likely: float) -> int:
    """Return the least that anybody off duty costs beside turnout and travel, if nobody is likelier
    to say yes than `most_likely`."""
    noes = min(1 / most_likely - 1, policy.doubt_max)
    return policy.off_duty_s + int(policy.reply_s * noes)


def turnout(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the time from alert to moving."""
    return people.turnout_s[trips.row].astype(np.int64)


def travel(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the time from moving to on scene."""
    return trips.eta_s.astype(np.int64)


def late(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for every second after the deadline: late help is worth less, but it
    is worth more than none, so a deadline is a price and not a wall."""
    return _rounded(policy.late_share * trips.late_s.astype(np.float64))


def substitute(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for a substitute: a share of the travel time per step."""
    return _rounded(policy.substitute_share * trips.steps * trips.eta_s.astype(np.float64))


def surplus(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for spending a rare skill on common work: no doctors for sandbags."""
    return policy.surplus_s * trips.surplus.astype(np.int64)


def off_duty(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for people off duty, so that the duty roster goes first."""
    return np.where(people.on_duty[trips.row], 0, policy.off_duty_s).astype(np.int64)


def fatigue(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for time on task within the last day."""
    return _rounded(policy.fatigue_share * np.minimum(people.task_s[trips.row], 86_400))


def load(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge per alert of the last week, so that the same few are not asked again
    and again."""
    return _rounded(policy.load_s * np.minimum(people.alerts[trips.row], ALERTS_MOST))


def stale(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the surcharge for a position of long ago: the person may be elsewhere by now."""
    aged = policy.stale_share * people.stale_s[trips.row].astype(np.float64)
    return _rounded(np.minimum(aged, policy.stale_max_s))


def doubt(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the time lost on noes: `reply_s` for each, and with probability p of a yes there are
    1/p - 1 of them on average (geometric distribution), up to `doubt_max`."""
    noes = 1 / np.maximum(trips.accepts, 1e-9) - 1
    return _rounded(policy.reply_s * np.minimum(noes, policy.doubt_max))


def disruption(trips: Trips, people: People, policy: MatchPolicy) -> Seconds:
    """Return the price of calling somebody away from an assignment they accepted (Garcia et al.,
    JHLSCM 8(4), 2018: penalise changes of running assignments)."""
    return policy.disruption_s * trips.moved.astype(np.int64)


TERMS: Final[tuple[Term, ...]] = (
    turnout,
    travel,
    late,
    substitute,
    surplus,
    off_duty,
    fatigue,
    load,
    stale,
    doubt,
    disruption,
)


def _rounded(seconds: NDArray[np.floating[Any]]) -> Seconds:
    """Half seconds go to the even neighbour."""
    whole: Seconds = np.rint(seconds).astype(np.int64)
    return whole
