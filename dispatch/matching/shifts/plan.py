"""The relief plan: who relieves whom, when each is to be told and to leave, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np

from dispatch.matching.shifts.operation import People, ReliefNeed, Shift
from dispatch.matching.shifts.problem import ReliefProblem
from dispatch.matching.shifts.solve import ReliefSolution
from dispatch.matching.shifts.spells import DAY_S, Spell, at, instant, spell, standing
from dispatch.model import NeedId, Reason, VolunteerId

RESTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """One person for one shift: alerted, on the way, there `handover_s` before the shift starts.

    `relieves` is whose head they take over, None where nobody holds it.
    """

    volunteer_id: VolunteerId
    relieves: VolunteerId | None
    alert_at: datetime
    leave_at: datetime
    arrive_at: datetime
    cost_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftShortfall:
    """Heads of a shift that stay empty, and why, over the need's candidates who do not serve it.

    `refused` counts each once: REACH cannot be there in time; COVER, UNAVAILABLE end before they
    are home or begin after the alert; BUSY is on another task then; RESTING rests then, or has
    worked the day's hours. `free` could have served: a plan with a gap may leave some. `rests` are
    those who rest, until when, the first to be up first.
    """

    missing: int
    refused: Mapping[Reason, int]
    free: int
    rests: tuple[tuple[VolunteerId, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefShift:
    """One shift of one watch of a need: `watch` numbers the heads that are relieved together.

    `late_s` is how long before its start those it relieves had to stop; zero when all is well.
    """

    need_id: NeedId
    watch: int
    number: int
    start_at: datetime
    end_at: datetime
    heads: int
    late_s: int
    reliefs: tuple[Relief, ...]
    shortfall: ShiftShortfall | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefPlan:
    """Shifts by (need, watch, number). Costs are equivalent seconds; no plan under the same rules
    costs less than `bound_s`."""

    shifts: tuple[ReliefShift, ...]
    objective_s: int
    bound_s: int
    made_at: datetime

    @property
    def gap(self) -> float:
        """Return the distance to the proven bound as a share of the objective; 0 is optimal."""
        return (self.objective_s - self.bound_s) / max(1, self.objective_s)


def plan_of(
    problem: ReliefProblem,
    solution: ReliefSolution,
    needs: Sequence[ReliefNeed],
    people: People,
    now: datetime,
) -> ReliefPlan:
    """Return the solution as a plan, with a reason for every head it leaves empty."""
    teller = _Teller(problem, solution, needs, people, instant(now))
    return ReliefPlan(
        shifts=tuple(teller.shifts()),
        objective_s=solution.objective_s,
        bound_s=solution.bound_s,
        made_at=now,
    )


class _Teller:
    def __init__(
        self,
        problem: ReliefProblem,
        solution: ReliefSolution,
        needs: Sequence[ReliefNeed],
        people: People,
        now: int,
    ) -> None:
        self._problem, self._needs, self._people, self._now = problem, needs, people, now
        self._missing = solution.unfilled.sum(axis=1).tolist()
        chosen = solution.chosen
        edges = np.searchsorted(problem.shift[chosen], np.arange(len(problem.shifts) + 1))
        self._serving = [chosen[a:b].tolist() for a, b in pairwise(edges.tolist())]
        self._spells: dict[int, list[Spell]] = {
            row: [standing(task, problem.policy.limits) for task in tasks]
            for row, tasks in problem.fixed.items()
        }
        rows = problem.row[chosen].tolist()
        for row, mine in zip(rows, problem.spells(chosen.tolist()), strict=True):
            self._spells.setdefault(row, []).append(mine)

    def shifts(self) -> Iterator[ReliefShift]:
        out: Sequence[int] = ()
        for s, shift in enumerate(self._problem.shifts):
            out = shift.out if shift.number == 0 else out
            rows = [int(self._problem.row[p]) for p in self._serving[s]]
            yield ReliefShift(
                need_id=self._needs[shift.need].need.id,
                watch=shift.watch,
                number=shift.number,
                start_at=at(shift.start),
                end_at=at(shift.end),
                heads=shift.heads,
                late_s=max(0, shift.start - shift.stop),
                reliefs=tuple(self._reliefs(s, out)),
                shortfall=self._shortfall(s, shift) if self._missing[s] else None,
            )
            out = rows

    def _reliefs(self, s: int, out: Sequence[int]) -> Iterator[Relief]:
        problem = self._problem
        for k, p in enumerate(self._serving[s]):
            yield Relief(
                volunteer_id=self._id(int(problem.row[p])),
                relieves=self._id(out[k]) if k < len(out) else None,
                alert_at=at(int(problem.alert[p])),
                leave_at=at(int(problem.leave[p])),
                arrive_at=at(problem.shifts[s].start - problem.policy.handover_s),
                cost_s=int(problem.cost_s[p]),
            )

    def _shortfall(self, s: int, shift: Shift) -> ShiftShortfall:
        serving = {int(self._problem.row[p]) for p in self._serving[s]}
        entry = self._needs[shift.need]
        found = [
            (row, *self._why(entry, k, shift))
            for k, row in enumerate(entry.rows.tolist())
            if row not in serving
        ]
        rests = sorted((until, row) for row, why, until in found if why is Reason.RESTING)
        counts = Counter(why for _, why, _ in found if why is not None)
        return ShiftShortfall(
            missing=self._missing[s],
            refused={reason: counts[reason] for reason in Reason if counts[reason]},
            free=sum(why is None for _, why, _ in found),
            rests=tuple((self._id(row), at(until)) for until, row in rests[:RESTS_SHOWN]),
        )

    def _why(self, entry: ReliefNeed, k: int, shift: Shift) -> tuple[Reason | None, int]:
        """Why the need's k-th candidate cannot serve the shift, and until when they rest."""
        policy, row, eta_s = self._problem.policy, int(entry.rows[k]), int(entry.eta_s[k])
        left, home = shift.start - policy.handover_s - eta_s, shift.end + eta_s
        alert, people = left - int(self._people.turnout_s[row]), self._people
        if alert < self._now:
            return Reason.REACH, 0
        if home > entry.covered_until[k]:
            return Reason.COVER, 0
        if alert < people.free_from[row] or home > people.free_until[row]:
            return Reason.UNAVAILABLE, 0
        return self._clash(spell(alert, left, shift.end, eta_s, policy.limits), row)

    def _clash(self, mine: Spell, row: int) -> tuple[Reason | None, int]:
        """Which of the person's other tasks stands in the way, and until when."""
        limits, others = self._problem.policy.limits, self._spells.get(row, [])
        in_way = [t for t in others if mine.excludes(t, limits)]
        if any(mine.alert < t.released and t.alert < mine.released for t in in_way):
            return Reason.BUSY, 0
        day = [t for t in others if abs(t.released - mine.released) < DAY_S]
        if in_way or mine.task_s + sum(t.task_s for t in day) > limits.max_task_s:
            return Reason.RESTING, max([t.blocked for t in in_way or day], default=mine.blocked)
        return None, 0

    def _id(self, row: int) -> VolunteerId:
        return VolunteerId(int(self._people.ids[row]))
