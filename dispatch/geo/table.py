"""The in-memory router: travel times written down pair by pair, for tests and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dispatch.geo.measure import Floats, crow_m, located
from dispatch.geo.straight import ROUNDING, pair, straight_route
from dispatch.geo.zones import blocking, inside_any
from dispatch.model import UNREACHABLE, Site, TravelMode, Zone
from dispatch.ports import EtaMatrix, Points, Route

LonLat = tuple[float, float]


class TableRouter:
    """Router port over a table of (origin, site) -> seconds, in exact lon, lat degrees.

    The same for every mode; pairs that are not listed are UNREACHABLE. `dist_m` is the straight
    line, the source is the road. Zones cut off the origins inside them and close nothing else.
    """

    def __init__(self, table: Mapping[tuple[LonLat, LonLat], int]) -> None:
        self._table = dict(table)

    def eta_matrix(
        self, origins: Points, sites: Points, mode: TravelMode, zones: Sequence[Zone] = ()
    ) -> EtaMatrix:
        """Return the matrix of the port; `origins` (n, 2), `sites` (m, 2) in lon, lat degrees.

        Raises:
            BadInput: an active zone is no sound ring.
            ValueError: positions of a wrong shape or out of range.
        """
        starts, known = located(origins)
        goals, _ = located(sites)
        cut_off = inside_any(blocking(zones, mode), *starts.T) & known
        eta_s = np.full((len(starts), len(goals)), UNREACHABLE, dtype=np.int32)
        for row in np.flatnonzero(known & ~cut_off):
            for column, goal in enumerate(goals.tolist()):
                key = (tuple(starts[row].tolist()), tuple(goal))
                eta_s[row, column] = self._table.get(key, UNREACHABLE)
        crow = crow_m(starts[:, None, 0], starts[:, None, 1], goals[:, 0], goals[:, 1])
        dist_m = np.where(eta_s == UNREACHABLE, UNREACHABLE, np.rint(crow)).astype(np.int32)
        return EtaMatrix(eta_s, dist_m, np.zeros(eta_s.shape, dtype=np.bool_), cut_off)

    def route(
        self, origin: Site, site: Site, mode: TravelMode, zones: Sequence[Zone] = ()
    ) -> Route | None:
        """Return a straight line with the listed time, or None when the pair has none."""
        return straight_route(self.eta_matrix(*pair(origin, site), mode, zones), origin, site)

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no listed time falls below, growing with them."""
        seconds_per_m = [
            max(eta_s, 1) / max(float(crow_m(*origin, *site)), 1.0)
            for (origin, site), eta_s in self._table.items()
        ]
        return distance_m * min(seconds_per_m, default=1.0) / ROUNDING
