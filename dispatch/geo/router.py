"""Travel times over the road graph, with hazard zones closing roads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.measure import Floats, located
from dispatch.geo.network import Access, Network, Ways
from dispatch.geo.roads import RoadGraph
from dispatch.geo.straight import ROUNDING, StraightLineRouter, pair, straight_route
from dispatch.geo.zones import Bools, Ring, blocking, inside, inside_any, polygon
from dispatch.model import UNREACHABLE, EtaSource, Site, TravelMode, Zone
from dispatch.ports import EtaMatrix, Points, Route

ACCESS_MPS: Final = 1.2
"""On foot between a door and the road, with what one carries: slower than a plain walk."""
CACHE_BYTES: Final = 256 * 2**20
_BYTES_PER_VERTEX: Final = 16
_NETWORKS: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """All there is to say about one site: how n origins join its roads, and the ways to it."""

    number: int
    starts: Access
    network: Network
    ways: Ways
    site_leg_m: float

    def totals(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return whole seconds (rounded up) and metres from every origin, shape (n,)."""
        time_s = self.ways.time_s[self.starts.vertex]
        time_s += (self.starts.leg_m + self.site_leg_m) / ACCESS_MPS
        dist_m = self.ways.dist_m[self.starts.vertex] + self.starts.leg_m + self.site_leg_m
        return _whole(np.ceil(time_s)), _whole(np.rint(dist_m))


