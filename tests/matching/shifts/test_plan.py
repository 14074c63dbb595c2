from __future__ import annotations

from datetime import timedelta

import numpy as np

from dispatch.matching.shifts.plan import RESTS_SHOWN, ReliefPlan, ShiftShortfall, plan_of
from dispatch.matching.shifts.solve import ReliefSolution
from dispatch.model import Reason
from tests.builders import NOW
from tests.matching.shifts.scenes import (
    FOREVER,
    HOUR,
    START,
    after,
    build,
    entry,
    holder,
    people,
    relieve,
    task,
)


def short(plan: ReliefPlan) -> ShiftShortfall:
    """The shortfall of the first shift."""
    assert plan.shifts[0].shortfall is not None
    return plan.shifts[0].shortfall


def test_who_relieves_whom_and_when_they_must_leave() -> None:
    crew = [holder(3), holder(0)]
    plan = relieve([entry([1, 2], heads=(2, 2), hours=6.0, holders=crew, eta_s=1_200)], people(4))
    one, two = plan.shifts[0].reliefs
    assert [(int(r.volunteer_id), r.relieves) for r in (one, two)] == [(102, 101), (103, 104)]
    assert one.arrive_at == after(4) - timedelta(minutes=15)
    assert one.leave_at == one.arrive_at - timedelta(minutes=20)
    assert one.alert_at == one.leave_at - timedelta(minutes=1)
    assert one.cost_s == 1_260
    assert plan.made_at == NOW


def test_a_head_that_nobody_holds_is_filled_and_relieves_nobody() -> None:
    plan = relieve([entry([0], hours=6.0)], people(1))
    assert [r.relieves for r in plan.shifts[0].reliefs] == [None]


def test_a_relief_that_comes_after_their_time_is_up_says_how_late() -> None:
    plan = relieve([entry([1], holders=[holder(0, -5.0)], hours=3.0, eta_s=600)], people(2))
    assert plan.shifts[0].start_at == after(0.5)
    assert plan.shifts[0].late_s == round(1.5 * HOUR)
    assert relieve([entry([1], holders=[holder(0)])], people(2)).shifts[0].late_s == 0


def test_why_heads_stay_empty() -> None:
    """One candidate for each reason, and who rests until when."""
    rows = [0, 1, 2, 3, 4, 5, 6]
    late, soon = START + 5 * HOUR, START + 3 * HOUR
    who = people(
        8,
        free_from=[0, 0, 0, late, 0, 0, 0, 0],
        free_until=[FOREVER, FOREVER, soon, FOREVER, FOREVER, FOREVER, FOREVER, FOREVER],
        tasks=[task(4, -1, 4.5), task(5, -5, -3), task(6, -16, -6.5)],
    )
    needs = [
        entry(
            rows,
            holders=[holder(7)],
            hours=7.5,
            eta_s=[5 * HOUR, 60, 60, 60, 60, 60, 60],
            covered_until=[FOREVER, soon, *[FOREVER] * 5],
        )
    ]
    found = short(relieve(needs, who))
    assert found.missing == 1
    assert found.refused == {
        Reason.COVER: 1, Reason.UNAVAILABLE: 2, Reason.BUSY: 1, Reason.RESTING: 2, Reason.REACH: 1,
    }  # fmt: skip
    assert found.rests == ((106, after(5)), (107, after(1.5)))[::-1]
    assert found.free == 0


def test_someone_on_another_shift_then_is_busy() -> None:
    needs = [entry([0], n, holders=[holder(n)], hours=6.0) for n in (1, 2)]
    plan = relieve(needs, people(3))
    assert [s.shortfall.refused for s in plan.shifts if s.shortfall] == [{Reason.BUSY: 1}]


def test_only_the_first_to_be_up_again_are_named() -> None:
    tasks = [task(row, -5 - row, -1 - row / 4) for row in range(9)]
    who = people(10, tasks=tasks)
    found = short(relieve([entry(range(9), holders=[holder(9)], hours=6.0)], who))
    assert found.refused == {Reason.RESTING: 9}
    assert len(found.rests) == RESTS_SHOWN
    assert found.rests[0] == (109, after(5))


def test_who_could_have_served_and_does_not_is_counted() -> None:
    needs, who = [entry([1], holders=[holder(0)], hours=6.0)], people(2)
    problem = build(needs, who)
    nobody = ReliefSolution(np.empty(0, np.intp), problem.heads, 1, 1)
    assert short(plan_of(problem, nobody, needs, who, NOW)).free == 1


def test_a_full_shift_has_no_shortfall() -> None:
    plan = relieve([entry([1], holders=[holder(0)], hours=6.0)], people(2))
    assert plan.shifts[0].shortfall is None
    assert plan.gap == 0
