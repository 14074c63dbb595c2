"""Hard rules 1 and 2, the safety course of rule 3, consent: who may enter a hazard class at all.

One function per rule; each takes the roster's columns and returns bits of shape (n,).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import numpy as np

from dispatch.matching.reasons import Mask, flag
from dispatch.model import Need, Reason, VolunteerStatus
from dispatch.roster import STATUSES, TIERS, Bools, Roster
from dispatch.taxonomy import HazardGate

EPOCH: Final = date(1970, 1, 1)


def day_of(instant: datetime) -> int:
    """Return the UTC day of an instant as the roster counts, from 1970-01-01."""
    return (instant.astimezone(UTC).date() - EPOCH).days


def last_day(need: Need, now: datetime) -> int:
    """Return the last day of the work, which is today at the earliest."""
    return max(day_of(now), day_of(need.ends_at))


_ACTIVE: Final = STATUSES.index(VolunteerStatus.ACTIVE)
TEAM_LEVELS: Final = (1, 3)
"""YJ/T 1.1-2022: teams have level 1 (most capable) to 3; 0 is no levelled team."""


def gate_bits(roster: Roster, gate: HazardGate, today: date, end_day: int) -> Mask:
    """Return the bits of every rule a hazard class sets for a person, shape (n,).

    `today` decides ages; `end_day`, in days since 1970-01-01, is the last day of the work.
    """
    return (
        status(roster)
        | tier(roster, gate)
        | age(roster, gate, today)
        | fitness(roster, gate)
        | safety_course(roster, gate, end_day)
        | consent(roster)
    )


def status(roster: Roster) -> Mask:
    """STATUS: only ACTIVE people; pending, suspended and exited ones are out."""
    return flag(roster.status != _ACTIVE, Reason.STATUS)


def tier(roster: Roster, gate: HazardGate) -> Mask:
    """TIER: the class admits the tier and, where it asks for a levelled team (H4), membership.

    Both say who may come as what, so they share the code: outside a team of level 1 to 3 nobody
    counts as professional enough for H4.
    """
    admitted = np.array([t in gate.tiers for t in TIERS])[roster.tier]
    if gate.team_level:
        low, high = TEAM_LEVELS
        admitted &= (roster.team_level >= low) & (roster.team_level <= high)
    return flag(~admitted, Reason.TIER)


def age(roster: Roster, gate: HazardGate, today: date) -> Mask:
    """AGE: completed years within the class's limits today, and a guardian below its age."""
    old_enough = _has_completed(roster, gate.min_age, today)
    too_old = _has_completed(roster, gate.max_age + 1, today)
    alone = ~_has_completed(roster, gate.guardian_below, today) & ~roster.guardian
    return flag(~old_enough | too_old | alone, Reason.AGE)


def fitness(roster: Roster, gate: HazardGate) -> Mask:
    """FITNESS: declared fit, where the class asks for it."""
    return flag(~roster.fit & gate.fitness, Reason.FITNESS)


def safety_course(roster: Roster, gate: HazardGate, end_day: int) -> Mask:
    """TRAINING: the safety course valid until the end of the work, where the class asks for it."""
    return flag((roster.trained_until < end_day) & gate.training, Reason.TRAINING)


def consent(roster: Roster) -> Mask:
    """CONSENT: nobody is matched who has not agreed to it (PIPL art. 13, 24)."""
    return flag(~roster.consent, Reason.CONSENT)


def _has_completed(roster: Roster, years: int, today: date) -> Bools:
    completed: Bools = roster.birth <= (latest_birthday(years, today) - EPOCH).days
    return completed


def latest_birthday(years: int, today: date) -> date:
    """Return the last day of birth of people who have completed `years` years on `today`.

    On 29 February of a leap year that is 28 February of a year without one; who was born on a
    29 February completes a year on 1 March then.
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
