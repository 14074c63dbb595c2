"""Travel times where there are no roads to ask: from the straight line, and marked "estimated"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dispatch.geo.measure import Floats, chord_to_m, crow_m, located, unit_xyz
from dispatch.geo.steps import straight_steps
from dispatch.geo.weather import slowed
from dispatch.geo.zones import blocking, inside_any
from dispatch.model import CLEAR, UNREACHABLE, Conditions, EtaSource, Rain, Site, TravelMode
from dispatch.ports import EtaMatrix, Points, Route, Router

Ints = NDArray[np.int32]

ROUNDING: Final = 1 + 1e-9
"""Shortens a straight line by what float64 may lose on the way to it."""
_PAIRS: Final = 1_000_000
"""Measured at once."""
_GROUPS: Final = 16
_LOOKS: Final = (4, 64, 2**31)
"""People looked at in turn."""


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
    """Router port without a map: every ETA is marked estimated, lengths are the straight line.

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
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> EtaMatrix:
        """Return the matrix of the port; `origins` (n, 2), `sites` (m, 2) in lon, lat degrees.

        Raises:
            BadInput: a zone has a `zone_problem`.
            ValueError: positions of a wrong shape or out of range.
        """
        starts, known = located(origins)
        goals, placed = located(sites)
        cut_off = inside_any(blocking(conditions.zones, mode), *starts.T) & known
        eta_s = slowed(self.estimates(starts, goals, mode), mode, conditions.rain)
        open_pairs = (known & ~cut_off)[:, None] & placed
        eta_s[~open_pairs] = UNREACHABLE
        return EtaMatrix(eta_s, open_pairs, cut_off)

    def first_s(
        self,
        origins: Points,
        sites: Points,
        mode: TravelMode,
        after_s: Ints,
        conditions: Conditions = CLEAR,
    ) -> Ints:
        """Return when the first of the origins, leaving `after_s` (n,) from now, is at each site,
        int32 of shape (m,)."""
        starts, known = located(origins)
        goals, placed = located(sites)
        open_ = known & ~inside_any(blocking(conditions.zones, mode), *starts.T)
        first = self.soonest(starts[open_], goals, mode, after_s[open_], conditions.rain)
        first[~placed] = UNREACHABLE
        return first

    def soonest(
        self, starts: Floats, goals: Floats, mode: TravelMode, after_s: Ints, rain: Rain
    ) -> Ints:
        """Return the same for places that are known, zones aside.

        Those who set out soonest are looked at first, and of people who set out at about the same
        time the nearest: who lies beyond takes at least the time from there.
        """
        first_s = np.full(len(goals), UNREACHABLE, np.int64)
        for who in np.array_split(np.argsort(after_s, kind="stable"), _GROUPS):
            if who.size:
                self._improve(first_s, starts[who], goals, mode, after_s[who], rain)
        return first_s.astype(np.int32)

    def _improve(
        self,
        first_s: NDArray[np.int64],
        starts: Floats,
        goals: Floats,
        mode: TravelMode,
        after_s: Ints,
        rain: Rain,
    ) -> None:
        """Let one group of people, the soonest first, be sooner than who is first so far."""
        tree, xyz = cKDTree(unit_xyz(*starts.T)), unit_xyz(*goals.T)
        beyond_s = np.full(len(goals), float(after_s[0]))
        for most in _LOOKS:
            left = np.flatnonzero(first_s > beyond_s)
            nearest = np.arange(1, min(most, len(starts)) + 1)
            for some in np.array_split(left, len(left) * len(nearest) // _PAIRS + 1):
                chord, who = (np.asarray(found) for found in tree.query(xyz[some], k=nearest))
                crow = crow_m(*starts[who].transpose(2, 0, 1), *goals[some].T[:, :, None])
                eta_s = slowed(self._whole_s(crow, mode), mode, rain).astype(np.int64)
                found_s = (after_s[who] + eta_s).min(axis=1)
                first_s[some] = np.minimum(first_s[some], found_s)
                beyond_s[some] = after_s[0] + self.least_s(chord_to_m(chord[:, -1]), mode)
            if most >= len(starts):
                break

    def roads(self, modes: tuple[TravelMode, ...]) -> None:
        """There is no map here."""

    def lengths_m(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> NDArray[np.int32]:
        """Return the straight metres of each pair, shape (k,)."""
        starts, known = located(origins)
        goals, placed = located(sites)
        asked = known & placed & ~inside_any(blocking(conditions.zones, mode), *starts.T)
        crow = np.rint(crow_m(*starts.T, *goals.T))
        return np.where(asked, crow, UNREACHABLE).astype(np.int32)

    def route(
        self, origin: Site, site: Site, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> Route | None:
        """Return the straight line, or None when the origin is cut off."""
        return straight_route(self, origin, site, mode, conditions)

    def estimates(self, starts: Floats, goals: Floats, mode: TravelMode) -> NDArray[np.int32]:
        """Return seconds (rounded up), int32 of shape (n, m), in dry weather, zones aside."""
        crow = crow_m(starts[:, None, 0], starts[:, None, 1], goals[:, 0], goals[:, 1])
        return self._whole_s(crow, mode)

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no `eta_s` falls below, growing with them."""
        least_m = distance_m / ROUNDING
        return least_m / self._foot_mps if mode is TravelMode.FOOT else self._drive_s(least_m)

    def _whole_s(self, crow: Floats, mode: TravelMode) -> Ints:
        seconds = crow / self._foot_mps if mode is TravelMode.FOOT else self._drive_s(crow)
        return np.ceil(seconds).astype(np.int32)

    def _drive_s(self, crow: Floats) -> Floats:
        seconds: Floats = np.interp(crow, self._knot_m, self._knot_s)
        seconds += np.maximum(crow - self._knot_m[-1], 0.0) / self._beyond_mps
        return seconds


def pair(origin: Site, site: Site) -> tuple[Points, Points]:
    """Return two places as the one-row arrays an eta_matrix takes."""
    return np.array([[origin.lon, origin.lat]]), np.array([[site.lon, site.lat]])


def straight_route(
    router: Router, origin: Site, site: Site, mode: TravelMode, conditions: Conditions
) -> Route | None:
    """Return the straight line with a router's figures for it, or None if UNREACHABLE."""
    points = pair(origin, site)
    matrix = router.eta_matrix(*points, mode, conditions)
    eta_s = int(matrix.eta_s[0, 0])
    if eta_s == UNREACHABLE:
        return None
    dist_m = int(router.lengths_m(*points, mode, conditions)[0])
    start, end = (origin.lon, origin.lat), (site.lon, site.lat)
    return Route(
        line=(start, end),
        eta_s=eta_s,
        dist_m=dist_m,
        source=EtaSource.ESTIMATED if matrix.estimated[0, 0] else EtaSource.ROAD,
        steps=straight_steps(start, end, dist_m, eta_s),
    )
