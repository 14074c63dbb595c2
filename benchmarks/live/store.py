"""Durable answers per second through the desk: rules, fold and judging included, the disk awaited.

`python -m benchmarks live_store`. On PostgreSQL two desks in two processes write one log, as two
workers do. Beside it the bare rate of the same store: one row, one commit, again and again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.figures import Figure, median_of
from dispatch import actions as act
from dispatch.agency import load_agency
from dispatch.app import Application, build, open_store
from dispatch.clock import SystemClock
from dispatch.drills import demo
from dispatch.matching.eligibility import Stage
from dispatch.model import (
    ActionId,
    Actor,
    HazardClass,
    Heads,
    NeedId,
    OfferId,
    RegionCode,
    Role,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    VolunteerId,
)
from dispatch.registry.engine import open_engine
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings
from tests.servers import PostgresServer, postgres_programs

VOLUNTEERS = 40_000
NEEDS = 20
ANSWERS = 4_000
WAITING = 200
"""How many answers are under way at a time in each process."""
BARE = 1_000
COMMANDER = Actor(role=Role.COMMANDER, id="bench")


def run() -> dict[str, Figure]:
    """Return the answers per second on each store that is installed."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), planner_process=False)
        figures["answers stored per second, SQLite, one process"] = _measured(settings, 1, 2_000.0)
    if postgres_programs() is not None:
        with _postgres() as url, tempfile.TemporaryDirectory() as folder:
            settings = Settings(data_dir=Path(folder), planner_process=False, database_url=url)
            figures["answers stored per second, PostgreSQL, two processes"] = _measured(
                settings, 2, 1_500.0
            )
    return figures


def _measured(settings: Settings, processes: int, reach: float) -> Figure:
    offers = asyncio.run(_asked(settings))
    runs = [_answered(settings, part, processes) for part in _parts(offers, 3)]
    return median_of(
        runs, "/s", better="higher", reach=reach, peers={"bare inserts": _bare(settings)}
    )


def _answered(
    settings: Settings, offers: Sequence[tuple[VolunteerId, OfferId]], processes: int
) -> float:
    """Let each process answer its part of the offers at the same time; return the rate."""
    command = [sys.executable, "-m", "benchmarks.live_store", str(settings.data_dir), settings.url]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process, part in zip(started, _parts(offers, processes), strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps(part) + "\n")
        process.stdin.flush()
    for process in started:
        _line(process)
    began = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = sum(int(_line(process)) for process in started)
    took_s = time.perf_counter() - began
    assert taken == len(offers), f"{taken} of {len(offers)} answers were taken"
    for process in started:
        process.communicate()
    return taken / took_s


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _parts(
    offers: Sequence[tuple[VolunteerId, OfferId]], count: int
) -> list[Sequence[tuple[VolunteerId, OfferId]]]:
    return [offers[n::count] for n in range(count)]


async def _asked(settings: Settings) -> list[tuple[VolunteerId, OfferId]]:
    """Make a county, open needs and ask people who may come; return the open offers."""
    agency = load_agency(settings.agency_file)
    engine = open_store(settings)
    home = settings.agency_file.parent
    demo.make_roster(engine, agency, home, VOLUNTEERS, SystemClock(), lambda *_: None)
    engine.dispose()
    app = await build(settings, agency)
    await app.desk.start()
    needs = [await _need(app, n) for n in range(NEEDS)]
    people = await _eligible(app, needs[0])
    share = len(people) // NEEDS
    offers: list[tuple[VolunteerId, OfferId]] = []
    for n, need_id in enumerate(needs):
        asked = people[n * share : (n + 1) * share]
        make = act.MakeOffer(need_id=need_id, volunteer_ids=tuple(asked))
        made = await app.desk.act(COMMANDER, ActionId(f"bench/offers-{n}"), make)
        offers += zip(asked, made.ids["offers"], strict=True)
    app.close()
    return offers


async def _need(app: Application, n: int) -> NeedId:
    opened = await app.desk.act(
        COMMANDER,
        ActionId(f"bench/incident-{n}"),
        act.OpenIncident(
            incident_kind="medical",
            title="Bench",
            site=Site(lon=-71.25, lat=-29.9),
            region=RegionCode(app.agency.regions[-1].code),
            severity=Severity.IV,
            hazard=HazardClass.H0,
        ),
    )
    now = datetime.now(UTC)
    added = await app.desk.act(
        COMMANDER,
        ActionId(f"bench/need-{n}"),
        act.AddNeed(
            incident_id=opened.ids["incident"],
            skill=Skill("LOG"),
            hazard=HazardClass.H0,
            heads=Heads(minimum=1, desired=1_000, maximum=1_000),
            deadline_at=now + timedelta(hours=20),
            ends_at=now + timedelta(hours=22),
            verified=True,
            risk_assessment="dry",
            safety_plan=SafetyPlan(owner="Li", measures="vests"),
            publish=True,
        ),
    )
    return NeedId(added.ids["need"])


async def _eligible(app: Application, need_id: NeedId) -> list[VolunteerId]:
    everybody = [VolunteerId(int(v)) for v in load_roster(app.engine).ids]
    desk, pairs = app.desk, [(need_id, v) for v in everybody]
    rows = desk.rows(everybody)
    verdicts = desk.judge(desk.board, rows, pairs, app.clock.now(), Stage.OFFER, {})
    return [v for _, v in pairs if not verdicts[need_id, v].reasons][:ANSWERS]


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
    print("ready", flush=True)
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

    print(sum(await asyncio.gather(*(accept_on() for _ in range(WAITING)))), flush=True)
    app.close()


if __name__ == "__main__":
    asyncio.run(_answer(Path(sys.argv[1]), sys.argv[2]))
