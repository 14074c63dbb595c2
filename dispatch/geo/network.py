"""The network of one mode: what places join, and how long its links take under some conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.joining import Access, Joining
from dispatch.geo.measure import Floats
from dispatch.geo.roads import RoadGraph
from dispatch.geo.search import NO_WAY, Arcs, Doors, Millis, Rows, Search
from dispatch.geo.zones import Bools
from dispatch.model import TravelMode
from dispatch.roster import MODES

_LONGEST_MS: Final = 2**30
"""No link takes longer, however slow the pace: twelve days."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Links one after the other, each from one share of its length to another: `begin` above `end`
    runs from head to tail. All of shape (k,)."""

    link: Rows
    begin: Floats
    end: Floats

    def length_m(self, graph: RoadGraph) -> float:
        return float(np.abs(self.end - self.begin) @ graph.length_m[self.link])


@dataclass(frozen=True, slots=True, eq=False)
class Passable:
    """How long each link takes from tail to head (`there`) and back, (m,); NO_WAY where closed.
    `arcs` are the same times as the engine counts them."""

    there: Millis
    back: Millis
    arcs: Millis

    @property
    def open_links(self) -> Bools:
        """Shape (m,)."""
        return (self.there < NO_WAY) | (self.back < NO_WAY)

    def ms(self, way: Way) -> Floats:
        """Return how long each piece of a way takes, shape (k,)."""
        forward = way.end >= way.begin
        whole = np.where(forward, self.there[way.link], self.back[way.link])
        ms: Floats = np.ceil(np.abs(way.end - way.begin) * whole)
        return ms

    def same_link_ms(self, link: Rows | int, begin: Floats, end: Floats | float) -> Millis:
        """Return the times along links, (k,) or one, from shares of them, (k,), to others."""
        part = end - begin
        forward = _part(self.there[link], np.maximum(part, 0.0))
        return np.where(part >= 0, forward, _part(self.back[link], -part))


class Network:
    """The main component of a mode: from everywhere in it there is a way to everywhere, when
    nothing is closed. Made for one thread at a time."""

    def __init__(
        self, graph: RoadGraph, mode: TravelMode, engine: Callable[[Arcs], Search]
    ) -> None:
        main, edges = graph.main(mode), graph.edges(mode)
        usable = np.zeros(len(graph.tail), np.bool_)
        usable[edges.link] = main[graph.tail[edges.link]] & main[graph.head[edges.link]]
        self._time_ms = np.zeros(len(graph.tail))
        self._time_ms[edges.link] = np.ceil(edges.time_s * 1_000)
        ways = graph.access >> (2 * MODES.index(mode))
        self._there, self._back = usable & (ways & 1 > 0), usable & (ways & 2 > 0)
        vertices = np.flatnonzero(main)
        number = np.zeros(len(graph.vertices), np.intp)
        number[vertices] = np.arange(len(vertices))
        self._tail, self._head = number[graph.tail], number[graph.head]
        through = self._tail != self._head  # a loop leads nowhere, one may only live on it
        self._arc_there = np.flatnonzero(self._there & through)
        self._arc_back = np.flatnonzero(self._back & through)
        ends = np.concatenate([self._tail[usable], self._head[usable]])
        blind = np.bincount(ends, minlength=len(graph.vertices)) == 1
        self._blind = blind & (len(vertices) > 2)  # of a road alone both ends are
        self.joining = Joining(graph, usable)
        self.arcs = Arcs(
            np.concatenate([self._tail[self._arc_there], self._head[self._arc_back]]),
            np.concatenate([self._head[self._arc_there], self._tail[self._arc_back]]),
            graph.places[vertices],
        )
        self._search = engine(self.arcs)

    def under(self, pace: Floats) -> Passable:
        """Return the links at these shares of their speed, (m,); 0 is closed."""
        with np.errstate(divide="ignore", invalid="ignore"):
            time_ms = np.ceil(self._time_ms / pace)
        time_ms = np.clip(time_ms, 1, _LONGEST_MS)
        there, back = (
            np.where(ways & (pace > 0), time_ms, NO_WAY).astype(np.uint32)
            for ways in (self._there, self._back)
        )
        arcs = np.concatenate([there[self._arc_there], back[self._arc_back]])
        return Passable(there, back, arcs)

    def exits(self, passable: Passable, access: Access) -> Doors:
        """Return how places get to the ends of their links."""
        return self._doors(access, passable.back, passable.there)

    def entries(self, passable: Passable, access: Access) -> Doors:
        """Return how places are reached from the ends of their links."""
        return self._doors(access, passable.there, passable.back)

    def _doors(self, access: Access, by_tail: Millis, by_head: Millis) -> Doors:
        link, along = access.link, access.along
        ms = np.stack([_part(by_tail[link], along), _part(by_head[link], 1 - along)])
        ms[:, np.isinf(access.leg_m)] = NO_WAY
        ends = np.stack([self._tail[link], self._head[link]])
        # Nobody gains by a turn at the blind end of a road, and a door less is a search less.
        ms[self._blind[ends]] = NO_WAY
        return Doors(ends, ms)

    def times_ms(self, passable: Passable, goals: Doors, starts: Rows) -> Millis:
        """Return the times from vertices, (k,), to g goals, shape (g, k)."""
        self._search.adopt(passable.arcs)
        return self._search.times_ms(goals, starts)

    def ways(self, passable: Passable, starts: Access, goals: Access) -> list[Way | None]:
        """Return a fastest way for each pair of n places, None where there is none."""
        if not len(starts.link):
            return []
        exits, entries = self.exits(passable, starts), self.entries(passable, goals)
        through_ms = self._through_ms(passable, exits, entries)
        direct_ms = np.full(len(starts.link), NO_WAY, np.int64)
        on_road = np.isfinite(starts.leg_m) & np.isfinite(goals.leg_m)
        for k in np.flatnonzero((starts.link == goals.link) & on_road).tolist():
            direct_ms[k] = passable.same_link_ms(
                int(goals.link[k]), starts.along[k : k + 1], float(goals.along[k])
            )[0]
        side = np.argmin(through_ms, axis=0)
        best_ms = np.minimum(through_ms.min(axis=0), direct_ms)
        ways: list[Way | None] = []
        for k in range(len(side)):
            pair = starts.take(np.array([k])), goals.take(np.array([k]))
            if best_ms[k] >= NO_WAY:
                ways.append(None)
            elif direct_ms[k] == best_ms[k]:
                ways.append(Way(pair[0].link, pair[0].along, pair[1].along))
            else:
                doors = entries.take(slice(k, k + 1))
                arcs = self._search.way(int(exits.vertex[side[k], k]), doors)
                ways.append(self._joined_up(*pair, int(side[k]), arcs, doors))
        return ways

    def _through_ms(self, passable: Passable, exits: Doors, entries: Doors) -> NDArray[np.int64]:
        """Return the times of n pairs by either end of the first link, shape (2, n)."""
        names = np.concatenate([entries.vertex, entries.ms.astype(np.intp)]).T
        _, first, group = np.unique(names, axis=0, return_index=True, return_inverse=True)
        found = np.full(exits.ms.shape, NO_WAY, np.int64)
        order = np.argsort(group, kind="stable")
        for goal, some in zip(first.tolist(), np.split(order, np.cumsum(np.bincount(group))[:-1]),
                              strict=True):  # fmt: skip
            left = self.times_ms(
                passable, entries.take(slice(goal, goal + 1)), exits.vertex[:, some].ravel()
            )
            found[:, some] = left[0].reshape(2, -1).astype(np.int64) + exits.ms[:, some]
        return np.minimum(found, NO_WAY)

    def _joined_up(self, start: Access, goal: Access, side: int, arcs: Rows, entries: Doors) -> Way:
        """Return the way out by one side (0 tail, 1 head) of the start's link, over the arcs, and
        in by the quicker side of the goal's where they end."""
        there = arcs < len(self._arc_there)
        link = np.concatenate([self._arc_there, self._arc_back])[arcs]
        out = self._tail if side == 0 else self._head
        end = int(out[start.link[0]])
        if link.size:
            end = int((self._head if there[-1] else self._tail)[link[-1]])
        # Of two doors at one vertex (a loop) the quicker; otherwise the one where the arcs end.
        at_end = entries.vertex[:, 0] == end
        door = int(np.argmin(np.where(at_end, entries.ms[:, 0], NO_WAY)))
        return Way(
            np.concatenate([start.link, link, goal.link]),
            np.concatenate([start.along, np.where(there, 0.0, 1.0), [float(door)]]),
            np.concatenate([[float(side)], np.where(there, 1.0, 0.0), goal.along]),
        )


def _part(whole: Millis, share: Floats) -> Millis:
    """Return the time over a share of a link: none over nothing, even where it is closed."""
    part_ms = np.ceil(share * whole)
    return np.where(share == 0, 0, np.where(whole < NO_WAY, part_ms, NO_WAY)).astype(np.uint32)
