"""An exercise is the real desk, marked, and cannot be given a way to reach anybody."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from dispatch.clock import ManualClock
from dispatch.drills.exercise import Exercise, TimedPlanner
from dispatch.drills.loop import run_in_place
from dispatch.drills.simulation.town import STARTS_AT, town, townspeople
from dispatch.errors import BadInput
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import VolunteerId


def exercise() -> Exercise:
    return Exercise(
        agency=town(1).agency, roster=townspeople(), router=StraightLineRouter(),
        clock=ManualClock(STARTS_AT),
    )  # fmt: skip


def test_its_board_is_marked_and_it_takes_no_channel() -> None:
    assert exercise().board().exercise
    assert "channel" not in " ".join(f.name for f in fields(Exercise))
    with pytest.raises(BadInput, match="is not one of an exercise"):
        replace(exercise(), agency=replace(town(1).agency, exercise=False))


def test_people_are_found_once_each_in_any_order() -> None:
    found = exercise().people([VolunteerId(9), VolunteerId(3), VolunteerId(9), VolunteerId(10**6)])
    assert found.ids.tolist() == [3, 9]


def test_a_changed_roster_gets_a_planner_of_its_own() -> None:
    one = exercise()
    before = one.planner()
    assert one.planner() is before
    one.change(one.roster.only(np.arange(10)))
    assert one.planner() is not before
    assert len(one.planner().roster) == 10


def test_solving_is_timed_without_a_trace_in_the_log() -> None:
    async def work() -> list[float]:
        timed = TimedPlanner(exercise().following())
        assert await timed.plan(0, STARTS_AT) is None
        return timed.took_s

    assert len(run_in_place(work())) == 1
