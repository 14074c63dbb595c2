"""The second opinion on a relief plan: every rule recounted from what was asked, on the plan's own
words. Runs on every plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from dispatch.errors import SolverFailed
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.shifts.operation import People, ReliefNeed, Shift, shifts_of, standing_tasks
from dispatch.matching.shifts.plan import Relief, ReliefPlan, ReliefShift
from dispatch.matching.shifts.spells import at, instant
from dispatch.matching.shifts.watches import ReliefPolicy, rotation_s
from dispatch.model import VolunteerId

_DAY: Final = timedelta(days=1)


def verify_relief(
    plan: ReliefPlan,
    needs: Sequence[ReliefNeed],
    people: People,
    *,
    match_policy: MatchPolicy,
    policy: ReliefPolicy,
) -> int:
    """Return the objective of `plan` in equivalent seconds, counted from scratch; `needs` come in
    id order.

    Raises:
        SolverFailed: the plan breaks a rule, or its own figures are wrong.
    """
    asked = _Asked(needs, people, policy, plan.made_at)
    shifts = tuple(shifts_of(needs, people, instant(plan.made_at), policy))
    if len(shifts) != len(plan.shifts):
        raise SolverFailed(f"{len(plan.shifts)} shifts are planned, not the {len(shifts)} wanted")
    out: set[VolunteerId] = set()
    times: dict[VolunteerId, list[_Time]] = {}
    objective_s = 0
    for wanted, shift in zip(shifts, plan.shifts, strict=True):
        out = asked.ids(wanted.out) if wanted.number == 0 else out
        asked.check_shift(wanted, shift, out)
        out = {r.volunteer_id for r in shift.reliefs}
        for relief in shift.reliefs:
            times.setdefault(relief.volunteer_id, []).append(asked.check(wanted, shift, relief))
        prices = match_policy.unfilled_s(needs[wanted.need].severity)
        objective_s += _cost_s(wanted, shift, prices[0], prices[1])
    for who, mine in times.items():
        asked.check_person(who, mine)
    if objective_s != plan.objective_s or plan.bound_s > objective_s:
        raise SolverFailed(
            f"the relief plan costs {objective_s} s, not {plan.objective_s} s with the bound "
            f"{plan.bound_s} s"
        )
    return objective_s


@dataclass(frozen=True, slots=True)
class _Time:
    """A person's time: a relief of this plan, or a task that stands (its way home is not known)."""

    alert_at: datetime
    leave_at: datetime
    release_at: datetime
    home_at: datetime
    stands: bool

    @property
    def task(self) -> timedelta:
        return self.release_at - self.leave_at


