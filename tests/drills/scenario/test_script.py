"""A scenario as ordinary actions of the product, played through its real rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch import actions as act
from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.script import (
    COMMANDER,
    DUPLICATE,
    RECALLED,
    Act,
    Step,
    action_id,
    at_head,
    both,
    incident_id,
    need_id,
    recalled,
    script,
    zone_id,
)
from dispatch.model import AssignmentStatus, HazardClass, NeedStatus, Rain, RegionCode, Site
from dispatch.taxonomy import Names
from tests.drills.scenario.made import load
from tests.drills.scenario.test_injects import FULL
from tests.play import COMMANDER as PLAYER
from tests.play import Play, volunteer


@pytest.fixture
def scenario(tmp_path: Path) -> it.Scenario:
    return load(tmp_path, yaml=FULL)


def deeds(scenario: it.Scenario, inject: str) -> list[object]:
    return [
        step.deed.action if isinstance(step.deed, Act) else step.deed
        for step in script(scenario)
        if step.inject == inject
    ]


def test_steps_are_in_order_and_the_same_every_time(scenario: it.Scenario) -> None:
    steps = script(scenario)
    assert steps == script(scenario)
    assert [step.at_s for step in steps] == sorted(step.at_s for step in steps)
    assert all(step.at == scenario.clock.at(step.at_s) for step in steps)
    ids = [step.deed.action_id for step in steps if isinstance(step.deed, Act)]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("drill/small/") for one in ids)


def test_rain_is_set_when_it_changes(scenario: it.Scenario) -> None:
    rain = [
        (step.at_s, step.deed.action.rain)
        for step in script(scenario)
        if isinstance(step.deed, Act) and isinstance(step.deed.action, act.SetRain)
    ]
    assert rain == [(0, Rain.RAIN), (3_600, Rain.HEAVY)]


def test_an_incident_and_its_needs_are_opened_by_the_commander(scenario: it.Scenario) -> None:
    (opened,) = deeds(scenario, "A-1")
    assert isinstance(opened, act.OpenIncident)
    assert opened.title == "积水 / Water"
    assert opened.site == Site(lon=113.5, lat=34.5, name="河边")
    assert opened.region == RegionCode("410103")
    (need,) = deeds(scenario, "A-1/BOAT")
    assert isinstance(need, act.AddNeed)
    assert need.incident_id == incident_id(scenario, "A-1")
    assert need.publish
    assert need.deadline_at == scenario.clock.at(300 + 3_600)


def test_an_unverified_need_is_published_once_somebody_phoned(scenario: it.Scenario) -> None:
    (need,) = deeds(scenario, "A-2/MED-2")
    assert isinstance(need, act.AddNeed)
    assert not need.publish
    update, publish = deeds(scenario, "A-2/MED-2/verified")
    assert isinstance(update, act.UpdateNeed)
    assert update.verified
    assert isinstance(publish, act.PublishNeed)
    assert publish.need_id == need_id(scenario, "A-2/MED-2")


def test_a_duplicate_is_closed_and_says_of_which(scenario: it.Scenario) -> None:
    (closed,) = deeds(scenario, "D1/found")
    assert isinstance(closed, act.CloseNeed)
    assert closed.need_id == need_id(scenario, "D1")
    assert closed.reason == f"{DUPLICATE} {need_id(scenario, 'T1/LOG')}"


def test_what_happens_to_people_is_no_action(scenario: it.Scenario) -> None:
    world = {step.inject: step.deed for step in script(scenario) if not isinstance(step.deed, Act)}
    assert {name: type(deed) for name, deed in world.items()} == {
        "C": it.CellLost,
        "C/back": it.CellRestored,
        "L": it.CoverLapsed,
        "R": it.Recall,
        "W": it.RedWarning,
    }
    assert [type(deed) for deed in deeds(scenario, "W")] == [act.AddNote, it.RedWarning]


def test_hazard_zones_notes_and_closings(scenario: it.Scenario) -> None:
    (raised,) = deeds(scenario, "H")
    assert isinstance(raised, act.UpdateIncident)
    assert raised.hazard is HazardClass.H4
    (drawn,) = deeds(scenario, "Z2")
    assert isinstance(drawn, act.DrawZone)
    assert drawn.ends_at == scenario.clock.at(6_000)
    (cleared,) = deeds(scenario, "Z1/dry")
    assert cleared == act.ClearZone(zone_id=zone_id(scenario, "Z1"))
    (note,) = deeds(scenario, "M")
    assert note == act.AddNote(text="雨 / Rain", incident_id=incident_id(scenario, "T1"))
    (ended,) = deeds(scenario, "A-2/done")
    assert isinstance(ended, act.CloseIncident)


def test_actions_are_taken_by_somebody_who_sees_the_log(scenario: it.Scenario) -> None:
    close = act.CloseNeed(need_id=need_id(scenario, "D1"), seen_seq=0, reason="x")
    note = act.AddNote(text="x")
    for action, expected in ((close, 41), (note, None)):
        deed = Act(actor=COMMANDER, action_id=action_id(scenario, "x"), action=action)
        assert getattr(at_head(deed, 41).action, "seen_seq", None) == expected


def test_equal_texts_are_said_once() -> None:
    assert both(Names("水", "Water")) == "水 / Water"
    assert both(Names("水", "水")) == "水"


def test_a_recall_empties_its_area_and_nothing_else(scenario: it.Scenario) -> None:
    play = Play()
    inside = play.need(site=Site(lon=113.4, lat=34.4))
    outside = play.need(site=Site(lon=113.5, lat=34.5))
    on_the_way = play.accepted(inside.id, 1)
    on_scene = play.accepted(inside.id, 2)
    elsewhere = play.accepted(outside.id, 3)
    for person, one in ((1, on_the_way), (2, on_scene)):
        play.act(volunteer(person), act.Depart(assignment_id=one.id))
    play.act(volunteer(2), act.Arrive(assignment_id=on_scene.id))
    (recall,) = [one for one in scenario.timeline if isinstance(one, it.Recall)]
    for deed in recalled(scenario, recall, play.board):
        play.act(PLAYER, at_head(deed, play.board.seq).action)
    assignments = play.board.assignments
    assert assignments[on_the_way.id].status is AssignmentStatus.STOOD_DOWN
    assert assignments[on_the_way.id].stood_down_because == RECALLED
    assert assignments[on_scene.id].status is AssignmentStatus.RELEASED
    assert assignments[elsewhere.id].status is AssignmentStatus.ASSIGNED
    assert play.board.needs[inside.id].status is NeedStatus.CLOSED
    assert play.board.needs[outside.id].status is NeedStatus.PUBLISHED
    assert recalled(scenario, recall, play.board) == recalled(scenario, recall, play.board)[:1]


def test_steps_carry_the_name_of_their_inject(scenario: it.Scenario) -> None:
    names = {inject.id for inject in scenario.timeline}
    steps: tuple[Step, ...] = script(scenario)
    assert {step.inject for step in steps} - names == {"weather-0", "weather-1"}
