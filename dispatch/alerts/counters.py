"""What the gateway counts about itself, for whoever reads the metrics. No ids, no positions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dispatch.tallies import WAIT_BOUNDS_S, Histogram


@dataclass(slots=True)
class Counters:
    """Totals since the start.

    `frames` are updates written to sockets, `caught_up` screens that had fallen behind and were
    brought up to date, `closed` sockets closed by us, by close code. `waited_s` is how long the
    oldest change in an update had waited since the board moved.
    """

    frames: int = 0
    snapshots: int = 0
    caught_up: int = 0
    fixes: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    waited_s: Histogram = field(default_factory=lambda: Histogram(WAIT_BOUNDS_S))
