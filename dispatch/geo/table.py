"""The in-memory router: travel times written down pair by pair, for tests and examples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.measure import Floats, crow_m, located
from dispatch.geo.straight import ROUNDING, straight_route
from dispatch.geo.weather import slowed
from dispatch.geo.zones import blocking, inside_any
from dispatch.model import CLEAR, UNREACHABLE, Conditions, Site, TravelMode
from dispatch.ports import EtaMatrix, Points, Route

LonLat = tuple[float, float]


class TableRouter:
    """Router port over a table of (origin, site) -> seconds, in exact lon, lat degrees.

    The same for every mode; pairs that are not listed are UNREACHABLE. Lengths are the straight
    line, the source is the road. Zones cut off the origins inside them and close nothing else.
    """

    def __init__(self, table: Mapping[tuple[LonLat, LonLat], int]) -> None:
        self._table = dict(table)

    def eta_matrix(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> EtaMatrix:
        """Return the matrix of the port; `origins` (n, 2), `sites` (m, 2) in lon, lat degrees.

        Raises:
            BadInput: a zone has a `zone_problem`.
            ValueError: positions of a wrong shape or out of range.
        """
        starts, known = located(origins)
        goals, _ = located(sites)
        cut_off = inside_any(blocking(conditions.zones, mode), *starts.T) & known
        eta_s = np.full((len(starts), len(goals)), UNREACHABLE, dtype=np.int32)
        for row in np.flatnonzero(known & ~cut_off):
            for column, goal in enumerate(goals.tolist()):
                key = (tuple(starts[row].tolist()), tuple(goal))
                eta_s[row, column] = self._table.get(key, UNREACHABLE)
        eta_s = slowed(eta_s, mode, conditions.rain)
        return EtaMatrix(eta_s, np.zeros(eta_s.shape, dtype=np.bool_), cut_off)

    def first_s(
        self,
        origins: Points,
        sites: Points,
        mode: TravelMode,
        after_s: NDArray[np.int32],
        conditions: Conditions = CLEAR,
    ) -> NDArray[np.int32]:
        """Return the least of the matrix with `after_s`, (n,), added: shape (m,)."""
        eta_s = self.eta_matrix(origins, sites, mode, conditions).eta_s.astype(np.int64)
        response_s = (eta_s + after_s[:, None]).min(axis=0, initial=UNREACHABLE)
        first: NDArray[np.int32] = np.minimum(response_s, UNREACHABLE).astype(np.int32)
        return first

    def roads(self, modes: tuple[TravelMode, ...]) -> None:
        """There is no map here."""

    def lengths_m(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> NDArray[np.int32]:
        """Return the straight metres of the pairs that are listed, shape (k,)."""
        starts, _ = located(origins)
        goals, _ = located(sites)
        pairs = zip(starts[:, None], goals[:, None], strict=True)
        listed = [
            self.eta_matrix(start, goal, mode, conditions).eta_s[0, 0] < UNREACHABLE
            for start, goal in pairs
        ]
        crow = np.rint(crow_m(*starts.T, *goals.T))
        return np.where(np.array(listed, np.bool_), crow, UNREACHABLE).astype(np.int32)

    def route(
        self, origin: Site, site: Site, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> Route | None:
        """Return a straight line with the listed time, or None when the pair has none."""
        return straight_route(self, origin, site, mode, conditions)

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no listed time falls below, growing with them."""
        seconds_per_m = [
            max(eta_s, 1) / max(float(crow_m(*origin, *site)), 1.0)
            for (origin, site), eta_s in self._table.items()
        ]
        return distance_m * min(seconds_per_m, default=1.0) / ROUNDING
