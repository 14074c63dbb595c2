"""What goes wrong, one function each: it does it to a stage, waits until people must have noticed,
and puts it right again as far as somebody outside has to.

A fault returns when it is over; how long people felt it is measured from there.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.disk import SmallDisk
from tests.chaos.server import alive
from tests.chaos.stage import PATIENCE_S, Stage, until

Do = Callable[[Stage], Awaitable[None]]

SOME = 5
"""So many answers show that people can work."""
FROZEN_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A name for the table, and what is done."""

    name: str
    do: Do


# Processes that die


async def worker_killed(stage: Stage) -> None:
    for pid in stage.server.workers():
        os.kill(pid, signal.SIGKILL)
        await stage.workers_back({pid})


async def server_killed(stage: Stage) -> None:
    """Or the supervisor: its workers end by themselves, and a service manager starts it again."""
    stage.server.kill()
    await started_again(stage)


async def planner_killed(stage: Stage) -> None:
    """While it plans: the commander gets the plan, or hears that there is none."""
    planner = await _planner(stage)
    planning = asyncio.create_task(stage.commander.act("plan.make"))
    await asyncio.sleep(stage.luck.uniform(0, 0.3))
    os.kill(planner, signal.SIGKILL)
    await planning


async def redis_killed(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.kill()
    await stage.says(200, "degraded")
    await stage.more_acks(SOME)
    stage.redis.start()
    await stage.says(200, "ok")


async def postgres_killed(stage: Stage) -> None:
    assert stage.postgres is not None
    stage.postgres.kill()
    await stage.says(503, "STORE_DOWN")
    await asyncio.to_thread(stage.postgres.start)


async def postgres_restarted(stage: Stage) -> None:
    assert stage.postgres is not None
    await asyncio.to_thread(stage.postgres.restart)


async def everything_killed(stage: Stage) -> None:
    assert stage.postgres is not None
    assert stage.redis is not None
    stage.redis.kill()
    stage.postgres.kill()
    gone = set(stage.server.workers())
    for pid in gone:
        os.kill(pid, signal.SIGKILL)
    stage.redis.start()
    await asyncio.to_thread(stage.postgres.start)
    await stage.workers_back(gone)


async def database_away_for_long(stage: Stage) -> None:
    """Longer than any once-a-minute work can miss."""
    assert stage.postgres is not None
    before = set(stage.server.workers())
    stage.postgres.kill()
    await asyncio.sleep(70)
    await asyncio.to_thread(stage.postgres.start)
    await stage.says(200, "ok")
    assert set(stage.server.workers()) == before, "a worker gave up while the database was away"


# Processes that stand still


async def worker_frozen(stage: Stage) -> None:
    """The supervisor notices, and has another one in its place."""
    pid = stage.luck.choice(stage.server.workers())
    os.kill(pid, signal.SIGSTOP)
    await stage.workers_back({pid})


async def workers_stutter(stage: Stage) -> None:
    """Frozen too shortly for anybody to replace it: it goes on with what it knew."""
    for pid in stage.server.workers():
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_S)
        os.kill(pid, signal.SIGCONT)


async def planner_frozen(stage: Stage) -> None:
    """Others go on; it is replaced, and the plan is made after all."""
    planner = await _planner(stage)
    os.kill(planner, signal.SIGSTOP)
    await asyncio.wait_for(stage.commander.act("plan.make"), 2 * PATIENCE_S)
    assert not alive(planner)


async def redis_frozen(stage: Stage) -> None:
    assert stage.redis is not None
    with stage.redis.frozen():
        await stage.says(200, "degraded")
        await stage.more_acks(SOME)
    await stage.says(200, "ok")


async def postgres_frozen(stage: Stage) -> None:
    assert stage.postgres is not None
    with stage.postgres.frozen():
        await stage.says(503, "STORE_DOWN")
        downs = stage.store_downs()

        async def told() -> bool:
            return stage.store_downs() > downs

        await until(told, "nobody is told that the database stands still")


# The disk


async def disk_full(stage: Stage, disk: SmallDisk) -> None:
    """Nothing can be written: people are told so, and screens go on."""
    disk.fill()
    try:
        downs = stage.store_downs()

        async def told() -> bool:
            return stage.store_downs() >= downs + SOME

        await until(told, "nobody is told that the disk is full")
        assert (await stage.phones[0].read("/session")).status_code in (200, 503)
    finally:
        disk.free()
    if stage.postgres is not None:
        # Out of room for its own log PostgreSQL ends; whoever looks after it starts it again.
        await asyncio.to_thread(stage.postgres.start)


# The network


async def connections_reset(stage: Stage) -> None:
    """Everybody is cut off at once, several times."""
    for _ in range(3):
        await stage.network.be(cut=True)
        for phone in stage.everybody:
            phone.cut()
        await asyncio.sleep(stage.luck.uniform(0.2, 2))


async def network_slow(stage: Stage) -> None:
    await stage.network.be(delay_s=0.4, jitter_s=0.8, rate=20_000)
    await stage.more_acks(len(stage.phones) // 4)
    await stage.network.be()


async def network_silent(stage: Stage) -> None:
    """Half of the phones hear nothing any more, and are not told so."""
    await stage.network.be(mode="blackhole")
    await stage.ask(0.05)
    await stage.more_acks(len(stage.phones) // 4)
    await asyncio.sleep(FROZEN_S)
    await stage.network.be()


async def network_away(stage: Stage) -> None:
    await stage.network.be(mode="refuse", cut=True)
    await stage.ask(0.05)
    await stage.more_acks(len(stage.phones) // 4)
    await stage.network.be()


# Time


def clock_set(by_s: int, clock: Callable[[int], None]) -> Do:
    async def do(stage: Stage) -> None:
        clock(by_s)
        await stage.more_acks(len(stage.phones) // 4)

    return do


# Shared


async def started_again(stage: Stage) -> None:
    """Start the server as a service manager does: again and again until it comes up."""

    async def up() -> bool:
        if not stage.server.running():
            stage.server.spawn()
        return await stage.asks("/readyz") == (200, "ok")

    await until(up, "the server does not come up again", 1.0)


async def _planner(stage: Stage) -> int:
    async def there() -> bool:
        return stage.server.planner() is not None

    await until(there, "there is no planner")
    planner = stage.server.planner()
    assert planner is not None
    return planner


async def done(stage: Stage, fault: Fault, share: float) -> dict[str, float]:
    """Do a fault while people answer, check all that must hold, and return what it cost."""
    await stage.ask(share)
    await stage.more_acks(SOME)
    began_s, acks, unanswered = time.monotonic(), stage.acks(), _unanswered(stage)
    await fault.do(stage)
    lasted_s = time.monotonic() - began_s
    recovery = await stage.recovered(began_s)
    await stage.check()
    return {
        "lasted_s": round(lasted_s, 2),
        "answered_s": round(recovery.answered_s, 2),
        "current_s": round(recovery.current_s, 2),
        "silence_s": round(recovery.silence_s, 2),
        "acks": stage.acks() - acks,
        "sent_again": _unanswered(stage) - unanswered,
    }


def _unanswered(stage: Stage) -> int:
    return sum(p.unanswered + p.store_downs for p in stage.everybody)
