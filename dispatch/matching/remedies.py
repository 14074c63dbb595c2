"""What would help a short need: one rule mended for a few people.

A remedy is an edit of what eligibility reads: somebody is insured as the need asks, a proof is
renewed, a person says they are available, the need is widened. The plan that would follow is
solved, not guessed, since the people who would help may be of more use elsewhere; but only on the
part of it that can matter (`stakes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from dispatch.matching.cover import home_at
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.facts import Facts
from dispatch.matching.gates import last_day
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import BIT
from dispatch.matching.skills import Rows, asked_of, service
from dispatch.model import HazardClass, Need, PolicyId, Reason
from dispatch.roster import Bools, Credentials, Ints, Policy, Roster
from dispatch.taxonomy import HAZARD_GATES


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Situation:
    """Some people, what the board knows of them, and a need: what eligibility is asked about."""

    people: Roster
    facts: Facts
    need: Need
    now: datetime
    exercise: bool
    policy: MatchPolicy

    def only(self, rows: Rows) -> Situation:
        """Return the situation of the people in `rows`, ascending."""
        return replace(self, people=self.people.only(rows), facts=self.facts.only(rows))

    def rules(self) -> Eligibility:
        """Return the hard rules over these people."""
        return Eligibility(
            self.people, self.facts, now=self.now, exercise=self.exercise, policy=self.policy
        )


def mended(situation: Situation, reason: Reason, reach_s: int = 0) -> Situation:
    """Return the situation with `reason`, one of MENDS, mended for all of its people.

    Just so far as the need asks, so that whoever is helped here is not helped everywhere. For
    REACH the need's limit becomes `reach_s`.
    """
    if reason is Reason.REACH:
        return replace(situation, need=replace(situation.need, reach_s=reach_s))
    return MENDS[reason](situation)


def _cover(s: Situation) -> Situation:
    """Everybody joins a contract that says what the need asks, and no more."""
    rank, gate = s.need.hazard.rank, HAZARD_GATES[s.need.hazard]
    policies = s.people.policies
    joined = Policy(
        id=PolicyId(max((p.id for p in policies), default=0) + 1),
        insurer="",
        clause="",
        valid_from_at=s.now,
        valid_until_at=home_at(s.need, s.now),
        hazards=frozenset({s.need.hazard}),
        territory=(s.need.region,),
        exercises=s.exercise,
        travel=rank >= HazardClass.H1.rank,
        sudden_illness=rank >= HazardClass.H2.rank,
        accident_sum=gate.accident_sum,
        medical_sum=gate.medical_sum,
        sudden_death_sum=gate.sudden_death_sum,
        third_party_sum=gate.third_party_sum,
        currency="",
        used_up=False,
    )
    word, shift = divmod(len(policies), 64)
    cover = np.pad(s.people.cover, ((0, 0), (0, word + 1 - s.people.cover.shape[1])))
    cover[:, word] |= np.uint64(1 << shift)
    return replace(s, people=replace(s.people, policies=(*policies, joined), cover=cover))


def _credential(s: Situation) -> Situation:
    """The proof of the skill each would serve with is verified and in date until the end."""
    day = asked_of(s.need, s.now, s.policy.credential_grace_days).proof_day
    return _with_proofs(
        s, lambda c, at: replace(c, verified=c.verified | at, until=_until(c.until, at, day))
    )


def _training(s: Situation) -> Situation:
    """The safety course and the course of the skill each would serve with last until the end."""
    day = last_day(s.need, s.now)
    everybody = np.ones(len(s.people), np.bool_)
    safe = replace(s.people, trained_until=_until(s.people.trained_until, everybody, day))
    return _with_proofs(
        replace(s, people=safe),
        lambda c, at: replace(c, trained_until=_until(c.trained_until, at, day)),
    )


def _with_proofs(s: Situation, mend: Callable[[Credentials, Bools], Credentials]) -> Situation:
    """Mend each person's proof of the skill they would serve with; `at` says where, shape (k,)."""
    serving = service(s.people, asked_of(s.need, s.now, s.policy.credential_grace_days))
    held = dict(s.people.credentials)
    for option, skill in enumerate(serving.skills):
        rows = serving.rows[serving.option == option]
        if rows.size:
            held[skill] = mend(held[skill], np.isin(held[skill].rows, rows))
    return replace(s, people=replace(s.people, credentials=held))


def _until(days: Ints, at: Bools, day: int) -> Ints:
    longer: Ints = np.where(at, np.maximum(days, day), days).astype(np.int32)
    return longer


def _unavailable(s: Situation) -> Situation:
    blocked = s.facts.blocked & ~BIT[Reason.UNAVAILABLE]
    return replace(s, facts=replace(s.facts, blocked=blocked))


def _consent(s: Situation) -> Situation:
    return replace(s, people=replace(s.people, consent=np.ones(len(s.people), np.bool_)))


def _jurisdiction(s: Situation) -> Situation:
    return replace(s, need=replace(s.need, widened=True))


MENDS: Final[Mapping[Reason, Callable[[Situation], Situation]]] = {
    Reason.CREDENTIAL: _credential,
    Reason.TRAINING: _training,
    Reason.COVER: _cover,
    Reason.JURISDICTION: _jurisdiction,
    Reason.UNAVAILABLE: _unavailable,
    Reason.CONSENT: _consent,
}
"""How each rule that can be mended is mended; REACH has a number of its own."""

MENDABLE: Final = tuple(r for r in Reason if r in MENDS or r is Reason.REACH)
