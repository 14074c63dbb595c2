"""Travel times where there are no roads to ask: from the straight line, and marked "estimated"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.measure import Floats, crow_m, located
from dispatch.geo.zones import blocking, inside_any
from dispatch.model import UNREACHABLE, EtaSource, Site, TravelMode, Zone
from dispatch.ports import EtaMatrix, Points, Route

ROUNDING: Final = 1 + 1e-9
"""Shortens a straight line by what float64 may lose on the way to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowProfile:
    """How fast people get on along the straight line; defaults are medians of one city (Porto).

    `drive` lists (straight-line metres, km/h): the speed implied over that whole distance, low
    for short trips because they run through side streets. `foot_detour` is the way walked per
    metre of straight line. Rivers and mountains ask for lower speeds and a larger detour.

    Raises:
        ValueError: distances or times do not increase, or a speed is not positive.
    """

    drive: tuple[tuple[float, float], ...] = (
        (1_000, 17),
        (3_500, 25),
        (7_500, 33),
        (15_000, 41),
        (35_000, 50),
    )
    foot_kmh: float = 4.8
    foot_detour: float = 1.23

    def __post_init__(self) -> None:
        distance_m, speed_kmh = np.array(self.drive).T
        if min(speed_kmh.min(), self.foot_kmh) <= 0 or self.foot_detour < 1:
            raise ValueError("speeds must be positive and the detour at least 1")
        for steps in (distance_m, distance_m / speed_kmh):
            if (np.diff(steps, prepend=0.0) <= 0).any():
                raise ValueError("drive: distances and the times they give must increase")


class StraightLineRouter:
    """Router port without a map: every ETA is marked estimated, `dist_m` is the straight line.

    Driving times run linearly between the points of the profile, so a person farther away never
    gets the shorter time, as speeds jumping at distance bands would give; beyond the last point
    its speed holds. Motorcycles are taken as cars. Origins inside a zone that blocks the mode
    are cut off. A straight line that merely crosses such a zone is still estimated: the way
    round is unknown here, which is what "estimated" says. Unknown origins (nan) are UNREACHABLE.
    """

    def __init__(self, profile: CrowProfile | None = None) -> None:
        profile = profile or CrowProfile()
        distance_m, speed_kmh = np.array(profile.drive).T
        self._knot_m = np.concatenate([[0.0], distance_m])
        self._knot_s = np.concatenate([[0.0], distance_m * 3.6 / speed_kmh])
        self._beyond_mps = float(speed_kmh[-1]) / 3.6
        self._foot_mps = profile.foot_kmh / 3.6 / profile.foot_detour

    def eta_matrix(
        self, origins: Points, sites: Points, mode: TravelMode, zones: Sequence[Zone] = ()
    ) -> EtaMatrix:
        """Return the matrix of the port; `origins` (n, 2), `sites` (m, 2) in lon, lat degrees.

        Raises:
            BadInput: an active zone is no sound ring.
            ValueError: positions of a wrong shape or out of range.
        """
        starts, known = located(origins)
        goals, placed = located(sites)
        cut_off = inside_any(blocking(zones, mode), *starts.T) & known
        eta_s, dist_m = self.estimates(starts, goals, mode)
        open_pairs = (known & ~cut_off)[:, None] & placed
        eta_s[~open_pairs] = UNREACHABLE
        dist_m[~open_pairs] = UNREACHABLE
        return EtaMatrix(eta_s, dist_m, open_pairs, cut_off)

    def route(
        self, origin: Site, site: Site, mode: TravelMode, zones: Sequence[Zone] = ()
    ) -> Route | None:
        """Return the straight line, or None when the origin is cut off."""
        return straight_route(self.eta_matrix(*pair(origin, site), mode, zones), origin, site)

    def estimates(
        self, starts: Floats, goals: Floats, mode: TravelMode
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return seconds (rounded up) and straight metres, int32 of shape (n, m), zones aside."""
        crow = crow_m(starts[:, None, 0], starts[:, None, 1], goals[:, 0], goals[:, 1])
        seconds = crow / self._foot_mps if mode is TravelMode.FOOT else self._drive_s(crow)
        return np.ceil(seconds).astype(np.int32), np.rint(crow).astype(np.int32)

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no `eta_s` falls below, growing with them."""
        least_m = distance_m / ROUNDING
        return least_m / self._foot_mps if mode is TravelMode.FOOT else self._drive_s(least_m)

    def _drive_s(self, crow: Floats) -> Floats:
        seconds: Floats = np.interp(crow, self._knot_m, self._knot_s)
        seconds += np.maximum(crow - self._knot_m[-1], 0.0) / self._beyond_mps
        return seconds


def pair(origin: Site, site: Site) -> tuple[Points, Points]:
    """Return two places as the one-row arrays an eta_matrix takes."""
    return np.array([[origin.lon, origin.lat]]), np.array([[site.lon, site.lat]])


def straight_route(matrix: EtaMatrix, origin: Site, site: Site) -> Route | None:
    """Return the straight line with the figures of a 1 x 1 matrix, or None if UNREACHABLE."""
    if matrix.eta_s[0, 0] == UNREACHABLE:
        return None
    return Route(
        line=((origin.lon, origin.lat), (site.lon, site.lat)),
        eta_s=int(matrix.eta_s[0, 0]),
        dist_m=int(matrix.dist_m[0, 0]),
        source=EtaSource.ESTIMATED if matrix.estimated[0, 0] else EtaSource.ROAD,
    )
