"""Who may be offered a need: the hard rules 1 to 6 of docs/domain.md, written once, on columns.

Planning asks for the whole roster; offering and accepting ask for one person with the same code.
Rule 7, REACH and CUT_OFF, needs the router and is added by the planner; rule 8 concerns the need
itself and is checked before it is published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeVar

import numpy as np

from dispatch.matching.cover import answering, cover_bits, home_at, needs_cover
from dispatch.matching.facts import Facts
from dispatch.matching.gates import gate_bits, last_day
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import BIT, Mask, flag, union
from dispatch.matching.skills import Asked, Rows, Service, asked_of, service
from dispatch.model import Need, Reason, RegionCode
from dispatch.regions import CODES_ALONE, RegionTree
from dispatch.roster import Bits, Bools, Roster
from dispatch.taxonomy import HAZARD_GATES

V = TypeVar("V")

_NOBODY: Final[Rows] = np.empty(0, np.intp)


class Stage(Enum):
    """When the rules are asked: planning, a commander naming people, a volunteer accepting."""

    PLAN = "PLAN"
    OFFER = "OFFER"
    ACCEPT = "ACCEPT"


EXEMPT: Final[Mapping[Stage, np.uint32]] = {
    Stage.PLAN: union(),
    Stage.OFFER: union(),
    # Who accepts holds an open offer, was alerted for it, and may have come back from a refusal.
    Stage.ACCEPT: union(Reason.OFFERED, Reason.CAPPED, Reason.DECLINED),
}
"""The reasons that do not count at a stage."""

FACT_BITS: Final = union(
    Reason.UNAVAILABLE, Reason.BUSY, Reason.OFFERED, Reason.RESTING, Reason.CAPPED
)
"""The reasons that `Facts.blocked` may hold."""

JUDGED: Final = tuple(r for r in Reason if r not in (Reason.REACH, Reason.CUT_OFF))
"""The reasons `judge` decides; the others are the router's."""


