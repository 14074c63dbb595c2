"""Road times for candidates, and hard rule 7: REACH and CUT_OFF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.measure import coarsen
from dispatch.matching.reasons import BIT, Mask
from dispatch.matching.skills import Rows
from dispatch.model import (
    UNREACHABLE,
    Conditions,
    EtaSource,
    Need,
    NeedId,
    Reason,
    Site,
    Travel,
    TravelMode,
)
from dispatch.ports import EtaMatrix, Router
from dispatch.roster import MODES, Bools, Floats, Ints, Roster

T = TypeVar("T", bound=np.generic)

CELLS_MOST: Final = 200_000
"""Pairs of a matrix beyond which people and sites are asked for in parts."""
_FARTHEST_M: Final = 2.1e7


@dataclass(frozen=True, slots=True, eq=False)
class Trip:
    """Travel of k people to one need's site, in the order of their rows."""

    eta_s: Ints
    estimated: Bools
    cut_off: Bools

    @classmethod
    def blank(cls, k: int) -> Trip:
        """Return the travel of k people who have no way."""
        return cls(
            eta_s=np.full(k, UNREACHABLE, np.int32),
            estimated=np.zeros(k, np.bool_),
            cut_off=np.zeros(k, np.bool_),
        )

    def only(self, keep: Bools | Rows | slice) -> Trip:
        """Return the people at these places, or where `keep`, shape (k,), is True."""
        return Trip(self.eta_s[keep], self.estimated[keep], self.cut_off[keep])

    def put(self, at: Rows, other: Trip) -> None:
        """Set the people at these places."""
        self.eta_s[at], self.estimated[at] = other.eta_s, other.estimated
        self.cut_off[at] = other.cut_off

    def fill(self, at: Rows, matrix: EtaMatrix, column: int) -> None:
        """Take over what a matrix says of the people at these places, in its order."""
        self.eta_s[at] = matrix.eta_s[:, column]
        self.estimated[at] = matrix.estimated[:, column]
        self.cut_off[at] = matrix.cut_off


class BoundedRouter(Router, Protocol):
    """A router that knows what no way takes less than: `eta_s >= least_s(crow_m)`, which grows with
    the straight line."""

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats: ...


def trips(
    router: Router,
    roster: Roster,
    lon: Floats,
    lat: Floats,
    wanted: Mapping[NeedId, Rows],
    needs: Mapping[NeedId, Need],
    conditions: Conditions,
) -> dict[NeedId, Trip]:
    """Ask the router for people and sites of a neighbourhood and a mode together, and deal out the
    answers."""
    sizes = [len(rows) for rows in wanted.values()]
    row = np.concatenate([np.empty(0, np.intp), *wanted.values()])
    sites, site = distinct_sites([needs[n] for n in wanted])
    goal = np.repeat(site, sizes)
    found = Trip.blank(len(row))
    for m, mode in enumerate(MODES):
        mine = np.flatnonzero(roster.mode[row] == m)
        for some in _neighbourhoods(sites, goal[mine]):
            pairs = mine[some]
            people, at = np.unique(row[pairs], return_inverse=True)
            columns, j = np.unique(goal[pairs], return_inverse=True)
            points = np.column_stack([lon[people], lat[people]])
            matrix = router.eta_matrix(points, sites[columns], mode, conditions)
            found.eta_s[pairs] = matrix.eta_s[at, j]
            found.estimated[pairs] = matrix.estimated[at, j]
            found.cut_off[pairs] = matrix.cut_off[at]
    ends = np.cumsum(sizes).tolist()
    return {
        need_id: found.only(slice(end - size, end))
        for need_id, size, end in zip(wanted, sizes, ends, strict=True)
    }


def distinct_sites(needs: Sequence[Need]) -> tuple[Floats, Rows]:
    """Return the distinct sites of these needs as lon, lat, shape (s, 2), and where among them each
    need's is."""
    sites = np.array([(n.site.lon, n.site.lat) for n in needs], np.float64).reshape(-1, 2)
    distinct, at = np.unique(sites, axis=0, return_inverse=True)
    return distinct, at


