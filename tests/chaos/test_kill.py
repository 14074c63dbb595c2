"""200 phones answer while the server is killed ten times: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch import views
from dispatch.board import Board, apply
from dispatch.eventlog import SqlEventLog
from dispatch.matching.eligibility import judge
from dispatch.matching.facts import facts_of
from dispatch.matching.policy import MatchPolicy
from dispatch.model import ACTIVE_ASSIGNMENT, ActionId, AgencyId, NeedId, Role, VolunteerId
from dispatch.registry import access
from dispatch.registry.engine import open_engine
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings
from dispatch.views import COMMANDERS, Audience
from tests.api.calls import INCIDENT, need_of
from tests.chaos.phones import Phone, ServerProcess
from tests.town import make_town

PHONES = 200
NEEDS = 8
MAXIMUM = 12
KILLS = 10
AGENCY = AgencyId("coquimbo")

pytestmark = pytest.mark.crash


def cookies(settings: Settings, people: list[int]) -> dict[str, str]:
    """A session for the commander and each of these people, by subject."""
    engine, now = open_engine(settings.url), datetime.now(UTC)
    names = {Role.COMMANDER: "dispatch_command", Role.VOLUNTEER: "dispatch_phone"}
    made: dict[str, str] = {}
    for role, subject in [(Role.COMMANDER, "li"), *((Role.VOLUNTEER, str(p)) for p in people)]:
        token = access.make_link(engine, role, subject, now, timedelta(hours=1))
        made[subject] = f"{names[role]}={access.use_link(engine, token, now).token}"
    engine.dispose()
    return made


async def eligible_people(
    settings: Settings, commander: Phone, need_id: str, count: int = PHONES
) -> list[int]:
    """People whom the product itself says may be offered this need."""
    board, log, engine = await folded(settings)
    roster = load_roster(engine)
    now = datetime.now(UTC)
    bits = judge(
        roster,
        facts_of(board, roster, now),
        board.needs[NeedId(need_id)],
        now=now,
        exercise=False,
        policy=MatchPolicy(),
    )
    log.close()
    engine.dispose()
    found: list[int] = []
    for volunteer in roster.ids[bits == 0].tolist():
        response = await commander.http.get(
            f"{commander.base}/api/command/explain",
            params={"need_id": need_id, "volunteer_id": volunteer},
            headers={"Cookie": commander.cookie},
        )
        if response.json()["eligible"]:
            found.append(volunteer)
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} people are eligible")


async def answer_and_go(
    phone: Phone, luck: random.Random, over: asyncio.Event, pace: float = 1.0
) -> None:
    """Live like a volunteer until it is over: answer the offer, do the task, change one's mind."""
    while not phone.screen.view.get("offer") and not over.is_set():
        await asyncio.sleep(0.1)
    for offer in list(phone.screen.view.get("offer", {})):
        await asyncio.sleep(luck.uniform(0, 15) / pace)
        if luck.random() < 0.25:
            await phone.act("offer.decline", offer_id=offer, reason="BUSY")
            continue
        ids = await phone.act("offer.accept", offer_id=offer)
        for step in ("depart", "arrive", "release", "home") if ids else ():
            await asyncio.sleep(luck.uniform(0, 8) / pace)
            await phone.act(f"assignment.{step}", assignment_id=ids["assignment"])
    while not over.is_set():
        await asyncio.sleep(luck.uniform(1, 6) / pace)
        await phone.act("availability.set", available=luck.random() < 0.5)


async def open_needs(commander: Phone) -> list[str]:
    opened = await commander.act("incident.open", **(INCIDENT | {"severity": "IV"}))
    assert opened is not None
    heads = {"minimum": 2, "desired": MAXIMUM, "maximum": MAXIMUM}
    needs = []
    for _ in range(NEEDS):
        made = await commander.act("need.add", **need_of(opened["incident"], heads=heads))
        assert made is not None
        needs.append(str(made["need"]))
    return needs


async def folded(settings: Settings) -> tuple[Board, SqlEventLog, Any]:
    engine = open_engine(settings.url)
    log = SqlEventLog(engine)
    board = Board(agency=AGENCY)
    while batch := await log.read(AGENCY, board.seq):
        for stored in batch:
            apply(board, stored)
    return board, log, engine


