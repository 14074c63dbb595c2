"""A running system, a commander and hundreds of phones that live on it, and what must hold.

Faults are done to a stage. After each, `check` lets the crowd rest and compares what it was told
with the log: every acknowledged action once, every stream complete and in order, every screen as a
fresh one, the invariants of the domain.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dispatch.errors import StoreUnavailable
from dispatch.matching.eligibility import judge
from dispatch.matching.facts import facts_of
from dispatch.matching.policy import MatchPolicy
from dispatch.model import NeedId, Role
from dispatch.registry import access
from dispatch.registry.engine import open_engine
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings
from tests.api.calls import INCIDENT, instant, need_of
from tests.chaos.phones import ANSWER_S, Phone
from tests.chaos.proxy import BadNetwork
from tests.chaos.server import ServerProcess
from tests.chaos.witness import Witness
from tests.servers import PostgresServer, RedisServer

PHONES = 400
TWICE = 0.1
"""How often a phone sends an action twice at once."""
AT_ONCE = 40
"""So many act at once: on a slow machine they wait for each other and not for their answers."""
CREW = 18
"""So many are asked for one need."""
RESENT = 60
FRESH = 40
PATIENCE_S = 120.0
"""Nothing that is waited for takes so long, on a slow and busy machine either."""
STEPS = {"ASSIGNED": "depart", "EN_ROUTE": "arrive", "ON_SCENE": "release", "RELEASED": "home"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How long people felt it, in seconds from when the fault was over.

    `answered_s`: until an action that was made after it was acknowledged; `current_s`: until every
    screen had seen that action's place in the log; `silence_s`: the longest time without any
    acknowledgement, from the beginning of the fault on.
    """

    answered_s: float
    current_s: float
    silence_s: float


