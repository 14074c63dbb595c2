"""A county's servers as an operator runs them: PostgreSQL, Redis and `dispatch serve`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.live.children import pss_kib
from dispatch.app import open_store
from dispatch.model import Role, VolunteerId, VolunteerStatus
from dispatch.registry import access
from dispatch.registry.engine import writing
from dispatch.registry.tables import access_session, volunteer
from dispatch.settings import Settings
from tests.chaos.server import ServerProcess
from tests.servers import PostgresServer, RedisServer, postgres_programs
from tests.town import make_town


def installed() -> bool:
    """Whether PostgreSQL and Redis are here."""
    return postgres_programs() is not None and shutil.which("redis-server") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What runs. The person with number n, from 1, has the session `token-n`; the commander, who
    has number 0, `token-0`."""

    settings: Settings
    server: ServerProcess
    postgres: PostgresServer
    redis: RedisServer
    people: list[VolunteerId]

    def memory_kib(self) -> int:
        """The memory of all workers together."""
        return sum(pss_kib(worker) for worker in self.server.workers())


@asynccontextmanager
async def stack(volunteers: int, workers: int) -> AsyncIterator[Stack]:
    """Run workers on PostgreSQL, which waits for the disk, and Redis, while the block lasts."""
    with ExitStack() as rest:
        folder = Path(rest.enter_context(TemporaryDirectory()))
        postgres, redis = PostgresServer(fsync=True), RedisServer()
        for one in (postgres, redis):
            rest.callback(one.remove)
            one.start()
        settings = await asyncio.to_thread(
            make_town, folder, volunteers,
            database_url=postgres.url(), redis_url=redis.url, workers=workers,
        )  # fmt: skip
        people = let_in(settings)
        async with serving(settings) as server:
            while len(server.workers()) < workers:  # noqa: ASYNC110 - one was enough to be ready
                await asyncio.sleep(0.1)
            yield Stack(
                settings=settings, server=server, postgres=postgres, redis=redis, people=people
            )


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[ServerProcess]:
    """Run `dispatch serve` while the block lasts; each worker may hold many thousand sockets."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = ServerProcess(settings)
    try:
        await server.start()
        yield server
    finally:
        await asyncio.to_thread(_end, server)


def _end(server: ServerProcess) -> None:
    """Ask it to end, and make sure that nothing under it stays."""
    with ExitStack() as rest:
        held = []
        with contextlib.suppress(OSError):
            held = [os.pidfd_open(pid) for pid in server.children()]
        for handle in held:
            rest.callback(os.close, handle)
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.kill()
        for handle in held:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)


def let_in(settings: Settings) -> list[VolunteerId]:
    """Give everybody on the active roster a session; return them in the order of their numbers."""
    engine = open_store(settings)
    active = volunteer.c.status == VolunteerStatus.ACTIVE
    query = sa.select(volunteer.c.id).where(active).order_by(volunteer.c.id)
    with engine.connect() as connection:
        people = [VolunteerId(v) for v in connection.execute(query).scalars()]
    open_sessions(engine, people)
    engine.dispose()
    return people


def open_sessions(engine: sa.Engine, people: Iterable[int]) -> None:
    """Store the sessions of a commander and of volunteers, numbered from 1."""
    now = datetime.now(UTC)
    who = [(Role.COMMANDER, "bench"), *((Role.VOLUNTEER, str(v)) for v in people)]
    rows = [
        {
            "token_hash": access.digest(f"token-{n}"),
            "role": role,
            "subject": subject,
            "made_at": now,
            "expires_at": now + timedelta(hours=12),
        }
        for n, (role, subject) in enumerate(who)
    ]
    with writing(engine) as connection:
        connection.execute(sa.insert(access_session), rows)
