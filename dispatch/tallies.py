"""Plain counts for whoever reads the metrics: no ids, no names, no positions, no clock."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

WAIT_BOUNDS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
DISK_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LATE_BOUNDS_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
BATCH_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(slots=True)
class Histogram:
    """How often values fell between bounds: `counts[n]` were at most `bounds[n]` and above the
    bound before it, the last above all; `sum` adds them up."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


@dataclass(slots=True)
class DeskTally:
    """What a desk counts about itself, since the start.

    `actions` are by kind and outcome ("stored", "repeated", "refused" or "failed"), `refusals` by
    code. `append_s` is how long the log took, `batch` how many actions shared an append. `followed`
    counts events read from the log by what made the desk look: "start", "bell", "clock" when no
    bell had rung by then, "turn" just before writing or asking. `followed_s` is how old the oldest
    of those were that a bell or the clock found, `late_s` how long after its due instant an offer
    expired.
    """

    actions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    append_s: Histogram = field(default_factory=lambda: Histogram(DISK_BOUNDS_S))
    batch: Histogram = field(default_factory=lambda: Histogram(BATCH_BOUNDS))
    events: int = 0
    conflicts: int = 0
    followed: Counter[str] = field(default_factory=Counter)
    followed_s: Histogram = field(default_factory=lambda: Histogram(WAIT_BOUNDS_S))
    late_s: Histogram = field(default_factory=lambda: Histogram(LATE_BOUNDS_S))
