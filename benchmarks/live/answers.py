"""People answer over HTTP while all phones and some maps look on, one process, SQLite."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figures import Figure, median_of, quantile
from benchmarks.live.asked import Asked, asked
from benchmarks.live.children import child
from benchmarks.live.lines import Line, line, request
from benchmarks.live.phones import HELLO, cookie, masked, upgrade
from benchmarks.live.stack import open_sessions, serving
from dispatch.model import OfferId
from dispatch.registry.engine import open_engine
from dispatch.settings import Settings
from tests.servers import free_port

MAPS: Final = 5
PER_S: Final = 200
LINES: Final = 200
RUNS: Final = 3
EMPTY: Final = 3_000
"""Requests of FastAPI's empty route in each run."""
PATIENCE_S: Final = 30.0
LONGEST_ID: Final = 200
_OFFER: Final = re.compile(rb'"offer_id":"([^"]+)"')


def run(volunteers: int, count: int) -> dict[str, Figure]:
    """Return what that many people's answers take."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), port=free_port(), planner_process=False)
        offers = asyncio.run(asked(settings, volunteers, count))
        return asyncio.run(_measured(settings, offers))


async def _measured(settings: Settings, offers: Sequence[Asked]) -> dict[str, Figure]:
    """Some answer at a steady rate, then the others as fast as they can."""
    port = settings.port
    engine = open_engine(settings.url)
    open_sessions(engine, [person for person, _ in offers])
    engine.dispose()
    accepts = {offer: _accept(port, n, offer) for n, (_, offer) in enumerate(offers, start=1)}
    coming = iter(accepts.items())
    warm = [accept for _, accept in itertools.islice(coming, len(accepts) // 20)]
    steady = dict(itertools.islice(coming, len(accepts) // 2))
    others = [accept for _, accept in coming]
    empty = await _empty()
    async with serving(settings), child("phones", port, len(offers), 1, "127.0.0.2") as crowd:
        await crowd.answer()
        maps = [await _map(port) for _ in range(MAPS)]
        await _rate(port, warm)
        shown_s, acked_s = await _steadily(port, steady, maps)
        rates = [await _rate(port, others[n::RUNS]) for n in range(RUNS)]
    name = f"{PER_S} answers a second, {len(offers)} phones"
    return {
        f"{name}: accept to every one of {MAPS} maps, p50": median_of(shown_s, "s"),
        f"{name}: accept to every one of {MAPS} maps, p99": Figure(
            value=quantile(shown_s, 0.99), unit="s", runs=[max(shown_s)], reach=0.25
        ),
        f"{name}: accept to its acknowledgement, p99": Figure(
            value=quantile(acked_s, 0.99), unit="s", runs=[max(acked_s)]
        ),
        f"answers stored per second through HTTP, SQLite, {len(offers)} phones": median_of(
            rates, "/s", better="higher", peers={"FastAPI's empty route": median(empty)}
        ),
    }  # fmt: skip


def _accept(port: int, number: int, offer: OfferId) -> bytes:
    action = {"kind": "offer.accept", "offer_id": offer}
    body = json.dumps({"action_id": f"accept-{number:06}", "action": action}).encode()
    return request(port, "/api/phone/actions", cookie(number, "phone"), body)


async def _steadily(
    port: int, accepts: Mapping[OfferId, bytes], maps: Sequence[_Map]
) -> tuple[list[float], list[float]]:
    """Accept so many a second, whether or not the ones before have been answered; return how long
    each took to the slowest map and to its acknowledgement."""
    free: list[Line] = []
    began: dict[OfferId, float] = {}
    acked_s: list[float] = []

    async def accept(offer: OfferId) -> None:
        one = free.pop() if free else None
        if one is None or not one.alive:
            one = await line(port)
        await _done(one, accepts[offer])
        acked_s.append(time.monotonic() - began[offer])
        free.append(one)

    start_s, asking = time.monotonic(), []
    for n, offer in enumerate(accepts):
        due_s = start_s + n / PER_S
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        began[offer] = due_s
        asking.append(asyncio.create_task(accept(offer)))
    await asyncio.gather(*asking)
    async with asyncio.timeout(PATIENCE_S):
        while any(accepts.keys() - m.shown_s.keys() for m in maps):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for one in free:
        one.close()
    return [max(m.shown_s[o] for m in maps) - began[o] for o in accepts], acked_s


async def _rate(port: int, requests: Sequence[bytes]) -> float:
    """Return how many requests a second are answered when many wait at a time."""
    waiting, lines = iter(requests), [await line(port) for _ in range(LINES)]

    async def ask_on(one: Line) -> None:
        for wanted in waiting:
            await _done(one, wanted)

    began = time.perf_counter()
    await asyncio.gather(*map(ask_on, lines))
    took_s = time.perf_counter() - began
    for one in lines:
        one.close()
    return len(requests) / took_s


async def _done(one: Line, wanted: bytes) -> None:
    status, answer = await one.ask(wanted)
    assert status == 200, answer


async def _empty() -> list[float]:
    """What FastAPI does with requests that want nothing and come from nobody."""
    async with child("servers", "FastAPI", 0) as server:
        port = (await server.answer())["port"]
        return [await _rate(port, [request(port, "/empty")] * EMPTY) for _ in range(RUNS)]


class _Map(asyncio.Protocol):
    """A commander's screen that notes when it first shows the assignment made of an offer."""

    def __init__(self) -> None:
        self.shown_s: dict[str, float] = {}
        self.ready = asyncio.Event()
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        """Look for assignments; what may be cut in two is looked at again with what follows."""
        now_s = time.monotonic()
        self._read += data
        for found in _OFFER.finditer(self._read):
            self.shown_s.setdefault(found[1].decode(), now_s)
        self._read = self._read[-LONGEST_ID:]
        self.ready.set()

    def say(self, data: bytes) -> None:
        """Send something."""
        self._transport.write(data)


async def _map(port: int) -> _Map:
    """Return a commander's screen that has its snapshot."""
    loop = asyncio.get_running_loop()
    _, screen = await loop.create_connection(_Map, "127.0.0.1", port)
    screen.say(upgrade(port, 0, "command"))
    await screen.ready.wait()
    screen.say(masked(HELLO))
    return screen
