from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.matching.shifts.operation import Shift, check, shifts_of, standing_tasks
from dispatch.matching.shifts.watches import ReliefPolicy
from tests.matching.shifts.scenes import (
    HOUR,
    POLICY,
    START,
    entry,
    holder,
    people,
    task,
)


def planned(*needs: Any, who: Any = None, policy: ReliefPolicy = POLICY) -> list[Shift]:
    return list(shifts_of(needs, who or people(9), START, policy))


def starts(shifts: list[Shift]) -> list[float]:
    return [(s.start - START) / HOUR for s in shifts]


def test_the_time_already_used_counts() -> None:
    fresh, used = entry([], holders=[holder(0, 0.0)]), entry([], holders=[holder(0, -3.0)])
    assert starts(planned(fresh)) == [4.0, 6.0]
    assert starts(planned(used)) == [1.0, 4.5]


def test_people_who_came_at_different_times_are_watches_of_their_own() -> None:
    crew = [holder(0, -2.0), holder(1, -1.0), holder(2, -2.0)]
    shifts = planned(entry([], heads=(2, 3), hours=5.0, holders=crew))
    assert [(s.watch, s.number, s.heads, s.out) for s in shifts] == [
        (0, 0, 2, (0, 2)),
        (1, 0, 1, (1,)),
    ]
    assert starts(shifts) == [2.0, 3.0]


def test_the_first_heads_count_to_the_minimum() -> None:
    crew = [holder(0, -2.0), holder(1, -1.0), holder(2, -2.0)]
    shifts = planned(entry([], heads=(1, 3), hours=5.0, holders=crew))
    assert [(s.minimum, s.desired) for s in shifts] == [(1, 1), (0, 1)]


def test_heads_that_are_still_being_filled_are_relieved_a_shift_from_now() -> None:
    assert starts(planned(entry([], hours=7.0))) == [3.75]


def test_who_is_overdue_is_relieved_as_soon_as_can_be_and_it_says_so() -> None:
    late = planned(entry([], holders=[holder(0, -6.0)], hours=3.0))
    assert starts(late) == [0.5]
    assert late[0].stop == START - 2 * HOUR


def test_nothing_beyond_the_horizon_but_the_shift_that_begins_before_it() -> None:
    long = entry([], holders=[holder(0)], hours=90.0)
    assert starts(planned(long, policy=ReliefPolicy(horizon_s=8 * HOUR))) == [4.0, 7.75]
    assert starts(planned(long, policy=ReliefPolicy(horizon_s=4 * HOUR))) == []
    assert len(planned(long)) == 6


def test_a_need_that_is_over_wants_nobody() -> None:
    assert planned(entry([], holders=[holder(0, -3.0)], hours=-1.0)) == []


def test_holders_stand_until_they_stop_and_no_longer_than_the_need() -> None:
    long, short = entry([], 1, holders=[holder(0)]), entry([], 2, holders=[holder(1)], hours=2.0)
    found = standing_tasks([long, short], people(3, tasks=[task(2, -4, -2)]), START, POLICY)
    left = START - HOUR // 4
    assert found == {
        0: ((left, START + 4 * HOUR),),
        1: ((left, START + 2 * HOUR),),
        2: ((START - 4 * HOUR, START - 2 * HOUR),),
    }


def test_who_is_overdue_stands_until_now() -> None:
    found = standing_tasks([entry([], holders=[holder(0, -9.0)])], people(1), START, POLICY)
    assert found[0][0][1] == START


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda e: replace(e, rows=np.array([1, 1])), "rows must ascend"),
        (lambda e: replace(e, rows=np.array([-1, 1])), "rows must ascend"),
        (lambda e: replace(e, rows=np.array([1])), "differ in length"),
        (lambda e: replace(e, eta_s=np.array([5, -1])), "cannot be negative"),
        (lambda e: replace(e, cost_s=np.array([-5, 1])), "cannot be negative"),
    ],
)
def test_a_need_is_checked(make: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"n001: .*{says}"):
        make(entry([0, 1]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: replace(p, free_until=np.array([1])), "differ in length"),
        (lambda p: replace(p, turnout_s=np.array([5, -1])), "turnout_s"),
        (lambda p: replace(p, tasks=(task(2, 0, 1),)), "beyond the 2 people"),
    ],
)
def test_people_are_checked(make: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make(people(2))


@pytest.mark.parametrize(
    ("needs", "says"),
    [
        ([entry([], 1), entry([], 1)], "id order"),
        ([entry([], 2), entry([], 1)], "id order"),
        ([entry([], 1, holders=[holder(0)]), entry([], 2, holders=[holder(0)])], "two heads"),
        ([entry([2])], "beyond the 2 people"),
        ([entry([], holders=[holder(2)])], "beyond the 2 people"),
    ],
)
def test_an_operation_is_checked(needs: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check(needs, people(2))
