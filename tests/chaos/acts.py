"""Which faults are done to which system, in which order: the same for the ordinary tests, which do
some of them once, and for `make chaos`, which does all of them again and again."""

from __future__ import annotations

import functools
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from tests.chaos import faults
from tests.chaos.disk import MB, small_disk
from tests.chaos.faults import Fault
from tests.chaos.stage import Stage, staged
from tests.servers import PostgresServer, RedisServer
from tests.town import make_town

PEOPLE = 4_500
"""So many are on the roster that enough of them can be asked."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")

_WORKERS = [
    Fault(name="worker killed", do=faults.worker_killed),
    Fault(name="Redis killed", do=faults.redis_killed),
    Fault(name="PostgreSQL killed", do=faults.postgres_killed),
    Fault(name="PostgreSQL restarted", do=faults.postgres_restarted),
    Fault(name="all killed at once", do=faults.everything_killed),
    Fault(name="connections reset", do=faults.connections_reset),
    Fault(name="network away", do=faults.network_away),
    Fault(name="network silent", do=faults.network_silent),
    Fault(name="network slow", do=faults.network_slow),
    Fault(name="planner killed", do=faults.planner_killed),
    Fault(name="planner frozen", do=faults.planner_frozen),
    Fault(name="worker frozen", do=faults.worker_frozen),
    Fault(name="workers stutter", do=faults.workers_stutter),
    Fault(name="Redis frozen", do=faults.redis_frozen),
    Fault(name="PostgreSQL frozen", do=faults.postgres_frozen),
    Fault(name="PostgreSQL away for long", do=faults.database_away_for_long),
    Fault(name="supervisor killed", do=faults.server_killed),
]
_ONE = [
    Fault(name="server killed", do=faults.server_killed),
    Fault(name="planner killed", do=faults.planner_killed),
    Fault(name="connections reset", do=faults.connections_reset),
]

Opened = tuple[Stage, Sequence[Fault]]
Act = Callable[[Path, random.Random], AbstractAsyncContextManager[Opened]]
Result = dict[str, Any]
Tell = Callable[[Result], None]


@asynccontextmanager
async def workers(folder: Path, luck: random.Random) -> AsyncIterator[Opened]:
    """Two workers on PostgreSQL and Redis, behind a network."""
    with servers() as (postgres, redis):
        settings = make_town(
            folder / "data", PEOPLE, database_url=postgres.url(), redis_url=redis.url, workers=2
        )
        async with staged(settings, luck, postgres=postgres, redis=redis) as stage:
            yield stage, _WORKERS


@asynccontextmanager
async def clocks(folder: Path, luck: random.Random) -> AsyncIterator[Opened]:
    """The same, with a clock that can be set."""
    told = folder / "clock"

    def clock(by_s: int) -> None:
        fresh = told.with_suffix(".new")
        fresh.write_text(f"{by_s:+d}\n")
        fresh.replace(told)

    folder.mkdir(exist_ok=True)
    clock(0)
    faked = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    hour = 3_600
    with servers() as (postgres, redis):
        settings = make_town(
            folder / "data", PEOPLE, database_url=postgres.url(), redis_url=redis.url, workers=2
        )
        async with staged(settings, luck, postgres=postgres, redis=redis, **faked) as stage:
            yield (
                stage,
                [
                    Fault(name="clock set an hour on", do=faults.clock_set(hour, clock)),
                    Fault(name="clock set two hours back", do=faults.clock_set(-hour, clock)),
                    Fault(name="clock put right", do=faults.clock_set(0, clock)),
                ],
            )


@asynccontextmanager
async def one_process(folder: Path, luck: random.Random) -> AsyncIterator[Opened]:
    """One process on SQLite, on a small disk."""
    family: list[int] = []
    folder.mkdir(exist_ok=True)
    with small_disk(folder / "disk", 40 * MB, lambda: family) as disk:
        settings = make_town(disk.folder / "data", PEOPLE)
        async with staged(settings, luck) as stage:
            family += stage.server.workers()
            full = functools.partial(faults.disk_full, disk=disk)
            yield stage, [Fault(name="disk full (SQLite)", do=full), *_ONE]


@asynccontextmanager
async def small_postgres(folder: Path, luck: random.Random) -> AsyncIterator[Opened]:
    """Two workers on a PostgreSQL whose folder is on a small disk."""
    running: list[PostgresServer] = []
    folder.mkdir(exist_ok=True)

    def family() -> list[int]:
        return [pid for server in running for pid in server.family()]

    with (
        _open_folder() as place,
        small_disk(place / "disk", 200 * MB, family) as disk,
        servers(disk.folder) as (postgres, redis),
    ):
        running.append(postgres)
        settings = make_town(
            folder / "data", PEOPLE, database_url=postgres.url(), redis_url=redis.url, workers=2
        )
        full = functools.partial(faults.disk_full, disk=disk)
        async with staged(settings, luck, postgres=postgres, redis=redis) as stage:
            yield stage, [Fault(name="disk full (PostgreSQL)", do=full)]


ACTS: dict[str, Act] = {
    "workers": workers,
    "one process": one_process,
    "small PostgreSQL": small_postgres,
    "clocks": clocks,
}


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder that the user of PostgreSQL can get through."""
    with tempfile.TemporaryDirectory(prefix="dispatch-disk-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def servers(place: Path | None = None) -> Iterator[tuple[PostgresServer, RedisServer]]:
    """PostgreSQL, with its folder in that place, and Redis."""
    postgres = PostgresServer(place=place)
    try:
        redis = RedisServer()
        try:
            postgres.start()
            redis.start()
            yield postgres, redis
        finally:
            redis.remove()
    finally:
        postgres.remove()


async def play(
    act: Act, folder: Path, luck: random.Random, tell: Tell, only: set[str] | None = None
) -> None:
    """Do the act's faults, or `only` some of them, in order; tell what each cost."""
    async with act(folder, luck) as (stage, found):
        chosen = [f for f in found if only is None or f.name in only]
        for fault in chosen:
            cost = await faults.done(stage, fault, 1 / len(chosen))
            tell({"fault": fault.name} | cost)
