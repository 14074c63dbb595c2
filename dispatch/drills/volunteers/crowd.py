"""Simulated volunteers: they answer offers and do what they accepted, through the real desk.

What each does follows from the seed, the person and the occasion (see `luck`), never from the order
in which things are looked at, so the same seed gives the same people. The crowd hears of changes
as a screen does and keeps a calendar of what its people will do; after a restart `start` writes the
calendar anew from the board.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, Protocol

from dispatch import actions as act
from dispatch.board import Board, Key
from dispatch.desk import Answer, Listener
from dispatch.drills.volunteers.answers import Answers, Fate, Reply
from dispatch.drills.volunteers.habits import Habits
from dispatch.drills.volunteers.tasks import Step, Tasks
from dispatch.drills.volunteers.ways import Way, way_of
from dispatch.errors import Forbidden, Rejected, StoreUnavailable
from dispatch.model import (
    ActionId,
    Actor,
    Assignment,
    AssignmentId,
    AssignmentStatus,
    Fix,
    Offer,
    OfferId,
    Role,
    Site,
    VolunteerId,
)
from dispatch.ports import Clock, Router
from dispatch.roster import Roster

LOOK_EVERY_S: Final = 0.5
RETRY_S: Final = 15
"""How soon a phone that got no answer sends again."""
AT_ONCE: Final = 32
"""From so many people on who act at one instant, they act together: the desk stores them so."""


class Reached(Protocol):
    """The desk as people's phones reach it."""

    board: Board
    listeners: list[Listener]

    @property
    def rows(self) -> Callable[[Sequence[VolunteerId]], Roster]: ...

    async def act(self, actor: Actor, action_id: ActionId, action: act.Action) -> Answer: ...


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """Something a person will do at an instant. `what` does not count for the order."""

    at: datetime
    person: VolunteerId
    name: str
    what: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Gets:
    """An offer comes up on the phone."""

    offer_id: OfferId
    reply: Reply


