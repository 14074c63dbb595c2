"""Replaying a scenario's script: actions at the desk, and what happens to people and phones."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch import actions as act
from dispatch.drills.commander import STALE
from dispatch.drills.exercise import Exercise
from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.script import Act, World, at_head, recalled, script
from dispatch.drills.volunteers import Crowd
from dispatch.drills.volunteers.crowd import RETRY_S, Reached
from dispatch.drills.volunteers.luck import Luck
from dispatch.errors import Rejected, StoreUnavailable
from dispatch.model import ActionId, Fix, HazardClass, Skill, VolunteerId, VolunteerStatus
from dispatch.roster import STATUSES, Roster

ON_DUTY_S: Final = 900.0
"""How long it takes half of those whom a warning puts on duty to say so, spread by this much."""
ON_DUTY_SPREAD: Final = 0.7
_TOGETHER_S: Final = 30
"""People report for duty at whole half-minutes."""


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: datetime
    n: int
    inject: str = field(compare=False)
    deed: Act | it.Recall | World = field(compare=False)
    tried: bool = field(compare=False, default=False)


@dataclass(slots=True, kw_only=True)
class Replay:
    """A scenario's script on an exercise. `refused` are the steps that the desk refused, and
    why."""

    scenario: it.Scenario
    exercise: Exercise
    desk: Reached
    crowd: Crowd
    seed: int
    refused: list[tuple[str, str]] = field(default_factory=list)
    _calendar: list[_Due] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        steps = script(self.scenario)
        self._calendar = [_Due(s.at, n, s.inject, s.deed) for n, s in enumerate(steps)]
        self._count = len(steps)
        heapq.heapify(self._calendar)

    def next_at(self) -> datetime | None:
        """Return when the next thing happens, None after the last."""
        return self._calendar[0].at if self._calendar else None

    async def look(self) -> None:
        """Do everything that has come due."""
        now = self.exercise.clock.now()
        while self._calendar and self._calendar[0].at <= now:
            due = heapq.heappop(self._calendar)
            await self._do(due)

    async def _do(self, due: _Due) -> None:
        match due.deed:
            case Act() as deed:
                await self._act(due, deed if due.tried else at_head(deed, self.desk.board.seq))
            case it.Recall() as recall:
                for deed in recalled(self.scenario, recall, self.desk.board):
                    await self._act(due, at_head(deed, self.desk.board.seq))
            case it.CellLost() as lost:
                self.crowd.lose_cell(lost.id, lost.area.holds)
            case it.CellRestored(lost=name):
                self.crowd.restore_cell(name)
            case it.CoverLapsed() as lapse:
                self.exercise.change(lapsed(self.exercise.roster, lapse, self.seed))
            case it.RedWarning() as warning:
                self._raise_duty(warning, due.at)

    async def _act(self, due: _Due, deed: Act) -> None:
        try:
            await self.desk.act(deed.actor, deed.action_id, deed.action)
        except StoreUnavailable:
            # What is sent again is what was sent: under one id there is one action.
            self._again(due, deed, tried=True)
        except Rejected as exc:
            if exc.code == STALE:
                anew = replace(deed, action_id=ActionId(f"{deed.action_id}'"))
                self._again(due, anew, tried=False)
            else:
                self.refused.append((due.inject, str(exc)))

    def _again(self, due: _Due, deed: Act, *, tried: bool) -> None:
        at = self.exercise.clock.now() + timedelta(seconds=RETRY_S)
        self._count += 1
        heapq.heappush(self._calendar, _Due(at, self._count, due.inject, deed, tried))

    def _raise_duty(self, warning: it.RedWarning, at: datetime) -> None:
        roster = self.exercise.roster
        for row, after_s in called_up(roster, warning, self.seed):
            when, person = at + timedelta(seconds=after_s), VolunteerId(int(roster.ids[row]))
            here = Fix(
                lon=float(roster.lon[row]), lat=float(roster.lat[row]), accuracy_m=50, taken_at=when
            )
            self.crowd.plan(when, person, warning.id, act.CheckIn(fix=here))


def called_up(roster: Roster, warning: it.RedWarning, seed: int) -> list[tuple[int, int]]:
    """Return the rows of those whom a warning puts on duty, and after how many seconds they say
    so."""
    active = roster.status == STATUSES.index(VolunteerStatus.ACTIVE)
    placed = np.isfinite(roster.lon) & np.isfinite(roster.lat)
    found = []
    for row in np.flatnonzero(active & placed & roster.available & roster.consent).tolist():
        luck = Luck(f"{seed}|{roster.ids[row]}|{warning.id}")
        if luck.happens("duty", warning.duty_share):
            after_s = luck.around("after", ON_DUTY_S, ON_DUTY_SPREAD)
            whole_s = _TOGETHER_S * round(after_s / _TOGETHER_S)
            found.append((row, whole_s))
    return found


def lapsed(roster: Roster, lapse: it.CoverLapsed, seed: int) -> Roster:
    """Return the roster after a share of the holders of a skill lost every contract that covers
    them above H0."""
    held = roster.credentials.get(Skill(lapse.skill))
    if held is None:
        return roster
    gone = [
        row
        for row in held.rows.tolist()
        if Luck(f"{seed}|{roster.ids[row]}|{lapse.id}").happens("lapses", lapse.share)
    ]
    cover = roster.cover.copy()
    for p, policy in enumerate(roster.policies):
        if policy.hazards - {HazardClass.H0}:
            cover[gone, p // 64] &= ~np.uint64(1 << p % 64)
    return replace(roster, cover=cover)
