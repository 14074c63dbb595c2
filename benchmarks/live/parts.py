"""Live delivery: fan-out and memory per phone, positions in and out, durable answers."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from benchmarks.figures import Figure, median_of, quantile
from benchmarks.live.phones import Phone, masked, phones, told
from dispatch.settings import ROOT

ALERT: Final = json.dumps({"t": "alert", "text": "x" * 275}).encode()
"""298 bytes, the same for everybody."""
PEERS: Final = ("broadcast", "FastAPI")
ROUNDS: Final = 8
FIXES_PER_S: Final = 10_000
TRACKED: Final = 5_000
LOOKING: Final = 5
FIX_S: Final = 20.0


def run() -> dict[str, Figure]:
    """Return the figures of live delivery."""
    found: dict[str, Figure] = {}
    for count in (5_000, 19_000):
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200
        found |= asyncio.run(_fan_out(min(count, most)))
    return found | asyncio.run(_positions())


class Server:
    """A server process that does what it is told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, command: str) -> dict[str, Any]:
        """Send a command; return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Read one line."""
        assert self._process.stdout is not None
        read: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return read


@asynccontextmanager
async def _server(kind: str, count: int) -> AsyncIterator[tuple[Server, int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.live.servers", kind, str(count),
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=None if kind == "ours" else subprocess.DEVNULL,
    )  # fmt: skip
    server = Server(process)
    try:
        yield server, (await server.answer())["port"]
    finally:
        process.kill()
        await process.wait()


async def _fan_out(count: int) -> dict[str, Figure]:
    seen = {kind: await _one(kind, count) for kind in ("ours", *PEERS)}
    name, mine = f"{count} phones, one process", seen["ours"]

    def of(what: str, share: float = 0.5) -> dict[str, float]:
        return {kind: quantile(seen[kind][what], share) for kind in PEERS}

    cpu = of("same_us")
    memory = of("kib")
    return {
        f"{name}: CPU per delivery of one frame to all": median_of(
            mine["same_us"], "us", peers=cpu, reach=min(1.15 * cpu["broadcast"], cpu["FastAPI"] / 2)
        ),
        f"{name}: memory a phone": median_of(
            mine["kib"], "KiB", peers=memory, reach=memory["FastAPI"] / 2
        ),
        f"{name}: one frame to all, p99 until it is there": median_of(
            mine["same_p99_s"], "s", peers=of("same_p99_s")
        ),
        f"{name}: one frame to all, until the last has it": median_of(
            mine["same_last_s"], "s", peers=of("same_last_s")
        ),
        f"{name}: CPU per delivery of an offer of their own": median_of(
            mine["own_us"], "us", peers=of("own_us")
        ),
        f"{name}: an offer of their own, until the last has it": median_of(
            mine["own_last_s"], "s", peers=of("own_last_s")
        ),
        f"{name}: loop lag while each gets an offer, most": Figure(
            value=max(mine["own_lag_s"]), unit="s", runs=mine["own_lag_s"], peers=of("own_lag_s", 1)
        ),
        f"{name}: empty request while all get one frame, p99": Figure(
            value=quantile(mine["http_s"], 0.99), unit="s", runs=[max(mine["http_s"])],
            peers={k: quantile(v["http_s"], 0.99) for k, v in seen.items() if k == "FastAPI"},
        ),
        f"{name}: CPU of an upgrade and hello": median_of(
            mine["open_ms"], "ms", peers=of("open_ms")
        ),
    }  # fmt: skip


async def _one(kind: str, count: int) -> dict[str, list[float]]:
    """Open the phones on one kind of server and tell them things."""
    async with _server(kind, count) as (server, port):
        warm = await phones(port, 50)
        for phone in warm:
            phone.transport.close()
        await asyncio.sleep(0.5)
        before = await server.tell("memory")
        began_cpu = await server.tell("cpu")
        everybody = await phones(port, count)
        await asyncio.sleep(1)
        opened_cpu = await server.tell("cpu")
        after = await server.tell("memory")
        found = {
            "kib": [(after["pss_kib"] - before["pss_kib"]) / count],
            "open_ms": [(opened_cpu["cpu_s"] - began_cpu["cpu_s"]) / count * 1e3],
        }
        for what in ("same", "own"):
            for _ in range(ROUNDS):
                sent = await server.tell(what)
                delays = await told(everybody, sent["began_s"])
                found.setdefault(f"{what}_us", []).append(sent["cpu_s"] / count * 1e6)
                found.setdefault(f"{what}_lag_s", []).append(sent["lag_s"])
                found.setdefault(f"{what}_p99_s", []).append(quantile(delays, 0.99))
                found.setdefault(f"{what}_last_s", []).append(delays[-1])
                await asyncio.sleep(0.2)
        if kind != "broadcast":
            async with _asking(port) as took_s:
                for _ in range(ROUNDS):
                    await server.tell("same")
                    await asyncio.sleep(0.2)
            found["http_s"] = took_s
        for phone in everybody:
            phone.transport.abort()
        return found


@asynccontextmanager
async def _asking(port: int) -> AsyncIterator[list[float]]:
    """Somebody else's empty requests, from a process of its own; how long they took, at the end."""
    took_s: list[float] = []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.live.asker", str(port),
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()
    yield took_s
    found, _ = await process.communicate(b"")
    took_s += json.loads(found)


async def _positions() -> dict[str, Figure]:
    """Phones on tasks report; a few maps look on."""
    async with _server("ours", TRACKED) as (server, port):
        everybody = await phones(port, TRACKED)
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
            reach=0.95 * FIXES_PER_S,
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
        while sent < passed * FIXES_PER_S:
            everybody[sent % len(everybody)].transport.write(frame)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    return sent, time.monotonic() - began - 0.5