@dataclass(frozen=True, slots=True)
class _Answers:
    """They answer it, or stand there without having done so."""

    offer_id: OfferId
    reply: Reply


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Everybody who is not in `real`, living on one desk.

    `moved` is told where people on their way are; without it nobody is followed. `turned_away`
    counts people who came without having answered and found the offer gone; `refused` what the desk
    refused, by code.
    """

    desk: Reached
    router: Router
    clock: Clock
    seed: int
    habits: Habits
    zone: tzinfo = UTC
    moved: Callable[[VolunteerId, Fix], None] | None = None
    real: frozenset[VolunteerId] = frozenset()
    refused: Counter[str] = field(default_factory=Counter)
    turned_away: list[OfferId] = field(default_factory=list)
    _answers: Answers = field(init=False)
    _tasks: Tasks = field(init=False)
    _calendar: list[_Due] = field(default_factory=list)
    _new: dict[OfferId, None] = field(default_factory=dict)
    _known: set[OfferId] = field(default_factory=set)
    _standing: dict[AssignmentId, AssignmentStatus] = field(default_factory=dict)
    _came: set[OfferId] = field(default_factory=set)
    _lost: dict[str, Callable[[float, float], bool]] = field(default_factory=dict)
    _parked: list[_Due] = field(default_factory=list)
    _ways: dict[AssignmentId, Way] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._answers = Answers(seed=self.seed, habits=self.habits, zone=self.zone)
        self._tasks = Tasks(seed=self.seed, habits=self.habits)

    def start(self) -> None:
        """Take up everything on the board, and hear of changes from now on."""
        board = self.desk.board
        offers = (("offer", o) for o in sorted(board.open_offers))
        assignments = (("assignment", a) for a in sorted(board.assignments))
        self.noticed(board.seq, [*offers, *assignments])
        self.desk.listeners.append(self.noticed)

    def stop(self) -> None:
        """Hear of nothing any more."""
        self.desk.listeners.remove(self.noticed)

    async def run(self) -> None:
        """Live; forever."""
        self.start()
        while True:
            await self.look()
            await self.clock.sleep(LOOK_EVERY_S)

    def noticed(self, seq: int, keys: Sequence[Key]) -> None:
        """Plan what people will do about what has changed."""
        board = self.desk.board
        for kind, ident in keys:
            if kind == "offer" and ident in board.open_offers and ident not in self._known:
                if board.offers[ident].volunteer_id not in self.real:
                    self._known.add(ident)
                    self._new[ident] = None
            elif kind == "assignment":
                self._stands(board.assignments[ident])

    def next_at(self) -> datetime | None:
        """Return when somebody does something next; None while nobody has anything to do."""
        if self._new:
            return self.clock.now()
        return self._calendar[0].at if self._calendar else None

    async def look(self) -> None:
        """Do everything that has come due."""
        await self._take_in()
        now = self.clock.now()
        while self._calendar and self._calendar[0].at <= now:
            await self._do_all(self._take_due(now))
            await self._take_in()
        if self.moved is not None:
            for assignment in self._on_the_way():
                await self._drive(assignment, now)

    def plan(self, at: datetime, person: VolunteerId, name: str, action: act.Action) -> None:
        """Have somebody do something at an instant; `name` tells it from their other doings."""
        heapq.heappush(self._calendar, _Due(at, person, name, action))

    def lose_cell(self, name: str, holds: Callable[[float, float], bool]) -> None:
        """From now on nothing reaches phones in an area, and nothing comes from them."""
        self._lost[name] = holds

    def restore_cell(self, name: str) -> None:
        """Whatever waited there goes its way now."""
        self._lost.pop(name, None)
        now, parked = self.clock.now(), self._parked
        self._parked = []
        for due in parked:
            heapq.heappush(self._calendar, _Due(now, due.person, due.name, due.what))

    async def _take_in(self) -> None:
        """Settle how those will answer who were asked since the last look."""
        if not self._new:
            return
        board = self.desk.board
        offers = [board.offers[o] for o in self._new]
        self._new = {}
        people = await asyncio.to_thread(self.desk.rows, [o.volunteer_id for o in offers])
        for offer, reply in zip(offers, self._answers.replies(board, offers, people), strict=True):
            if reply.received_after_s is not None:
                self._gets(offer, reply)

    def _gets(self, offer: Offer, reply: Reply) -> None:
        assert reply.received_after_s is not None
        at = self._later(offer.made_at, reply.received_after_s)
        item = _Due(at, offer.volunteer_id, offer.id, _Gets(offer.id, reply))
        heapq.heappush(self._calendar, item)

    def _stands(self, a: Assignment) -> None:
        if a.volunteer_id in self.real or self._standing.get(a.id) is a.status:
            return
        self._standing[a.id] = a.status
        step = self._tasks.step(self.desk.board, a)
        if a.status is AssignmentStatus.ASSIGNED and a.offer_id in self._came:
            step = Step(a.assigned_at, act.Arrive(assignment_id=a.id))
        if step is not None:
            self.plan(step.at, a.volunteer_id, a.id, step.action)

    def _take_due(self, now: datetime) -> list[_Due]:
        """Take what people do up to now off the calendar, in order. Whoever only now sees an offer
        may have answered it by now: so it is after a restart."""
        due: list[_Due] = []
        while self._calendar and self._calendar[0].at <= now:
            one = heapq.heappop(self._calendar)
            if self._lost and self._without_network(one):
                self._parked.append(one)
            elif isinstance(one.what, _Gets):
                self._sees(one, one.what.offer_id, one.what.reply)
            else:
                due.append(one)
        return due

    async def _do_all(self, due: Sequence[_Due]) -> None:
        if len(due) < AT_ONCE:
            for one in due:
                await self._do(one)
        else:
            await asyncio.gather(*(self._do(one) for one in due))

    async def _do(self, due: _Due) -> None:
        if isinstance(due.what, _Answers):
            await self._answer(due, due.what.offer_id, due.what.reply)
        else:
            await self._act(due, due.what)

    def _sees(self, due: _Due, offer_id: OfferId, reply: Reply) -> None:
        if reply.fate is Fate.SILENT or offer_id not in self.desk.board.open_offers:
            return
        after_s = reply.delay_s
        if reply.fate is Fate.COMES:
            travel = self.desk.board.offers[offer_id].travel
            after_s += travel.turnout_s + travel.eta_s
        at = self._later(due.at, after_s)
        heapq.heappush(self._calendar, _Due(at, due.person, offer_id, _Answers(offer_id, reply)))

    async def _answer(self, due: _Due, offer_id: OfferId, reply: Reply) -> None:
        if offer_id not in self.desk.board.open_offers:
            if reply.fate is Fate.COMES:
                self.turned_away.append(offer_id)
            return
        action: act.Action = act.AcceptOffer(offer_id=offer_id)
        if reply.fate is Fate.NO:
            action = act.DeclineOffer(offer_id=offer_id, reason=reply.reason)
        elif reply.fate is Fate.COMES:
            self._came.add(offer_id)
        await self._act(due, action)

    async def _act(self, due: _Due, action: act.Action) -> None:
        actor = Actor(role=Role.VOLUNTEER, id=str(due.person))
        key = ActionId(f"crowd-{self.seed}/{due.person}/{action.kind}/{due.name}")
        try:
            await self.desk.act(actor, key, action)
        except (Rejected, Forbidden) as exc:
            # Too late, or full: a person sees the refusal and puts the phone away.
            self.refused[exc.code if isinstance(exc, Rejected) else "FORBIDDEN"] += 1
        except StoreUnavailable:
            again = self.clock.now() + timedelta(seconds=RETRY_S / self.habits.pace)
            heapq.heappush(self._calendar, _Due(again, due.person, due.name, due.what))

    def _later(self, start: datetime, seconds: float) -> datetime:
        return start + timedelta(milliseconds=round(1_000 * seconds / self.habits.pace))

    def _without_network(self, due: _Due) -> bool:
        lon, lat = self._place(due)
        return any(holds(lon, lat) for holds in self._lost.values())

    def _place(self, due: _Due) -> tuple[float, float]:
        """Where somebody is who is about to do something: at the site, on duty, or at home."""
        board = self.desk.board
        if isinstance(due.what, act.Arrive | act.Release):
            site = board.needs[board.assignments[due.what.assignment_id].need_id].site
            return site.lon, site.lat
        fix = board.person(due.person).fix
        if fix is not None:
            return fix.lon, fix.lat
        home = self.desk.rows([due.person])
        return float(home.lon[0]), float(home.lat[0])

    def _on_the_way(self) -> Iterable[Assignment]:
        board = self.desk.board
        live = (board.assignments[a] for a in board.active.values())
        return [
            a
            for a in live
            if a.status is AssignmentStatus.EN_ROUTE and a.volunteer_id not in self.real
        ]

    async def _drive(self, a: Assignment, now: datetime) -> None:
        if a.id not in self._ways:
            self._ways[a.id] = await asyncio.to_thread(self._find_way, a)
        assert a.en_route_at is not None, "somebody on the way has left"
        assert self.moved is not None
        gone_s = (now - a.en_route_at).total_seconds() * self.habits.pace
        lon, lat = self._ways[a.id].at(min(1.0, gone_s / max(1.0, self._tasks.way_s(a))))
        self.moved(a.volunteer_id, Fix(lon=lon, lat=lat, accuracy_m=10, taken_at=now))

    def _find_way(self, a: Assignment) -> Way:
        home = self.desk.rows([a.volunteer_id])
        origin = Site(lon=float(home.lon[0]), lat=float(home.lat[0]))
        site = self.desk.board.needs[a.need_id].site
        conditions = self.desk.board.conditions(self.clock.now())
        return way_of(self.router, origin, site, a.travel.mode, conditions)