async def test_ten_kills(tmp_path: Path) -> None:
    settings = make_town(tmp_path / "data")
    server = ServerProcess(settings)
    await server.start()
    over, done = asyncio.Event(), asyncio.Event()
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=200)
    async with httpx.AsyncClient(timeout=15, limits=limits) as http:
        jar = cookies(settings, [])
        commander = Phone(server.base, "command", "li", jar["li"], http)
        needs = await open_needs(commander)
        people = await eligible_people(settings, commander, needs[0])
        jar = cookies(settings, people)
        phones = [Phone(server.base, "phone", str(p), jar[str(p)], http) for p in people]
        watching = [asyncio.create_task(x.watch(done.is_set)) for x in [commander, *phones]]
        share = PHONES // NEEDS
        for n, need in enumerate(needs):
            asked = people[n * share : (n + 1) * share]
            assert await commander.act("offer.make", need_id=need, volunteer_ids=asked)
        luck = random.Random(5)
        living = [
            asyncio.create_task(answer_and_go(x, random.Random(x.ident), over)) for x in phones
        ]
        for _ in range(KILLS):
            await asyncio.sleep(luck.uniform(0.3, 2.5))
            server.kill()
            await server.start()
        await asyncio.sleep(8)
        over.set()
        await asyncio.gather(*living)
        await caught_up(settings, [commander, *phones])
        done.set()
        await asyncio.gather(*watching)
        await check_views(commander, phones)
    # uvicorn stops gracefully and then lets the signal it caught end the process.
    assert server.stop() in (0, -signal.SIGTERM)
    await check_log(settings, [commander, *phones], needs)


async def caught_up(settings: Settings, screens: list[Phone]) -> None:
    """Wait until nothing happens any more and every screen has seen all that concerns it."""
    async with asyncio.timeout(30):
        while True:
            board, log, engine = await folded(settings)
            log.close()
            engine.dispose()
            if all(same(board, screen) for screen in screens):
                return
            await asyncio.sleep(0.5)


def same(board: Board, phone: Phone) -> bool:
    """Whether the screen shows what a fresh view of this board shows."""
    audience = (
        COMMANDERS
        if phone.kind == "command"
        else Audience(volunteer_id=VolunteerId(int(phone.ident)))
    )
    fresh = {
        k: {str(i): e for i, e in v.items()} for k, v in views.snapshot(board, audience).items()
    }
    shown = {k: {str(i): e for i, e in v.items()} for k, v in phone.screen.view.items()}
    return jsoned(fresh) == jsoned(shown)


def jsoned(view: Any) -> Any:
    return json.loads(json.dumps(view))


async def check_views(commander: Phone, phones: list[Phone]) -> None:
    """Every screen that lived through the kills equals a newly opened one."""
    for phone in [commander, *phones]:
        fresh = await phone.fresh()
        shown = {k: v for k, v in phone.screen.view.items() if v}
        assert shown == {k: v for k, v in fresh.view.items() if v}, phone.ident


async def check_log(
    settings: Settings, people: list[Phone], needs: list[str], at_least: int = PHONES // 3
) -> None:
    board, log, engine = await folded(settings)
    acks = [ack for phone in people for ack in phone.acks]
    answers = [a for a in acks if a.kind in ("offer.accept", "offer.decline")]
    assert len(answers) > at_least
    for phone in people:
        role = "commander" if phone.kind == "command" else "volunteer"
        for ack in phone.acks:
            action_id = ActionId(f"{role}:{phone.ident}/{ack.action_id}")
            stored = await log.find(AGENCY, [action_id])
            assert stored or ack.kind == "availability.set", ack
            if ack.kind == "offer.accept":
                assert ack.ids["assignment"] in board.assignments
    for need in needs:
        assert board.heads_taken(need) <= MAXIMUM  # type: ignore[arg-type]
    active = [a for a in board.assignments.values() if a.status in ACTIVE_ASSIGNMENT]
    assert len({a.volunteer_id for a in active}) == len(active)
    assert all(o.cover is not None for o in board.offers.values())
    log.close()
    engine.dispose()
