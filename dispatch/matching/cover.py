"""Hard rule 4: which insurance contract answers for a person, a hazard, a place and a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from dispatch.matching.reasons import Mask, flag
from dispatch.model import CoverEvidence, HazardClass, Need, Reason
from dispatch.roster import Bits, Bools, Policy, Roster
from dispatch.taxonomy import HAZARD_GATES, HazardGate

_WORD_BITS = 64


def covers(policy: Policy, need: Need, *, now: datetime, exercise: bool) -> bool:
    """Return whether the contract answers for this need for anybody, from `now` to home again.

    The way there lies between `now` and the work; the way back may take as long as the way
    there, `need.reach_s`, so the contract must still run that much after `need.ends_at`.
    Whether a person is a member is the roster's `cover` bit, not this function's.
    """
    # A need that overran is not over: nobody is home before the way back from now on.
    home_at = max(now, need.ends_at) + timedelta(seconds=need.reach_s)
    return (
        not policy.used_up
        and policy.valid_from_at <= now
        and policy.valid_until_at >= home_at
        and need.hazard in policy.hazards
        and _in_territory(policy, need)
        and (policy.exercises or not exercise)
        and (policy.travel or need.hazard.rank < HazardClass.H1.rank)
        and (policy.sudden_illness or need.hazard.rank < HazardClass.H2.rank)
        and _sums_suffice(policy, HAZARD_GATES[need.hazard])
    )


def _in_territory(policy: Policy, need: Need) -> bool:
    return not policy.territory or need.region.startswith(tuple(policy.territory))


def _sums_suffice(policy: Policy, gate: HazardGate) -> bool:
    return (
        policy.accident_sum >= gate.accident_sum
        and policy.medical_sum >= gate.medical_sum
        and policy.sudden_death_sum >= gate.sudden_death_sum
        and policy.third_party_sum >= gate.third_party_sum
    )


def needs_cover(hazard: HazardClass) -> bool:
    """Return whether the class asks for insurance at all: all but H0, remote work at home."""
    return hazard is not HazardClass.H0


def answering(policies: Sequence[Policy], need: Need, *, now: datetime, exercise: bool) -> Bits:
    """Return the contracts that cover `need` as a bit mask, shape (words,) as in `Roster.cover`."""
    words = [0] * -(-len(policies) // _WORD_BITS)
    for p, policy in enumerate(policies):
        if covers(policy, need, now=now, exercise=exercise):
            words[p // _WORD_BITS] |= 1 << p % _WORD_BITS
    return np.array(words, np.uint64)


def cover_bits(roster: Roster, words: Bits) -> Mask:
    """COVER: no contract in `words` has this person as an activated member; shape (n,)."""
    uncovered: Bools = np.all((roster.cover & words) == 0, axis=1)
    return flag(uncovered, Reason.COVER)


def evidence(
    roster: Roster, row: int, need: Need, *, now: datetime, exercise: bool
) -> CoverEvidence | None:
    """Return the cover of the person in `row` for `need`, or None without it and for H0.

    Of several contracts that answer, the one with the lowest id, so that the same question has
    the same answer at every stage.
    """
    if not needs_cover(need.hazard):
        return None
    valid = [p for p in _held(roster, row) if covers(p, need, now=now, exercise=exercise)]
    return _snapshot(min(valid, key=lambda p: p.id), need, now) if valid else None


def _held(roster: Roster, row: int) -> Iterator[Policy]:
    for w, word in enumerate(roster.cover[row].tolist()):
        for p in range(word.bit_length()):
            if word >> p & 1:
                yield roster.policies[_WORD_BITS * w + p]


def _snapshot(policy: Policy, need: Need, now: datetime) -> CoverEvidence:
    return CoverEvidence(
        policy_id=policy.id,
        insurer=policy.insurer,
        clause=policy.clause,
        hazard=need.hazard,
        accident_sum=policy.accident_sum,
        medical_sum=policy.medical_sum,
        sudden_death_sum=policy.sudden_death_sum,
        third_party_sum=policy.third_party_sum,
        currency=policy.currency,
        valid_from_at=policy.valid_from_at,
        valid_until_at=policy.valid_until_at,
        checked_at=now,
    )
