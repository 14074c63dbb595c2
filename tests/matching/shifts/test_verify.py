from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.errors import SolverFailed
from dispatch.matching.shifts import People, ReliefNeed, ReliefPlan, ReliefPolicy
from dispatch.matching.shifts.plan import Relief, ShiftShortfall
from dispatch.matching.shifts.verify import verify_relief
from dispatch.model import VolunteerId
from tests.matching.shifts.scenes import (
    HOUR,
    POLICY,
    PRICES,
    START,
    entry,
    holder,
    people,
    relieve,
    scenes,
    task,
)

Scene = tuple[list[ReliefNeed], People, ReliefPolicy]
MINUTE = timedelta(minutes=1)


def verify(plan: ReliefPlan, scene: Scene) -> int:
    needs, who, policy = scene
    return verify_relief(plan, needs, who, match_policy=PRICES, policy=policy)


@settings(deadline=None, max_examples=150)
@given(scenes())
def test_it_counts_what_the_plan_says(scene: Scene) -> None:
    plan = relieve(*scene)
    assert verify(plan, scene) == plan.objective_s


def shifted(relief: Relief, by: timedelta) -> Relief:
    return replace(
        relief,
        alert_at=relief.alert_at + by,
        leave_at=relief.leave_at + by,
        arrive_at=relief.arrive_at + by,
    )


CHANGES: dict[str, Callable[[Relief], Relief]] = {
    "somebody else": lambda r: replace(r, volunteer_id=VolunteerId(999)),
    "alerted later": lambda r: replace(r, alert_at=r.alert_at + MINUTE),
    "leaves later": lambda r: replace(r, leave_at=r.leave_at + MINUTE),
    "arrives later": lambda r: shifted(r, MINUTE),
    "arrives earlier": lambda r: shifted(r, -MINUTE),
    "costs less": lambda r: replace(r, cost_s=r.cost_s - 1),
    "relieves a stranger": lambda r: replace(r, relieves=VolunteerId(999)),
}


@settings(deadline=None, max_examples=100)
@given(scenes(), st.sampled_from(sorted(CHANGES)), st.data())
def test_no_changed_relief_is_accepted(scene: Scene, change: str, data: st.DataObject) -> None:
    plan = relieve(*scene)
    manned = [s for s, shift in enumerate(plan.shifts) if shift.reliefs]
    assume(manned)
    s = data.draw(st.sampled_from(manned))
    one, *others = plan.shifts[s].reliefs
    bad = with_shift(plan, s, reliefs=(CHANGES[change](one), *others))
    with pytest.raises(SolverFailed):
        verify(bad, scene)


def with_shift(plan: ReliefPlan, s: int, **fields: Any) -> ReliefPlan:
    shifts = list(plan.shifts)
    shifts[s] = replace(shifts[s], **fields)
    return replace(plan, shifts=tuple(shifts))


SCENE: Scene = (
    [entry(range(2, 8), heads=(1, 2), hours=12.0, holders=[holder(0), holder(1)])],
    people(8),
    POLICY,
)
PLAN = relieve(*SCENE)
FIRST = PLAN.shifts[0]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (replace(PLAN, shifts=PLAN.shifts[:-1]), "shifts are planned, not the"),
        (replace(PLAN, shifts=PLAN.shifts[::-1]), "is not the one wanted"),
        (with_shift(PLAN, 0, end_at=FIRST.end_at + MINUTE), "is not the one wanted"),
        (with_shift(PLAN, 0, heads=1), "is not the one wanted"),
        (with_shift(PLAN, 0, reliefs=FIRST.reliefs[:1]), "not the 2 heads"),
        (with_shift(PLAN, 0, reliefs=FIRST.reliefs[:1] * 2), "one shift twice"),
        (
            with_shift(PLAN, 0, reliefs=tuple(replace(r, relieves=None) for r in FIRST.reliefs)),
            "do not relieve",
        ),
        (
            with_shift(
                PLAN, 0, reliefs=tuple(replace(r, relieves=VolunteerId(101)) for r in FIRST.reliefs)
            ),
            "do not relieve",
        ),
        (replace(PLAN, objective_s=PLAN.objective_s - 1), "costs"),
        (replace(PLAN, bound_s=PLAN.objective_s + 1), "with the bound"),
    ],
)
def test_verify_refuses_and_says_why(bad: ReliefPlan, says: str) -> None:
    with pytest.raises(SolverFailed, match=says):
        verify(bad, SCENE)


