"""Whom a question about reach means: exactly whom the hard rules would let a need have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch.errors import Rejected
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import (
    CLEAR,
    UNREACHABLE,
    HazardClass,
    NeedId,
    RegionCode,
    Site,
    Skill,
    Tier,
    TravelMode,
    VolunteerStatus,
)
from dispatch.planner.sought import People, Sought
from tests.builders import Person, Proof
from tests.planner.test_round import NORTH, SOUTH, at, needed, planner_of
from tests.play import COMMANDER, Play, volunteer

LOG, MEDIC = Skill("LOG"), Skill("MED-1")


@pytest.fixture
def play() -> Play:
    return Play()


def found(play: Play, people: list[Person], tasked: bool = False, **sought: Any) -> list[int]:
    planner = planner_of(people)
    seen = People(planner, play.board, play.now, Sought(**sought), NORTH, tasked=tasked)
    return [int(volunteer_id) for volunteer_id in planner.roster.ids[seen.rows]]


def test_every_hard_rule_counts(play: Play) -> None:
    people = [
        at(1, NORTH),
        at(2, NORTH, status=VolunteerStatus.SUSPENDED),
        at(3, NORTH, tier=Tier.SPONTANEOUS),
        at(4, NORTH, birth=date(2015, 1, 1)),
        at(5, NORTH, skill="COOK"),
        at(6, NORTH, proof=Proof(verified=False)),
        at(7, NORTH, covers=frozenset()),
        at(8, NORTH, consent=False),
        at(9, NORTH, available=False),
        at(10, NORTH, proof=Proof(level=2)),
    ]
    assert found(play, people, skill=LOG, hazard=HazardClass.H2) == [1, 10]
    assert found(play, people, skill=LOG, hazard=HazardClass.H2, level=2) == [10]
    assert found(play, people, skill=LOG, hazard=HazardClass.H1) == [1, 3, 10]


def test_without_a_skill_everybody_who_has_one(play: Play) -> None:
    people = [at(1, NORTH), at(2, NORTH, skill="MED-2"), at(3, NORTH, skills={})]
    assert found(play, people) == [1, 2]
    seen = People(planner_of(people), play.board, play.now, Sought(), NORTH)
    # A nurse may stand in for a first aider.
    assert seen.by_skill(np.array([True, True])) == {"LOG": 1, "MED-1": 1, "MED-2": 1}
    assert seen.by_skill(np.array([True, False])) == {"LOG": 1}


def test_the_region_asked_for_and_widened(play: Play) -> None:
    here, there = at(1, NORTH), at(2, NORTH)
    people = [here, replace(there, region=RegionCode("99"))]
    only = {"skill": LOG, "region": here.region}
    assert found(play, people, **only) == [1]
    assert found(play, people, **only, widened=True) == [1, 2]
    assert found(play, people, skill=LOG, region=RegionCode("99")) == [2]


def test_people_on_a_task_or_asked_count_when_that_is_asked(play: Play) -> None:
    people = [at(1, NORTH), at(2, NORTH), at(3, NORTH), at(4, NORTH, available=False)]
    need = needed(play, NORTH)
    play.accepted(need.id, 1)
    play.offer(needed(play, NORTH).id, 2)
    assert found(play, people, skill=LOG) == [3]
    assert found(play, people, tasked=True, skill=LOG) == [1, 2, 3]


def test_a_need_stands_for_all_that_it_asks(play: Play) -> None:
    people = [at(1, NORTH), at(2, NORTH, skill="MED-1"), at(3, NORTH), at(4, NORTH)]
    need = needed(play, SOUTH)
    (offer,) = play.offer(need.id, 4)
    play.act(volunteer(4), act.DeclineOffer(offer_id=offer.id, reason="TOO_FAR"))
    play.act(COMMANDER, act.ExcludePair(need_id=need.id, volunteer_id=3, reason="kin"))
    assert found(play, people, need_id=need.id) == [1]
    with pytest.raises(Rejected, match="NOT_FOUND"):
        found(play, people, need_id=NeedId("nope"))


def test_responses_are_turnout_and_travel_by_their_own_means(play: Play) -> None:
    people = [
        at(1, SOUTH, turnout_s=30),
        at(2, SOUTH, turnout_s=600, mode=TravelMode.FOOT),
        at(3, Site(lon=-71.25, lat=-28.0)),
    ]
    planner = planner_of(people)
    seen = People(planner, play.board, play.now, Sought(skill=LOG), NORTH)
    origin, goal = np.array([(SOUTH.lon, SOUTH.lat)]), np.array([(NORTH.lon, NORTH.lat)])
    car_s, foot_s = (
        StraightLineRouter().eta_matrix(origin, goal, mode).eta_s[0, 0]
        for mode in (TravelMode.CAR, TravelMode.FOOT)
    )
    assert seen.response_s(NORTH, 12_000, CLEAR).tolist() == [
        30 + car_s, 600 + foot_s, UNREACHABLE
    ]  # fmt: skip
    box = (NORTH.lon - 0.01, NORTH.lat - 0.01, NORTH.lon + 0.01, NORTH.lat + 0.01)
    assert seen.first_s(goal, box, 20_000, CLEAR).tolist() == [30 + car_s]
    assert seen.first_s(goal, box, 60, CLEAR).tolist() == [UNREACHABLE]
