"""Fastest ways between vertices, searched backwards from where one wants to go.

A `Search` knows the arcs of one network and their present times; all times are whole milliseconds,
so that every engine gives the same figures to the last bit. This one is the reference: Dijkstra's
algorithm (scipy) on the reversed arcs, one run per goal, its answers kept for as long as the times
stay. `hierarchy.py` is the fast one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

Rows = NDArray[np.intp]
Millis = NDArray[np.uint32]

NO_WAY: Final = 2**31 - 1
"""As a time: there is none. Two of them still fit a uint32."""
CACHE_BYTES: Final = 256 * 2**20
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """The a directed arcs between `size` vertices at `places` (lon, lat, shape (size, 2)); no arc
    ends where it begins. Parallel ones may exist."""

    tail: Rows
    head: Rows
    places: NDArray[np.float64]

    @property
    def size(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """How n places reach, or are reached from, two vertices each: `vertex` and `ms`, (2, n); NO_WAY
    where that is impossible."""

    vertex: Rows
    ms: Millis

    def take(self, places: Rows | slice) -> Doors:
        """Return the same for some of the places."""
        return Doors(self.vertex[:, places], self.ms[:, places])


class Search(Protocol):
    """An engine over some `Arcs`. May be used by one thread at a time."""

    def adopt(self, weights: Millis) -> None:
        """Let the arcs take these times from now on, shape (a,), at least 1; NO_WAY is closed."""
        ...

    def times_ms(self, goals: Doors, starts: Rows) -> Millis:
        """Return the times from the vertices `starts`, (k,), to each of g goals, shape (g, k);
        NO_WAY where there is none."""
        ...

    def way(self, start: int, goal: Doors) -> Rows:
        """Return the arcs of a fastest way from a vertex to the one goal. There must be a way."""
        ...


class Dijkstra:
    """The reference Search."""

    def __init__(self, arcs: Arcs, cache_bytes: int = CACHE_BYTES) -> None:
        size = arcs.size
        self._arcs = arcs
        self._size = size
        self._most = max(1, cache_bytes // (4 * max(1, size)))
        self._known: OrderedDict[bytes, Millis] = OrderedDict()
        # Row = head: in this matrix one walks against the traffic. Behind the vertices come rows
        # for goals, each with an arc to both of its doors.
        self._order = np.argsort(arcs.head, kind="stable")
        start = np.searchsorted(arcs.head[self._order], np.arange(size + 1))
        start = np.concatenate([start, start[-1] + 2 * np.arange(1, _AT_ONCE + 1)])
        spare = np.zeros(2 * _AT_ONCE, np.intp)
        self._matrix = csr_array(
            (
                np.full(len(spare) + len(self._order), np.inf),
                np.concatenate([arcs.tail[self._order], spare]).astype(np.int32),
                start.astype(np.int32),
            ),
            shape=(size + _AT_ONCE, size + _AT_ONCE),
        )
        self._leaving = np.argsort(arcs.tail, kind="stable")
        self._first = np.searchsorted(arcs.tail[self._leaving], np.arange(size + 1))
        self._weights = np.full(len(arcs.tail), NO_WAY, np.uint32)

    def adopt(self, weights: Millis) -> None:
        if weights is self._weights:
            return
        self._known.clear()
        self._weights = weights
        self._matrix.data[: len(weights)] = _as_cost(weights[self._order])

    def times_ms(self, goals: Doors, starts: Rows) -> Millis:
        count = goals.ms.shape[1]
        found = np.empty((count, len(starts)), np.uint32)
        for at in range(0, count, _AT_ONCE):
            some = slice(at, min(at + _AT_ONCE, count))
            for place, row in zip(range(count)[some], self._rows(goals.take(some)), strict=True):
                found[place] = row[starts]
        return found

    def way(self, start: int, goal: Doors) -> Rows:
        (left,) = self._rows(goal)
        arcs: list[int] = []
        vertex = start
        # A way's rest is a fastest way as well, so the times alone say where it goes.
        while not ((goal.vertex[:, 0] == vertex) & (goal.ms[:, 0] == left[vertex])).any():
            leaving = self._leaving[self._first[vertex] : self._first[vertex + 1]]
            over = self._weights[leaving].astype(np.int64) + left[self._arcs.head[leaving]]
            arcs.append(int(leaving[np.flatnonzero(over == left[vertex])[0]]))
            vertex = int(self._arcs.head[arcs[-1]])
        return np.array(arcs, np.intp)

    def _rows(self, goals: Doors) -> list[Millis]:
        """Return the times from every vertex to each of at most _AT_ONCE goals, shape (size,)."""
        keys = [goals.take(slice(j, j + 1)) for j in range(goals.ms.shape[1])]
        names = [key.vertex.tobytes() + key.ms.tobytes() for key in keys]
        new = [j for j, name in enumerate(names) if name not in self._known]
        fresh = dict(zip((names[j] for j in new), self._run(goals.take(np.array(new, np.intp))),
                         strict=True)) if new else {}  # fmt: skip
        rows = [fresh[name] if name in fresh else self._known[name] for name in names]
        for name, row in zip(names, rows, strict=True):
            self._known[name] = row
            self._known.move_to_end(name)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return rows

    def _run(self, goals: Doors) -> Millis:
        count, arcs = goals.ms.shape[1], len(self._weights)
        doors = slice(arcs, arcs + 2 * count)
        self._matrix.indices[doors] = goals.vertex.T.ravel()
        # A sparse matrix had better hold no zeros, so everybody starts a millisecond late.
        self._matrix.data[doors] = _as_cost(goals.ms.T.ravel()) + 1
        time_ms = dijkstra(self._matrix, indices=self._size + np.arange(count))[:, : self._size]
        return np.minimum(time_ms - 1, NO_WAY).astype(np.uint32)


def _as_cost(ms: Millis) -> NDArray[np.float64]:
    return np.where(ms >= NO_WAY, np.inf, ms.astype(np.float64))
