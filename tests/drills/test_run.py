"""A drill is the real desk: the same instants as live, marked, reproducible, and quicker."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch import events as ev
from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.drills.beats import Beats
from dispatch.drills.commander import Commander
from dispatch.drills.exercise import Exercise
from dispatch.drills.loop import run_in_place
from dispatch.drills.replay import Replay
from dispatch.drills.run import (
    Setting,
    crowd_of,
    log_hash,
    router_of,
    run_drill,
    setting_of,
    whole_log,
)
from dispatch.drills.simulation.town import town, townspeople
from dispatch.errors import BadInput
from dispatch.eventlog import MemoryEventLog
from dispatch.settings import ROOT
from tests.drills.town import drilled


def test_people_are_asked_come_and_go_home_and_nothing_is_broken() -> None:
    result = drilled()
    kinds = {type(s.event) for s in result.log}
    assert {ev.OfferMade, ev.OfferAccepted, ev.OfferDeclined, ev.Arrived, ev.WaveMade} <= kinds
    assert result.violations() == ()
    assert result.refused_steps == ()


def test_everything_in_a_drill_is_marked_exercise() -> None:
    assert all(s.exercise for s in drilled().log)
    assert drilled().board.exercise


def test_an_agency_in_earnest_cannot_be_drilled() -> None:
    scenario = town(3)
    real = replace(scenario, agency=replace(scenario.agency, exercise=False))
    with pytest.raises(BadInput, match="is not one of an exercise"):
        run_drill(real, townspeople(), Setting())


def test_passing_over_idle_beats_changes_nothing() -> None:
    """Against a drill that beats on every instant on which a live desk would."""
    scenario = town(9, hours=0.5)
    slow = run_in_place(_every_beat(scenario, Setting(seed=9)))
    quick = run_drill(scenario, townspeople(), Setting(seed=9))
    assert len(slow) > 100
    assert log_hash(slow) == quick.hash


async def _every_beat(scenario: Any, setting: Setting) -> list[Any]:
    exercise = Exercise(
        agency=scenario.agency, roster=townspeople(), router=router_of(scenario),
        clock=ManualClock(scenario.clock.starts_at),
    )  # fmt: skip
    post = exercise.post(exercise.following())
    crowd = crowd_of(post.desk, exercise, setting)
    commander = Commander(desk=post.desk, clock=exercise.clock)
    replay = Replay(
        scenario=scenario, exercise=exercise, desk=post.desk, crowd=crowd, seed=setting.seed
    )
    crowd.start()
    commander.start()
    beats = Beats(post=post, clock=exercise.clock)
    parts = [replay, commander, crowd]
    second = 0
    while True:
        # Every whole second is a tick, every fifth a wave, every second one a warning.
        tick = scenario.clock.starts_at + timedelta(seconds=second)
        at = min([tick, *(t for part in parts if (t := part.next_at()))])
        second += at == tick
        if at >= scenario.clock.ends_at:
            return await whole_log(exercise.log, exercise.agency.id)
        await exercise.clock.advance_to(at)
        for part in parts:
            await part.look()  # type: ignore[attr-defined]
        await post.desk.tick()
        await beats.look()


def test_the_log_can_be_kept() -> None:
    log = MemoryEventLog()
    scenario = town(3, hours=1.0)
    result = run_drill(scenario, townspeople(), setting_of(scenario, seed=3), log=log)
    stored = asyncio.run(whole_log(log, scenario.agency.id))
    assert log_hash(stored) == result.hash == drilled().hash


def test_another_seed_or_policy_is_another_drill() -> None:
    assert len({drilled(3).hash, drilled(4).hash, drilled(3, "broadcast").hash}) == 3


def test_one_seed_is_one_log_whatever_the_process_hashes_by() -> None:
    code = "from tests.drills.town import drilled; print(drilled().hash)"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        ).stdout.strip()
        for salt in ("1", "2")
    }  # fmt: skip
    assert hashes == {drilled().hash}


def test_the_report_says_what_was_run_and_what_came_of_it() -> None:
    told = drilled().plain()
    assert told["status"] == "Exercise"
    assert told["hash"] == drilled().hash
    assert told["measures"]["alerts"] == len(drilled().board.offers)
    assert told["violations"] == []
    assert told["habits"]["rho"] == 0.05
    assert told["solves"] == len(drilled().solves_s) > 0


def test_load_is_compared_over_those_who_could_have_been_asked() -> None:
    result = drilled()
    asked = {o.volunteer_id for o in result.board.offers.values()}
    assert asked <= result.eligible()
    assert len(result.eligible()) < len(result.roster)


def test_progress_is_told_and_the_pace_is_asked_for() -> None:
    told: list[datetime] = []
    paced: list[datetime] = []
    scenario = town(3, hours=0.5)

    def progress(at: datetime, board: Board) -> None:
        told.append(at)

    run_drill(scenario, townspeople(), Setting(seed=3), progress=progress, paced=paced.append)
    assert told
    assert paced == sorted(paced)
    assert set(told) <= set(paced)
