"""Fan-out to idle phones from one process: CPU, memory and delay, beside the usual ways."""

from __future__ import annotations

import asyncio
import resource
from typing import Final

from benchmarks.figures import Figure, median_of, quantile
from benchmarks.live.children import Child, child
from benchmarks.live.phones import phones, told

PEERS: Final = ("broadcast", "FastAPI")
ROUNDS: Final = 8


def run(count: int) -> dict[str, Figure]:
    """Return what it takes to tell that many phones one thing, and each a thing of its own."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200
    return asyncio.run(_fan_out(min(count, most)))


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
    async with child("servers", kind, count, loud=kind == "ours") as server:
        port = (await server.answer())["port"]
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
            found["http_s"] = await _asked_meanwhile(server, port)
        for phone in everybody:
            phone.transport.abort()
        return found


async def _asked_meanwhile(server: Child, port: int) -> list[float]:
    """Somebody else's empty requests, from a process of its own: how long they took."""
    async with child("asker", port, "/empty", "", 1) as asker:
        await asker.answer()
        for _ in range(ROUNDS):
            await server.tell("same")
            await asyncio.sleep(0.2)
        asked: list[tuple[float, float]] = (await asker.tell("took"))["took_s"]
    return [took_s for _, took_s in asked]
