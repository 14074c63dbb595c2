"""A task is lived by its laws: turnout, the way, no-shows, the stay, the way home."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch.drills.volunteers.habits import Habits
from dispatch.drills.volunteers.tasks import CANNOT_COME, Tasks
from dispatch.model import Assignment, AssignmentStatus, VolunteerId
from tests.play import T0, Play, volunteer


def tasks(**over: Any) -> Tasks:
    return Tasks(seed=1, habits=Habits(**over))


def accepted() -> tuple[Play, Assignment]:
    play = Play()
    return play, play.accepted(play.need().id, 7)


def many(a: Assignment, n: int = 3_000) -> list[Assignment]:
    return [replace(a, volunteer_id=VolunteerId(v)) for v in range(1, n + 1)]


def test_nine_in_ten_come_and_of_the_others_some_say_so() -> None:
    play, one = accepted()
    everybody = many(one)
    steps = [tasks().step(play.board, a) for a in everybody]
    comes = sum(isinstance(s.action, act.Depart) for s in steps if s)
    tells = [s for s in steps if s and isinstance(s.action, act.StandDown)]
    assert comes / len(steps) == pytest.approx(0.9, abs=0.02)
    assert len(tells) / (len(steps) - comes) == pytest.approx(0.6, abs=0.09)
    assert {s.action.reason for s in tells} == {CANNOT_COME}  # type: ignore[union-attr]
    waits = [(s.at - T0).total_seconds() for s in tells]
    assert np.median(waits) == pytest.approx(900, rel=0.2)


def test_ways_take_about_as_long_as_was_predicted() -> None:
    _, one = accepted()
    ways = [tasks().way_s(a) for a in many(one)]
    assert np.median(ways) == pytest.approx(one.travel.eta_s, rel=0.03)
    assert np.log(ways).std() == pytest.approx(0.25, rel=0.05)
    assert {tasks(way_spread=0.0).way_s(a) for a in many(one, 5)} == {one.travel.eta_s}


def test_people_leave_after_their_stay_and_at_the_latest_at_the_end_of_the_work() -> None:
    play, one = accepted()
    play.act(volunteer(7), act.Arrive(assignment_id=one.id))
    there = play.board.assignments[one.id]
    ends_at = play.board.needs[one.need_id].ends_at
    short = tasks(stay_s=600.0, stay_spread=0.0).step(play.board, there)
    long = tasks(stay_s=90_000.0).step(play.board, there)
    assert short is not None
    assert short.at == T0 + timedelta(seconds=600)
    assert long is not None
    assert long.at == ends_at
    assert isinstance(long.action, act.Release)


def test_who_is_turned_back_is_home_as_soon_as_they_had_come() -> None:
    play, one = accepted()
    play.act(volunteer(7), act.Depart(assignment_id=one.id))
    play.now += timedelta(minutes=8)
    play.act(volunteer(7), act.StandDown(assignment_id=one.id, reason="Ill"))
    home = tasks().step(play.board, play.board.assignments[one.id])
    assert home is not None
    assert home.at == play.now + timedelta(minutes=8)
    play.act(volunteer(7), act.ReachHome(assignment_id=one.id))
    assert tasks().step(play.board, play.board.assignments[one.id]) is None


def test_who_never_left_does_nothing_more() -> None:
    play, one = accepted()
    play.act(volunteer(7), act.StandDown(assignment_id=one.id, reason="Ill"))
    stood = play.board.assignments[one.id]
    assert stood.status is AssignmentStatus.STOOD_DOWN
    assert tasks().step(play.board, stood) is None


def test_the_demo_lives_faster() -> None:
    play, one = accepted()
    one = replace(one, travel=replace(one.travel, turnout_s=100))
    slow = tasks(model=replace(Habits().model, show_up=1.0)).step(play.board, one)
    fast = tasks(model=replace(Habits().model, show_up=1.0), pace=10.0).step(play.board, one)
    assert slow is not None
    assert fast is not None
    ratio = (slow.at - one.assigned_at) / (fast.at - one.assigned_at)
    assert ratio == pytest.approx(10, rel=0.01)
