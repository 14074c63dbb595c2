"""The desk: the single writer of one agency's log.

`act` turns a person's action into stored events; `tick` makes the consequences of time happen;
`run` follows the log, so that several desks may write the same one: `expected_seq` decides, the
loser re-reads and tries again. Nothing is acknowledged before it is on disk, and nobody is told of
anything that is not stored.

Answers of volunteers that wait at the same time are decided one after the other, each on what the
ones before it leave, and stored together: a thousand of them wait for a few turns of the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeVar

import msgspec

from dispatch import actions, rules
from dispatch import events as ev
from dispatch.board import Board, Key, apply
from dispatch.errors import ActionReused, Conflict, Forbidden, Rejected, StoreUnavailable
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
    Role,
    Verdict,
    VolunteerId,
    usable,
)
from dispatch.planner.process import Question
from dispatch.planner.verdict import Fixes, Judge
from dispatch.ports import NO_DIGESTS, ActionRecord, Bus, Clock, EventLog
from dispatch.roster import Roster
from dispatch.rules import Context, Pair
from dispatch.tallies import DeskTally

POLL_S: Final = 2.0
TICK_S: Final = 1.0
MAX_TRIES: Final = 20
MOST_AT_ONCE: Final = 256
A_SLICE: Final = 16
"""So many are decided in a row."""

_NAMES_ONE: Final = (actions.CheckIn, actions.CheckOut, actions.PinPair, actions.ExcludePair)
"""Actions about one person, who must be on the roster."""

A = TypeVar("A")

Witness = Callable[[Sequence[Entry]], None]
"""Told of what this desk has stored, before its board has folded it. It must not raise."""

Found = Literal["start", "bell", "clock", "turn"]
"""What made the desk look for news in the log."""

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


@dataclass(slots=True, kw_only=True, eq=False)
class _Request:
    """An action that waits for its turn, and then what became of it."""

    actor: Actor
    action_id: ActionId
    action: actions.Action
    plan: Plan | None
    digest: str
    mended: tuple[tuple[Line, ...], ...] | None = None
    outcome: Answer | Exception | None = None


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
    witnesses: list[Witness] = field(default_factory=list)
    tally: DeskTally = field(default_factory=DeskTally)
    _waiting: list[_Request] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        """Fold the log up to its head.

        Raises:
            LogCorrupt: the log cannot be folded.
        """
        async with self._lock:
            await self._catch_up("start")

    async def act(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Answer:
        """Carry out an action and return its answer once it is on disk.

        Sending the same action again returns the first answer.

        Raises:
            Rejected, Forbidden: nothing was done.
            ActionReused: that id belongs to another action.
            PlannerUnavailable, SolverFailed, StoreUnavailable: nothing was done.
        """
        mended = _mended(action) if isinstance(action, actions.DrawZone) else None
        await self._check_known(_named(action))
        plan = await self._plan(actor, action_id, action)
        digest = _digest(actor, action)
        request = _Request(
            actor=actor, action_id=action_id, action=action, plan=plan, digest=digest,
            mended=mended,
        )  # fmt: skip
        outcome = await self._turn(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def ask(self, question: Question[A]) -> A:
        """Return what the planner answers about the board as it is now.

        Raises:
            PlannerUnavailable, SolverFailed: no answer.
        """
        async with self._lock:
            await self._catch_up("turn")
        return await self.planner.ask(self.board.seq, self.clock.now(), question)

    async def tick(self) -> int:
        """Store what time alone makes happen; return how many events that was."""
        async with self._lock:
            await self._catch_up("clock")
            now = self.clock.now()
            events = rules.tick(self.board, now)
            if not events:
                return 0
            late_s = [
                (now - self.board.offers[e.offer_id].expires_at).total_seconds()
                for e in events
                if isinstance(e, ev.OfferExpired)
            ]
            action_id = ActionId(f"tick-{self.board.seq + 1}")
            # Another worker's tick may win; its events are ours too.
            with contextlib.suppress(Conflict):
                await self._store(self._entries(SYSTEM, action_id, now, events))
                for seconds in late_s:
                    self.tally.late_s.add(seconds)
            return len(events)

    async def run(self) -> None:
        """Follow the log on the doorbell or every two seconds, and tick every second; forever."""
        await asyncio.gather(self._follow(), self._poll(), self._tick_forever())

    async def _follow(self) -> None:
        async for head in self.bus.subscribe(_topic(self.agency)):
            # Whatever else somebody publishes there is a ring of the bell, too.
            if not head.isdigit() or int(head) > self.board.seq:
                await self._look("bell")

    async def _poll(self) -> None:
        while True:
            await self.clock.sleep(POLL_S)
            await self._look("clock")

    async def _look(self, found: Found) -> None:
        async with self._lock:
            with contextlib.suppress(StoreUnavailable):
                await self._catch_up(found)

    async def _tick_forever(self) -> None:
        while True:
            await self.clock.sleep(TICK_S)
            with contextlib.suppress(StoreUnavailable):
                await self.tick()

    async def _catch_up(self, found: Found) -> None:
        while True:
            batch = await self.log.read(self.agency, self.board.seq)
            if not batch:
                return
            self.tally.followed[found] += len(batch)
            if found in ("bell", "clock"):
                age = self.clock.now() - batch[0].at
                self.tally.followed_s.add(max(0.0, age.total_seconds()))
            self._apply(batch)

    def _apply(self, batch: Sequence[Stored]) -> None:
        keys = [key for stored in batch for key in apply(self.board, stored)]
        for listener in self.listeners:
            listener(self.board.seq, keys)

    async def _plan(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Plan | None:
        """Planning takes up to seconds and so happens before the lock, on the board as it is."""
        if not isinstance(action, actions.MakePlan | actions.MakeWave):
            return None
        if await self.log.find(self.agency, [action_id]):
            return None
        seq, now = self.board.seq, self.clock.now()
        if isinstance(action, actions.MakeWave):
            return await self.planner.plan(seq, now, action.need_ids)
        return await self.planner.plan(seq, now)

    async def _check_known(self, people: Sequence[VolunteerId]) -> None:
        if not people:
            return
        known = set((await asyncio.to_thread(self.rows, people)).ids.tolist())
        unknown = next((v for v in people if v not in known), None)
        if unknown is not None:
            raise Rejected("NOT_FOUND", entity="volunteer", id=unknown)

    async def _turn(self, request: _Request) -> Answer | Exception:
        """Wait until the request is settled: whoever gets the lock settles others' with it."""
        self._waiting.append(request)
        try:
            async with self._lock:
                while request.outcome is None:
                    await self._settle(_together(self._waiting))
        finally:
            if request in self._waiting:
                self._waiting.remove(request)
        return request.outcome

    async def _settle(self, requests: Sequence[_Request]) -> None:
        """Give each request its outcome. What breaks off half-way leaves them all waiting."""
        try:
            outcomes = await self._outcomes(requests)
        except Exception as exc:
            if len(requests) > 1 and not isinstance(exc, StoreUnavailable):
                # One of them is at fault: each for itself, so that it spoils nobody else's.
                for request in requests:
                    await self._settle([request])
                return
            outcomes = [exc] * len(requests)
        for request, outcome in zip(requests, outcomes, strict=True):
            request.outcome = outcome
            self._count(request.action.kind, outcome)
        # Who was cancelled meanwhile does not wait any more.
        self._waiting[:] = [r for r in self._waiting if r.outcome is None]

    def _count(self, kind: str, outcome: Answer | Exception) -> None:
        match outcome:
            case Answer(repeated=repeated):
                word = "repeated" if repeated else "stored"
            case Rejected(code=code):
                word = "refused"
                self.tally.refusals[code] += 1
            case Forbidden() | ActionReused():
                word = "refused"
            case _:
                word = "failed"
        self.tally.actions[kind, word] += 1

    async def _outcomes(self, requests: Sequence[_Request]) -> list[Answer | Exception]:
        digests = {r.action_id: r.digest for r in requests}
        for _ in range(MAX_TRIES):
            async with self.log.turn(self.agency):
                await self._catch_up("turn")
                outcomes, entries = await self._decided(requests)
                try:
                    if entries:
                        await self._store(entries, digests)
                        self.tally.batch.add(len({e.action_id for e in entries}))
                    return outcomes
                except Conflict:
                    self.tally.conflicts += 1
        raise StoreUnavailable("too many writers at once")

    async def _decided(
        self, requests: Sequence[_Request]
    ) -> tuple[list[Answer | Exception], list[Entry]]:
        """Return what becomes of each request once the entries are stored.

        Each is decided on a board on which the ones before it have happened.
        """
        found = await self.log.find(self.agency, [r.action_id for r in requests])
        now = self.clock.now()
        verdicts = await self._verdicts([r for r in requests if r.action_id not in found], now)
        draft = self.board if len(requests) == 1 else self.board.copy()
        outcomes: list[Answer | Exception] = []
        entries: list[Entry] = []
        for n, request in enumerate(requests, start=1):
            if n % A_SLICE == 0:
                # Others get their turn; the lock keeps the board still meanwhile.
                await asyncio.sleep(0)
            record = found.get(request.action_id)
            try:
                if record is not None:
                    outcomes.append(await self._first_answer(request, record))
                    continue
                events = rules.decide(draft, request.action, self._context(request, now, verdicts))
            except Exception as exc:
                outcomes.append(exc)
                continue
            new = self._entries(request.actor, request.action_id, now, events)
            if draft is not self.board:
                for entry in new:
                    apply(draft, placed(entry, draft.seq + 1))
            entries += new
            outcomes.append(Answer(seq=self.board.seq + len(entries), ids=_ids(events)))
        return outcomes, entries

    async def _first_answer(self, request: _Request, record: ActionRecord) -> Answer:
        if record.digest != request.digest:
            raise ActionReused(request.action_id)
        count = record.last_seq - record.first_seq + 1
        stored = await self.log.read(self.agency, record.first_seq - 1, count)
        ids = _ids(tuple(s.event for s in stored))
        return Answer(seq=record.last_seq, ids=ids, repeated=True)

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

    def _context(
        self, request: _Request, now: datetime, verdicts: Mapping[Pair, Verdict]
    ) -> Context:
        site = getattr(request.action, "site", None)
        region = None if site is None else self.index.at(site.lon, site.lat)
        return Context(
            now=now,
            actor=request.actor,
            action_id=request.action_id,
            offer_ttl_s=self.policy.offer_ttl_s,
            verdicts=verdicts,
            regions=self.regions,
            site_region=region,
            mended=request.mended,
            plan=request.plan,
            policies=self._policies(request.action),
        )

    async def _verdicts(self, requests: Sequence[_Request], now: datetime) -> dict[Pair, Verdict]:
        pairs = [p for r in requests for p in rules.pairs_to_judge(self.board, r.action, r.plan)]
        fixes: dict[VolunteerId, Fix] = {}
        stage = Stage.OFFER
        for request in requests:
            if isinstance(request.action, actions.PromiseLater):
                stage = Stage.ACCEPT
            if isinstance(request.action, actions.AcceptOffer):
                stage = Stage.ACCEPT
                fix, person = usable(request.action.fix, now), request.actor.volunteer_id
                if fix is not None and person is not None:
                    fixes[person] = fix
        return await self._judged(pairs, stage, now, fixes)

    async def _judged(
        self, pairs: Sequence[Pair], stage: Stage, now: datetime, fixes: Fixes
    ) -> dict[Pair, Verdict]:
        if not pairs:
            return {}
        people = sorted({v for _, v in pairs})
        # The lock keeps the board still while the thread reads it.
        return await asyncio.to_thread(
            lambda: self.judge(self.board, self.rows(people), pairs, now, stage, fixes)
        )

    def _entries(
        self, actor: Actor, action_id: ActionId, now: datetime, events: rules.Events
    ) -> list[Entry]:
        exercise = self.board.exercise
        return [
            Entry(at=now, actor=actor, action_id=action_id, exercise=exercise, event=event)
            for event in events
        ]

    async def _store(
        self, entries: Sequence[Entry], digests: Mapping[ActionId, str] = NO_DIGESTS
    ) -> None:
        first, began_s = self.board.seq, time.perf_counter()
        await self.log.append(self.agency, entries, first, digests)
        self.tally.append_s.add(time.perf_counter() - began_s)
        self.tally.events += len(entries)
        for witness in self.witnesses:
            witness(entries)
        self._apply([placed(e, first + n) for n, e in enumerate(entries, start=1)])
        await self.bus.publish(_topic(self.agency), str(self.board.seq).encode())


def _together(waiting: Sequence[_Request]) -> list[_Request]:
    """Return the first of those who wait, and after a volunteer the volunteers that follow.

    Only a person's own doings bear on whether they may accept, so answers of different people can
    be judged on one board. What commanders and the system do bears on everybody.
    """
    first, *others = waiting[:MOST_AT_ONCE]
    chosen = {first.actor: first}
    for request in others:
        alone = {first.actor.role, request.actor.role} != {Role.VOLUNTEER}
        if alone or request.actor in chosen:
            break
        chosen[request.actor] = request
    return list(chosen.values())


def _named(action: actions.Action) -> Sequence[VolunteerId]:
    """The people an action names who must be on the roster."""
    if isinstance(action, actions.StartReachTest):
        return action.volunteer_ids
    if isinstance(action, _NAMES_ONE) and action.volunteer_id is not None:
        return [action.volunteer_id]
    return ()


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
            case ev.ReachTestStarted():
                ids["test"] = event.test.id
            case _:
                pass
    return ids
