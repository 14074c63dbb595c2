"""Hard rule 4: which insurance contract answers for a person, a hazard, a place and a period.

A contract answers when it has no flaw for the need; the first flaw is the evidence when it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch.matching.reasons import Mask, flag
from dispatch.model import CoverEvidence, HazardClass, Need, Reason
from dispatch.regions import CODES_ALONE, RegionTree
from dispatch.roster import Bits, Bools, Policy, Roster
from dispatch.taxonomy import HAZARD_GATES

_WORD_BITS = 64

Term = bool | int | str | datetime | tuple[str, ...]

SUMS: Final = ("accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum")


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first term of a contract that does not answer for a need: what was asked, what it says.

    `term` is a field of `roster.Policy`, or ACTIVATED for a member who has yet to activate it.
    """

    term: str
    required: Term
    found: Term


def flaw(
    policy: Policy, need: Need, *, now: datetime, exercise: bool, tree: RegionTree = CODES_ALONE
) -> Flaw | None:
    """Return why the contract does not answer for this need for anybody, None when it does.

    It must run from `now` until everybody is home again: the way there lies between `now` and the
    work; the way back may take as long as the way there, `need.reach_s`. Whether a person is a
    member is the roster's `cover` bit, not this function's.
    """
    return next(_flaws(policy, need, now, exercise, tree), None)


def home_at(need: Need, now: datetime) -> datetime:
    """Return when people are home again; a need that overran is not over."""
    return max(now, need.ends_at) + timedelta(seconds=need.reach_s)


def _flaws(
    policy: Policy, need: Need, now: datetime, exercise: bool, tree: RegionTree
) -> Iterator[Flaw]:
    rank, gate = need.hazard.rank, HAZARD_GATES[need.hazard]
    if policy.used_up:
        yield Flaw("used_up", False, True)
    if policy.valid_from_at > now:
        yield Flaw("valid_from_at", now, policy.valid_from_at)
    if policy.valid_until_at < home_at(need, now):
        yield Flaw("valid_until_at", home_at(need, now), policy.valid_until_at)
    if need.hazard not in policy.hazards:
        yield Flaw("hazards", need.hazard, tuple(sorted(policy.hazards)))
    if policy.territory and not any(tree.lies_in(need.region, t) for t in policy.territory):
        yield Flaw("territory", need.region, tuple(policy.territory))
    asked = {
        "exercises": exercise,
        "travel": rank >= HazardClass.H1.rank,
        "sudden_illness": rank >= HazardClass.H2.rank,
    }
    for term, wanted in asked.items():
        if wanted and not getattr(policy, term):
            yield Flaw(term, True, False)
    for term in SUMS:
        least, insured = getattr(gate, term), getattr(policy, term)
        if insured < least:
            yield Flaw(term, least, insured)


def needs_cover(hazard: HazardClass) -> bool:
    """Return whether the class asks for insurance at all: all but H0, remote work at home."""
    return hazard is not HazardClass.H0


def answering(
    policies: Sequence[Policy],
    need: Need,
    *,
    now: datetime,
    exercise: bool,
    tree: RegionTree = CODES_ALONE,
) -> Bits:
    """Return the contracts that cover `need` as a bit mask, shape (words,) as in `Roster.cover`."""
    words = [0] * -(-len(policies) // _WORD_BITS)
    for p, policy in enumerate(policies):
        if flaw(policy, need, now=now, exercise=exercise, tree=tree) is None:
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
    words = answering(roster.policies, need, now=now, exercise=exercise, tree=roster.tree)
    return evidence_among(roster, roster.cover[row] & words, need, now)


def evidence_among(roster: Roster, words: Bits, need: Need, now: datetime) -> CoverEvidence | None:
    """Return the cover of a person for `need` when the contracts in `words`, shape (words,), are
    theirs and answer."""
    if not needs_cover(need.hazard) or not words.any():
        return None
    return _snapshot(min(contracts(roster, words), key=lambda p: p.id), need, now)


def contracts(roster: Roster, words: Bits) -> Iterator[Policy]:
    """The contracts whose bits are set in `words`, shape (words,), in the roster's order."""
    for w, word in enumerate(words.tolist()):
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
