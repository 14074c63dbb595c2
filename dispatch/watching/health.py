"""Whether this process is alive, and whether it may be sent people: what the probes are told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from dispatch.ports import Bus
from dispatch.watching.invariants import InvariantWatch
from dispatch.watching.loop import LoopWatch
from dispatch.watching.planner import WatchedPlanner
from dispatch.watching.store import StoreProbe


@dataclass(slots=True, kw_only=True)
class Health:
    """The watches of one process. While it is `draining` it serves on and wants nobody new."""

    bus: Bus
    planner: WatchedPlanner
    store: StoreProbe
    invariants: InvariantWatch
    loop: LoopWatch = field(default_factory=LoopWatch)
    draining: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """What is away and can be done without for a while."""
        parts = {"bus": self.bus.up, "planner": self.planner.up}
        return tuple(name for name, up in parts.items() if not up)

    async def run(self) -> None:
        """Watch, forever."""
        beats = (self.loop.run(), self.planner.run(), self.store.run(), self.invariants.run())
        await asyncio.gather(*beats)