def judge(
    roster: Roster,
    facts: Facts,
    need: Need,
    *,
    now: datetime,
    exercise: bool,
    policy: MatchPolicy,
    stage: Stage = Stage.PLAN,
) -> Mask:
    """Return the reasons that stop each person from `need` at `now`, shape (n,); 0 is none.

    Whether somebody is available is the board's word alone (`facts.blocked`), because a
    volunteer's own declaration in the log stands above the roster's.

    Raises:
        ValueError: `facts` does not belong to `roster`.
    """
    return Eligibility(roster, facts, now=now, exercise=exercise, policy=policy, stage=stage).bits(
        need
    )


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the rules found on one roster, by question: who passes a gate, serves, is covered, is at
    home in a place. The keys are whole questions, time included, so it may outlive a round."""

    gates: dict[object, Mask] = field(default_factory=dict)
    services: dict[object, Service] = field(default_factory=dict)
    holders: dict[object, Service] = field(default_factory=dict)
    words: dict[object, Bits] = field(default_factory=dict)
    covers: dict[object, Mask] = field(default_factory=dict)
    places: dict[object, Bools] = field(default_factory=dict)


class Eligibility:
    """The hard rules over one roster at one moment, for many needs.

    Needs share most of what is asked: each part is worked out once per distinct question (hazard
    class and last day; skill, level, hazard and last day; set of contracts; region) and kept in
    `columns`, which belong to this roster and policy.

    Raises:
        ValueError: `facts` does not belong to `roster`, or holds bits that are not its own.
    """

    def __init__(
        self,
        roster: Roster,
        facts: Facts,
        *,
        now: datetime,
        exercise: bool,
        policy: MatchPolicy,
        stage: Stage = Stage.PLAN,
        columns: Columns | None = None,
    ) -> None:
        if facts.blocked.shape != (len(roster),) or facts.on_duty.shape != (len(roster),):
            raise ValueError(f"facts are not of this roster of {len(roster)} people")
        if (facts.blocked & ~FACT_BITS).any():
            raise ValueError("facts.blocked holds reasons that are not the board's to give")
        self._roster = roster
        self._declined = facts.declined
        self._excluded = facts.excluded
        self.now = now
        self._today = now.astimezone(UTC).date()
        self._begun = sum(policy.valid_from_at <= now for policy in roster.policies)
        self._exercise = exercise
        self._policy = policy
        self._exempt = EXEMPT[stage]
        self._blocked = facts.blocked & ~self._exempt
        self._columns = columns or Columns()

    def bits(self, need: Need) -> Mask:
        """Return the reasons that stop each person from `need`, shape (n,); 0 is none."""
        held = self._service(need)
        bits = np.full(len(self._roster), BIT[Reason.SKILL])
        bits[held.rows] = held.bits
        bits |= self._blocked
        bits |= self._gate(need)
        bits |= flag(~self._place(need)[self._roster.region], Reason.JURISDICTION)
        if needs_cover(need.hazard):
            bits |= self._cover(need)
        bits[self._declined_rows(need)] |= BIT[Reason.DECLINED]
        bits[self._excluded.get(need.id, _NOBODY)] |= BIT[Reason.EXCLUDED]
        return bits

    def eligible(self, need: Need) -> Service:
        """Return whom no rule stops, with the skill each serves with: where `bits` is 0.

        Looks at holders of the skill only, so a rare skill costs little on a big roster.
        """
        held = self.holders(need)
        return held.only(self.admits(need, held.rows))

    def holders(self, need: Need) -> Service:
        """Return who holds the skill, or a substitute, proven: whom hard rule 3 does not stop. The
        same object for needs that ask for the same proof."""
        held = self._service(need)
        return _kept(self._columns.holders, self.asked(need), lambda: held.only(held.bits == 0))

    def admits(self, need: Need, rows: Rows) -> Bools:
        """Return whom of these holders no other rule stops, shape (k,)."""
        stopped = self._blocked[rows] | self._gate(need)[rows]
        if needs_cover(need.hazard):
            stopped |= self._cover(need)[rows]
        admitted: Bools = (stopped == 0) & self._place(need)[self._roster.region[rows]]
        out = np.concatenate([self._declined_rows(need), self._excluded.get(need.id, _NOBODY)])
        if out.size:
            admitted &= ~np.isin(rows, out)
        return admitted

    def asked(self, need: Need) -> Asked:
        """Return what `need` asks of a skill now."""
        return asked_of(need, self.now, self._policy.credential_grace_days)

    def answering(self, need: Need) -> Bits:
        """Return the contracts that cover `need` now, as `cover.answering` does."""
        # Of the time it matters which contracts have begun, and when people are home again.
        key = (need.hazard, need.region, home_at(need, self.now), self._begun, self._exercise)
        return _kept(
            self._columns.words,
            key,
            lambda: answering(
                self._roster.policies,
                need,
                now=self.now,
                exercise=self._exercise,
                tree=self._roster.tree,
            ),
        )

    def _gate(self, need: Need) -> Mask:
        gate, end_day = HAZARD_GATES[need.hazard], last_day(need, self.now)
        return _kept(
            self._columns.gates,
            (need.hazard, self._today, end_day),
            lambda: gate_bits(self._roster, gate, self._today, end_day),
        )

    def _service(self, need: Need) -> Service:
        asked = self.asked(need)
        return _kept(self._columns.services, asked, lambda: service(self._roster, asked))

    def _cover(self, need: Need) -> Mask:
        words = self.answering(need)
        return _kept(self._columns.covers, words.tobytes(), lambda: cover_bits(self._roster, words))

    def _place(self, need: Need) -> Bools:
        return _kept(
            self._columns.places,
            (need.region, need.widened),
            lambda: jurisdiction(self._roster.regions, need, self._roster.tree),
        )

    def _declined_rows(self, need: Need) -> Rows:
        if self._exempt & BIT[Reason.DECLINED]:
            return _NOBODY
        return self._declined.get(need.id, _NOBODY)


def jurisdiction(
    regions: tuple[RegionCode, ...], need: Need, tree: RegionTree = CODES_ALONE
) -> Bools:
    """Return which `regions` may serve `need`, and one False after them, shape (regions + 1,).

    A region serves its own needs, those of
    the units it contains and those of the units that contain it; any other needs the order of the
    next level up that `need.widened` records. The last element answers for the region index -1,
    a person whose region is not known: only widened needs are theirs.
    """
    near = [tree.lies_in(need.region, r) or tree.lies_in(r, need.region) for r in regions]
    return np.array([*near, False]) | need.widened


def _kept(cache: dict[object, V], key: object, make: Callable[[], V]) -> V:
    found = cache.get(key)
    if found is None:
        found = cache[key] = make()
    return found
