"""Whether the board keeps what must hold, looked at while it lives."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dispatch import actions as act
from dispatch.board import Board
from dispatch.invariants import Invariant
from dispatch.watching import invariants
from dispatch.watching.invariants import InvariantWatch
from tests.play import Play, volunteer


def at_work() -> Play:
    play = Play()
    need = play.need()
    (offer,) = play.offer(need.id, 1)
    play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    return play


def uncover(board: Board) -> None:
    one = next(iter(board.assignments.values()))
    board.assignments[one.id] = replace(one, cover=None)


async def test_a_violation_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    play = at_work()
    watch = InvariantWatch(play.board)
    await watch.look()
    assert watch.standing.total() == 0
    uncover(play.board)
    for _ in range(2):
        play.board.seq += 1
        await watch.look()
        assert watch.standing == {Invariant.COVER_EVIDENCE: 1}
    told = [r for r in caplog.records if r.message == "an invariant does not hold"]
    assert [r.levelname for r in told] == ["CRITICAL"]


async def test_a_board_that_cannot_be_checked_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(invariants, "BEAT_S", 0.0)
    board = at_work().board
    uncover(board)
    board.offers.clear()
    watch = InvariantWatch(board)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(5):
        while caplog.text.count("the board cannot be checked") < 2:  # noqa: ASYNC110 - it beats
            await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()
