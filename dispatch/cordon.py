"""Warns people who are inside a hazard zone, as soon as it is known and again as they move in.

Where people are is known as in planning: a fresh fix, else the position they registered. Who was
warned is in the log, so nobody is told twice, not after a restart either, and of several desks on
one log only one tells.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch import actions as act
from dispatch.board import Board
from dispatch.desk import Desk
from dispatch.errors import PlannerUnavailable, SolverFailed, StoreUnavailable
from dispatch.geo.zones import inside
from dispatch.model import ENDANGERS, SYSTEM, ActionId, VolunteerId, VolunteerStatus, Zone, ZoneId
from dispatch.planner.plan import Planner
from dispatch.roster import STATUSES

BEAT_S: Final = 2.0
AGAIN_S: Final = 60.0
"""People move: while zones are in force, everybody is looked up this often."""
AT_ONCE: Final = 500
"""No event names more people: applying one must not hold up other requests for long."""


@dataclass(slots=True, kw_only=True)
class Cordon:
    """The warnings of one desk."""

    desk: Desk
    _seen: tuple[Zone, ...] = ()
    _again_at: datetime | None = field(default=None)

    async def run(self) -> None:
        """Look for new zones every two seconds; forever."""
        while True:
            await self.desk.clock.sleep(BEAT_S)
            with contextlib.suppress(StoreUnavailable, PlannerUnavailable, SolverFailed):
                await self.beat()

    async def beat(self) -> int:
        """Warn whoever is inside and was not told; return how many that were.

        Raises:
            StoreUnavailable, PlannerUnavailable, SolverFailed: try again at the next beat.
        """
        now = self.desk.clock.now()
        zones = _dangerous(self.desk.board, now)
        if zones == self._seen and (self._again_at is None or now < self._again_at):
            return 0
        found = await self.desk.ask(people_inside) if zones else {}
        told = 0
        for zone_id, people in found.items():
            known = self.desk.board.warned.get(zone_id, frozenset())
            told += await self._warn(zone_id, [v for v in people if v not in known])
        self._seen = zones
        self._again_at = now + timedelta(seconds=AGAIN_S) if zones else None
        return told

    def idle_until(self, now: datetime, until: datetime) -> datetime:
        """Return an instant up to `until` before which no beat after `now` does anything, as long
        as nothing happens."""
        if _dangerous(self.desk.board, now) != self._seen:
            return now
        turns = [t for z in self.desk.board.zones.values() for t in (z.starts_at, z.ends_at)]
        found = min([until, *(t for t in turns if t is not None and t > now)])
        return found if self._again_at is None else min(found, self._again_at)

    async def _warn(self, zone_id: ZoneId, people: list[VolunteerId]) -> int:
        for start in range(0, len(people), AT_ONCE):
            some = tuple(people[start : start + AT_ONCE])
            if self.desk.board.warned.get(zone_id, frozenset()).issuperset(some):
                continue  # another worker was quicker
            names = hashlib.sha256(repr((zone_id, some)).encode()).hexdigest()[:16]
            action = act.WarnPeople(zone_id=zone_id, volunteer_ids=some)
            await self.desk.act(SYSTEM, ActionId(f"warn-{names}"), action)
        return len(people)


def people_inside(
    planner: Planner, board: Board, now: datetime
) -> Mapping[ZoneId, tuple[VolunteerId, ...]]:
    """Return who on the active roster is inside each dangerous zone in force, in order of ids."""
    roster = planner.roster
    lon, lat = planner.origins(board)
    rows = np.flatnonzero(
        (roster.status == STATUSES.index(VolunteerStatus.ACTIVE)) & np.isfinite(lon + lat)
    )
    return {
        zone.id: tuple(
            VolunteerId(v) for v in roster.ids[rows[inside(zone, lon[rows], lat[rows])]].tolist()
        )
        for zone in _dangerous(board, now)
    }


def _dangerous(board: Board, now: datetime) -> tuple[Zone, ...]:
    return tuple(z for z in board.conditions(now).zones if z.kind in ENDANGERS)
