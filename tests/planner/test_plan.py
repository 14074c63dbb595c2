"""Plans: the best over everybody eligible, though most people never get a road time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.model import (
    EtaSource,
    Fix,
    HazardClass,
    Heads,
    Plan,
    Reason,
    Severity,
    Site,
    Skill,
    TravelMode,
    VolunteerId,
    ZoneKind,
)
from dispatch.planner import memory as memory_module
from dispatch.planner import round as round_module
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.roster import Roster
from tests.builders import UNPROVEN, Person, person, roster
from tests.play import COMMANDER, REGION, T0, Play, add_need, open_incident, volunteer

ROADS = Path(__file__).parents[2] / "scenarios" / "coquimbo" / "roads"


@pytest.fixture(scope="module")
def roads() -> RoadRouter:
    return RoadRouter(RoadGraph.load(ROADS))


def crowd(count: int, seed: int) -> list[Person]:
    """People all over the two towns, with skills, modes and turnouts drawn by `seed`."""
    rng = np.random.default_rng(seed)
    modes = list(TravelMode)
    return [
        person(
            n,
            skill=["LOG", "MED-1", "MED-2"][rng.integers(3)],
            lon=float(rng.uniform(-71.35, -71.20)),
            lat=float(rng.uniform(-29.99, -29.87)),
            region=REGION,
            mode=modes[rng.integers(3)],
            turnout_s=int(rng.integers(10, 400)),
        )
        for n in range(1, count + 1)
    ]


def situation(incidents: int, seed: int) -> Play:
    """A board with some incidents that compete for the same people."""
    rng = np.random.default_rng(seed)
    play = Play()
    for _ in range(incidents):
        site = Site(lon=float(rng.uniform(-71.34, -71.22)), lat=float(rng.uniform(-29.98, -29.88)))
        severity = list(Severity)[rng.integers(4)]
        (opened,) = play.act(COMMANDER, open_incident(site=site, severity=severity))
        for skill in ("LOG", "MED-1"):
            desired = int(rng.integers(1, 5))
            play.act(
                COMMANDER,
                add_need(
                    opened.incident.id,
                    skill=Skill(skill),
                    hazard=HazardClass.H2,
                    heads=Heads(minimum=1, desired=desired, maximum=desired + 2),
                ),
            )
    return play


EXACTLY = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
"""Asks as many people as heads are open, so that a test can count them."""
NO_RESERVE = MatchPolicy(reserve_share=0, crew=CrewPolicy(from_heads=10_000))


def made(
    people: Roster, router: Any, play: Play, nearest: int = 64, asking: Asking = EXACTLY
) -> Plan:
    planner = Planner(
        roster=people, router=router, policy=NO_RESERVE, asking=asking, nearest=nearest
    )
    plan = planner.plan(play.board, play.now)
    assert plan is not None
    return plan


@pytest.mark.parametrize("seed", range(6))
def test_few_candidates_at_first_give_the_same_optimum_as_everybody(
    roads: RoadRouter, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, play = roster(crowd(300, seed)), situation(8, seed)
    usual, whole = made(people, roads, play), made(people, roads, play, nearest=300)
    monkeypatch.setattr(round_module, "NEAREST_PER_HEAD", 1)
    monkeypatch.setattr(memory_module, "WHOLE", 0)
    few = made(people, roads, play, nearest=1)
    assert usual.objective_s == few.objective_s == whole.objective_s
    assert usual.gap == few.gap == whole.gap == 0


def test_shuffled_people_get_the_same_plan(roads: RoadRouter) -> None:
    people, play = crowd(200, 3), situation(5, 3)
    one = made(roster(people), roads, play)
    two = made(roster(reversed(people)), roads, play)
    assert one.proposals == two.proposals


def test_no_open_heads_no_plan() -> None:
    planner = Planner(roster=roster(crowd(5, 1)), router=StraightLineRouter(), policy=MatchPolicy())
    assert planner.plan(Play().board, T0) is None


def test_a_proposal_carries_its_evidence(roads: RoadRouter) -> None:
    play = Play()
    need = play.need(hazard=HazardClass.H2)
    plan = made(roster(crowd(100, 2)), roads, play)
    first = plan.proposals[0]
    assert first.need_id == need.id
    assert first.cover is not None
    assert first.cover.hazard is HazardClass.H2
    assert first.travel.source is EtaSource.ROAD
    assert first.cost_s >= first.travel.eta_s
    assert first.skill == "LOG"
    home = next(p for p in crowd(100, 2) if p.id == first.volunteer_id)
    assert abs(first.origin.lon - home.lon) <= 0.005 + 1e-9


def test_who_is_on_duty_starts_from_there_and_comes_first(roads: RoadRouter) -> None:
    play = Play()
    play.need(heads=Heads(minimum=1, desired=1, maximum=1), hazard=HazardClass.H2)
    far = person(1, region=REGION, lon=-71.34, lat=-29.98)
    near = person(2, region=REGION, lon=-71.252, lat=-29.902)
    people = roster([far, near])
    assert [p.volunteer_id for p in made(people, roads, play).proposals] == [2]
    fix = Fix(lon=-71.2501, lat=-29.9001, accuracy_m=5, taken_at=T0)
    play.act(volunteer(1), act.CheckIn(fix=fix))
    assert [p.volunteer_id for p in made(people, roads, play).proposals] == [1]


def test_shortfall_counts_everybody_once_and_says_what_would_help(roads: RoadRouter) -> None:
    play = Play()
    play.need(heads=Heads(minimum=3, desired=5, maximum=5), hazard=HazardClass.H2, reach_s=1_800)
    here = {"lon": -71.25, "lat": -29.91, "region": REGION}
    people = [
        person(1, **here),
        person(2, covers=frozenset(), **here),
        person(3, covers=frozenset(), **here),
        person(4, proof=UNPROVEN, **here),
        person(5, skill="COOK", **here),
        person(6, region=REGION, lon=-71.25, lat=-31.5),
        person(7, skill="COOK", covers=frozenset(), **here),
    ]
    plan = made(roster(people), roads, play)
    (short,) = plan.shortfalls
    assert [p.volunteer_id for p in plan.proposals] == [1]
    assert (short.missing, short.eligible, short.competing) == (4, 1, 0)
    assert short.refused == {
        Reason.SKILL: 2,
        Reason.CREDENTIAL: 1,
        Reason.COVER: 2,
        Reason.REACH: 1,
    }
    assert short.single == {
        Reason.SKILL: 1,
        Reason.CREDENTIAL: 1,
        Reason.COVER: 2,
        Reason.REACH: 1,
    }


def test_people_used_elsewhere_are_competing_not_out_of_reach(roads: RoadRouter) -> None:
    play = Play()
    one = Heads(minimum=1, desired=1, maximum=1)
    for lon in (-71.25, -71.33):
        site = Site(lon=lon, lat=-29.91 if lon > -71.3 else -29.96)
        (opened,) = play.act(COMMANDER, open_incident(site=site))
        play.act(COMMANDER, add_need(opened.incident.id, heads=one, hazard=HazardClass.H2))
    people = roster([person(1, lon=-71.251, lat=-29.911, region=REGION)])
    for nearest in (1, 64):
        (short,) = made(people, roads, play, nearest=nearest).shortfalls
        assert (short.eligible, short.competing, short.refused) == (1, 1, {})


def test_a_flood_cuts_people_off_and_the_plan_says_so(roads: RoadRouter) -> None:
    play = Play()
    play.need(heads=Heads(minimum=1, desired=1, maximum=1), hazard=HazardClass.H2)
    people = roster([person(1, region=REGION, lon=-71.30, lat=-29.95)])
    assert made(people, roads, play).proposals
    ring = ((-71.31, -29.96), (-71.29, -29.96), (-71.29, -29.94), (-71.31, -29.94))
    play.act(COMMANDER, act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Estero", parts=((ring,),)))
    plan = made(people, roads, play)
    assert plan.proposals == ()
    assert plan.shortfalls[0].refused == {Reason.CUT_OFF: 1}


def test_minima_of_the_grave_come_first(roads: RoadRouter) -> None:
    play = Play()
    needs = {}
    for severity in (Severity.IV, Severity.I):
        (opened,) = play.act(COMMANDER, open_incident(severity=severity))
        (added, _) = play.act(
            COMMANDER,
            add_need(
                opened.incident.id,
                hazard=HazardClass.H2,
                heads=Heads(minimum=1, desired=2, maximum=2),
            ),
        )
        needs[severity] = added.need.id
    here = {"lon": -71.25, "lat": -29.91, "region": REGION}
    one = made(roster([person(1, **here)]), roads, play)
    assert [p.need_id for p in one.proposals] == [needs[Severity.I]]
    # The second head of severity I weighs 8, the first of severity IV 4 x 1.
    two = made(roster([person(1, **here), person(2, **here)]), roads, play)
    assert sorted(p.need_id for p in two.proposals) == [needs[Severity.I]] * 2
    three = made(roster([person(n, **here) for n in (1, 2, 3)]), roads, play)
    assert {p.need_id for p in three.proposals} == set(needs.values())


def test_promised_heads_are_not_asked_for_again(roads: RoadRouter) -> None:
    play = Play()
    need = play.need(heads=Heads(minimum=1, desired=3, maximum=3), hazard=HazardClass.H2)
    play.offer(need.id, 901)
    play.accepted(need.id, 902)
    plan = made(roster(crowd(50, 5)), roads, play)
    assert len(plan.proposals) == 1


def test_times_that_pass_while_people_rest(roads: RoadRouter) -> None:
    play = Play()
    need = play.need(
        hazard=HazardClass.H2,
        deadline_at=T0 + timedelta(hours=20),
        ends_at=T0 + timedelta(hours=24),
    )
    mine = play.accepted(need.id, 1)
    for action in (act.Arrive(assignment_id=mine.id), act.Release(assignment_id=mine.id)):
        play.now += timedelta(hours=2)
        play.act(volunteer(1), action)
    people = roster([person(1, lon=-71.25, lat=-29.91, region=REGION)])
    resting = made(people, roads, play)
    assert resting.shortfalls[0].refused == {Reason.RESTING: 1}
    play.now += timedelta(hours=8)
    assert [p.volunteer_id for p in made(people, roads, play).proposals] == [VolunteerId(1)]
