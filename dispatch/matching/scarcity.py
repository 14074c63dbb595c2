"""How rare a skill is on this roster: what keeps a doctor from sandbags, and a reserve at home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.gates import EPOCH
from dispatch.matching.policy import RARITY_STEPS, MatchPolicy
from dispatch.matching.problem import Reserve
from dispatch.model import Kept, Skill
from dispatch.roster import Bools, Roster

_SHARES: Final = (0.10, 0.03)
"""Held by fewer than each of these, and then by fewer than the policy's `scarce_share`: one step
rarer."""


@dataclass(frozen=True, slots=True, eq=False)
class Scarcity:
    """Rarity steps 0..3 of every skill held, and of every person their rarest, shape (n,).

    `scarce` are the skills at the last step, the fewest holders first; `group`, shape (n,), is the
    first of them that a person holds, -1 for none.
    """

    skill: Mapping[Skill, int]
    person: NDArray[np.uint8]
    scarce: tuple[Skill, ...]
    group: NDArray[np.int8]

    def surplus(self, rows: NDArray[np.intp], steps: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return how many steps these people's rarest skills lie above `steps`, those of the skills
        they would serve with."""
        above: NDArray[np.uint8] = np.maximum(self.person[rows], steps) - steps
        return above

    def reserve(self, free: Bools, policy: MatchPolicy) -> Reserve:
        """Return what may be used of each scarce skill: `free`, shape (n,), says who could go.

        `policy.reserve_share` of all holders, rounded up, stay for the next incident; people on a
        task already are not there for it, so what is kept comes out of the free ones.
        """
        there = self._count(free)
        return Reserve(self.group, np.maximum(0, there - self._wanted(policy)), policy.reserve_s)

    def kept(self, free: Bools, chosen: NDArray[np.intp], policy: MatchPolicy) -> tuple[Kept, ...]:
        """Return what stays of each scarce skill when the people in rows `chosen` are used."""
        wanted, holders = self._wanted(policy), self._count(np.ones(len(self.group), np.bool_))
        left = free.copy()
        left[chosen] = False
        lacking = np.maximum(0, wanted - self._count(left))
        columns = zip(self.scarce, holders.tolist(), wanted.tolist(), lacking.tolist(), strict=True)
        return tuple(Kept(skill=s, holders=h, wanted=w, used=u) for s, h, w, u in columns)

    def _wanted(self, policy: MatchPolicy) -> NDArray[np.int64]:
        holders = self._count(np.ones(len(self.group), np.bool_))
        wanted: NDArray[np.int64] = np.ceil(policy.reserve_share * holders).astype(np.int64)
        return wanted

    def _count(self, people: Bools) -> NDArray[np.int64]:
        group = self.group[(self.group >= 0) & people]
        count: NDArray[np.int64] = np.bincount(group, minlength=len(self.scarce))
        return count


def scarcity_of(roster: Roster, today: date, policy: MatchPolicy) -> Scarcity:
    """Return how rare each skill with a verified proof in date is on `roster`."""
    day = (today - EPOCH).days
    held = {
        skill: c.rows[c.verified & (c.until >= day)].astype(np.intp)
        for skill, c in sorted(roster.credentials.items())
    }
    limits = np.array([*_SHARES, policy.scarce_share]) * len(roster)
    skill = {s: int((len(rows) < limits).sum()) for s, rows in held.items()}
    person = np.zeros(len(roster), np.uint8)
    for s, rows in held.items():
        person[rows] = np.maximum(person[rows], skill[s])
    scarce = sorted(
        (s for s, rows in held.items() if len(rows) and skill[s] == RARITY_STEPS),
        key=lambda s: (len(held[s]), s),
    )
    group = np.full(len(roster), -1, np.int8)
    for g in reversed(range(len(scarce))):
        group[held[scarce[g]]] = g
    return Scarcity(skill, person, tuple(scarce), group)
