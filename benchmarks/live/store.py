"""Durable answers per second through the desk: rules, fold and judging included, the disk awaited.

On PostgreSQL two desks in two processes write one log, as two workers do. Beside it the bare rate
of the same store: one row, one commit, again and again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks.figures import Figure, median_of
from benchmarks.live.asked import Asked, asked
from benchmarks.live.children import child
from dispatch import actions as act
from dispatch.agency import load_agency
from dispatch.app import build
from dispatch.model import ActionId, Actor, OfferId, Role
from dispatch.registry.engine import open_engine
from dispatch.settings import Settings
from tests.servers import PostgresServer, postgres_programs

RUNS = 3
WAITING = 200
"""How many answers are under way at a time in each process."""
BARE = 1_000


def sqlite(volunteers: int, answers: int) -> dict[str, Figure]:
    """Return the answers per second of one process on a file."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), planner_process=False)
        offers = asyncio.run(asked(settings, volunteers, answers))
        figure = _measured(settings, offers, 1, 2_000.0)
    return {"answers stored per second, SQLite, one process": figure}


def postgres(volunteers: int, answers: int) -> dict[str, Figure]:
    """Return the answers per second of two processes; nothing where PostgreSQL is not installed."""
    if postgres_programs() is None:
        return {}
    with _postgres() as url, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), planner_process=False, database_url=url)
        offers = asyncio.run(asked(settings, volunteers, answers))
        figure = _measured(settings, offers, 2, 1_500.0)
    return {"answers stored per second, PostgreSQL, two processes": figure}


def _measured(settings: Settings, offers: Sequence[Asked], processes: int, reach: float) -> Figure:
    runs = [asyncio.run(_answered(settings, offers[n::RUNS], processes)) for n in range(RUNS)]
    return median_of(
        runs, "/s", better="higher", reach=reach, peers={"bare inserts": _bare(settings)}
    )


async def _answered(settings: Settings, offers: Sequence[Asked], processes: int) -> float:
    """Let each process answer its part of the offers at the same time; return the rate."""
    async with AsyncExitStack() as running:
        desks = [
            await running.enter_async_context(child("store", settings.data_dir, settings.url))
            for _ in range(processes)
        ]
        for n, desk in enumerate(desks):
            desk.send(json.dumps(offers[n::processes]))
        for desk in desks:
            await desk.answer()
        began = time.perf_counter()
        for desk in desks:
            desk.send("go")
        taken = sum([int((await desk.answer())["taken"]) for desk in desks])
        took_s = time.perf_counter() - began
    assert taken == len(offers), f"{taken} of {len(offers)} answers were taken"
    return taken / took_s


def _bare(settings: Settings) -> float:
    """One row of an answer's size, one commit, through the same engine."""
    engine = open_engine(settings.url)
    table = sa.Table(
        "bare",
        sa.MetaData(),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    table.create(engine)
    body = b"x" * 600
    with engine.connect() as connection:
        began = time.perf_counter()
        for seq in range(BARE):
            connection.execute(sa.insert(table), {"seq": seq, "body": body})
            connection.commit()
        took_s = time.perf_counter() - began
    engine.dispose()
    return BARE / took_s


@contextmanager
def _postgres() -> Iterator[str]:
    server = PostgresServer(fsync=True)
    try:
        server.start()
        yield server.url()
    finally:
        server.remove()


async def _answer(data_dir: Path, url: str) -> None:
    """Be one of the processes: read offers, say ready, wait for the word, accept them all."""
    settings = Settings(data_dir=data_dir, database_url=url, planner_process=False)
    offers = json.loads(sys.stdin.readline())
    app = await build(settings, load_agency(settings.agency_file))
    await app.desk.start()
    print(json.dumps({}), flush=True)
    sys.stdin.readline()
    waiting = iter(offers)

    async def accept_on() -> int:
        taken = 0
        for volunteer_id, offer_id in waiting:
            actor = Actor(role=Role.VOLUNTEER, id=str(volunteer_id))
            action = act.AcceptOffer(offer_id=OfferId(offer_id))
            await app.desk.act(actor, ActionId(f"{volunteer_id}/accept"), action)
            taken += 1
        return taken

    taken = sum(await asyncio.gather(*(accept_on() for _ in range(WAITING))))
    print(json.dumps({"taken": taken}), flush=True)
    app.close()


if __name__ == "__main__":
    asyncio.run(_answer(Path(sys.argv[1]), sys.argv[2]))
