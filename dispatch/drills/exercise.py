"""An exercise: the real desk with everything behind it, in this process and on a clock of its own.

It writes a log of its own, everything in it is marked Exercise, and it reaches nobody: it is not
given any channel, nor could it be.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import numpy as np

from dispatch.agency import Agency
from dispatch.alerts.bus import MemoryBus
from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.cordon import Cordon
from dispatch.desk import Desk, PlannerPort
from dispatch.errors import BadInput
from dispatch.eventlog import MemoryEventLog
from dispatch.geo.regions import RegionIndex
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.policy import MatchPolicy
from dispatch.model import NeedId, Plan, VolunteerId
from dispatch.planner.plan import Planner
from dispatch.planner.process import FollowingPlanner, Question
from dispatch.planner.round import Asking
from dispatch.planner.travel import BoundedRouter
from dispatch.planner.verdict import judge
from dispatch.ports import Bus, EventLog
from dispatch.roster import Roster
from dispatch.waves import Waves

A = TypeVar("A")


@dataclass(slots=True)
class TimedPlanner:
    """A planner and how long it took each time, in seconds of real time: the log does not say,
    since one seed gives one log."""

    inner: PlannerPort
    took_s: list[float] = field(default_factory=list)

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """See `desk.PlannerPort.plan`."""
        with self._timed():
            return await self.inner.plan(seq, now, only)

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """See `desk.PlannerPort.ask`."""
        return await self.inner.ask(seq, now, question)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.took_s.append(time.perf_counter() - started)


@dataclass(slots=True, kw_only=True)
class Post:
    """One desk on the log, with its waves and warnings."""

    desk: Desk
    waves: Waves
    cordon: Cordon


@dataclass(slots=True, kw_only=True)
class Exercise:
    """What the desks of one exercise share: people, roads, log and clock.

    `model` and `book` are what the desk believes of people and how it asks them; the truth about
    simulated people is another matter.

    Raises:
        BadInput: the agency is not one of an exercise.
    """

    agency: Agency
    roster: Roster
    router: BoundedRouter
    clock: ManualClock
    log: EventLog = field(default_factory=MemoryEventLog)
    bus: Bus = field(default_factory=MemoryBus)
    book: AlertBook | None = None
    policy: MatchPolicy = field(default_factory=MatchPolicy)
    _planner: Planner | None = None

    def __post_init__(self) -> None:
        if not self.agency.exercise:
            raise BadInput(f"agency {self.agency.id} is not one of an exercise")

    def people(self, volunteer_ids: Sequence[VolunteerId]) -> Roster:
        """Return the roster of these people; who is not on it is left out."""
        return self.roster.only(np.unique(self.roster.rows(volunteer_ids)))

    def change(self, roster: Roster) -> None:
        """From now on the roster is another."""
        self.roster, self._planner = roster, None

    def planner(self) -> Planner:
        """Return the planner over the roster as it is now."""
        if self._planner is None:
            self._planner = Planner(
                roster=self.roster,
                router=self.router,
                policy=self.policy,
                asking=self._asking(),
                timer=lambda: 0.0,
            )
        return self._planner

    def following(self, planner: Callable[[], Planner] | None = None) -> FollowingPlanner:
        """Return a planner with a board of its own, folded from the log."""
        return FollowingPlanner(log=self.log, board=self.board(), refreshed=planner or self.planner)

    def post(self, planner: PlannerPort, log: EventLog | None = None) -> Post:
        """Return a desk on the log, not yet started; `log` is how it reaches it."""
        desk = Desk(
            agency=self.agency.id,
            log=log or self.log,
            bus=self.bus,
            clock=self.clock,
            planner=planner,
            judge=functools.partial(judge, router=self.router, policy=self.policy),
            rows=self.people,
            regions=frozenset(region.code for region in self.agency.regions),
            index=RegionIndex(),
            policy=self.policy,
            board=self.board(),
            book=self._asking().book,
        )
        waves = Waves(desk=desk, show_up=self.agency.acceptance.show_up)
        return Post(desk=desk, waves=waves, cordon=Cordon(desk=desk))

    def board(self) -> Board:
        """Return the empty board of the exercise."""
        return Board(agency=self.agency.id, exercise=True)

    def _asking(self) -> Asking:
        book = self.book or self.agency.book
        return Asking(book=book, model=self.agency.acceptance, zone=self.agency.timezone)
