"""What is away, as the probes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dispatch.alerts.bus import MemoryBus
from dispatch.alerts.redis_bus import RedisBus
from dispatch.board import Board
from dispatch.eventlog import MemoryEventLog
from dispatch.model import AgencyId
from dispatch.ports import Bus
from dispatch.registry.engine import open_engine
from dispatch.watching.health import Health
from dispatch.watching.invariants import InvariantWatch
from dispatch.watching.planner import WatchedPlanner
from dispatch.watching.store import StoreProbe


def health(tmp_path: Path, bus: Bus) -> Health:
    nobody: Any = None
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    probe = StoreProbe(engine, MemoryEventLog(), AgencyId("a"))
    engine.dispose()
    watch = InvariantWatch(Board(agency=AgencyId("a")))
    return Health(bus=bus, planner=WatchedPlanner(nobody), store=probe, invariants=watch)


async def test_what_is_away_is_named(tmp_path: Path) -> None:
    whole = health(tmp_path, MemoryBus())
    assert whole.missing == ()
    whole.planner._down = True
    assert whole.missing == ("planner",)
    alone = health(tmp_path, RedisBus("redis://127.0.0.1:1/0"))
    assert alone.missing == ("bus",)
