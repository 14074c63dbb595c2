"""How late the event loop is."""

from __future__ import annotations

import asyncio
import time

from dispatch.watching.loop import LoopWatch


async def test_a_loop_that_was_held_up_is_counted() -> None:
    watch = LoopWatch()
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)
    time.sleep(0.4)  # noqa: ASYNC251 - the fault itself
    assert watch.lag_s > 0.25  # seen while it lasts
    async with asyncio.timeout(5):
        while not sum(watch.lags_s.counts):  # noqa: ASYNC110 - the watch beats by itself
            await asyncio.sleep(0.01)
    running.cancel()
    assert watch.lags_s.sum > 0.25


def test_a_watch_that_has_not_begun_finds_nothing_wrong() -> None:
    assert LoopWatch().alive
