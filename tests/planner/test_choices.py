"""Somebody else, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import actions as act
from dispatch.errors import Rejected
from dispatch.model import Heads, NeedId, Reason, Severity, VolunteerId
from dispatch.planner.choices import Outcome, Why, alternatives, why
from tests.planner.test_round import NORTH, ONE, SOUTH, at, needed, planner_of
from tests.play import COMMANDER, Play, volunteer

MIDDLE = type(NORTH)(lon=-71.25, lat=-29.93)


@pytest.fixture
def play() -> Play:
    return Play()


PEOPLE = [at(1, NORTH), at(2, MIDDLE), at(3, SOUTH), at(4, NORTH, covers=frozenset())]


def asked(play: Play, need_id: Any, number: int) -> Why:
    return why(
        planner_of(PEOPLE), play.board, play.now, need_id=need_id, volunteer_id=VolunteerId(number)
    )


def test_alternatives_are_the_eligible_the_best_first(play: Play) -> None:
    need = needed(play, NORTH)
    found = alternatives(
        planner_of(PEOPLE), play.board, play.now, need_id=need.id, after=0, limit=20
    )
    assert [p.volunteer_id for p in found.people] == [1, 2, 3]
    assert found.of == 3
    assert found.people[0].plan_need_id == need.id
    assert found.people[0].loss_s == 0
    assert found.people[2].loss_s > found.people[1].loss_s
    for person in found.people:
        assert sum(person.terms_s.values()) == person.cost_s
        assert person.terms_s.get("travel", 0) == person.travel.eta_s


def test_alternatives_say_where_the_plan_uses_somebody(play: Play) -> None:
    south = needed(play, SOUTH, Severity.I)
    north = needed(play, NORTH)
    found = alternatives(
        planner_of(PEOPLE), play.board, play.now, need_id=north.id, after=0, limit=20
    )
    assert {p.volunteer_id: p.plan_need_id for p in found.people} == {
        1: north.id, 2: None, 3: south.id
    }  # fmt: skip


def test_a_filled_need_still_has_alternatives(play: Play) -> None:
    need = needed(play, NORTH)
    mine = play.accepted(need.id, 1)
    play.act(volunteer(1), act.Depart(assignment_id=mine.id))
    found = alternatives(
        planner_of(PEOPLE), play.board, play.now, need_id=need.id, after=0, limit=20
    )
    assert [p.volunteer_id for p in found.people] == [2, 3]


def test_pages(play: Play) -> None:
    need = needed(play, NORTH)
    found = alternatives(
        planner_of(PEOPLE), play.board, play.now, need_id=need.id, after=1, limit=1
    )
    assert [p.volunteer_id for p in found.people] == [2]
    assert (found.after, found.of) == (1, 3)


@pytest.mark.parametrize("published", [True, False])
def test_no_such_need_no_alternatives(play: Play, published: bool) -> None:
    need = needed(play, NORTH, publish=published)
    wanted = NeedId("nope") if published else need.id
    code = "NOT_FOUND" if published else "NEED_NOT_PUBLISHED"
    with pytest.raises(Rejected, match=code):
        alternatives(planner_of(PEOPLE), play.board, play.now, need_id=wanted, after=0, limit=5)


def test_why_each_outcome(play: Play) -> None:
    south = needed(play, SOUTH, Severity.I)
    north = needed(play, NORTH)
    assert asked(play, north.id, 1).outcome is Outcome.CHOSEN
    elsewhere = asked(play, north.id, 3)
    assert (elsewhere.outcome, elsewhere.plan_need_id) == (Outcome.ELSEWHERE, south.id)
    dearer = asked(play, north.id, 2)
    assert (dearer.outcome, dearer.ahead) == (Outcome.DEARER, 1)
    assert dearer.cost_s == sum(dearer.terms_s.values())
    stopped = asked(play, north.id, 4)
    assert stopped.outcome is Outcome.STOPPED
    assert stopped.verdict.reasons == (Reason.COVER,)
    assert [f.rule for f in stopped.findings if not f.holds] == [Reason.COVER]
    assert asked(play, north.id, 99).outcome is Outcome.UNKNOWN
    play.act(COMMANDER, act.PinPair(need_id=north.id, volunteer_id=VolunteerId(2)))
    assert asked(play, north.id, 2).outcome is Outcome.PINNED


def test_why_somebody_is_not_wanted_any_more(play: Play) -> None:
    need = needed(play, NORTH, heads=ONE)
    mine = play.accepted(need.id, 1)
    play.act(volunteer(1), act.Depart(assignment_id=mine.id))
    assert asked(play, need.id, 2).outcome is Outcome.FILLED
    draft = needed(play, NORTH, heads=Heads(minimum=1, desired=1, maximum=1), publish=False)
    assert asked(play, draft.id, 2).outcome is Outcome.FILLED
    with pytest.raises(Rejected, match="NOT_FOUND"):
        asked(play, NeedId("nope"), 2)
