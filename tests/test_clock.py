"""Clocks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from dispatch.clock import ManualClock, SystemClock

T0 = datetime(2026, 7, 20, tzinfo=UTC)


async def test_system_clock_is_aware_and_moves() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0.01)
    assert clock.now() - before >= timedelta(seconds=0.01)
    assert before.utcoffset() == timedelta(0)


async def test_manual_clock_advances_to_an_instant_and_never_back() -> None:
    clock = ManualClock(T0)
    task = asyncio.create_task(clock.sleep(10))
    await clock.advance_to(T0 + timedelta(seconds=10))
    await task
    await clock.advance_to(T0)
    assert clock.now() == T0 + timedelta(seconds=10)


async def test_manual_clock_stands_still_until_advanced() -> None:
    clock = ManualClock(T0)
    task = asyncio.create_task(clock.sleep(10))
    await clock.advance(9)
    assert not task.done()
    await clock.advance(1)
    await task
    assert clock.now() == T0 + timedelta(seconds=10)


async def test_sleepers_wake_in_order_each_at_its_own_instant() -> None:
    clock = ManualClock(T0)
    woke: list[tuple[str, datetime]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woke.append((name, clock.now()))

    tasks = [
        asyncio.create_task(sleeper("a", 5, 5)),
        asyncio.create_task(sleeper("b", 7)),
    ]
    await clock.advance(20)
    await asyncio.gather(*tasks)
    seconds = [(n, (at - T0).total_seconds()) for n, at in woke]
    assert seconds == [("a", 5), ("b", 7), ("a", 10)]


async def test_a_cancelled_sleeper_is_passed_over() -> None:
    clock = ManualClock(T0)
    task = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    await clock.advance(10)
    assert clock.now() == T0 + timedelta(seconds=10)
