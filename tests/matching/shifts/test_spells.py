from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dispatch.matching.shifts.spells import (
    Holder,
    Spell,
    Task,
    at,
    by_row,
    day_s,
    instant,
    spell,
    standing,
)
from dispatch.taxonomy import DUTY_LIMITS
from tests.builders import NOW
from tests.matching.shifts.scenes import HOUR, START, after, task


def hours(alert: float, left: float, released: float, home: float = 0.0) -> Spell:
    alert_, left_, released_ = (round(h * HOUR) for h in (alert, left, released))
    return spell(alert_, left_, released_, round(home * HOUR), DUTY_LIMITS)


def test_a_shift_asks_for_eight_hours_of_rest() -> None:
    assert hours(0, 0, 1).blocked == 9 * HOUR


def test_a_short_one_only_for_the_way_home() -> None:
    assert hours(0, 0, 0.99, home=0.5).blocked == round(1.49 * HOUR)


def test_a_long_way_home_outlasts_the_rest() -> None:
    assert hours(0, 0, 4, home=9).blocked == 13 * HOUR


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        (hours(0, 0, 4), hours(11.99, 12, 14), True),
        (hours(0, 0, 4), hours(12, 12.5, 14), False),
        (hours(0, 0, 0.5), hours(0.5, 0.6, 4), False),
        (hours(0, 0, 6), hours(14, 14, 20), False),
        (hours(0, 0, 6), hours(14, 14, 20.01), True),
        (hours(0, 0, 10), hours(23.9, 23.9, 33.9), True),
        (hours(0, 0, 10), hours(24, 24, 34), False),
    ],
)
def test_what_excludes_what(one: Spell, other: Spell, excluded: bool) -> None:
    assert one.excludes(other, DUTY_LIMITS) is excluded
    assert other.excludes(one, DUTY_LIMITS) is excluded


def test_a_standing_task_rests_its_person_too() -> None:
    assert standing((0, 2 * HOUR), DUTY_LIMITS) == Spell(0, 0, 2 * HOUR, 10 * HOUR)


def test_a_day_counts_what_ends_in_it() -> None:
    spans = [(0, 2 * HOUR), (10 * HOUR, 11 * HOUR), (20 * HOUR, 26 * HOUR)]
    assert day_s(26 * HOUR, spans) == 7 * HOUR
    assert day_s(26 * HOUR - 1, spans) == 3 * HOUR


def test_tasks_by_person_in_their_order() -> None:
    found = by_row([task(1, 2, 3), task(0, 1, 2), task(1, 0, 1)])
    assert {r: [(a - START) // HOUR for a, _ in s] for r, s in found.items()} == {1: [0, 2], 0: [1]}


def test_instants_are_the_same_everywhere() -> None:
    there = datetime(2026, 7, 20, 4, 0, tzinfo=timezone(timedelta(hours=-4)))
    assert instant(there) == instant(NOW)
    assert at(instant(there)) == NOW
    assert at(0).tzinfo is UTC


def test_fractions_of_a_second_do_not_count() -> None:
    assert instant(NOW + timedelta(milliseconds=999)) == START


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 7, 20))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(("row", "end"), [(-1, 2.0), (0, -1.0)])
def test_bad_tasks_and_holders_are_refused(row: int, end: float) -> None:
    with pytest.raises(ValueError, match="a task has a row"):
        Task(row=row, left_at=after(0), released_at=after(end))
    with pytest.raises(ValueError, match="a holder has a row"):
        Holder(row=row, left_at=after(0), on_scene_at=after(end))
