"""Road times for candidates, and hard rule 7: REACH and CUT_OFF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.measure import coarsen
from dispatch.matching.reasons import BIT, Mask
from dispatch.matching.skills import Rows
from dispatch.model import UNREACHABLE, EtaSource, Need, NeedId, Reason, Site, Travel, Zone
from dispatch.ports import Router
from dispatch.roster import MODES, Bools, Floats, Ints, Roster

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Trip:
    """Travel of k people to one need's site, in the order of their rows."""

    eta_s: Ints
    dist_m: Ints
    estimated: Bools
    cut_off: Bools

    def only(self, keep: Bools) -> Trip:
        """Return the people where `keep`, shape (k,), is True."""
        return Trip(self.eta_s[keep], self.dist_m[keep], self.estimated[keep], self.cut_off[keep])


def trips(
    router: Router,
    roster: Roster,
    lon: Floats,
    lat: Floats,
    wanted: Mapping[NeedId, Rows],
    needs: Mapping[NeedId, Need],
    zones: Sequence[Zone],
) -> dict[NeedId, Trip]:
    """Ask the router once per mode, for all people and sites together, and deal out the answer."""
    sites = sorted({(needs[n].site.lon, needs[n].site.lat) for n in wanted})
    column = {site: j for j, site in enumerate(sites)}
    trips = {n: _blank(len(rows)) for n, rows in wanted.items()}
    everybody = np.unique(np.concatenate([np.empty(0, np.intp), *wanted.values()]))
    for m, mode in enumerate(MODES):
        people = everybody[roster.mode[everybody] == m]
        if not len(people):
            continue
        points = np.column_stack([lon[people], lat[people]])
        matrix = router.eta_matrix(points, np.array(sites), mode, zones)
        for need_id, rows in wanted.items():
            mine = roster.mode[rows] == m
            at = np.searchsorted(people, rows[mine])
            j = column[needs[need_id].site.lon, needs[need_id].site.lat]
            trip = trips[need_id]
            trip.eta_s[mine] = matrix.eta_s[at, j]
            trip.dist_m[mine] = matrix.dist_m[at, j]
            trip.estimated[mine] = matrix.estimated[at, j]
            trip.cut_off[mine] = matrix.cut_off[at]
    return trips


def trip_to(
    router: Router,
    roster: Roster,
    lon: Floats,
    lat: Floats,
    rows: Rows,
    need: Need,
    zones: Sequence[Zone],
) -> Trip:
    return trips(router, roster, lon, lat, {need.id: rows}, {need.id: need}, zones)[need.id]


def joined(one: Trip, two: Trip, order: Rows) -> Trip:
    """Return both trips' people together, in `order`."""

    def both(a: NDArray[T], b: NDArray[T]) -> NDArray[T]:
        return np.concatenate([a, b])[order]

    return Trip(
        both(one.eta_s, two.eta_s),
        both(one.dist_m, two.dist_m),
        both(one.estimated, two.estimated),
        both(one.cut_off, two.cut_off),
    )


def _blank(k: int) -> Trip:
    return Trip(
        eta_s=np.full(k, UNREACHABLE, np.int32),
        dist_m=np.full(k, UNREACHABLE, np.int32),
        estimated=np.zeros(k, np.bool_),
        cut_off=np.zeros(k, np.bool_),
    )


def reach_bits(roster: Roster, rows: Rows, trip: Trip, need: Need) -> Mask:
    """Hard rule 7: CUT_OFF inside a zone, REACH when turnout and travel exceed the need's limit."""
    response_s: NDArray[np.int64] = trip.eta_s.astype(np.int64) + roster.turnout_s[rows]
    far = (response_s > need.reach_s) & ~trip.cut_off
    bits: Mask = far * BIT[Reason.REACH] | trip.cut_off * BIT[Reason.CUT_OFF]
    return bits


def travel_of(roster: Roster, row: int, trip: Trip, k: int) -> Travel:
    return Travel(
        eta_s=int(trip.eta_s[k]),
        dist_m=int(trip.dist_m[k]),
        source=EtaSource.ESTIMATED if trip.estimated[k] else EtaSource.ROAD,
        mode=MODES[int(roster.mode[row])],
        turnout_s=int(roster.turnout_s[row]),
    )


def coarse(lon: float, lat: float) -> Site:
    """Where somebody starts from, to about a kilometre: all a commander sees before acceptance."""
    cell_lon, cell_lat = coarsen(lon, lat)
    return Site(lon=float(cell_lon), lat=float(cell_lat))
