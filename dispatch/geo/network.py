"""Fastest ways over the open roads of one mode: one search answers for every origin at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.geo.measure import Floats
from dispatch.geo.nearest import NearestIndex, Rows
from dispatch.geo.roads import Edges, RoadGraph
from dispatch.geo.zones import Bools, crossed
from dispatch.model import TravelMode, Zone

MAX_ACCESS_M = 2_000.0
"""Farther than this from any road, a walk to the road says nothing about the journey."""
_DETOURS = 16
"""How many other vertices are tried when a zone lies between a place and its road."""


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Where n places join the roads: `vertex` (n,), and the straight `leg_m` (n,) to it.

    `leg_m` is infinite (and `vertex` 0) where there is no joining.
    """

    vertex: NDArray[np.intp]
    leg_m: Floats

    def take(self, rows: Sequence[int] | Rows) -> Access:
        """Return the same for some of the places."""
        return Access(self.vertex[rows], self.leg_m[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The fastest way from every vertex to one: seconds, metres and the next vertex, shape (n,).

    Infinite where there is none. `after` is negative at the goal and where there is no way.
    """

    time_s: Floats
    dist_m: NDArray[np.float32]
    after: NDArray[np.int32]


class Doors:
    """Vertices at which a journey may begin (or end), found by position."""

    def __init__(self, graph: RoadGraph, vertices: Bools) -> None:
        self._is_door = vertices
        self._vertex = np.flatnonzero(vertices)
        self._all_places = graph.places
        self._place = graph.places[self._vertex]
        self._index = NearestIndex(self._place[:, 0], self._place[:, 1])

    def nearest(self, points: Floats) -> Access:
        """Return the nearest vertex within MAX_ACCESS_M of each point, shape (n, 2)."""
        rows, leg_m = self._index.closest(points[:, 0], points[:, 1])
        return self._access(rows[:, 0], leg_m[:, 0])

    def reopened(self, points: Floats, access: Access, zones: Sequence[Zone]) -> Access:
        """Return `access` with new doors for those whose door is closed or behind a zone.

        `access` is what the points, shape (n, 2), had on the same map before the zones.
        """
        joined = np.flatnonzero(np.isfinite(access.leg_m))
        starts, ends = points[joined], self._all_places[access.vertex[joined]]
        lost = ~self._is_door[access.vertex[joined]]
        for zone in zones:
            lost |= crossed(zone, starts, ends)
        rows = joined[lost]
        detour = self._nearest_clear(points[rows], zones)
        vertex, leg_m = access.vertex.copy(), access.leg_m.copy()
        vertex[rows], leg_m[rows] = detour.vertex, detour.leg_m
        return Access(vertex, leg_m)

    def _nearest_clear(self, points: Floats, zones: Sequence[Zone]) -> Access:
        """Return the nearest vertex whose straight leg touches none of the zones.

        Only the nearest _DETOURS vertices are tried: who is still walled in after those is in
        a pocket between zones, and is better called unreachable than sent through one.
        """
        rows, leg_m = self._index.closest(points[:, 0], points[:, 1], k=_DETOURS)
        starts = np.repeat(points, _DETOURS, axis=0)
        ends = self._place[rows.ravel()] if len(self._place) else starts
        for zone in zones:
            leg_m[crossed(zone, starts, ends).reshape(leg_m.shape)] = np.inf
        best = np.argmin(leg_m, axis=1)[:, None]
        return self._access(
            np.take_along_axis(rows, best, axis=1)[:, 0],
            np.take_along_axis(leg_m, best, axis=1)[:, 0],
        )

    def _access(self, rows: Rows, leg_m: Floats) -> Access:
        near = leg_m <= MAX_ACCESS_M
        vertex = np.zeros(len(rows), dtype=np.intp)
        vertex[near] = self._vertex[rows[near]]
        return Access(vertex, np.where(near, leg_m, np.inf))


class Network:
    """The directed edges of a mode without the closed links, ready to be searched backwards.

    Compared by identity: two networks are the same only when they are one object.
    """

    def __init__(self, graph: RoadGraph, mode: TravelMode, closed: Bools) -> None:
        edges = _fastest_open(graph.edges(mode), closed)
        size = len(graph.vertices)
        self._size = size
        self._edges = edges
        # Row = head: in this matrix one walks against the traffic, from the goal to all origins.
        self._reversed = csr_array((edges.time_s, (edges.head, edges.tail)), shape=(size, size))
        self._key = edges.tail * size + edges.head
        main = graph.main(mode)
        self.exits = Doors(graph, main & (np.bincount(edges.tail, minlength=size) > 0))
        self.entries = Doors(graph, main & (np.bincount(edges.head, minlength=size) > 0))

    def ways_to(self, goal: int) -> Ways:
        """Return the fastest way from every vertex to `goal`."""
        times_s, afters = dijkstra(self._reversed, indices=[goal], return_predecessors=True)
        time_s, after = times_s[0], afters[0]
        return Ways(time_s, self._along(time_s, after), after)

    def links(self, vertices: Sequence[int]) -> NDArray[np.int64]:
        """Return the link that was used between each vertex of a way and the next."""
        chain = np.asarray(vertices, dtype=np.int64)
        return self._edges.link[self._edge(chain[:-1], chain[1:])]

    def _edge(self, tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.intp]:
        return np.searchsorted(self._key, tail * self._size + head)

    def _along(self, time_s: Floats, after: NDArray[np.int32]) -> NDArray[np.float32]:
        """Metres to the goal along `after`, by pointer doubling.

        Every vertex knows the length to a vertex further on; each round adds what that vertex
        knows, and so doubles how far everybody sees. log2(longest way) rounds instead of a walk
        per vertex.
        """
        moving = np.flatnonzero(after >= 0)
        jump = np.arange(self._size)
        jump[moving] = after[moving]
        dist_m = np.zeros(self._size)
        dist_m[moving] = self._edges.length_m[self._edge(moving, jump[moving])]
        while (after[jump] >= 0).any():
            dist_m += dist_m[jump]
            jump = jump[jump]
        dist_m[np.isinf(time_s)] = np.inf
        return dist_m.astype(np.float32)


def _fastest_open(edges: Edges, closed: Bools) -> Edges:
    """Return the open edges sorted by (tail, head), of parallel ones only the fastest."""
    rows = np.flatnonzero(~closed[edges.link] & (edges.tail != edges.head))
    order = rows[
        np.lexsort((edges.link[rows], edges.time_s[rows], edges.head[rows], edges.tail[rows]))
    ]
    ends = np.stack([edges.tail[order], edges.head[order]], axis=1)
    first = order[np.any(np.diff(ends, axis=0, prepend=-1) != 0, axis=1)]
    return Edges(
        tail=edges.tail[first],
        head=edges.head[first],
        link=edges.link[first],
        length_m=edges.length_m[first],
        time_s=edges.time_s[first],
    )
