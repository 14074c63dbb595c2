from __future__ import annotations

import numpy as np

from tests.matching.shifts.scenes import HOUR, PRICES, START, build, entry, holder, people, task


def test_times_are_those_of_the_way_the_handover_and_the_rest() -> None:
    problem = build([entry([1], holders=[holder(0)], hours=6.0, eta_s=1_200)], people(2))
    start, end = START + 4 * HOUR, START + 6 * HOUR
    assert problem.leave.tolist() == [start - 900 - 1_200]
    assert problem.alert.tolist() == [start - 900 - 1_200 - 60]
    assert problem.release.tolist() == [end]
    assert problem.blocked.tolist() == [end + 8 * HOUR]
    assert problem.cost_s.tolist() == [1_260]


def test_pairs_come_by_shift_and_row() -> None:
    needs = [entry([1, 3], 1, hours=10.0), entry([2, 3], 2, hours=7.0)]
    problem = build(needs, people(4))
    assert list(zip(problem.shift.tolist(), problem.row.tolist(), strict=True)) == [
        (0, 1), (0, 3), (1, 1), (1, 3), (2, 2), (2, 3),
    ]  # fmt: skip


def test_empty_heads_cost_by_severity_and_tier() -> None:
    needs = [entry([], heads=(1, 3), hours=5.0)]
    problem = build(needs, people(0))
    assert problem.heads.tolist() == [[1, 2]]
    assert problem.unfilled_s.tolist() == [list(PRICES.unfilled_s(needs[0].severity)[:2])]


def test_who_rests_from_a_standing_task_is_no_pair_until_then() -> None:
    needs = [entry([0], holders=[holder(1)], hours=11.0)]
    problem = build(needs, people(2, tasks=[task(0, -5.0, -4.0)]))
    assert [s.start for s in problem.shifts] == [START + 4 * HOUR, START + round(7.5 * HOUR)]
    assert problem.shift.tolist() == [1]


def test_the_days_hours_count_standing_tasks() -> None:
    needs = [entry([0], holders=[holder(1, -2.0)], hours=5.5)]
    assert len(build(needs, people(2, tasks=[task(0, -16.0, -8.0)])).row) == 1
    needs = [entry([0], holders=[holder(1, -2.0)], hours=5.5)]
    assert len(build(needs, people(2, tasks=[task(0, -17.0, -8.0)])).row) == 0


def test_the_days_hours_count_all_standing_tasks_together() -> None:
    needs = [entry([0], holders=[holder(1)], hours=6.0)]
    one, two = task(0, -17.0, -12.0), task(0, -11.0, -6.0)
    assert len(build(needs, people(2, tasks=[one])).row) == 1
    assert len(build(needs, people(2, tasks=[one, two])).row) == 0


def test_a_part_keeps_the_shifts() -> None:
    problem = build([entry([0, 1, 2], hours=10.0)], people(3))
    part = problem.only(np.array([1, 4]))
    assert part.row.tolist() == [1, 1]
    assert part.shifts == problem.shifts
    assert part.spells([1]) == problem.spells([4])
