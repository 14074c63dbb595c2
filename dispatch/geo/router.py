"""Travel times over the road graph, with hazard zones closing and slowing roads, and rain."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.geo import hierarchy
from dispatch.geo.hazards import Hazards
from dispatch.geo.joining import MAX_ACCESS_M, Access
from dispatch.geo.measure import Floats, located
from dispatch.geo.network import Network, Passable
from dispatch.geo.roads import RoadGraph
from dispatch.geo.search import NO_WAY, Arcs, Dijkstra, Millis, Search
from dispatch.geo.spreading import Spreading
from dispatch.geo.steps import Leg, directions, line_of
from dispatch.geo.straight import ROUNDING, StraightLineRouter, pair
from dispatch.geo.strewn import strewn
from dispatch.geo.weather import dry_ms, slowed
from dispatch.geo.zones import Bools, blocking, inside, inside_any
from dispatch.model import CLEAR, UNREACHABLE, Conditions, EtaSource, Rain, Site, TravelMode, Zone
from dispatch.ports import EtaMatrix, Points, Roads, Route

ACCESS_MPS: Final = 1.2
"""On foot between a door and the road, with what one carries: slower than a plain walk."""
MAX_LAST_M: Final = 5_000.0
"""How far from the last open road a site inside a blocking zone may be."""
_AT_ONCE: Final = 128
"""Sites searched for together; bounds the memory of a matrix."""
_STATES: Final = 8

_log = logging.getLogger(__name__)


def quickest(folder: Path | None) -> Callable[[Arcs], Search]:
    """Return the quickest engine there is; it keeps what it prepares in `folder`, if given."""
    if not hierarchy.AVAILABLE:
        _log.info("travel times by Dijkstra's algorithm; the extra `fast` is not installed")
        return Dijkstra
    _log.info("travel times by contraction hierarchy")
    # Of nothing the library cannot make a hierarchy: it crashes.
    return lambda arcs: hierarchy.Hierarchy(arcs, folder) if arcs.tail.size else Dijkstra(arcs)


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """How n origins and m sites join the roads of one mode under some conditions.

    `astray` are those far from any road, open or not: only the straight line speaks of them.
    `sheltered` are sites inside a blocking zone.
    """

    passable: Passable
    starts: Access
    goals: Access
    astray: tuple[Bools, Bools]
    sheltered: Bools


class RoadRouter:
    """Router port over a road graph: fastest ways, searched backwards from the sites.

    A place joins the roads at the nearest point of the nearest open link of the mode's main
    component, walking there in a straight line at ACCESS_MPS. Beyond MAX_ACCESS_M from any road
    the straight line is used instead and the ETA marked estimated. Origins at an unknown position
    (nan) are UNREACHABLE.

    Zones that block the mode
    - cut off every origin inside them, whatever the site;
    - close the links they mean (see `Hazards.links`), and every walk to the road that touches
      them. What that makes unreachable is UNREACHABLE, never estimated;
    - do not swallow a site: people come to the open road nearest to it, within MAX_LAST_M, and
      the rest is a straight walk into the zone (through no other), so that the ETA is marked
      estimated;
    - do not bend an estimated line (see StraightLineRouter).
    Zones that leave the mode a slower pace slow its links. Rain slows the whole journey.

    Same inputs, same answers, whatever was asked before, and with either engine.
    """

    def __init__(
        self,
        graph: RoadGraph,
        straight: StraightLineRouter | None = None,
        *,
        folder: Path | None = None,
        engine: Callable[[Arcs], Search] | None = None,
    ) -> None:
        self.graph = graph
        self._straight = straight or StraightLineRouter()
        self._engine = engine or quickest(folder)
        self.hazards = Hazards(graph)
        self._lock = threading.RLock()
        self._measured: dict[TravelMode, tuple[tuple[Zone, ...], dict[bytes, int]]] = {}
        self._vmax_mps = lru_cache(maxsize=len(TravelMode))(graph.vmax_mps)
        self._network = lru_cache(maxsize=len(TravelMode))(self._build_network)
        self._spreading = lru_cache(maxsize=len(TravelMode))(self._build_spreading)
        self._strewn = lru_cache(maxsize=_STATES)(partial(strewn, graph))
        self._passable = lru_cache(maxsize=_STATES)(self._find_passable)

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
        asked = known & ~cut_off
        with self._lock:
            joined = self._joined(starts, goals, asked, mode, conditions.zones)
            per_s = dry_ms(mode, conditions.rain)
            eta_s = self._times_s(joined, self._network(mode), per_s)
        self._estimate(eta_s, starts, goals, mode, conditions.rain, joined.astray)
        eta_s[~(placed[:, None] & asked)] = UNREACHABLE
        guessed = (joined.astray[1] | joined.sheltered)[:, None] | joined.astray[0]
        return EtaMatrix(eta_s.T, (guessed & (eta_s < UNREACHABLE)).T, cut_off)

    def first_s(
        self,
        origins: Points,
        sites: Points,
        mode: TravelMode,
        after_s: NDArray[np.int32],
        conditions: Conditions = CLEAR,
    ) -> NDArray[np.int32]:
        """Return when the first of the origins, leaving `after_s` (n,) from now, is at each site,
        int32 of shape (m,): one search, however many sites."""
        starts, known = located(origins)
        goals, placed = located(sites)
        asked = known & ~inside_any(blocking(conditions.zones, mode), *starts.T)
        per_s = dry_ms(mode, conditions.rain)
        with self._lock:
            joined = self._joined(starts, goals, asked, mode, conditions.zones)
            wait_ms = _leg_ms(joined.starts.leg_m) + after_s.astype(np.int64) * per_s
            first_ms = self._spreading(mode).first_ms(
                joined.passable, joined.starts, joined.goals, wait_ms
            )
        whole_s = -(-(first_ms + _leg_ms(joined.goals.leg_m)) // per_s)
        first: NDArray[np.int32] = np.minimum(whole_s, UNREACHABLE).astype(np.int32)
        (off, to_off), every = joined.astray, np.ones(len(goals), np.bool_)
        for who, where in ((off, every), (asked, to_off)):
            found = self._straight.soonest(
                starts[who], goals[where], mode, after_s[who], conditions.rain
            )
            first[where] = np.minimum(first[where], found)
        first[~placed] = UNREACHABLE
        return first

    def lengths_m(
        self, origins: Points, sites: Points, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> NDArray[np.int32]:
        """Return the metres along the fastest way of each pair, walks included, shape (k,)."""
        starts, known = located(origins)
        goals, placed = located(sites)
        walls = blocking(conditions.zones, mode)
        asked = np.flatnonzero(known & placed & ~inside_any(walls, *starts.T))
        found = np.full(len(starts), UNREACHABLE, np.int32)
        with self._lock:
            if mode not in self._measured or self._measured[mode][0] != conditions.zones:
                self._measured[mode] = conditions.zones, {}
            known_m = self._measured[mode][1]
            names = np.hstack([starts, goals])[asked].view("V32").ravel().tolist()
            first = {name: k for k, name in enumerate(names) if name not in known_m}
            rows = asked[np.array(list(first.values()), np.intp)]
            measured = self._measure(starts[rows], goals[rows], mode, conditions.zones)
            known_m.update(zip(first, measured, strict=True))
            found[asked] = [known_m[name] for name in names]
        return found

    def _measure(
        self, starts: Floats, goals: Floats, mode: TravelMode, zones: tuple[Zone, ...]
    ) -> list[int]:
        asked = np.ones(len(starts), np.bool_)
        joined = self._joined(starts, goals, asked, mode, zones)
        found = np.where(
            joined.astray[0] | joined.astray[1],
            self._straight.lengths_m(starts, goals, mode),
            UNREACHABLE,
        )
        legs_m = joined.starts.leg_m + joined.goals.leg_m
        rows = np.flatnonzero(np.isfinite(legs_m))
        ways = self._network(mode).ways(
            joined.passable, joined.starts.take(rows), joined.goals.take(rows)
        )
        for row, way in zip(rows.tolist(), ways, strict=True):
            if way is not None:
                found[row] = round(way.length_m(self.graph) + legs_m[row])
        measured: list[int] = found.tolist()
        return measured

    def route(
        self, origin: Site, site: Site, mode: TravelMode, conditions: Conditions = CLEAR
    ) -> Route | None:
        """Return the fastest way with the figures of the matrix, or None when there is none.

        The line runs from the origin straight to the road, along it, and straight to the site.

        Raises:
            BadInput: a zone has a `zone_problem`.
        """
        starts, goals = pair(origin, site)
        matrix = self.eta_matrix(starts, goals, mode, conditions)
        eta_s = int(matrix.eta_s[0, 0])
        if eta_s == UNREACHABLE:
            return None
        with self._lock:
            asked = np.ones(1, np.bool_)
            joined = self._joined(starts, goals, asked, mode, conditions.zones)
            if joined.astray[0][0] or joined.astray[1][0]:
                return self._straight.route(origin, site, mode, conditions)
            (way,) = self._network(mode).ways(joined.passable, joined.starts, joined.goals)
        assert way is not None, "there is a time, so there is a way"
        legs_m = [float(access.leg_m[0]) for access in (joined.starts, joined.goals)]
        return Route(
            line=line_of(self.graph, way, starts[0], goals[0]),
            eta_s=eta_s,
            dist_m=round(way.length_m(self.graph) + sum(legs_m)),
            source=EtaSource.ESTIMATED if matrix.estimated[0, 0] else EtaSource.ROAD,
            steps=directions(
                self.graph,
                way,
                joined.passable.ms(way),
                (starts[0], goals[0]),
                (_walk(legs_m[0]), _walk(legs_m[1])),
                eta_s,
            ),
        )

    def roads(self, modes: tuple[TravelMode, ...]) -> Roads:
        """Return the roads that any of `modes` may use."""
        return self._strewn(modes)

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no `eta_s` falls below, under any conditions.

        No link is shorter than the straight line between its ends and none is faster than the
        fastest; walks to the road are straight, estimates have a bound of their own, zones and
        rain only slow, and times are rounded up. So who takes longer even so need not be asked for
        a road time.
        """
        by_road_s = distance_m / (max(self._vmax_mps(mode), ACCESS_MPS) * ROUNDING)
        return np.minimum(by_road_s, self._straight.least_s(distance_m, mode))

    def _joined(
        self, starts: Floats, goals: Floats, asked: Bools, mode: TravelMode, zones: tuple[Zone, ...]
    ) -> _Joined:
        """Join the sites, and those origins that are `asked` for."""
        passable = self._passable(mode, _meant(zones, mode))
        walls, joining = blocking(zones, mode), self._network(mode).joining
        open_links = passable.open_links
        origin, near = Access.blank(len(starts)), np.ones(len(starts), np.bool_)
        rows = np.flatnonzero(asked)
        found, near[rows] = joining.join(starts[rows], open_links, walls)
        origin.put(rows, found)
        sheltered = inside_any(walls, *goals.T)
        site, by_road = Access.blank(len(goals)), np.zeros(len(goals), np.bool_)
        for around, rows in _by_walls(goals, walls):
            within_m = MAX_ACCESS_M if len(around) == len(walls) else MAX_LAST_M
            found, by_road[rows] = joining.join(goals[rows], open_links, around, within_m)
            site.put(rows, found)
        return _Joined(passable, origin, site, (~near & asked, ~by_road), sheltered)

    def _times_s(self, joined: _Joined, network: Network, per_s: int) -> NDArray[np.int32]:
        """Return whole seconds (rounded up) of `per_s` ms in dry weather, shape (m, n): a site
        fills one contiguous row."""
        eta_s = np.full((len(joined.goals.leg_m), len(joined.starts.leg_m)), UNREACHABLE, np.int32)
        exits = network.exits(joined.passable, joined.starts)
        entries = network.entries(joined.passable, joined.goals)
        used = exits.ms < NO_WAY
        starts, at = np.unique(exits.vertex[used], return_inverse=True)
        column = np.zeros(used.shape, np.intp)
        column[used] = at
        out_ms = np.where(used, exits.ms + _leg_ms(joined.starts.leg_m), NO_WAY).astype(np.uint32)
        reached = np.flatnonzero(np.isfinite(joined.goals.leg_m))
        if not starts.size:
            return eta_s
        for first in range(0, len(reached), _AT_ONCE):
            rows = reached[first : first + _AT_ONCE]
            times_ms = network.times_ms(joined.passable, entries.take(rows), starts)
            for row, left_ms in zip(rows.tolist(), times_ms, strict=True):
                total_ms = np.minimum(
                    left_ms[column[0]] + out_ms[0], left_ms[column[1]] + out_ms[1]
                )
                _along_one_link(total_ms, joined, row)
                np.minimum(total_ms, NO_WAY, out=total_ms)
                total_ms += _leg_ms(joined.goals.leg_m[row]) + np.uint32(per_s - 1)
                whole_s = (total_ms // np.uint32(per_s)).astype(np.int32)
                eta_s[row] = np.where(total_ms >= NO_WAY, UNREACHABLE, whole_s)
        return eta_s

    def _estimate(
        self,
        eta_s: NDArray[np.int32],
        starts: Floats,
        goals: Floats,
        mode: TravelMode,
        rain: Rain,
        astray: tuple[Bools, Bools],
    ) -> None:
        """Fill in, site by origin, the straight-line figures where either is far from roads."""
        rows, columns = np.flatnonzero(astray[1]), np.flatnonzero(astray[0])
        for some_goals, some_starts in (
            (rows, np.arange(len(starts))),
            (np.arange(len(goals)), columns),
        ):
            seconds = self._straight.estimates(starts[some_starts], goals[some_goals], mode)
            eta_s[np.ix_(some_goals, some_starts)] = slowed(seconds, mode, rain).T

    def _build_network(self, mode: TravelMode) -> Network:
        return Network(self.graph, mode, self._engine)

    def _build_spreading(self, mode: TravelMode) -> Spreading:
        return Spreading(self._network(mode))

    def _find_passable(self, mode: TravelMode, zones: tuple[Zone, ...]) -> Passable:
        return self._network(mode).under(self.hazards.pace(zones, mode))


def _by_walls(
    goals: Floats, walls: tuple[Zone, ...]
) -> Iterator[tuple[tuple[Zone, ...], NDArray[np.intp]]]:
    """Group the sites by the zones they do not lie in: no walk to them may touch those."""
    if not walls or not len(goals):
        yield walls, np.arange(len(goals))
        return
    outside = np.stack([~inside(zone, *goals.T) for zone in walls])
    kinds, of = np.unique(outside, axis=1, return_inverse=True)
    for number, kind in enumerate(kinds.T.tolist()):
        around = tuple(zone for zone, apart in zip(walls, kind, strict=True) if apart)
        yield around, np.flatnonzero(of == number)


def _meant(zones: tuple[Zone, ...], mode: TravelMode) -> tuple[Zone, ...]:
    """Return the zones that change what links take."""
    return tuple(zone for zone in zones if mode in zone.blocks or zone.pace < 1)


def _along_one_link(total_ms: Millis, joined: _Joined, row: int) -> None:
    """Improve the times to one site of those who join the roads on the site's own link."""
    link = int(joined.goals.link[row])
    same = np.flatnonzero((joined.starts.link == link) & np.isfinite(joined.starts.leg_m))
    if same.size:
        along = joined.starts.along[same], float(joined.goals.along[row])
        direct_ms = joined.passable.same_link_ms(link, *along)
        direct_ms += _leg_ms(joined.starts.leg_m[same])
        total_ms[same] = np.minimum(total_ms[same], direct_ms)


def _leg_ms(leg_m: Floats | float) -> Millis:
    """Return the time of walks to the road; who joins none has no walk."""
    known_m = np.where(np.isfinite(leg_m), leg_m, 0.0)
    return np.asarray(np.ceil(known_m / ACCESS_MPS * 1_000)).astype(np.uint32)


def _walk(leg_m: float) -> Leg:
    return Leg(leg_m, float(_leg_ms(leg_m)))
