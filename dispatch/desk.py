"""The desk: the single writer of one agency's log.

`act` turns a person's action into stored events; `tick` makes the consequences of time happen;
`run` follows the log, so that several desks may write the same one: `expected_seq` decides, the
loser re-reads and tries again. Nothing is acknowledged before it is on disk, and nobody is told of
anything that is not stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import msgspec

from dispatch import actions, rules
from dispatch import events as ev
from dispatch.board import Board, Key, apply
from dispatch.errors import ActionReused, Conflict, Rejected, StoreUnavailable
from dispatch.events import Entry, Stored, placed
from dispatch.geo import zones
from dispatch.geo.regions import RegionIndex
from dispatch.matching.alerting import AlertPolicy, plain, policy_of
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.eligibility import Stage
from dispatch.matching.policy import MatchPolicy
from dispatch.model import (
    SYSTEM,
    ActionId,
    Actor,
    AgencyId,
    Fix,
    Line,
    NeedId,
    Plan,
    RegionCode,
    Verdict,
    VolunteerId,
    usable,
)
from dispatch.planner.process import Question
from dispatch.planner.verdict import Judge
from dispatch.ports import Bus, Clock, EventLog
from dispatch.roster import Roster
from dispatch.rules import Context, Pair

POLL_S: Final = 2.0
TICK_S: Final = 1.0
MAX_TRIES: Final = 20

_NAMES_ONE: Final = (actions.CheckIn, actions.CheckOut, actions.PinPair, actions.ExcludePair)
"""Actions about one person, who must be on the roster."""

A = TypeVar("A")

Listener = Callable[[int, Sequence[Key]], None]
"""Called after the board moved: its new seq, and the keys touched since the last call."""


class PlannerPort(Protocol):
    """Where plans come from: a process of its own, or this one."""

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """Return the best plan for the board at `seq` or later, for all open needs or `only` these;
        None when nothing is open.

        Raises:
            PlannerUnavailable, SolverFailed: no plan.
        """
        ...

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """Return the answer to a question about the board at `seq` or later.

        Raises:
            PlannerUnavailable, SolverFailed: no answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an action did: the log position after it and the ids of what it made."""

    seq: int
    ids: Mapping[str, Any] = field(default_factory=dict)
    repeated: bool = False


@dataclass(slots=True, kw_only=True)
class Desk:
    """One agency's writer, follower and clockwork."""

    agency: AgencyId
    log: EventLog
    bus: Bus
    clock: Clock
    planner: PlannerPort
    judge: Judge
    rows: Callable[[Sequence[VolunteerId]], Roster]
    regions: frozenset[RegionCode]
    index: RegionIndex = field(default_factory=RegionIndex)
    policy: MatchPolicy
    board: Board
    book: AlertBook = field(default_factory=AlertBook)
    listeners: list[Listener] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Fold the log up to its head.

        Raises:
            LogCorrupt: the log cannot be folded.
        """
        async with self._lock:
            await self._catch_up()

    async def act(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Answer:
        """Carry out an action and return its answer once it is on disk.

        Sending the same action again returns the first answer.

        Raises:
            Rejected, Forbidden: nothing was done.
            ActionReused: that id belongs to another action.
            PlannerUnavailable, SolverFailed, StoreUnavailable: nothing was done.
        """
        mended = _mended(action) if isinstance(action, actions.DrawZone) else None
        if isinstance(action, _NAMES_ONE):
            await self._check_known(action.volunteer_id)
        digest = _digest(actor, action)
        plan = await self._plan(actor, action_id, action)
        for _ in range(MAX_TRIES):
            async with self._lock:
                await self._catch_up()
                earlier = await self._first_answer(action_id, digest)
                if earlier is not None:
                    return earlier
                context = await self._context(actor, action_id, action, plan)
                context = replace(context, mended=mended)
                events = rules.decide(self.board, action, context)
                with contextlib.suppress(Conflict):
                    return await self._store(context, events, digest)
        raise StoreUnavailable("too many writers at once")

    async def ask(self, question: Question[A]) -> A:
        """Return what the planner answers about the board as it is now.

        Raises:
            PlannerUnavailable, SolverFailed: no answer.
        """
        async with self._lock:
            await self._catch_up()
        return await self.planner.ask(self.board.seq, self.clock.now(), question)

    async def tick(self) -> int:
        """Store what time alone makes happen; return how many events that was."""
        async with self._lock:
            await self._catch_up()
            now = self.clock.now()
            events = rules.tick(self.board, now)
            if not events:
                return 0
            action_id = ActionId(f"tick-{self.board.seq + 1}")
            context = self._bare_context(SYSTEM, action_id, now)
            # Another worker's tick may win; its events are ours too.
            with contextlib.suppress(Conflict):
                await self._store(context, events, "")
            return len(events)

    async def run(self) -> None:
        """Follow the log on the doorbell or every two seconds, and tick every second; forever."""
        await asyncio.gather(self._follow(), self._poll(), self._tick_forever())

    async def _follow(self) -> None:
        async for _ in self.bus.subscribe(_topic(self.agency)):
            await self._look()

    async def _poll(self) -> None:
        while True:
            await self.clock.sleep(POLL_S)
            await self._look()

    async def _look(self) -> None:
        async with self._lock:
            with contextlib.suppress(StoreUnavailable):
                await self._catch_up()

    async def _tick_forever(self) -> None:
        while True:
            await self.clock.sleep(TICK_S)
            with contextlib.suppress(StoreUnavailable):
                await self.tick()

    async def _catch_up(self) -> None:
        while True:
            batch = await self.log.read(self.agency, self.board.seq)
            if not batch:
                return
            self._apply(batch)

    def _apply(self, batch: Sequence[Stored]) -> None:
        keys = [key for stored in batch for key in apply(self.board, stored)]
        for listener in self.listeners:
            listener(self.board.seq, keys)

    async def _plan(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Plan | None:
        """Planning takes up to seconds and so happens before the lock, on the board as it is."""
        if not isinstance(action, actions.MakePlan | actions.MakeWave):
            return None
        if await self.log.find(self.agency, action_id) is not None:
            return None
        seq, now = self.board.seq, self.clock.now()
        if isinstance(action, actions.MakeWave):
            return await self.planner.plan(seq, now, action.need_ids)
        return await self.planner.plan(seq, now)

    async def _check_known(self, volunteer_id: VolunteerId | None) -> None:
        if volunteer_id is None or len(await asyncio.to_thread(self.rows, [volunteer_id])):
            return
        raise Rejected("NOT_FOUND", entity="volunteer", id=volunteer_id)

    async def _first_answer(self, action_id: ActionId, digest: str) -> Answer | None:
        record = await self.log.find(self.agency, action_id)
        if record is None:
            return None
        if record.digest != digest:
            raise ActionReused(action_id)
        count = record.last_seq - record.first_seq + 1
        stored = await self.log.read(self.agency, record.first_seq - 1, count)
        ids = _ids(tuple(s.event for s in stored))
        return Answer(seq=record.last_seq, ids=ids, repeated=True)

    async def _context(
        self, actor: Actor, action_id: ActionId, action: actions.Action, plan: Plan | None
    ) -> Context:
        now = self.clock.now()
        verdicts = await self._verdicts(action, now, plan)
        context = self._bare_context(actor, action_id, now, verdicts, plan)
        site = getattr(action, "site", None)
        region = None if site is None else self.index.at(site.lon, site.lat)
        return replace(context, policies=self._policies(action), site_region=region)

    def _policies(self, action: actions.Action) -> dict[NeedId, Mapping[str, Any]]:
        """How the desk would ask people by itself for the needs that the action may start."""
        match action:
            case actions.StartAlerting():
                needs, asked = action.need_ids, action.policy
            case actions.DispatchPlan() if action.plan_id in self.board.plans:
                needs, asked = self.board.plans[action.plan_id].need_ids, None
            case _:
                return {}
        given = None if asked is None else _policy(asked)
        known = [self.board.needs[n] for n in needs if n in self.board.needs]
        return {n.id: plain(given or self.book.policy_for(self.board, n)) for n in known}

    def _bare_context(
        self,
        actor: Actor,
        action_id: ActionId,
        now: datetime,
        verdicts: Mapping[Pair, Verdict] | None = None,
        plan: Plan | None = None,
    ) -> Context:
        return Context(
            now=now,
            actor=actor,
            action_id=action_id,
            offer_ttl_s=self.policy.offer_ttl_s,
            verdicts=verdicts or {},
            regions=self.regions,
            plan=plan,
        )

    async def _verdicts(
        self, action: actions.Action, now: datetime, plan: Plan | None
    ) -> dict[Pair, Verdict]:
        pairs = rules.pairs_to_judge(self.board, action, plan)
        accepting = isinstance(action, actions.AcceptOffer)
        stage = Stage.ACCEPT if accepting else Stage.OFFER
        fix = usable(action.fix, now) if isinstance(action, actions.AcceptOffer) else None
        return await self._judged(pairs, stage, now, fix)

    async def _judged(
        self, pairs: Sequence[Pair], stage: Stage, now: datetime, fix: Fix | None
    ) -> dict[Pair, Verdict]:
        if not pairs:
            return {}
        people = sorted({v for _, v in pairs})
        # The lock keeps the board still while the thread reads it.
        return await asyncio.to_thread(
            lambda: self.judge(self.board, self.rows(people), pairs, now, stage, fix)
        )

    async def _store(self, context: Context, events: rules.Events, digest: str) -> Answer:
        if not events:
            return Answer(seq=self.board.seq)
        entries = [
            Entry(
                at=context.now,
                actor=context.actor,
                action_id=context.action_id,
                exercise=self.board.exercise,
                event=event,
            )
            for event in events
        ]
        first = self.board.seq
        await self.log.append(self.agency, entries, first, digest)
        self._apply([placed(e, first + n) for n, e in enumerate(entries, start=1)])
        await self.bus.publish(_topic(self.agency), str(self.board.seq).encode())
        return Answer(seq=self.board.seq, ids=_ids(events))


def _topic(agency: AgencyId) -> str:
    return f"log/{agency}"


def _digest(actor: Actor, action: actions.Action) -> str:
    body = msgspec.json.encode([actor, action], order="deterministic")
    return hashlib.sha256(body).hexdigest()


def _mended(action: actions.DrawZone) -> tuple[tuple[Line, ...], ...] | None:
    """The parts of an outline that crossed itself, put right; None for one that does not."""
    parts, mended = zones.repaired(action.form, action.parts)
    problem = zones.zone_problem(action.form, parts, action.radius_m)
    if problem is not None:
        raise Rejected("BAD_ZONE", problem=problem)
    return parts if mended else None


def _policy(values: Mapping[str, Any]) -> AlertPolicy:
    try:
        return policy_of(values)
    except ValueError as exc:
        raise Rejected("BAD_ALERT_POLICY", problem=str(exc)) from None


def _ids(events: rules.Events) -> dict[str, Any]:
    """The ids an action made, by kind; offers as a list."""
    ids: dict[str, Any] = {}
    for event in events:
        match event:
            case ev.IncidentOpened():
                ids["incident"] = event.incident.id
            case ev.NeedAdded():
                ids["need"] = event.need.id
            case ev.PlanMade():
                ids["plan"] = event.plan.id
            case ev.ZoneDrawn():
                ids["zone"] = event.zone.id
            case ev.OfferMade():
                ids.setdefault("offers", []).append(event.offer_id)
            case ev.OfferAccepted():
                ids["assignment"] = event.assignment_id
            case _:
                pass
    return ids
