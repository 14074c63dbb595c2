"""The relief plan of a running operation, read from the board."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.policy import MatchPolicy
from dispatch.model import HazardClass, Heads, Skill, VolunteerId
from dispatch.planner.plan import Planner
from tests.builders import Person, person, roster
from tests.play import REGION, SITE, T0, Play, volunteer

TWO = Heads(minimum=1, desired=2, maximum=2)


def boat_drivers(count: int, **over: Any) -> list[Person]:
    return [
        person(n, skill="BOAT", lon=SITE.lon, lat=SITE.lat, region=REGION, **over)
        for n in range(1, count + 1)
    ]


def planner_of(people: list[Person]) -> Planner:
    return Planner(roster=roster(people), router=StraightLineRouter(), policy=MatchPolicy())


@pytest.fixture
def play() -> Play:
    """Two boats on the water since half an hour, for a need of eleven hours."""
    play = Play()
    need = play.need(
        skill=Skill("BOAT"), hazard=HazardClass.H3, heads=TWO, ends_at=T0 + timedelta(hours=11)
    )
    for number in (1, 2):
        mine = play.accepted(need.id, number)
        play.act(volunteer(number), act.Arrive(assignment_id=mine.id))
    play.now += timedelta(minutes=30)
    return play


def test_boats_are_relieved_every_four_hours_by_rested_people(play: Play) -> None:
    plan = planner_of(boat_drivers(6)).relieve(play.board, play.now)
    assert plan is not None
    first, *later = plan.shifts
    assert first.start_at <= T0 + timedelta(hours=4)
    assert {r.relieves for r in first.reliefs} == {1, 2}
    assert all(s.end_at - s.start_at <= timedelta(hours=4) for s in plan.shifts)
    assert max(s.end_at for s in plan.shifts) == T0 + timedelta(hours=11)
    people = [r.volunteer_id for s in plan.shifts for r in s.reliefs]
    assert sorted(set(people)) == sorted(people)
    assert not {1, 2} & set(people)
    assert [s.shortfall for s in plan.shifts if s.shortfall] == []
    assert later
    assert plan.gap == 0


def test_too_few_people_are_spread_and_the_gaps_say_who_rests_until_when(play: Play) -> None:
    plan = planner_of(boat_drivers(4)).relieve(play.board, play.now)
    assert plan is not None
    gaps = [s.shortfall for s in plan.shifts if s.shortfall]
    assert sum(g.missing for g in gaps) == 2
    assert all(s.reliefs for s in plan.shifts)  # the minimum of one before the desired two
    resting = [(v, until) for g in gaps for v, until in g.rests]
    assert resting
    assert all(v in (1, 2) and until > play.now for v, until in resting)


def test_who_is_not_available_relieves_nobody(play: Play) -> None:
    play.act(volunteer(3), act.SetAvailability(available=False))
    until = T0 + timedelta(hours=5)
    play.act(volunteer(4), act.SetAvailability(available=False, until_at=until))
    plan = planner_of(boat_drivers(6)).relieve(play.board, play.now)
    assert plan is not None
    alerts = {r.volunteer_id: r.alert_at for s in plan.shifts for r in s.reliefs}
    assert VolunteerId(3) not in alerts
    assert alerts.get(VolunteerId(4), until) >= until


def test_no_open_need_no_relief() -> None:
    assert planner_of(boat_drivers(2)).relieve(Play().board, T0) is None
