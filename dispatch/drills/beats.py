"""The desk's clockwork in a drill: the same instants as live, but only those that matter."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from dispatch.board import Key
from dispatch.clock import ManualClock
from dispatch.cordon import BEAT_S as CORDON_S
from dispatch.cordon import Cordon
from dispatch.desk import TICK_S
from dispatch.drills.exercise import Post
from dispatch.errors import PlannerUnavailable, SolverFailed, StoreUnavailable
from dispatch.model import OfferId
from dispatch.waves import BEAT_S as WAVES_S
from dispatch.waves import Waves


@dataclass(frozen=True, slots=True)
class Grid:
    """Instants every `step_s` seconds from `start` on."""

    start: datetime
    step_s: float

    def on(self, at: datetime) -> bool:
        """Return whether an instant is one of them."""
        return self.at_or_after(at) == at

    def at_or_after(self, at: datetime) -> datetime:
        """Return the first that is not before `at`."""
        steps = ceil((at - self.start) / timedelta(seconds=self.step_s))
        return self.start + timedelta(seconds=self.step_s * steps)

    def after(self, at: datetime) -> datetime:
        """Return the first that comes after `at`."""
        found = self.at_or_after(at)
        return found if found > at else found + timedelta(seconds=self.step_s)


@dataclass(slots=True, kw_only=True)
class Beats:
    """The clockwork of one desk. Ticks, waves and warnings fall on the instants they have live."""

    post: Post
    clock: ManualClock
    _expiries: list[tuple[datetime, OfferId]] = field(default_factory=list)
    _ticks: Grid = field(init=False)
    _waves: Grid = field(init=False)
    _warnings: Grid = field(init=False)

    def __post_init__(self) -> None:
        start = self.clock.now()
        self._ticks, self._waves = Grid(start, TICK_S), Grid(start, WAVES_S)
        self._warnings = Grid(start, CORDON_S)
        self.post.desk.listeners.append(self._noticed)
        board = self.post.desk.board
        self._noticed(board.seq, [("offer", o) for o in sorted(board.open_offers)])

    def next_before(self, until: datetime) -> datetime:
        """Return the next instant at which the clockwork may do something, `until` at most."""
        now = self.clock.now()
        tick = self._next_tick()
        # One that was tried and failed is tried at the next.
        found = until if tick is None else min(until, max(tick, self._ticks.after(now)))
        for grid, part in ((self._waves, self.post.waves), (self._warnings, self.post.cordon)):
            if grid.after(now) < found:
                found = min(found, _next(grid, part, now, found))
        return found

    async def look(self) -> None:
        """Tick, ask and warn where the instant is one for it."""
        now = self.clock.now()
        tick = self._next_tick()
        with contextlib.suppress(StoreUnavailable):
            if tick is not None and tick <= now:
                await self.post.desk.tick()
        with contextlib.suppress(StoreUnavailable):
            if self._waves.on(now):
                await self.post.waves.beat()
        with contextlib.suppress(StoreUnavailable, PlannerUnavailable, SolverFailed):
            if self._warnings.on(now):
                await self.post.cordon.beat()

    def _next_tick(self) -> datetime | None:
        """When the next open offer expires."""
        board, expiries = self.post.desk.board, self._expiries
        while expiries and expiries[0][1] not in board.open_offers:
            heapq.heappop(expiries)
        return self._ticks.at_or_after(expiries[0][0]) if expiries else None

    def _noticed(self, seq: int, keys: Sequence[Key]) -> None:
        board = self.post.desk.board
        for kind, ident in keys:
            if kind == "offer" and ident in board.open_offers:
                heapq.heappush(self._expiries, (board.offers[ident].expires_at, ident))


def _next(grid: Grid, part: Waves | Cordon, now: datetime, until: datetime) -> datetime:
    return max(grid.after(now), grid.at_or_after(part.idle_until(now, until)))
