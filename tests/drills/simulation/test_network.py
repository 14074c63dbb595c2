"""The network between people and desks: it loses and repeats, and nothing happens twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.clock import ManualClock
from dispatch.drills.exercise import Exercise
from dispatch.drills.loop import run_in_place
from dispatch.drills.run import router_of, whole_log
from dispatch.drills.scenario.script import COMMANDER
from dispatch.drills.simulation.network import Network
from dispatch.drills.simulation.plan import FaultPlan
from dispatch.drills.simulation.town import town, townspeople
from dispatch.errors import Rejected, StoreUnavailable
from dispatch.model import ActionId

NOTE = act.AddNote(text="Water rises")


def network(**faults: Any) -> Network:
    scenario = town(1)
    exercise = Exercise(
        agency=scenario.agency, roster=townspeople(), router=router_of(scenario),
        clock=ManualClock(scenario.clock.starts_at),
    )  # fmt: skip
    return Network(exercise=exercise, plan=FaultPlan(**faults), seed=1, board=exercise.board())


async def sent(net: Network, name: str = "n", action: Any = NOTE) -> Any:
    await net.look()
    return await net.act(COMMANDER, ActionId(name), action)


async def length(net: Network) -> int:
    return len(await whole_log(net.exercise.log, net.exercise.agency.id))


def test_before_a_desk_stands_nobody_answers() -> None:
    net = network()
    with pytest.raises(StoreUnavailable, match="no desk"):
        run_in_place(net.act(COMMANDER, ActionId("n"), NOTE))


def test_what_is_sent_twice_at_once_is_stored_once() -> None:
    async def work() -> None:
        net = network(twice=1.0, desks=3, turns=3)
        answer = await sent(net)
        assert await length(net) == 1
        assert (answer.seq, net.retold, net.wrong) == (1, 1, [])

    run_in_place(work())


def test_a_lost_answer_is_asked_for_again() -> None:
    async def work() -> None:
        net = network(answer_lost=1.0)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="lost"):
                await sent(net)
        assert await length(net) == 1

    run_in_place(work())


def test_a_late_repeat_comes_after_others_and_changes_nothing() -> None:
    async def work() -> None:
        net = network(again=1.0, again_s=60.0)
        await sent(net)
        await sent(net, "m", act.AddNote(text="Later"))
        await net.exercise.clock.advance(61)
        await net.look()
        assert await length(net) == 2
        assert (net.retold, net.wrong) == (2, [])

    run_in_place(work())


def test_a_desk_that_died_comes_back_from_the_log_alone() -> None:
    async def work() -> None:
        net = network(dies_after=1.0, back_s=5.0)
        with pytest.raises(StoreUnavailable, match="broke"):
            await sent(net)
        assert net.posts == []
        assert net.next_before(net.exercise.clock.now() + timedelta(hours=1)) < (
            net.exercise.clock.now() + timedelta(seconds=6)
        )
        await net.exercise.clock.advance(6)
        await net.look()
        assert [post.desk.board.seq for post in net.posts] == [1]
        assert (await net.act(COMMANDER, ActionId("n"), NOTE)).repeated

    run_in_place(work())


def test_refusals_reach_who_asked() -> None:
    async def work() -> None:
        with pytest.raises(Rejected, match="TEXT_EMPTY"):
            await sent(network(), action=act.AddNote(text=" "))

    run_in_place(work())


def test_phones_are_told_in_order_and_in_the_end_everybody_sees_everything() -> None:
    async def work() -> None:
        net = network(desks=2, bell_lost=1.0, screen_late_s=20.0)
        told: list[int] = []
        net.listeners.append(lambda seq, keys: told.append(seq))
        for n in range(3):
            await sent(net, f"n{n}")
            await net.exercise.clock.advance(30)
        await net.look()
        await net.settle()
        assert told == sorted(told)
        assert net.board.seq == 3
        assert {post.desk.board.seq for post in net.posts} == {3}
        assert [wrong for screens in net.screens for wrong in screens.wrong()] == []

    run_in_place(work())
