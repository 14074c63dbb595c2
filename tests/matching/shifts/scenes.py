"""Small operations that need reliefs, and an oracle that tries everything.

Hours and minutes count from `NOW`, which is a whole quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from dispatch.matching.policy import MatchPolicy
from dispatch.matching.shifts import Holder, People, ReliefNeed, ReliefPlan, ReliefPolicy, Task
from dispatch.matching.shifts import relieve as relieve_
from dispatch.matching.shifts.operation import Shift, shifts_of, standing_tasks
from dispatch.matching.shifts.problem import ReliefProblem
from dispatch.matching.shifts.spells import instant
from dispatch.model import HazardClass, Heads, Severity, Skill
from dispatch.taxonomy import DUTY_LIMITS
from tests.builders import NOW, need

HOUR = 3_600
START = instant(NOW)
FOREVER = START + 365 * 86_400
POLICY = ReliefPolicy()
PRICES = MatchPolicy()


def after(hours: float) -> datetime:
    """Return the instant so many hours after `NOW`."""
    return NOW + timedelta(hours=hours)


def holder(row: int, on_scene_h: float = 0.0, travel_h: float = 0.25) -> Holder:
    """Return who has been on scene since `on_scene_h` hours from now (before: negative)."""
    return Holder(row=row, left_at=after(on_scene_h - travel_h), on_scene_at=after(on_scene_h))


def entry(
    rows: Sequence[int],
    number: int = 1,
    *,
    heads: tuple[int, int] = (1, 1),
    hours: float = 8.0,
    skill: str = "BOAT",
    hazard: HazardClass = HazardClass.H2,
    kind: str = "flood",
    severity: Severity = Severity.III,
    holders: Sequence[Holder] = (),
    eta_s: Sequence[int] | int = 900,
    covered_until: Sequence[int] | int = FOREVER,
) -> ReliefNeed:
    """Return a need for boat drivers over the next `hours`, relieved by the people in `rows`."""
    minimum, desired = heads
    travel_s = np.broadcast_to(np.array(eta_s, np.int32), len(rows)).copy()
    return ReliefNeed(
        need=need(
            number,
            skill=Skill(skill),
            hazard=hazard,
            heads=Heads(minimum=minimum, desired=desired, maximum=desired),
            ends_at=after(hours),
        ),
        kind=kind,
        severity=severity,
        holders=tuple(holders),
        rows=np.array(rows, np.intp),
        eta_s=travel_s,
        cost_s=travel_s.astype(np.int64) + 60,
        covered_until=np.broadcast_to(np.array(covered_until, np.int64), len(rows)).copy(),
    )


def people(
    count: int,
    *,
    turnout_s: int = 60,
    free_from: Sequence[int] | int = 0,
    free_until: Sequence[int] | int = FOREVER,
    tasks: Sequence[Task] = (),
) -> People:
    """Return that many people, volunteer 101 in row 0 and so on."""
    return People(
        ids=np.arange(count, dtype=np.int64) + 101,
        turnout_s=np.full(count, turnout_s, np.int32),
        free_from=np.broadcast_to(np.array(free_from, np.int64), count).copy(),
        free_until=np.broadcast_to(np.array(free_until, np.int64), count).copy(),
        tasks=tuple(tasks),
    )


def task(row: int, from_h: float, to_h: float) -> Task:
    """Return a task of the person in `row` between these hours from now."""
    return Task(row=row, left_at=after(from_h), released_at=after(to_h))


def build(needs: Sequence[ReliefNeed], who: People, policy: ReliefPolicy = POLICY) -> ReliefProblem:
    """Return the relief problem at `NOW`."""
    return ReliefProblem.build(needs, who, now=NOW, match_policy=PRICES, policy=policy)


def relieve(needs: Sequence[ReliefNeed], who: People, policy: ReliefPolicy = POLICY) -> ReliefPlan:
    """Return the relief plan at `NOW`."""
    return relieve_(needs, who, now=NOW, match_policy=PRICES, policy=policy)


def serving(plan: ReliefPlan) -> list[list[int]]:
    """Return the volunteers of each shift."""
    return [[int(r.volunteer_id) for r in s.reliefs] for s in plan.shifts]


LIMITS = (
    DUTY_LIMITS,
    replace(DUTY_LIMITS, shift_min_s=3 * HOUR),
    replace(DUTY_LIMITS, rest_s=2 * HOUR, max_task_s=6 * HOUR),
    replace(DUTY_LIMITS, shift_min_s=6 * HOUR, max_task_s=7 * HOUR),
)
WORK = (
    ("BOAT", HazardClass.H2, "flood", 24.0),
    ("LOG", HazardClass.H2, "flood", 30.0),
    ("LOG", HazardClass.H2, "heat", 9.0),
    ("LOG", HazardClass.H3, "snow", 4.0),
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[ReliefNeed], People, ReliefPolicy]:
    """Up to two needs and four people who hold heads, rest, come late and leave early."""
    count = draw(st.integers(1, 4))
    quarter = st.integers(-16, 0).map(lambda q: q / 4)
    held = draw(st.lists(st.integers(0, count - 1), unique=True, max_size=2))
    needs = []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        skill, hazard, kind, most_h = draw(st.sampled_from(WORK))
        rows = sorted(draw(st.sets(st.integers(0, count - 1))))
        desired = draw(st.integers(1, 2))
        mine = [held.pop() for _ in range(draw(st.integers(0, len(held))))]
        needs.append(
            entry(
                rows,
                number,
                heads=(draw(st.integers(1, desired)), desired),
                hours=draw(st.integers(1, int(4 * most_h))) / 4,
                skill=skill,
                hazard=hazard,
                kind=kind,
                severity=draw(st.sampled_from(list(Severity))),
                holders=[holder(row, draw(quarter)) for row in sorted(mine)],
                eta_s=[draw(st.sampled_from([0, 600, 1_500, 5_000])) for _ in rows],
                covered_until=[draw(st.sampled_from([FOREVER, START + 9 * HOUR])) for _ in rows],
            )
        )
    busy = {h.row for n in needs for h in n.holders}
    tasks = [
        task(row, from_h, from_h + draw(st.integers(1, 24)) / 4)
        for row in range(count)
        if row not in busy and draw(st.booleans())
        for from_h in [draw(st.sampled_from([-20.0, -9.5, -6.0]))]
    ]
    who = people(
        count,
        free_from=[draw(st.sampled_from([0, START + 2 * HOUR])) for _ in range(count)],
        free_until=[draw(st.sampled_from([FOREVER, START + 13 * HOUR])) for _ in range(count)],
        tasks=tasks,
    )
    limits = draw(st.sampled_from(LIMITS))
    return needs, who, ReliefPolicy(limits=limits)


def tried(needs: Sequence[ReliefNeed], who: People, policy: ReliefPolicy) -> int:
    """Return the least objective over everything: each set of shifts for each person.

    Choices of some people that fill the same heads are continued together, at their cheapest.
    """
    shifts = list(shifts_of(needs, who, START, policy))
    fixed = standing_tasks(needs, who, START, policy)
    least = {(0,) * len(shifts): 0}
    for row in range(len(who.ids)):
        mine = _sets(needs, who, policy, shifts, fixed.get(row, ()), row)
        grown: dict[tuple[int, ...], int] = {}
        for filled, cost in least.items():
            for chosen, price in mine:
                more = tuple(f + (s in chosen) for s, f in enumerate(filled))
                if all(f <= s.heads for f, s in zip(more, shifts, strict=True)):
                    grown[more] = min(cost + price, grown.get(more, cost + price))
        least = grown
    return min(cost + _empty(needs, shifts, filled) for filled, cost in least.items())


def _sets(
    needs: Sequence[ReliefNeed],
    who: People,
    policy: ReliefPolicy,
    shifts: Sequence[Shift],
    fixed: Sequence[tuple[int, int]],
    row: int,
) -> list[tuple[set[int], int]]:
    """All sets of shifts that one person may serve, and what they cost."""
    spells = {}
    for s, shift in enumerate(shifts):
        mine = needs[shift.need]
        for k in np.flatnonzero(mine.rows == row).tolist():
            eta_s = int(mine.eta_s[k])
            left = shift.start - policy.handover_s - eta_s
            alert, home = left - int(who.turnout_s[row]), shift.end + eta_s
            known = alert >= max(START, who.free_from[row]) and home <= who.free_until[row]
            if known and home <= mine.covered_until[k]:
                spells[s] = (alert, left, shift.end, home, int(mine.cost_s[k]))
    stand = [(left, left, end, end, 0) for left, end in fixed]
    return [
        (set(chosen), sum(spells[s][4] for s in chosen))
        for size in range(len(spells) + 1)
        for chosen in combinations(spells, size)
        if _allowed([spells[s] for s in chosen], stand, policy)
    ]


def _allowed(
    chosen: Sequence[tuple[int, ...]], stand: Sequence[tuple[int, ...]], policy: ReliefPolicy
) -> bool:
    limits, mine = policy.limits, sorted([*chosen, *stand])
    for one, other in combinations(mine, 2):
        if one in stand and other in stand:
            continue
        rest_s = limits.rest_s if one[2] - one[1] >= limits.shift_min_s else 0
        if other[0] < max(one[3], one[2] + rest_s):
            return False
    for last in mine:
        day = [t for t in mine if last[2] - 86_400 < t[2] <= last[2]]
        own = any(t in chosen for t in day)
        if own and sum(t[2] - t[1] for t in day) > limits.max_task_s:
            return False
    return True


def _empty(needs: Sequence[ReliefNeed], shifts: Sequence[Shift], filled: Sequence[int]) -> int:
    total = 0
    for shift, there in zip(shifts, filled, strict=True):
        below, above, *_ = PRICES.unfilled_s(needs[shift.need].severity)
        missing = shift.heads - there
        comfort = min(missing, shift.desired)
        total += comfort * above + (missing - comfort) * below
    return total
