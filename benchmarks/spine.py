"""The spine: from an opened incident to a phone and back, start, fold and plan at county size."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from socket import socket as Socket
from typing import Any

import httpx
import sqlalchemy as sa
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import greedy
from benchmarks.figures import Figure, median_of, quantile
from benchmarks.town import busy, county, lived
from dispatch.app import open_store
from dispatch.board import Board, apply
from dispatch.events import Stored, decode, encode
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.eligibility import judge
from dispatch.matching.facts import facts_of
from dispatch.matching.policy import MatchPolicy
from dispatch.model import AgencyId, HazardClass, Role, Skill, TravelMode
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.registry import access
from dispatch.registry.snapshot import load_roster
from dispatch.registry.tables import volunteer
from dispatch.roster import MODES
from dispatch.settings import ROOT, Settings

CALLS = 40
STARTS = 5
PLANS = 5
FOLDS = 5
HELLO = json.dumps({"t": "hello", "last_seq": None, "log_id": None})


def run() -> dict[str, Figure]:
    """Return all figures of the spine."""
    with county() as settings:
        port = _free_port()
        settings = settings.model_copy(update={"port": port})
        starts, calls = asyncio.run(_live(settings))
        plans = _plans(settings)
    return {**starts, **calls, **_folds(), **plans}


async def _live(settings: Settings) -> tuple[dict[str, Figure], dict[str, Figure]]:
    seconds = []
    for _ in range(STARTS):
        async with _server(settings) as took_s:
            seconds.append(took_s)
    start = median_of(seconds, "s", reach=10.0)
    async with _server(settings):
        calls = await _calls(settings)
    return {"start with 54,393 volunteers to ready": start}, calls


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[float]:
    """Run `dispatch serve`; yield how long it took to be ready, planner included."""
    env = os.environ | {
        "DISPATCH_DATA_DIR": str(settings.data_dir),
        "DISPATCH_PORT": str(settings.port),
    }
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dispatch", "serve",
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient() as http:
            while not await _ready(http, _base(settings)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
        yield time.perf_counter() - started
    finally:
        process.terminate()
        await process.wait()


async def _ready(http: httpx.AsyncClient, base: str) -> bool:
    with suppress(httpx.HTTPError):
        return (await http.get(f"{base}/readyz")).status_code == 200
    return False


async def _calls(settings: Settings) -> dict[str, Figure]:
    """Open an incident at somebody's door again and again; time the offer and the acceptance."""
    people = _first_aiders(settings)
    cookies = _cookies(settings, [p.id for p in people])
    offered_s, accepted_s = [], []
    base = _base(settings)
    async with (
        httpx.AsyncClient(base_url=base, headers={"Origin": base}, timeout=60) as http,
        _live_socket(settings, "command", cookies["bench"]) as screen,
    ):
        for person in people:
            desk = _Desk(http, cookies["bench"])
            async with _live_socket(settings, "phone", cookies[str(person.id)]) as phone:
                await desk.act("duty.check_in", volunteer_id=person.id, fix=_door(person))
                began = time.perf_counter()
                incident = await desk.open_and_dispatch(person)
                chosen = await _upsert(screen, "offer", status="OPEN")
                if chosen["volunteer_id"] != person.id:
                    await desk.close(incident)
                    continue
                offer = await _upsert(phone, "offer")
                offered_s.append(time.perf_counter() - began)
                began = time.perf_counter()
                hand = _Desk(http, cookies[str(person.id)], "phone")
                reply = asyncio.create_task(hand.act("offer.accept", offer_id=offer["id"]))
                await _upsert(screen, "assignment")
                accepted_s.append(time.perf_counter() - began)
                await reply
    return {
        "incident opened to offer frame, p50": median_of(offered_s, "s"),
        "incident opened to offer frame, p99": Figure(
            value=quantile(offered_s, 0.99), unit="s", runs=offered_s, reach=2.0
        ),
        "accept to commander map, p50": median_of(
            accepted_s, "s", peers={"TicketsCAD per action, published": 0.04}
        ),
        "accept to commander map, p99": Figure(
            value=quantile(accepted_s, 0.99), unit="s", runs=accepted_s, reach=1.0
        ),
    }


class _Desk:
    """Actions of one person over one HTTP client."""

    _count = 0

    def __init__(self, http: httpx.AsyncClient, cookie: str, kind: str = "command") -> None:
        self._http, self._cookie, self._kind, self.seq = http, cookie, kind, 0

    async def open_and_dispatch(self, person: Any) -> str:
        now = datetime.now(UTC)
        opened = await self.act(
            "incident.open",
            incident_kind="medical",
            title="Bench",
            site={"lon": person.home_lon, "lat": person.home_lat},
            region=person.region,
            severity="I",
            hazard="H1",
        )
        await self.act(
            "need.add",
            incident_id=opened["incident"],
            skill="MED-1",
            heads={"minimum": 1, "desired": 1, "maximum": 1},
            deadline_at=(now + timedelta(hours=1)).isoformat(),
            ends_at=(now + timedelta(hours=2)).isoformat(),
            verified=True,
            publish=True,
        )
        plan = await self.act("plan.make")
        await self.act("plan.dispatch", plan_id=plan["plan"])
        return str(opened["incident"])

    async def close(self, incident: str) -> None:
        seq = self.seq
        await self.act("incident.close", incident_id=incident, seen_seq=seq, reason="neighbour")

    async def act(self, kind: str, **fields: Any) -> dict[str, Any]:
        _Desk._count += 1
        body = {"action_id": f"bench-{_Desk._count:06}", "action": {"kind": kind, **fields}}
        path = f"/api/{self._kind}/actions"
        answer = await self._http.post(path, json=body, headers={"Cookie": self._cookie})
        answer.raise_for_status()
        self.seq = int(answer.json()["seq"])
        ids: dict[str, Any] = answer.json()["ids"]
        return ids


