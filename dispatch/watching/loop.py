"""How late the event loop is: everything a phone is told waits for its turns."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from dispatch.tallies import Histogram

BEAT_S: Final = 0.1
ALIVE_S: Final = 1.0
"""A loop later than this does not count as alive."""
BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class LoopWatch:
    """Wakes ten times a second and counts how late that was."""

    def __init__(self) -> None:
        self.lags_s = Histogram(BOUNDS_S)
        self._lag_s = 0.0
        self._due_s: float | None = None

    @property
    def lag_s(self) -> float:
        """How late the last beat was, or how late the one due is by now."""
        overdue_s = 0.0 if self._due_s is None else time.monotonic() - self._due_s
        return max(self._lag_s, overdue_s)

    @property
    def alive(self) -> bool:
        """Whether the loop takes its turns in time."""
        return self.lag_s < ALIVE_S

    async def run(self) -> None:
        """Watch, forever."""
        while True:
            self._due_s = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._lag_s = max(0.0, time.monotonic() - self._due_s)
            self.lags_s.add(self._lag_s)