def _neighbourhoods(sites: Floats, site: Rows) -> Iterator[Rows]:
    """Yield the places of the pairs of each `site`, shape (k,), in parts whose whole matrix is not
    much more than them, halving the sites from west to east or south to north."""
    parts = [np.arange(len(site))] if len(site) else []
    while parts:
        some = parts.pop()
        columns = np.unique(site[some])
        if len(columns) == 1 or len(columns) * len(some) <= CELLS_MOST:
            yield some
            continue
        low, high = sites[columns].min(axis=0), sites[columns].max(axis=0)
        axis = int(np.argmax(high - low))
        beyond = sites[site[some], axis] > (low[axis] + high[axis]) / 2
        parts += [some[beyond], some[~beyond]]


def trip_to(
    router: Router,
    roster: Roster,
    lon: Floats,
    lat: Floats,
    rows: Rows,
    need: Need,
    conditions: Conditions,
) -> Trip:
    return trips(router, roster, lon, lat, {need.id: rows}, {need.id: need}, conditions)[need.id]


def least_s(router: BoundedRouter, roster: Roster, rows: Rows, crow_m: Floats) -> Floats:
    """Return what the response of these people takes at least, turnout and travel, when they are
    `crow_m` away along the straight line; shape (k,)."""
    seconds = roster.turnout_s[rows].astype(np.float64)
    for m, mode in enumerate(MODES):
        mine = roster.mode[rows] == m
        seconds[mine] += router.least_s(crow_m[mine], mode)
    return seconds


def farthest_m(router: BoundedRouter, seconds: Floats) -> Floats:
    """Return how far along the straight line nobody comes from in less than these seconds, to a
    metre, shape (k,); at most half around the Earth."""
    low, high = np.zeros(len(seconds)), np.full(len(seconds), _FARTHEST_M)
    while (high - low).max(initial=0.0) > 1.0:
        middle = (low + high) / 2
        quick = np.min([router.least_s(middle, mode) for mode in MODES], axis=0) < seconds
        low, high = np.where(quick, middle, low), np.where(quick, high, middle)
    return high


def joined(one: Trip, two: Trip, order: Rows) -> Trip:
    """Return both trips' people together, in `order`."""

    def both(a: NDArray[T], b: NDArray[T]) -> NDArray[T]:
        return np.concatenate([a, b])[order]

    return Trip(
        both(one.eta_s, two.eta_s),
        both(one.estimated, two.estimated),
        both(one.cut_off, two.cut_off),
    )


def reach_bits(roster: Roster, rows: Rows, trip: Trip, need: Need) -> Mask:
    """Hard rule 7: CUT_OFF inside a zone, REACH when turnout and travel exceed the need's limit."""
    response_s: NDArray[np.int64] = trip.eta_s.astype(np.int64) + roster.turnout_s[rows]
    far = (response_s > need.reach_s) & ~trip.cut_off
    bits: Mask = far * BIT[Reason.REACH] | trip.cut_off * BIT[Reason.CUT_OFF]
    return bits


def travels_of(
    router: Router,
    roster: Roster,
    lon: Floats,
    lat: Floats,
    rows: Rows,
    sites: Sequence[Site],
    trip: Trip,
    conditions: Conditions,
) -> list[Travel]:
    """Return the journeys of k people, each to the site beside them, with their lengths; `trip` is
    theirs."""
    dist_m = np.full(len(rows), UNREACHABLE, np.int32)
    goals = np.array([(site.lon, site.lat) for site in sites], np.float64).reshape(-1, 2)
    for m, mode in enumerate(MODES):
        mine = np.flatnonzero((roster.mode[rows] == m) & (trip.eta_s < UNREACHABLE))
        if mine.size:
            points = np.column_stack([lon[rows[mine]], lat[rows[mine]]])
            dist_m[mine] = router.lengths_m(points, goals[mine], mode, conditions)
    return [
        Travel(
            eta_s=int(trip.eta_s[k]),
            dist_m=int(dist_m[k]),
            source=EtaSource.ESTIMATED if trip.estimated[k] else EtaSource.ROAD,
            mode=MODES[int(roster.mode[row])],
            turnout_s=int(roster.turnout_s[row]),
        )
        for k, row in enumerate(rows.tolist())
    ]


def coarse(lon: float, lat: float) -> Site:
    """Where somebody starts from, to about a kilometre: all a commander sees before acceptance."""
    cell_lon, cell_lat = coarsen(lon, lat)
    return Site(lon=float(cell_lon), lat=float(cell_lat))