def _door(person: Any) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {"lon": person.home_lon, "lat": person.home_lat, "accuracy_m": 5, "taken_at": at}


@asynccontextmanager
async def _live_socket(
    settings: Settings, kind: str, cookie: str
) -> AsyncIterator[ClientConnection]:
    base = _base(settings)
    async with connect(
        f"{base.replace('http', 'ws')}/ws/{kind}",
        origin=base,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
        max_size=2**26,
    ) as socket:
        await socket.send(HELLO)
        await socket.recv()
        yield socket


async def _upsert(socket: ClientConnection, kind: str, status: str | None = None) -> dict[str, Any]:
    """Return the next entity of that kind, and status if given, that the wire brings."""
    async with asyncio.timeout(30):
        while True:
            frame = json.loads(await socket.recv())
            for entity in frame.get("upserts", {}).get(kind, ()):
                if status is None or entity["status"] == status:
                    return dict(entity)


def _first_aiders(settings: Settings) -> list[Any]:
    """People whom a plan must choose at their own door: eligible, quick to leave, one a house."""
    engine, now = open_store(settings), datetime.now(UTC)
    roster, played = load_roster(engine), busy(1)
    asked = next(iter(played.board.needs.values()))
    sample = replace(asked, skill=Skill("MED-1"), hazard=HazardClass.H1)
    facts = facts_of(played.board, roster, now)
    policy = MatchPolicy()
    mine = judge(roster, facts, sample, now=now, exercise=False, policy=policy) == 0
    drives = roster.mode == MODES.index(TravelMode.CAR)
    able = roster.ids[mine & drives & (roster.turnout_s < 90)].tolist()
    v = volunteer.c
    query = sa.select(v.id, v.home_lon, v.home_lat, v.region).where(v.id.in_(able)).order_by(v.id)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    engine.dispose()
    return list(rows)[:CALLS]


def _cookies(settings: Settings, people: list[int]) -> dict[str, str]:
    engine, now = open_store(settings), datetime.now(UTC)
    made = {}
    for role, subject, name in [
        (Role.COMMANDER, "bench", "dispatch_command"),
        *((Role.VOLUNTEER, str(p), "dispatch_phone") for p in people),
    ]:
        token = access.make_link(engine, role, subject, now, timedelta(hours=1))
        made[subject] = f"{name}={access.use_link(engine, token, now).token}"
    engine.dispose()
    return made


def _folds() -> dict[str, Figure]:
    """Fold a log in which some 2,000 people were asked, came, worked and went home."""
    stored = lived(200).stored
    written = [(s, encode(s.event)) for s in stored]
    from_memory, from_json = [], []
    for _ in range(FOLDS):
        began = time.perf_counter()
        _fold(stored)
        from_memory.append(len(stored) / (time.perf_counter() - began))
        began = time.perf_counter()
        _fold([replace(s, event=decode(*row)) for s, row in written])
        from_json.append(len(stored) / (time.perf_counter() - began))
    return {
        "fold": median_of(from_memory, "events/s", better="higher"),
        "decode and fold": median_of(from_json, "events/s", better="higher"),
    }


def _fold(stored: list[Stored]) -> None:
    board = Board(agency=AgencyId("coquimbo"))
    for one in stored:
        apply(board, one)


def _plans(settings: Settings) -> dict[str, Figure]:
    """Plan 200 incidents with the whole roster; the peer fills the same needs greedily."""
    engine = open_store(settings)
    roster = load_roster(engine)
    engine.dispose()
    router = RoadRouter(RoadGraph.load(settings.agency_file.parent / "roads"))
    board, now = busy(200).board, datetime.now(UTC)
    exactly = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
    cold_s: list[float] = []
    warm_s: list[float] = []
    plan = None
    for _ in range(PLANS):
        router = RoadRouter(router.graph)
        planner = Planner(roster=roster, router=router, policy=MatchPolicy(), asking=exactly)
        for seconds in (cold_s, warm_s):
            began = time.perf_counter()
            plan = planner.plan(board, now)
            seconds.append(time.perf_counter() - began)
    made = planner.round(board, now)
    assert plan is not None
    assert made is not None
    _, problem, _ = made
    needs, heads = len(plan.need_ids), sum(f.open for f in plan.fills)
    began = time.perf_counter()
    greedy_s, greedy_empty = greedy.fill(problem)
    greedy_took_s = time.perf_counter() - began
    empty = sum(s.missing for s in plan.shortfalls)
    name = f"{needs} needs, {heads} heads"
    return {
        f"plan of 200 incidents ({name}), from nothing": median_of(cold_s, "s"),
        "plan of 200 incidents again": median_of(
            warm_s, "s", peers={"greedy, its travel times given": greedy_took_s}
        ),
        "proven gap": Figure(value=plan.gap, unit="", runs=[plan.gap], reach=0.0),
        "objective": Figure(
            value=plan.objective_s, unit="s", runs=[plan.objective_s], peers={"greedy": greedy_s}
        ),
        "empty heads": Figure(
            value=empty, unit="heads", runs=[empty], peers={"greedy": greedy_empty}
        ),
    }


def _base(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def _free_port() -> int:
    with Socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
