"""The relief plan of an agency's running needs: who takes over from whom, and when to tell them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch.board import Board
from dispatch.matching.facts import origins_of
from dispatch.matching.load import load_of
from dispatch.matching.problem import Candidates, Problem
from dispatch.matching.shifts import (
    Holder,
    People,
    ReliefNeed,
    ReliefPlan,
    ReliefPolicy,
    Task,
    relieve,
)
from dispatch.matching.shifts.spells import instant
from dispatch.matching.skills import Rows
from dispatch.model import Assignment, AssignmentStatus, Need, VolunteerId
from dispatch.planner.memory import Explored, Memory
from dispatch.planner.round import Asking
from dispatch.roster import Roster
from dispatch.taxonomy import DUTY_LIMITS

NEAREST_PER_HEAD: Final = 24
"""How many of the nearest may relieve each head: a day of short shifts needs many."""
FOREVER_S: Final = 10 * 366 * 86_400


def relief_plan(
    memory: Memory, asking: Asking, board: Board, now: datetime, policy: ReliefPolicy
) -> ReliefPlan | None:
    """Return who relieves whom in all needs that run longer than their people may, None where no
    need is open.

    Raises:
        SolverFailed: no plan that `verify_relief` vouches for.
    """
    needs = [n for n in board.open_needs() if now < n.ends_at]
    if not needs:
        return None
    lon, lat = origins_of(board, memory.roster)
    memory.begin(lon, lat, now, board.exercise, board.conditions(now))
    count = {n.id: NEAREST_PER_HEAD * n.heads.desired for n in needs}
    explored = memory.explored(needs, count)
    cast = _Cast(memory, asking, board, now)
    return relieve(
        [cast.entry(need, explored[need.id]) for need in needs],
        cast.people(),
        now=now,
        match_policy=memory.policy,
        policy=policy,
    )


class _Cast:
    """Everybody on the roster as the relief plan needs them."""

    def __init__(self, memory: Memory, asking: Asking, board: Board, now: datetime) -> None:
        self._roster: Roster = memory.roster
        self._policy, self._board, self._now = memory.policy, board, now
        load = load_of(board, self._roster.ids, now, asking.model)
        self._people = load.people(self._roster)

    def entry(self, need: Need, known: Explored) -> ReliefNeed:
        """Return a need with its holders and everybody who could relieve them."""
        reachable = np.flatnonzero(~known.trip.cut_off)
        incident = self._board.incidents[need.incident_id]
        candidates = Candidates(
            need=need,
            severity=incident.severity,
            taken=0,
            rows=known.rows[reachable],
            eta_s=known.trip.eta_s[reachable],
            steps=known.holders.service.steps[
                np.searchsorted(known.holders.service.rows, known.rows[reachable])
            ],
        )
        pairs = Problem.build([candidates], self._people, self._policy)
        home_at = instant(need.ends_at) + need.reach_s
        return ReliefNeed(
            need=need,
            kind=incident.kind,
            severity=incident.severity,
            holders=tuple(self._holders(need)),
            rows=pairs.row,
            eta_s=pairs.eta_s,
            cost_s=pairs.cost_s,
            # Eligibility has judged cover and proofs up to the end of the need and the way home.
            covered_until=np.full(len(pairs.row), home_at, np.int64),
        )

    def people(self) -> People:
        """Return when everybody can be alerted, and what they have done of late."""
        n, soon = len(self._roster), instant(self._now)
        free_from = np.where(self._roster.available, soon, soon + FOREVER_S)
        free_until = np.full(n, soon + FOREVER_S, np.int64)
        for row, volunteer_id in self._known(list(self._board.people)):
            person = self._board.people[volunteer_id]
            until = person.available_until
            if person.available is None or (until is not None and until <= self._now):
                continue
            end = soon + FOREVER_S if until is None else instant(until)
            standing = bool(self._roster.available[row])
            free_from[row] = soon if person.available else end
            free_until[row] = end if person.available and not standing else free_until[row]
        return People(
            ids=self._roster.ids,
            turnout_s=self._roster.turnout_s,
            free_from=free_from.astype(np.int64),
            free_until=free_until,
            tasks=tuple(self._tasks()),
        )

    def _holders(self, need: Need) -> Iterator[Holder]:
        for assignment in self._board.assignments_to(need.id):
            row = self._roster.rows([assignment.volunteer_id])
            if row.size and self._board.active.get(assignment.volunteer_id) == assignment.id:
                left_at = assignment.en_route_at or assignment.on_scene_at or assignment.assigned_at
                there_at = assignment.on_scene_at or _expected(assignment, self._now)
                yield Holder(row=int(row[0]), left_at=left_at, on_scene_at=max(left_at, there_at))

    def _tasks(self) -> Iterator[Task]:
        for row, volunteer_id in self._known(list(self._board.people)):
            for left_at, released_at in self._board.people[volunteer_id].shifts:
                yield Task(row=row, left_at=left_at, released_at=released_at)

    def _known(self, ids: Sequence[VolunteerId]) -> Iterator[tuple[int, VolunteerId]]:
        rows: Rows = self._roster.rows(ids)
        return ((row, VolunteerId(int(self._roster.ids[row]))) for row in rows.tolist())


def _expected(assignment: Assignment, now: datetime) -> datetime:
    """When somebody on the way, or about to leave, will be there."""
    way_s = assignment.travel.eta_s
    if assignment.status is AssignmentStatus.ASSIGNED:
        way_s += assignment.travel.turnout_s
    since = assignment.en_route_at or assignment.assigned_at
    return max(now, since + timedelta(seconds=way_s))


RELIEF: Final = ReliefPolicy(limits=DUTY_LIMITS)