class _Asked:
    """What was asked, with its people by id."""

    def __init__(
        self, needs: Sequence[ReliefNeed], people: People, policy: ReliefPolicy, now: datetime
    ) -> None:
        self._needs, self._people, self._policy, self._now = needs, people, policy, now
        self._row = {VolunteerId(v): row for row, v in enumerate(people.ids.tolist())}
        self._place = [{row: k for k, row in enumerate(n.rows.tolist())} for n in needs]
        self._fixed = standing_tasks(needs, people, instant(now), policy)

    def ids(self, rows: Iterable[int]) -> set[VolunteerId]:
        """The ids of the people in these rows."""
        return {VolunteerId(int(self._people.ids[row])) for row in rows}

    def check_shift(self, wanted: Shift, shift: ReliefShift, out: set[VolunteerId]) -> None:
        """It is the shift that was wanted, its heads add up, and reliefs relieve who was there."""
        name = self._needs[wanted.need].need.id
        same = (shift.need_id, shift.watch, shift.number, shift.start_at, shift.end_at, shift.heads)
        if same != (
            name, wanted.watch, wanted.number, at(wanted.start), at(wanted.end), wanted.heads
        ):  # fmt: skip
            raise SolverFailed(f"{name}: shift {shift.watch}.{shift.number} is not the one wanted")
        if len(shift.reliefs) + _missing(shift) != shift.heads:
            raise SolverFailed(f"{name}: reliefs and missing are not the {shift.heads} heads")
        people = [r.volunteer_id for r in shift.reliefs]
        if len(people) != len(set(people)):
            raise SolverFailed(f"{name}: somebody serves one shift twice")
        relieved = [r.relieves for r in shift.reliefs if r.relieves is not None]
        if len(relieved) != min(len(out), len(people)) or len(set(relieved) & out) < len(relieved):
            raise SolverFailed(f"{name}: reliefs do not relieve those who were there, each once")

    def check(self, wanted: Shift, shift: ReliefShift, relief: Relief) -> _Time:
        """One relief by itself: who, in time, within rotation, cover and availability."""
        entry, row = self._needs[wanted.need], self._row.get(relief.volunteer_id, -1)
        place = self._place[wanted.need].get(row)
        if place is None:
            raise SolverFailed(f"volunteer {relief.volunteer_id} is no candidate")
        people = self._people
        way = timedelta(seconds=int(entry.eta_s[place]))
        home_at = shift.end_at + way
        free_at, home_by = at(int(people.free_from[row])), at(int(people.free_until[row]))
        handover = timedelta(seconds=self._policy.handover_s)
        rotation = timedelta(seconds=rotation_s(entry.need, entry.kind, self._policy.limits))
        turnout = timedelta(seconds=int(people.turnout_s[row]))
        rules = {
            "cost": relief.cost_s == int(entry.cost_s[place]),
            "handover": shift.start_at - relief.arrive_at == handover,
            "travel": relief.arrive_at - relief.leave_at == way,
            "turnout": relief.leave_at - relief.alert_at == turnout,
            "alert": relief.alert_at >= max(at(instant(self._now)), free_at),
            "availability": home_at <= home_by,
            "cover": home_at <= at(int(entry.covered_until[place])),
            "rotation": shift.end_at - relief.arrive_at <= rotation,
        }
        broken = [rule for rule, kept in rules.items() if not kept]
        if broken:
            who = relief.volunteer_id
            raise SolverFailed(f"{shift.need_id}, volunteer {who}: {broken[0]} is not kept")
        return _Time(relief.alert_at, relief.leave_at, shift.end_at, home_at, stands=False)

    def check_person(self, who: VolunteerId, reliefs: Sequence[_Time]) -> None:
        """One person's times together: one at a time, rested, within the day's hours."""
        limits = self._policy.limits
        fixed = [
            _Time(at(left), at(left), at(end), at(end), stands=True)
            for left, end in self._fixed.get(self._row[who], ())
        ]
        mine = sorted([*fixed, *reliefs], key=lambda t: t.alert_at)
        for one, after in pairwise(mine):
            if one.stands and after.stands:
                continue  # the plan can do nothing about it
            if after.alert_at < one.home_at:
                raise SolverFailed(f"volunteer {who} is in two places at {after.alert_at}")
            due = one.task >= timedelta(seconds=limits.shift_min_s)
            if due and after.alert_at < one.release_at + timedelta(seconds=limits.rest_s):
                raise SolverFailed(f"volunteer {who} has no rest before {after.alert_at}")
        for last in mine:
            day = [t for t in mine if last.release_at - _DAY < t.release_at <= last.release_at]
            task = sum((t.task for t in day), timedelta())
            if task > timedelta(seconds=limits.max_task_s) and not all(t.stands for t in day):
                raise SolverFailed(f"volunteer {who} works {task} in the day to {last.release_at}")


def _missing(shift: ReliefShift) -> int:
    return shift.shortfall.missing if shift.shortfall else 0


def _cost_s(wanted: Shift, shift: ReliefShift, below_s: int, above_s: int) -> int:
    """What a shift's people and its empty heads cost, those above the minimum empty first."""
    above = min(_missing(shift), wanted.desired)
    empty_s = (_missing(shift) - above) * below_s + above * above_s
    return empty_s + sum(relief.cost_s for relief in shift.reliefs)
