"""Where people are: the last report of each, and who moved inside the part of the map one sees.

Telemetry, not events: nothing here is stored, and a report that is lost is made good by the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.alerts import wire
from dispatch.alerts.wire import Look
from dispatch.model import Fix, VolunteerId
from dispatch.views import Exactness

CELL_DEGREES: Final = 0.01
"""About a kilometre: nobody is shown closer than this before they have accepted something."""


class Positions:
    """The last fix of each person, and who moved since the last round."""

    def __init__(self) -> None:
        self._fixes: dict[VolunteerId, Fix] = {}
        self._moved: set[VolunteerId] = set()

    def take(self, volunteer_id: VolunteerId, fix: Fix, exactness: Exactness) -> None:
        """Keep a report, unless one taken later is known."""
        known = self._fixes.get(volunteer_id)
        if known is not None and known.taken_at > fix.taken_at:
            return
        self._fixes[volunteer_id] = fix if exactness == "exact" else _coarse(fix)
        self._moved.add(volunteer_id)

    def forget(self, volunteer_id: VolunteerId) -> None:
        """Drop what is known of somebody who may not be followed any more."""
        self._fixes.pop(volunteer_id, None)
        self._moved.discard(volunteer_id)

    def people(self) -> list[VolunteerId]:
        """Return whose positions are kept."""
        return list(self._fixes)

    def moved(self) -> Rows:
        """Return whoever reported since the last call."""
        moved, self._moved = self._moved, set()
        return Rows((v, self._fixes[v]) for v in sorted(moved))

    def known(self) -> Rows:
        """Return everybody."""
        return Rows(sorted(self._fixes.items()))


class Rows:
    """Position reports, each encoded once, to be cut to any number of boxes."""

    def __init__(self, fixes: Iterable[tuple[VolunteerId, Fix]]) -> None:
        self._fixes = list(fixes)
        points = [(fix.lon, fix.lat) for _, fix in self._fixes]
        self._points: NDArray[np.float64] = np.array(points).reshape(-1, 2)
        self._encoded: list[bytes] | None = None

    def frame(self, box: Look) -> bytes | None:
        """Return the frame of the reports inside the box, None when there are none."""
        lon, lat = self._points[:, 0], self._points[:, 1]
        wide = (lon >= box.west) & (lon <= box.east)
        if box.west > box.east:
            wide = (lon >= box.west) | (lon <= box.east)
        inside = np.flatnonzero(wide & (lat >= box.south) & (lat <= box.north))
        if not len(inside):
            return None
        if self._encoded is None:
            self._encoded = [wire.position(v, fix) for v, fix in self._fixes]
        return wire.positions(self._encoded[n] for n in inside.tolist())


def _coarse(fix: Fix) -> Fix:
    """The middle of the cell, as exact as the cell is wide."""
    lon, lat = (_middle(fix.lon), _middle(fix.lat))
    return replace(fix, lon=lon, lat=lat, accuracy_m=max(fix.accuracy_m, 1_000.0))


def _middle(degrees: float) -> float:
    return round((degrees // CELL_DEGREES + 0.5) * CELL_DEGREES, 3)
