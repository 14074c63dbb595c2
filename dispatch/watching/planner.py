"""What the desk's planner is asked, how long it takes and how it fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import datetime
from typing import Final, TypeVar

from dispatch.board import Board
from dispatch.desk import PlannerPort
from dispatch.errors import DispatchError, PlannerUnavailable
from dispatch.model import NeedId, Plan
from dispatch.planner.plan import Planner
from dispatch.planner.process import Question
from dispatch.tallies import Histogram

A = TypeVar("A")

BEAT_S: Final = 10.0
PATIENCE_S: Final = 60.0
"""A planner that does not answer for this long counts as down. It may be planning for a city."""
BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_log = logging.getLogger("dispatch.planner")


class WatchedPlanner:
    """A planner that counts. Asked nothing for a while, it asks by itself: so a dead one is found,
    and one whose roster changed reads it anew before somebody waits for it."""

    def __init__(self, planner: PlannerPort) -> None:
        self.plan_s, self.ask_s = Histogram(BOUNDS_S), Histogram(BOUNDS_S)
        self.failures: Counter[str] = Counter()
        self.volunteers = 0
        self._planner = planner
        self._waiting_since_s: dict[int, float] = {}
        self._numbers = 0
        self._down = False
        self._answered_s: float | None = None

    @property
    def up(self) -> bool:
        """Whether it answered when it was last asked, and nobody has been waiting for long."""
        first_s = min(self._waiting_since_s.values(), default=None)
        return not self._down and (first_s is None or time.monotonic() - first_s < PATIENCE_S)

    @property
    def roster_age_s(self) -> float | None:
        """Seconds since it last looked whether the roster had changed; None before the first."""
        return None if self._answered_s is None else time.monotonic() - self._answered_s

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        """See `FollowingPlanner.plan`."""
        with _Timed(self, self.plan_s):
            return await self._planner.plan(seq, now, only)

    async def ask(self, seq: int, now: datetime, question: Question[A]) -> A:
        """See `FollowingPlanner.ask`."""
        with _Timed(self, self.ask_s):
            return await self._planner.ask(seq, now, question)

    async def run(self) -> None:
        """Ask whether it is there whenever nobody has asked for BEAT_S; forever."""
        while True:
            await asyncio.sleep(BEAT_S)
            await self.look()

    async def look(self) -> None:
        """Ask whether it is there, unless it has just said so or is at work."""
        if self._waiting_since_s or (self.roster_age_s or BEAT_S) < BEAT_S:
            return
        try:
            with _Timed(self, None):
                self.volunteers = await self._planner.ask(0, _LONG_AGO, people)
        except DispatchError as exc:
            _log.warning("the planner does not answer", extra={"error": type(exc).__name__})

    def began(self) -> int:
        """Note that somebody waits for an answer; return their number."""
        self._numbers += 1
        self._waiting_since_s[self._numbers] = time.monotonic()
        return self._numbers

    def ended(self, number: int, error: BaseException | None) -> float:
        """Note that they have it, or an error; return how long they waited, in seconds."""
        now_s = time.monotonic()
        if error is None or isinstance(error, DispatchError):
            self._down = isinstance(error, PlannerUnavailable)
        if error is not None and not isinstance(error, asyncio.CancelledError):
            self.failures[type(error).__name__] += 1
        if error is None:
            self._answered_s = now_s
        return now_s - self._waiting_since_s.pop(number)


class _Timed:
    def __init__(self, watched: WatchedPlanner, histogram: Histogram | None) -> None:
        self._watched, self._histogram = watched, histogram
        self._number = 0

    def __enter__(self) -> None:
        self._number = self._watched.began()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        seconds = self._watched.ended(self._number, error)
        if error is None and self._histogram is not None:
            self._histogram.add(seconds)


def people(planner: Planner, board: Board, now: datetime) -> int:
    """How many people are on the planner's roster."""
    return len(planner.roster)


_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