def single(who: People | None = None, **columns: Any) -> Scene:
    """One relief: the person in row 0 for the one in row 1, after four hours."""
    return [entry([0], holders=[holder(1)], hours=6.0, **columns)], who or people(2), POLICY


@pytest.mark.parametrize(
    ("scene", "rule"),
    [
        (single(covered_until=START + 6 * HOUR + 899), "cover is not kept"),
        (single(people(2, free_until=START + 6 * HOUR + 899)), "availability is not kept"),
        (single(people(2, free_from=START + 4 * HOUR)), "alert is not kept"),
        (single(people(2, tasks=[task(0, -8, -4)])), "no rest"),
        (single(people(2, tasks=[task(0, -1, 3.5)])), "two places"),
        (single(people(2, tasks=[task(0, -16.5, -6)])), "works 13:00"),
    ],
)
def test_verify_knows_each_rule(scene: Scene, rule: str) -> None:
    """The plan for somebody free, against the facts of somebody who is not."""
    plan = relieve(*single())
    assert plan.shifts[0].reliefs
    with pytest.raises(SolverFailed, match=rule):
        verify(plan, scene)


def test_verify_knows_the_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cut the shifts, nobody may stay longer than the rotation, handover included."""
    plan = relieve(*single())
    monkeypatch.setattr(
        "dispatch.matching.shifts.verify.rotation_s", lambda *_: 2 * HOUR + POLICY.handover_s
    )
    verify(plan, single())
    monkeypatch.setattr("dispatch.matching.shifts.verify.rotation_s", lambda *_: 2 * HOUR)
    with pytest.raises(SolverFailed, match="rotation is not kept"):
        verify(plan, single())


def test_verify_finds_one_person_at_two_places() -> None:
    needs = [entry([0], n, holders=[holder(n)], hours=6.0) for n in (1, 2)]
    who = people(3)
    plan = relieve(needs, who)
    served = next(s for s in plan.shifts if s.reliefs)
    empty = next(s for s, shift in enumerate(plan.shifts) if not shift.reliefs)
    again = replace(served.reliefs[0], relieves=VolunteerId(103 if empty else 102))
    bad = with_shift(plan, empty, reliefs=(again,), shortfall=None)
    with pytest.raises(SolverFailed, match="volunteer 101 is in two places"):
        verify(bad, (needs, who, POLICY))


def test_what_stood_before_is_not_the_plans_doing() -> None:
    """Somebody worked too long and without rest before; a relief a day later is not to blame."""
    who = people(3, tasks=[task(0, -30, -23), task(0, -22, -16)])
    scene: Scene = ([entry([0, 2], holders=[holder(1)], hours=6.0)], who, POLICY)
    assert verify(relieve(*scene), scene) == 960


def test_empty_heads_are_counted_by_tier() -> None:
    scene: Scene = ([entry([], heads=(1, 3), hours=5.0)], people(0), POLICY)
    plan = relieve(*scene)
    below, above, *_ = PRICES.unfilled_s(scene[0][0].severity)
    assert verify(plan, scene) == below + 2 * above
    shortfall = plan.shifts[0].shortfall
    assert isinstance(shortfall, ShiftShortfall)
    fewer = with_shift(plan, 0, shortfall=replace(shortfall, missing=2))
    with pytest.raises(SolverFailed, match="not the 3 heads"):
        verify(fewer, scene)
