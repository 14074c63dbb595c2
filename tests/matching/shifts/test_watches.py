from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.matching.shifts.watches import (
    GRID_S,
    ReliefPolicy,
    Watch,
    cut,
    rotation_s,
    stop_of,
    watches,
)
from dispatch.model import HazardClass, Skill
from dispatch.taxonomy import DUTY_LIMITS
from tests.builders import need
from tests.matching.shifts.scenes import HOUR, START, after, holder


@pytest.mark.parametrize(
    ("skill", "hazard", "kind", "hours"),
    [
        ("BOAT", HazardClass.H3, "flood", 4),
        ("SAR-W", HazardClass.H4, "flash_flood", 4),
        ("DIVE", HazardClass.H4, "missing", 4),
        ("FIRE-W", HazardClass.H3, "wildfire", 4),
        ("LOG", HazardClass.H4, "wildfire", 4),
        ("LOG", HazardClass.H3, "wildfire", 12),
        ("INFO", HazardClass.H0, "flood", 4),
        ("LOG", HazardClass.H2, "heat", 2),
        ("LOG", HazardClass.H3, "heat", 1),
        ("COOK", HazardClass.H1, "heat", 12),
        ("LOG", HazardClass.H3, "snow", 1),
        ("LOG", HazardClass.H2, "snow", 12),
        ("BOAT", HazardClass.H3, "snow", 1),
        ("LOG", HazardClass.H2, "flood", 12),
    ],
)
def test_rotations(skill: str, hazard: HazardClass, kind: str, hours: int) -> None:
    assert rotation_s(need(skill=Skill(skill), hazard=hazard), kind) == hours * HOUR


def test_without_a_rotation_the_days_limit_holds() -> None:
    short = replace(DUTY_LIMITS, max_task_s=10 * HOUR)
    assert rotation_s(need(), "flood", short) == 10 * HOUR


def test_a_shift_leaves_room_for_the_handover_and_for_the_way_there() -> None:
    policy = ReliefPolicy(handover_s=900, travel_s=HOUR)
    assert policy.longest_s(4 * HOUR) == 4 * HOUR - 900
    assert policy.longest_s(12 * HOUR) == 11 * HOUR - 900


@pytest.mark.parametrize(
    "change",
    [{"handover_s": -1}, {"lead_s": -1}, {"horizon_s": 0}, {"handover_s": 3_000},
     {"travel_s": 12 * HOUR}],
)  # fmt: skip
def test_a_policy_is_checked(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"handover_s"):
        ReliefPolicy(**change)


def test_time_is_up_after_the_rotation_on_scene() -> None:
    assert stop_of(holder(0, -1.0), 4 * HOUR, [], DUTY_LIMITS) == START + 3 * HOUR


def test_time_is_up_after_twelve_hours_on_task_with_what_was_worked_before() -> None:
    one = holder(0, -1.0, travel_h=0.5)
    assert stop_of(one, 12 * HOUR, [], DUTY_LIMITS) == START + round(10.5 * HOUR)
    before = [(START - 20 * HOUR, START - 17 * HOUR), (START - 60 * HOUR, START - 50 * HOUR)]
    assert stop_of(one, 12 * HOUR, before, DUTY_LIMITS) == START + round(7.5 * HOUR)
    everything = [(START - 20 * HOUR, START - 5 * HOUR)]
    assert stop_of(one, 12 * HOUR, everything, DUTY_LIMITS) == START - round(1.5 * HOUR)


def test_time_is_up_when_they_were_told() -> None:
    told = replace(holder(0, -1.0), until_at=after(2))
    assert stop_of(told, 4 * HOUR, [], DUTY_LIMITS) == START + 2 * HOUR
    assert stop_of(replace(told, until_at=after(9)), 4 * HOUR, [], DUTY_LIMITS) == START + 3 * HOUR


def test_heads_that_stop_within_a_quarter_are_one_watch() -> None:
    stops = [(GRID_S + 899, 4), (GRID_S + 1, 7), (2 * GRID_S, 2)]
    assert watches(3, stops, 0, 10**6) == (
        Watch(GRID_S, 2, (4, 7)),
        Watch(2 * GRID_S, 1, (2,)),
    )


def test_heads_without_a_holder_follow_in_their_watch() -> None:
    assert watches(3, [(GRID_S, 4)], GRID_S + 5, 10**6) == (Watch(GRID_S, 3, (4,)),)


def test_of_more_people_than_wanted_the_last_to_stop_are_relieved() -> None:
    assert watches(1, [(900, 1), (5_400, 2)], 0, 10**6) == (Watch(5_400, 1, (2,)),)


def test_who_may_stay_to_the_end_is_not_relieved() -> None:
    assert watches(2, [(1_000, 1), (999, 2)], 0, 1_000) == (Watch(900, 1, (2,)),)


def test_a_day_at_four_hours_is_cut_in_seven() -> None:
    shifts = cut(0, 24 * HOUR, 4 * HOUR - 900)
    assert len(shifts) == 7
    assert {(end - start) // 900 for start, end in shifts} == {13, 14}


def test_nothing_is_left_to_cut() -> None:
    assert cut(900, 900, HOUR) == ()


@given(st.integers(0, 200), st.integers(1, 300_000), st.integers(900, 40_000))
def test_shifts_fill_the_time_within_the_limit_and_are_as_few_as_can_be(
    quarter: int, length: int, longest_s: int
) -> None:
    start = quarter * GRID_S
    shifts = cut(start, start + length, longest_s)
    edges = [s for s, _ in shifts] + [shifts[-1][1]]
    assert edges[0] == start
    assert edges[-1] == start + length
    assert [e for _, e in shifts] == edges[1:]
    assert all(0 < e - s <= longest_s for s, e in shifts)
    assert all(s % GRID_S == 0 for s, _ in shifts)
    usable = longest_s - longest_s % GRID_S
    assert (len(shifts) - 1) * usable < length
    assert cut(shifts[0][1], start + length, longest_s) == shifts[1:]
