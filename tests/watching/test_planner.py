"""What the desk's planner is asked, how long it takes and how it fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.errors import DispatchError, PlannerUnavailable, SolverFailed
from dispatch.watching import planner as watching
from dispatch.watching.planner import WatchedPlanner, people

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)


class Scripted:
    """A planner that says what it was told to say."""

    def __init__(self) -> None:
        self.says: Any = 7
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = 0

    async def plan(self, seq: int, now: datetime, only: Any = None) -> Any:
        return await self.ask(seq, now, people)

    async def ask(self, seq: int, now: datetime, question: Any) -> Any:
        self.asked += 1
        await self.may_answer.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


async def test_answers_and_plans_are_timed_apart() -> None:
    watched = WatchedPlanner(Scripted())
    await watched.plan(1, NOW)
    await watched.ask(1, NOW, people)
    await watched.ask(1, NOW, people)
    assert (sum(watched.plan_s.counts), sum(watched.ask_s.counts)) == (1, 2)
    assert watched.failures.total() == 0


@pytest.mark.parametrize(
    ("error", "up"), [(PlannerUnavailable("dead"), False), (SolverFailed("no plan"), True)]
)
async def test_only_one_that_is_away_is_down(error: DispatchError, up: bool) -> None:
    scripted = Scripted()
    watched = WatchedPlanner(scripted)
    scripted.says = error
    with pytest.raises(type(error)):
        await watched.plan(1, NOW)
    assert watched.up is up
    assert watched.failures == {type(error).__name__: 1}
    scripted.says = None
    await watched.plan(1, NOW)
    assert watched.up


async def test_the_look_finds_a_dead_one_that_nobody_asks() -> None:
    scripted = Scripted()
    watched = WatchedPlanner(scripted)
    assert watched.roster_age_s is None
    await watched.look()
    assert watched.volunteers == 7
    assert watched.roster_age_s is not None
    scripted.says = PlannerUnavailable("dead")
    await watched.look()
    assert watched.up  # it has just answered: not asked again
    watched._answered_s = None
    await watched.look()
    assert not watched.up


async def test_one_that_is_at_work_is_not_asked_and_after_long_counts_as_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted = Scripted()
    watched = WatchedPlanner(scripted)
    scripted.may_answer.clear()
    working = asyncio.create_task(watched.plan(1, NOW))
    await asyncio.sleep(0)
    await watched.look()
    assert scripted.asked == 1
    assert watched.up
    monkeypatch.setattr(watching, "PATIENCE_S", 0.0)
    assert not watched.up
    scripted.may_answer.set()
    await working
    assert watched.up


async def test_who_gives_up_waiting_is_no_failure_of_the_planner() -> None:
    scripted = Scripted()
    scripted.may_answer.clear()
    watched = WatchedPlanner(scripted)
    working = asyncio.create_task(watched.plan(1, NOW))
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert watched.up
    assert watched.failures.total() == 0
