"""What breaks, and how long until the last screen is current again.

Phones and maps come back as ours do (web/src/shared/live.ts) and resume where they stopped. A
screen is current when it has been told of the first action that was acknowledged after the fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from benchmarks.figures import Figure, median_of
from benchmarks.live.lines import line, request
from benchmarks.live.phones import PING, PONG, cookie, masked, upgrade
from benchmarks.live.stack import Stack, installed, stack

WORKERS: Final = 3
MAPS: Final = 6
RUNS: Final = 3
ASK_S: Final = 0.25
"""How often a screen that is not current asks how far the log is."""
RETRY_S: Final = 0.05
ANSWER_S: Final = 5.0
SETTLE_S: Final = 60.0
SHORTEST_S: Final = 0.5
LONGEST_S: Final = 15.0
_SEQ: Final = re.compile(rb'"seq":(\d+)')
_LOG: Final = re.compile(rb'"log_id":"([^"]+)"')

Fault = Callable[[Stack], Awaitable[None]]


def run(volunteers: int, count: int) -> dict[str, Figure]:
    """Return the seconds after each fault; nothing without PostgreSQL and Redis."""
    return asyncio.run(_measured(volunteers, count)) if installed() else {}


class _Screen(asyncio.Protocol):
    """A screen and, one after the other, its sockets. It stands at `seq` of its log."""

    def __init__(self, port: int, number: int, kind: str, luck: random.Random) -> None:
        self.seq = 0
        self._port, self._number, self._kind, self._luck = port, number, kind, luck
        self._log_id: str | None = None
        self._open = self._closed = False
        self._gone: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    async def live(self) -> None:
        """Come back whenever the socket is lost; forever."""
        attempt = 0
        while True:
            with contextlib.suppress(OSError):
                self._gone = asyncio.get_running_loop().create_future()
                self._open = False
                await asyncio.get_running_loop().create_connection(
                    lambda: self, "127.0.0.1", self._port
                )
                await self._gone
            attempt = 0 if self._open else attempt + 1
            ceiling = min(LONGEST_S, SHORTEST_S * 2 ** (attempt + 1))
            await asyncio.sleep(self._luck.uniform(SHORTEST_S, ceiling))

    def ask(self) -> None:
        """Ask how far the log is."""
        if self._open and self._transport is not None:
            self._transport.write(masked(b'{"t":"ping"}'))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask in."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(upgrade(self._port, self._number, self._kind))

    def data_received(self, data: bytes) -> None:
        """Say hello once let in; note how far we have been told."""
        assert self._transport is not None
        if data.startswith(b"HTTP/1.1 101"):
            known = {"last_seq": self.seq or None, "log_id": self._log_id}
            self._transport.write(masked(json.dumps({"t": "hello", **known}).encode()))
        if PING in data:
            self._transport.write(PONG)
        if log := _LOG.search(data):
            self._log_id = log[1].decode()
        for found in _SEQ.finditer(data):
            self._open = True
            self.seq = max(self.seq, int(found[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        """The server has gone, or sent us away."""
        self._transport = None
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)


async def _measured(volunteers: int, count: int) -> dict[str, Figure]:
    faults = {
        "a worker killed": _kill_worker,
        "Redis killed": _kill_redis,
        "PostgreSQL restarted at once": _restart_postgres,
    }
    figures: dict[str, Figure] = {}
    async with stack(volunteers, WORKERS) as running, _screens(running, count) as screens:
        await _current(screens, await _act(running, "first"))
        for name, fault in faults.items():
            found = [await _after(running, screens, fault, f"{name}-{n}") for n in range(RUNS)]
            figures[f"{name}: until an action is acknowledged"] = median_of(
                [acked_s for acked_s, _ in found], "s"
            )
            figures[f"{name}: until the last of {len(screens)} screens is current"] = median_of(
                [last_s for _, last_s in found], "s"
            )
    return figures


@asynccontextmanager
async def _screens(running: Stack, count: int) -> AsyncIterator[list[_Screen]]:
    """Phones of different people, and some maps."""
    port, luck = running.settings.port, random.Random(1)
    screens = [_Screen(port, 1 + n, "phone", luck) for n in range(count)]
    screens += [_Screen(port, 0, "command", luck) for _ in range(MAPS)]
    living = [asyncio.create_task(screen.live()) for screen in screens]
    try:
        yield screens
    finally:
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)


async def _after(
    running: Stack, screens: Sequence[_Screen], fault: Fault, name: str
) -> tuple[float, float]:
    """Break something; return when an action was acknowledged and when all knew of it."""
    await _healthy(running)
    began = time.monotonic()
    breaking = asyncio.ensure_future(fault(running))
    await asyncio.sleep(0)
    seq = await _act(running, re.sub(r"\W", "-", name))
    acked_s = time.monotonic() - began
    await _current(screens, seq)
    last_s = time.monotonic() - began
    await breaking
    if not running.redis.answers():
        await asyncio.to_thread(running.redis.start)
    return acked_s, last_s


async def _act(running: Stack, name: str) -> int:
    """Write a note, again and again until it is acknowledged; return its place in the log."""
    port = running.settings.port
    action = {"kind": "note.add", "text": name}
    body = json.dumps({"action_id": f"bench-{name}", "action": action}).encode()
    wanted = request(port, "/api/command/actions", cookie(0, "command"), body)
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                hand = await line(port)
                try:
                    status, answer = await hand.ask(wanted)
                finally:
                    hand.close()
                if status == 200:
                    return int(json.loads(answer)["seq"])
                assert status == 503, answer
        await asyncio.sleep(RETRY_S)


async def _current(screens: Sequence[_Screen], seq: int) -> None:
    """Wait until every screen has been told of that place in the log."""
    async with asyncio.timeout(SETTLE_S):
        while behind := [screen for screen in screens if screen.seq < seq]:
            for screen in behind:
                screen.ask()
            await asyncio.sleep(ASK_S)


async def _healthy(running: Stack) -> None:
    """Wait until all workers listen and hear each other again."""
    async with asyncio.timeout(SETTLE_S):
        while len(running.server.workers()) < WORKERS:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        # Each worker dials the bus again by itself, and only it knows when it has.
        await asyncio.sleep(3)


async def _kill_worker(running: Stack) -> None:
    os.kill(running.server.workers()[0], signal.SIGKILL)


async def _kill_redis(running: Stack) -> None:
    await asyncio.to_thread(running.redis.kill)


async def _restart_postgres(running: Stack) -> None:
    await asyncio.to_thread(running.postgres.restart)
