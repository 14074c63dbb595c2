"""Positions: phones on tasks report, a few maps look on."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from benchmarks.figures import Figure
from benchmarks.live.children import child
from benchmarks.live.phones import Phone, masked, phones

FIXES_PER_S: Final = 2.0
"""Of each phone."""
LOOKING: Final = 5
FIX_S: Final = 20.0


def run(count: int) -> dict[str, Figure]:
    """Return what that many phones report, and how the server stays meanwhile."""
    return asyncio.run(_positions(count))


async def _positions(count: int) -> dict[str, Figure]:
    """Phones on tasks report; a few maps look on."""
    async with child("servers", "ours", count) as server:
        port = (await server.answer())["port"]
        everybody = await phones(port, count)
        maps = [(await phones(port, 1, 0, "command"))[0] for _ in range(LOOKING)]
        for screen in maps:
            screen.transport.write(
                masked(b'{"t":"look","west":-180,"south":-90,"east":180,"north":90}')
            )
        await server.tell("tasks")
        began = await server.tell("fixes")
        await server.tell("lag")
        sent, took_s = await _report(everybody)
        lag, ended = await server.tell("lag"), await server.tell("fixes")
    taken = ended["fixes"] - began["fixes"]
    return {
        "position fixes taken in, conflated to 1 Hz for 5 maps": Figure(
            value=taken / took_s, unit="fixes/s", runs=[sent / took_s], better="higher",
            reach=0.95 * FIXES_PER_S * count,
        ),
        "event loop lag meanwhile, p99": Figure(
            value=lag["lag_p99_s"], unit="s", runs=[lag["lag_most_s"]], reach=0.05
        ),
        "CPU meanwhile": Figure(
            value=(ended["cpu_s"] - began["cpu_s"]) / took_s, unit="of a core", runs=[]
        ),
    }  # fmt: skip


async def _report(everybody: list[Phone]) -> tuple[int, float]:
    """Send fixes at an even rate; return how many in how many seconds."""
    frame = masked(
        b'{"t":"fix","fix":{"lon":-71.25,"lat":-29.9,"accuracy_m":8,"taken_at":"%s"}}'
        % time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()
    )
    began, sent = time.monotonic(), 0
    while (passed := time.monotonic() - began) < FIX_S:
        while sent < passed * FIXES_PER_S * len(everybody):
            everybody[sent % len(everybody)].transport.write(frame)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    return sent, time.monotonic() - began - 0.5
