"""When the first of many people is at each of many places: one search, spreading from all of them.

Everywhere else times are searched backwards, from the few sites to the many people. Here the sites
are the many (the cells of a map) and only the soonest person counts, so one run of Dijkstra's
algorithm (scipy) along the traffic answers all: it starts at a vertex of its own with an arc to
both ends of every person's link, as long as that person takes to get there.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dispatch.geo.joining import Access
from dispatch.geo.network import Network, Passable
from dispatch.geo.search import NO_WAY, Millis, Rows

Times = NDArray[np.int64]

NEVER: Final = 2**62
"""As a time: nobody comes. Two of them still fit an int64."""
_PAIRS: Final = 1_000_000


class Spreading:
    """One network to spread along. Keeps no times, so it may be asked under any."""

    def __init__(self, network: Network) -> None:
        arcs = network.arcs
        self._network = network
        self._size = arcs.size
        self._order = np.argsort(arcs.tail, kind="stable")
        self._head = arcs.head[self._order].astype(np.int32)
        self._start = np.searchsorted(arcs.tail[self._order], np.arange(arcs.size + 1))

    def first_ms(self, passable: Passable, starts: Access, goals: Access, wait_ms: Times) -> Times:
        """Return when the first of n people is on the road at each of m places, shape (m,); NEVER
        where nobody comes. `wait_ms`, (n,), is what each of them takes to be on the road."""
        exits = self._network.exits(passable, starts)
        entries = self._network.entries(passable, goals)
        used = exits.ms < NO_WAY
        reached = self._spread(passable.arcs, exits.vertex[used], (exits.ms + wait_ms)[used])
        through = reached[entries.vertex] + entries.ms
        through[(entries.ms >= NO_WAY) | (through >= NEVER)] = NEVER
        first: Times = through.min(axis=0)
        _along_one_link(first, passable, starts, goals, wait_ms)
        return first

    def _spread(self, weights: Millis, vertex: Rows, ms: Times) -> Times:
        """Return when each vertex is first reached by people who are at `vertex` after `ms`, (k,)
        each; shape (size + 1,), the last stands for no vertex."""
        first = np.full(self._size, NEVER)
        np.minimum.at(first, vertex, ms)
        doors = np.flatnonzero(first < NEVER)
        weights = weights[self._order]
        along = np.where(weights >= NO_WAY, np.inf, weights.astype(np.float64))
        # A sparse matrix had better hold no zeros, so everybody starts a millisecond late.
        matrix = csr_array(
            (
                np.concatenate([along, first[doors] + 1.0]),
                np.concatenate([self._head, doors.astype(np.int32)]),
                np.append(self._start, self._start[-1] + len(doors)).astype(np.int32),
            ),
            shape=(self._size + 1, self._size + 1),
        )
        time_ms = dijkstra(matrix, indices=np.array([self._size]))[0] - 1.0
        return np.where(np.isfinite(time_ms), time_ms, NEVER).astype(np.int64)


def _along_one_link(
    first: Times, passable: Passable, starts: Access, goals: Access, wait_ms: Times
) -> None:
    """Improve the times of places on whose own link somebody joins the roads."""
    people = np.flatnonzero(np.isfinite(starts.leg_m))
    people = people[np.argsort(starts.link[people], kind="stable")]
    link = starts.link[people]
    begin = np.searchsorted(link, goals.link, "left")
    count = np.searchsorted(link, goals.link, "right") - begin
    places = np.flatnonzero((count > 0) & np.isfinite(goals.leg_m))
    part = np.cumsum(count[places]) // _PAIRS
    for some in np.split(places, np.flatnonzero(np.diff(part)) + 1):
        place = np.repeat(some, count[some])
        ahead = np.repeat(np.cumsum(count[some]) - count[some], count[some])
        who = people[begin[place] + np.arange(len(place)) - ahead]
        along_ms = passable.same_link_ms(goals.link[place], starts.along[who], goals.along[place])
        there = along_ms < NO_WAY
        np.minimum.at(first, place[there], wait_ms[who[there]] + along_ms[there])
