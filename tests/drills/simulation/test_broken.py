"""A store that fails does so before or after it has stored, and a dead desk stays dead."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch import events as ev
from dispatch.board import Board
from dispatch.drills.simulation.broken import BrokenLog, BrokenPlanner, DeskDied
from dispatch.drills.simulation.plan import NO_FAULTS, FaultPlan
from dispatch.errors import PlannerUnavailable, StoreUnavailable
from dispatch.eventlog import MemoryEventLog
from dispatch.events import Entry
from dispatch.model import SYSTEM, ActionId, AgencyId
from dispatch.planner.plan import Planner

NOW = datetime(2026, 7, 20, tzinfo=UTC)
AGENCY = AgencyId("test")


def broken(now_s: float = 0.0, **faults: Any) -> BrokenLog:
    return BrokenLog(
        inner=MemoryEventLog(), plan=FaultPlan(**faults), luck=random.Random(1),
        elapsed_s=lambda: now_s,
    )  # fmt: skip


def note(name: str = "a") -> list[Entry]:
    event = ev.NoteAdded(text="x", incident_id=None)
    return [Entry(at=NOW, actor=SYSTEM, action_id=ActionId(name), exercise=True, event=event)]


async def test_without_faults_it_is_a_log() -> None:
    log = broken(turns=3)
    async with log.turn(AGENCY):
        assert await log.append(AGENCY, note(), 0) == 1
    assert await log.head(AGENCY) == len(await log.read(AGENCY, 0)) == 1
    assert list(await log.find(AGENCY, [ActionId("a")])) == ["a"]
    assert await log.log_id(AGENCY) == await log.inner.log_id(AGENCY)


@pytest.mark.parametrize(
    ("faults", "error", "stored"),
    [
        ({"lost": 1.0}, StoreUnavailable, 0),
        ({"unknown": 1.0}, StoreUnavailable, 1),
        ({"dies_before": 1.0}, DeskDied, 0),
        ({"dies_after": 1.0}, DeskDied, 1),
    ],
)
async def test_writes_fail_before_or_after_they_are_stored(
    faults: dict[str, float], error: type[BaseException], stored: int
) -> None:
    log = broken(**faults)
    with pytest.raises(error):
        await log.append(AGENCY, note(), 0)
    assert await log.inner.head(AGENCY) == stored


async def test_a_dead_desk_does_nothing_any_more() -> None:
    log = broken(dies_after=1.0)
    with pytest.raises(DeskDied):
        await log.append(AGENCY, note(), 0)
    with pytest.raises(DeskDied):
        await log.append(AGENCY, note("b"), 1)
    with pytest.raises(DeskDied):
        await log.read(AGENCY, 0)
    assert await log.inner.head(AGENCY) == 1


@pytest.mark.parametrize("now_s", [5.0, 20.0])
async def test_the_store_is_away_for_a_while(now_s: float) -> None:
    log = broken(now_s, store_down=((5.0, 20.0),))
    if now_s == 5.0:
        with pytest.raises(StoreUnavailable):
            await log.head(AGENCY)
    else:
        assert await log.head(AGENCY) == 0


class Sound:
    async def plan(self, seq: int, now: datetime, only: Any = None) -> None:
        return None

    async def ask(self, seq: int, now: datetime, question: Any) -> Any:
        return question(None, None, now)


async def test_the_planner_is_away_for_a_while() -> None:
    faults = FaultPlan(planner_down=((0.0, 9.0),))
    away = BrokenPlanner(inner=Sound(), plan_of_faults=faults, elapsed_s=lambda: 3.0)
    back = BrokenPlanner(inner=Sound(), plan_of_faults=faults, elapsed_s=lambda: 9.0)
    with pytest.raises(PlannerUnavailable):
        await away.plan(0, NOW)

    def question(planner: Planner, board: Board, now: datetime) -> datetime:
        return now

    assert await back.plan(0, NOW) is None
    assert await back.ask(0, NOW, question) == NOW
    assert NO_FAULTS.planner_down == ()
