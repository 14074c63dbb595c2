"""One planner, several askers: questions, refusals and the end of either side travel."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from dispatch.board import Board
from dispatch.errors import PlannerUnavailable, Rejected, SolverFailed
from dispatch.eventlog import SqlEventLog
from dispatch.planner.plan import Planner
from dispatch.planner.process import ProcessPlanner
from dispatch.planner.shared import SharedPlanner, answer
from dispatch.registry.engine import migrate, open_engine
from tests.office import Office
from tests.planner.test_process import PEOPLE, following


def seq_of(planner: Planner, board: Board, now: datetime) -> int:
    return board.seq


def refuse(planner: Planner, board: Board, now: datetime) -> None:
    raise Rejected("NOT_FOUND", entity="need", id="x")


def fail(planner: Planner, board: Board, now: datetime) -> None:
    raise ZeroDivisionError


class Asker:
    """A process that shares the planner, played by this one."""

    def __init__(self, planner: ProcessPlanner, silence_s: float = 30) -> None:
        ours, theirs = socket.socketpair()
        self.planner = SharedPlanner(theirs)
        self.up = asyncio.Event()
        self.running = asyncio.create_task(self.planner.run())
        self.answering = asyncio.create_task(answer(planner, ours, self.up.set, silence_s))

    async def end(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, self.answering, return_exceptions=True)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_engine(url)
    migrate(engine)
    log = SqlEventLog(engine)
    office = Office(PEOPLE, log)
    office.desk.planner = ProcessPlanner(functools.partial(following, url))
    yield office
    office.desk.planner.close()
    log.close()
    engine.dispose()


async def test_two_ask_one_planner(office: Office) -> None:
    held = office.desk.planner
    assert isinstance(held, ProcessPlanner)
    one, two = Asker(held), Asker(held)
    await office.need()
    seq, now = office.desk.board.seq, office.clock.now()
    await asyncio.gather(one.up.wait(), two.up.wait())
    plan, *seqs = await asyncio.gather(
        one.planner.plan(seq, now), *(a.planner.ask(seq, now, seq_of) for a in (one, two, one))
    )
    assert plan is not None
    assert [p.volunteer_id for p in plan.proposals][:2] == [1, 2]
    assert seqs == [seq] * 3
    for asker in (one, two):
        await asker.end()
        assert asker.answering.result() is None  # the end of the asker is not an error


async def test_refusals_travel_whole(office: Office) -> None:
    held = office.desk.planner
    assert isinstance(held, ProcessPlanner)
    asker, now = Asker(held), office.clock.now()
    await asker.up.wait()
    with pytest.raises(Rejected, match="NOT_FOUND") as refusal:
        await asker.planner.ask(0, now, refuse)
    assert refusal.value.params == {"entity": "need", "id": "x"}
    with pytest.raises(SolverFailed, match="ZeroDivisionError"):
        await asker.planner.ask(0, now, fail)
    assert await asker.planner.ask(0, now, seq_of) == 0
    await asker.end()


async def test_without_a_holder(office: Office) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(PlannerUnavailable):
        await SharedPlanner(theirs).ask(0, office.clock.now(), seq_of)


async def test_when_the_holder_goes_the_asker_must_end(office: Office) -> None:
    held = office.desk.planner
    assert isinstance(held, ProcessPlanner)
    asker = Asker(held)
    await asker.up.wait()
    waiting = asyncio.create_task(asker.planner.ask(99, office.clock.now(), seq_of))
    asker.answering.cancel()
    with pytest.raises(ConnectionError):
        await asker.running
    with pytest.raises(PlannerUnavailable):
        await waiting


async def test_one_that_is_stuck_is_noticed(office: Office) -> None:
    held = office.desk.planner
    assert isinstance(held, ProcessPlanner)
    asker = Asker(held, silence_s=0.05)  # a beat comes every second
    with pytest.raises(TimeoutError):
        await asker.answering
    asker.running.cancel()
    await asyncio.gather(asker.running, return_exceptions=True)
