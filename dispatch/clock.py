"""Clocks: the system's, and one that moves only when told to."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds."""
        await asyncio.sleep(seconds)


class ManualClock:
    """Time that stands still until `advance`; sleepers wake in the order of their instants."""

    def __init__(self, start_at: datetime) -> None:
        self._now = start_at
        self._tie = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced that far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due_at = self._now + timedelta(seconds=max(0.0, seconds))
        heapq.heappush(self._sleepers, (due_at, next(self._tie), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on, waking every sleeper at its own instant and letting it run."""
        await self.advance_to(self._now + timedelta(seconds=seconds))

    async def advance_to(self, end_at: datetime) -> None:
        """Move on to an instant in the same way; an earlier one changes nothing."""
        end_at = max(end_at, self._now)
        await asyncio.sleep(0)
        while self._sleepers and self._sleepers[0][0] <= end_at:
            due_at, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, due_at)
            if not future.done():
                future.set_result(None)
            await asyncio.sleep(0)
        self._now = end_at
