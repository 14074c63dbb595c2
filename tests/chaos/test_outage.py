"""Two workers on PostgreSQL and Redis; each is taken away while people answer: nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from dispatch.settings import Settings
from tests.chaos.phones import Phone, ServerProcess
from tests.chaos.test_kill import (
    answer_and_go,
    caught_up,
    check_log,
    check_views,
    cookies,
    eligible_people,
    open_needs,
)
from tests.servers import PostgresServer, RedisServer
from tests.town import make_town

pytestmark = pytest.mark.crash

PHONES = 64
PACE = 2.5


async def status(server: ServerProcess) -> tuple[int, str]:
    """What /readyz says: (200, "ok"), (200, "degraded") or (503, "STORE_DOWN")."""
    async with httpx.AsyncClient(timeout=10) as http:
        answer = await http.get(f"{server.base}/readyz")
    body = answer.json()
    return answer.status_code, body["status"] if "status" in body else body["error"]["code"]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if await true():
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)


async def says(server: ServerProcess, code: int, word: str) -> None:
    async def true() -> bool:
        return await status(server) == (code, word)

    await until(true)


async def has_workers(server: ServerProcess, count: int) -> bool:
    return len(server.workers()) == count


async def test_worker_redis_and_database_in_turn(
    tmp_path: Path, own_postgres: PostgresServer, redis_server: RedisServer
) -> None:
    settings = make_town(
        tmp_path / "data",
        database_url=own_postgres.url(),
        redis_url=redis_server.url,
        workers=2,
    )
    server = ServerProcess(settings)
    over, done = asyncio.Event(), asyncio.Event()
    try:
        await server.start()
        await break_everything(settings, server, own_postgres, redis_server, over, done)
    finally:
        # Whoever still lives must end by itself: a failure here must not become a standstill.
        over.set()
        done.set()
        server.kill()


async def break_everything(
    settings: Settings,
    server: ServerProcess,
    own_postgres: PostgresServer,
    redis_server: RedisServer,
    over: asyncio.Event,
    done: asyncio.Event,
) -> None:
    limits = httpx.Limits(max_connections=2 * PHONES)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        commander = Phone(server.base, "command", "li", cookies(settings, [])["li"], http)
        needs = await open_needs(commander)
        people = await eligible_people(settings, commander, needs[0], PHONES)
        jar = cookies(settings, people)
        phones = [Phone(server.base, "phone", str(p), jar[str(p)], http) for p in people]
        watching = [asyncio.create_task(x.watch(done.is_set)) for x in [commander, *phones]]
        share = PHONES // len(needs)
        for n, need in enumerate(needs):
            asked = people[n * share : (n + 1) * share]
            assert await commander.act("offer.make", need_id=need, volunteer_ids=asked)
        living = [
            asyncio.create_task(answer_and_go(x, random.Random(x.ident), over, PACE))
            for x in phones
        ]
        await says(server, 200, "ok")

        os.kill(server.workers()[0], signal.SIGKILL)
        await until(lambda: has_workers(server, 2))

        redis_server.kill()
        await says(server, 200, "degraded")
        answered = len([a for p in phones for a in p.acks])
        await until(lambda: _more_acks(phones, answered + 5))
        redis_server.start()
        await says(server, 200, "ok")

        own_postgres.kill()
        await says(server, 503, "STORE_DOWN")
        own_postgres.start()
        await says(server, 200, "ok")

        redis_server.kill()
        own_postgres.restart()
        os.kill(server.workers()[-1], signal.SIGKILL)
        redis_server.start()
        await until(lambda: has_workers(server, 2))
        await says(server, 200, "ok")

        answered = len([a for p in phones for a in p.acks])
        await until(lambda: _more_acks(phones, answered + 5))
        over.set()
        await asyncio.gather(*living)
        await caught_up(settings, [commander, *phones])
        done.set()
        await asyncio.gather(*watching)
        await check_views(commander, phones)
    assert server.stop() == 0
    await check_log(settings, [commander, *phones], needs, len(phones) // 3)


async def _more_acks(phones: list[Phone], count: int) -> bool:
    return len([a for p in phones for a in p.acks]) >= count