class RoadRouter:
    """Router port over a road graph: fastest ways, one backward search per site.

    A place joins the roads at the nearest junction of the mode's main component, walking there in
    a straight line at ACCESS_MPS. Beyond `network.MAX_ACCESS_M` from any road the straight line is
    used instead and the ETA marked estimated. Origins at an unknown position (nan) are
    UNREACHABLE.

    Zones that block the mode
    - cut off every origin inside them, whatever the site;
    - close every link they touch, and every walk to the road they touch, for all sites outside
      them. What that makes unreachable is UNREACHABLE, never estimated;
    - close nothing for a site inside them: the commander sends people there on purpose, and an
      incident in a flood must not lose all its helpers. Those helpers drive through the zone in
      this reckoning, so the last stretch of such an ETA is too good;
    - do not bend an estimated line (see StraightLineRouter).

    Results of searches are kept (least recently used go first, about `cache_bytes` in all), keyed
    by where the site joins the roads, the mode, and the rings that close roads: not by zone ids,
    which a drill and an operation may share. Same inputs, same answers, cached or not.
    """

    def __init__(
        self,
        graph: RoadGraph,
        straight: StraightLineRouter | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.graph = graph
        self._straight = straight or StraightLineRouter()
        searches = max(1, cache_bytes // (_BYTES_PER_VERTEX * len(graph.vertices)))
        self._vmax_mps = lru_cache(maxsize=len(TravelMode))(graph.vmax_mps)
        self._touched = lru_cache(maxsize=1_024)(self._find_touched)
        self._network = lru_cache(maxsize=_NETWORKS)(self._build_network)
        self._ways = lru_cache(maxsize=searches)(Network.ways_to)

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
        closing = blocking(zones, mode)
        cut_off = inside_any(closing, *starts.T) & known
        # Sites are rows while filling: one search fills one contiguous row.
        eta_s = np.full((len(goals), len(starts)), UNREACHABLE, dtype=np.int32)
        dist_m = eta_s.copy()
        joined = self._joined(starts, goals, mode)
        astray = tuple(np.isinf(access.leg_m) for access in joined)
        joined[0].leg_m[cut_off] = np.inf  # so that no way out is looked for
        for column in self._columns(starts, goals, joined, mode, closing):
            eta_s[column.number], dist_m[column.number] = column.totals()
        self._estimate(eta_s, dist_m, starts, goals, mode, astray)
        closed = ~(placed[:, None] & (known & ~cut_off))
        eta_s[closed] = UNREACHABLE
        dist_m[closed] = UNREACHABLE
        estimated = (astray[1][:, None] | astray[0]) & ~closed
        return EtaMatrix(eta_s.T, dist_m.T, estimated.T, cut_off)

    def route(
        self, origin: Site, site: Site, mode: TravelMode, zones: Sequence[Zone] = ()
    ) -> Route | None:
        """Return the fastest way with the figures of eta_matrix, or None when there is none.

        The line runs from the origin straight to the road, along it, and straight to the site.

        Raises:
            BadInput: an active zone is no sound ring.
        """
        starts, goals = pair(origin, site)
        matrix = self.eta_matrix(starts, goals, mode, zones)
        if matrix.eta_s[0, 0] == UNREACHABLE or matrix.estimated[0, 0]:
            return straight_route(matrix, origin, site)
        joined = self._joined(starts, goals, mode)
        column = next(self._columns(starts, goals, joined, mode, blocking(zones, mode)))
        points = [starts, self._way(column), goals]
        return Route(
            line=_without_repeats(np.concatenate(points)),
            eta_s=int(matrix.eta_s[0, 0]),
            dist_m=int(matrix.dist_m[0, 0]),
            source=EtaSource.ROAD,
        )

    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats:
        """Return for straight-line distances what no `eta_s` falls below, zones or not.

        No link is shorter than the straight line between its ends and none is faster than the
        fastest; walks to the road are straight, estimates have a bound of their own, and seconds
        are rounded up. So who takes longer even so need not be asked for a road time.
        """
        by_road_s = distance_m / (max(self._vmax_mps(mode), ACCESS_MPS) * ROUNDING)
        return np.minimum(by_road_s, self._straight.least_s(distance_m, mode))

    def _joined(self, starts: Floats, goals: Floats, mode: TravelMode) -> tuple[Access, Access]:
        """Return how origins and sites join the roads when nothing is closed."""
        network = self._network(mode, frozenset())
        return network.exits.nearest(starts), network.entries.nearest(goals)

    def _columns(
        self,
        starts: Floats,
        goals: Floats,
        joined: tuple[Access, Access],
        mode: TravelMode,
        closing: Sequence[Zone],
    ) -> Iterator[_Column]:
        """Yield a column for every site that has a way to it; sites with the same zones share."""
        start, goal = joined
        for zones, rows in _by_closing(goals, closing):
            network = self._network(mode, frozenset(zone.ring for zone in zones))
            exits = network.exits.reopened(starts, start, zones)
            entries = network.entries.reopened(goals[rows], goal.take(rows), zones)
            for row, vertex, leg_m in zip(
                rows, entries.vertex.tolist(), entries.leg_m.tolist(), strict=True
            ):
                if np.isfinite(leg_m):
                    yield _Column(row, exits, network, self._ways(network, vertex), leg_m)

    def _estimate(
        self,
        eta_s: NDArray[np.int32],
        dist_m: NDArray[np.int32],
        starts: Floats,
        goals: Floats,
        mode: TravelMode,
        astray: tuple[Bools, ...],
    ) -> None:
        """Fill in, site by origin, the straight-line figures where either is far from roads."""
        rows, columns = np.flatnonzero(astray[1]), np.flatnonzero(astray[0])
        for some_goals, some_starts in (
            (rows, np.arange(len(starts))),
            (np.arange(len(goals)), columns),
        ):
            block = np.ix_(some_goals, some_starts)
            seconds, metres = self._straight.estimates(starts[some_starts], goals[some_goals], mode)
            eta_s[block], dist_m[block] = seconds.T, metres.T

    def _way(self, column: _Column) -> Floats:
        """Return the points of the way of a column's only origin, shape (k, 2)."""
        vertices = [int(column.starts.vertex[0])]
        while (after := int(column.ways.after[vertices[-1]])) >= 0:
            vertices.append(after)
        graph = self.graph
        points = [graph.places[vertices[:1]]]
        for vertex, link in zip(vertices, column.network.links(vertices).tolist(), strict=False):
            line = graph.line_points[graph.line_start[link] : graph.line_start[link + 1]]
            points.append(line if graph.tail[link] == vertex else line[::-1])
        return np.concatenate(points)

    def _build_network(self, mode: TravelMode, rings: frozenset[Ring]) -> Network:
        closed = np.zeros(len(self.graph.tail), dtype=np.bool_)
        for ring in rings:
            closed[self._touched(ring)] = True
        return Network(self.graph, mode, closed)

    def _find_touched(self, ring: Ring) -> NDArray[np.intp]:
        """Return the links that touch or cross a ring or lie in it."""
        return self.graph.tree.query(polygon(ring), predicate="intersects")


def _by_closing(
    goals: Floats, zones: Sequence[Zone]
) -> Iterator[tuple[tuple[Zone, ...], list[int]]]:
    """Group the sites by the zones that close roads to them: all those they do not lie in."""
    outside = np.stack([~inside(zone, *goals.T) for zone in zones], axis=1) if zones else None
    groups: dict[tuple[Zone, ...], list[int]] = {}
    for row in range(len(goals)):
        closing = (
            ()
            if outside is None
            else tuple(zone for zone, applies in zip(zones, outside[row], strict=True) if applies)
        )
        groups.setdefault(closing, []).append(row)
    yield from groups.items()


def _whole(figures: Floats) -> NDArray[np.int32]:
    """Return figures as int32, infinity as UNREACHABLE."""
    return np.minimum(figures, UNREACHABLE).astype(np.int32)


def _without_repeats(points: Floats) -> tuple[tuple[float, float], ...]:
    moved = np.any(np.diff(points, axis=0, prepend=np.inf) != 0, axis=1)
    return tuple((lon, lat) for lon, lat in points[moved].tolist())
