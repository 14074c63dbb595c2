"""What the gateway counts about itself, for whoever reads the metrics. No ids, no positions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

LAG_BOUNDS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class Counters:
    """Totals since the start.

    `frames` are updates written to sockets, `caught_up` screens that had fallen behind and were
    brought up to date, `closed` sockets closed by us, by close code. `lags` counts updates by how
    long the change had waited (at most `LAG_BOUNDS_S[n]` seconds; the last: longer), `lag_sum_s`
    is the sum of those waits.
    """

    frames: int = 0
    snapshots: int = 0
    caught_up: int = 0
    fixes: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    lags: list[int] = field(default_factory=lambda: [0] * (len(LAG_BOUNDS_S) + 1))
    lag_sum_s: float = 0.0

    def waited(self, seconds: float) -> None:
        """Count an update that went out so long after the board had changed."""
        self.lags[sum(seconds > bound for bound in LAG_BOUNDS_S)] += 1
        self.lag_sum_s += seconds