@dataclass
class Stage:
    """What the faults are done to."""

    settings: Settings
    server: ServerProcess
    network: BadNetwork
    commander: Phone
    phones: list[Phone]
    luck: random.Random
    witness: Witness
    postgres: PostgresServer | None = None
    redis: RedisServer | None = None
    pace: float = 1.0
    _go: asyncio.Event = field(default_factory=asyncio.Event)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _acting: int = 0
    _asked: int = 0
    _notes: int = 0

    @property
    def everybody(self) -> list[Phone]:
        return [self.commander, *self.phones]

    def acks(self) -> int:
        return sum(len(p.acks) for p in self.everybody)

    def store_downs(self) -> int:
        return sum(p.store_downs for p in self.everybody)

    # What people do

    async def ask(self, share: float) -> None:
        """The commander opens needs and asks people for them who were not asked before: fewer can
        be taken than are asked."""
        asked = self.phones[self._asked : self._asked + max(2, int(share * len(self.phones)))]
        self._asked += len(asked)
        opened = await self.commander.act("incident.open", **(INCIDENT | {"severity": "IV"}))
        assert opened is not None, self.commander.refusals
        for start in range(0, len(asked), CREW):
            await self._ask_for_one(opened["incident"], asked[start : start + CREW])

    async def _ask_for_one(self, incident: str, asked: list[Phone]) -> None:
        most = max(1, len(asked) * 2 // 3)
        heads = {"minimum": 1, "desired": most, "maximum": most}
        # Clocks are set by an hour: no need is over by that.
        lasts = {"deadline_at": instant(4), "ends_at": instant(6)}
        made = await self.commander.act("need.add", **need_of(incident, heads=heads, **lasts))
        assert made is not None, self.commander.refusals
        people = [int(p.ident) for p in asked]
        while (
            await self.commander.act("offer.make", need_id=made["need"], volunteer_ids=people)
            is None
        ):
            refused = self.commander.refusals[-1]
            assert refused["code"] == "NOT_ELIGIBLE", refused
            people.remove(refused["params"]["volunteer"])

    async def note(self) -> int:
        """The commander writes something down; return its place in the log once acknowledged."""
        self._notes += 1
        assert await self.commander.act("note.add", text=f"note {self._notes}") is not None
        return self.commander.acks[-1].seq

    async def live(self, phone: Phone) -> None:
        """Live like a volunteer, for ever."""
        while True:
            await asyncio.sleep(phone.luck.uniform(4, 24) / self.pace)
            async with self._turns:
                await self._go.wait()
                self._acting += 1
                try:
                    await _step(phone)
                finally:
                    self._acting -= 1

    def go(self) -> None:
        self._go.set()

    async def rest(self) -> None:
        """Everybody waits for the answer they wait for, and then does nothing."""
        self._go.clear()
        await until(self._idle, "an action was never answered")

    async def _idle(self) -> bool:
        return self._acting == 0

    # What is measured and checked

    async def recovered(self, began_s: float) -> Recovery:
        """Wait until all is as before; the fault is over now, and began then (monotonic)."""
        over_s = time.monotonic()
        seq = await self.note()
        answered_s = time.monotonic() - over_s
        await self.current(seq)
        current_s = time.monotonic() - over_s
        at_s = sorted(a.at_s for p in self.everybody for a in p.acks if a.at_s >= began_s)
        gaps = (b - a for a, b in zip([began_s, *at_s], at_s, strict=False))
        return Recovery(answered_s=answered_s, current_s=current_s, silence_s=max(gaps))

    async def current(self, seq: int) -> None:
        """Wait until every screen stands at this seq or later."""

        async def all_there() -> bool:
            late = [p for p in self.everybody if (p.screen.seq or 0) < seq]
            await asyncio.gather(*(p.ping() for p in late))
            return not late

        await until(all_there, f"a screen never came to {seq}", 0.25)

    async def check(self) -> None:
        """Let everybody rest, and hold what they were told against the log."""
        await self.rest()
        await until(self._settled, "screens and log do not come together", 0.25)
        await self.witness.check(self.everybody)
        known = [(p, a) for p in self.everybody for a in p.acks]
        late = self.luck.sample(known, min(RESENT, len(known)))
        await asyncio.gather(*(p.resend(a) for p, a in late))
        for phone in self.luck.sample(self.everybody, min(FRESH, len(self.everybody))):
            await until(lambda one=phone: self._as_fresh(one), f"{phone.ident} is not as fresh")
        for phone in self.everybody:
            assert not phone.screen.broken, (phone.ident, phone.screen.broken[:3])
            assert not phone.strange, (phone.ident, phone.strange[:3])
        self.go()

    async def _settled(self) -> bool:
        board = await self.witness.board()
        await self.current(board.seq)
        return all(self.witness.shows(p) for p in self.everybody)

    async def _as_fresh(self, phone: Phone) -> bool:
        fresh = await phone.fresh()
        return _full(fresh.view) == _full(phone.screen.view)

    async def asks(self, path: str) -> tuple[int, str]:
        """What a health page says: (200, "ok"), (200, "degraded") or (503, "STORE_DOWN")."""
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.get(f"{self.server.base}{path}")
        body = answer.json()
        return answer.status_code, body["status"] if "status" in body else body["error"]["code"]

    async def says(self, code: int, word: str) -> None:
        """Wait until the server says that it is so ready."""

        async def true() -> bool:
            return await self.asks("/readyz") == (code, word)

        await until(true, f"the server never says {code} {word}", 0.05)

    async def more_acks(self, count: int) -> None:
        """Wait for so many acknowledgements."""
        wanted = self.acks() + count

        async def true() -> bool:
            return self.acks() >= wanted

        await until(true, "nothing is acknowledged any more", 0.05)

    async def workers_back(self, gone: set[int]) -> None:
        """Wait until there are as many workers as there should be, none of them of these."""

        async def true() -> bool:
            found = set(self.server.workers())
            return len(found) == self.settings.workers and not found & gone

        await until(true, f"no other workers for {gone}", 0.05)


async def until(true: Callable[[], Awaitable[bool]], failure: str, every_s: float = 0.1) -> None:
    """Wait until it is true; what a fault breaks meanwhile counts as not yet."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(httpx.HTTPError, OSError, StoreUnavailable):
                    if await true():
                        return
                await asyncio.sleep(every_s)
    except TimeoutError:
        raise AssertionError(failure) from None


@contextlib.asynccontextmanager
async def staged(
    settings: Settings,
    luck: random.Random,
    phones: int = PHONES,
    postgres: PostgresServer | None = None,
    redis: RedisServer | None = None,
    pace: float = 1.0,
    **environment: str,
) -> AsyncIterator[Stage]:
    """Start everything, with its crowd, for as long as the block lasts; then end it in order."""
    server = ServerProcess(settings, **environment)
    network = BadNetwork(settings.port)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=phones)
    stage: Stage | None = None
    tasks: list[asyncio.Task[None]] = []
    try:
        await server.start()
        async with httpx.AsyncClient(timeout=ANSWER_S, limits=limits) as http:
            jar = cookies(settings, [])
            commander = Phone(server.base, "command", "li", jar["li"], http, luck)
            witness = Witness(settings)
            stage = Stage(
                settings=settings, server=server, network=network, commander=commander, phones=[],
                luck=luck, witness=witness, postgres=postgres, redis=redis, pace=pace,
            )  # fmt: skip
            people = await _eligible(stage, phones)
            jar = cookies(settings, people)
            for n, person in enumerate(people):
                base = network.base if n % 2 else server.base
                own = random.Random(luck.random())
                phone = Phone(base, "phone", str(person), jar[str(person)], http, own, TWICE)
                stage.phones.append(phone)
            live = [_forever(stage.live(p)) for p in stage.phones]
            tasks += live + [_forever(p.watch()) for p in stage.everybody]
            await stage.current(stage.commander.acks[-1].seq)
            stage.go()
            yield stage
            await stage.rest()
            for task in live:
                task.cancel()
            for phone in stage.everybody:
                phone.done = True
                phone.cut()
            await asyncio.gather(*tasks, return_exceptions=True)
            witness.close()
        assert server.stop() in (0, -15)
    except BaseException as exc:
        exc.add_note(f"What the server's processes did:\n{server.dump()}")
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        network.close()
        server.kill()


def _forever(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


async def _step(phone: Phone) -> None:
    """Do what the screen makes one do next."""
    view, luck = phone.screen.view, phone.luck
    for offer in view.get("offer", {}).values():
        if offer["status"] == "OPEN":
            if luck.random() < 0.25:
                await phone.act("offer.decline", offer_id=offer["id"], reason="BUSY")
            else:
                await phone.act("offer.accept", offer_id=offer["id"])
            return
    for task in view.get("assignment", {}).values():
        if task["status"] in STEPS:
            await phone.act(f"assignment.{STEPS[task['status']]}", assignment_id=task["id"])
            return
    if phone.acks and luck.random() < 0.1:
        await phone.resend(luck.choice(phone.acks))
    # Whoever was asked already may well be away; the others can be asked only while they are free.
    asked = bool(view.get("offer"))
    await phone.act("availability.set", available=not asked or luck.random() < 0.5)


def _full(view: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {kind: entities for kind, entities in view.items() if entities}


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


async def _eligible(stage: Stage, count: int) -> list[int]:
    """People who may be offered a need of the kind that `ask` opens, as far as rules go."""
    opened = await stage.commander.act("incident.open", **(INCIDENT | {"severity": "IV"}))
    assert opened is not None
    made = await stage.commander.act("need.add", **need_of(opened["incident"], ends_at=instant(6)))
    assert made is not None
    board = await stage.witness.board()
    engine, now = open_engine(stage.settings.url), datetime.now(UTC)
    roster = load_roster(engine)
    engine.dispose()
    facts = facts_of(board, roster, now)
    need = board.needs[NeedId(made["need"])]
    bits = judge(roster, facts, need, now=now, exercise=False, policy=MatchPolicy())
    found: list[int] = roster.ids[bits == 0].tolist()
    assert len(found) >= count, f"only {len(found)} people are eligible"
    return found[:count]
