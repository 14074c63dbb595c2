"""Where places join the roads: the nearest point of the nearest link that may be used.

Points are strewn along the links, at most SPACING_M apart and at every bend, and put into a k-d
tree. Of the samples nearest to a place the stretches beside them are measured exactly. A stretch
without a sample among those has its own samples farther away than the last of them, at r say; its
nearest point is one of its ends, which is a sample, or the foot of a perpendicular at most half a
spacing from one. So it is no nearer than sqrt(r^2 - (SPACING_M / 2)^2), and who found something
nearer is done; the others look at more samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dispatch.geo.measure import EARTH_RADIUS_M, Floats, crow_m, unit_xyz
from dispatch.geo.roads import RoadGraph
from dispatch.geo.zones import Bools, crossed
from dispatch.model import Zone

MAX_ACCESS_M: Final = 2_000.0
"""Farther than this from any road, a walk to the road says nothing about the journey."""
SPACING_M: Final = 25.0
_LOOKS: Final = (3, 16, 128, 1_024, 8_192, 65_536)
"""Samples looked at in turn. Who has found no road after the last is in a pocket between zones,
and is better called unreachable than sent through one."""
_CELLS: Final = 200_000
_WORTH_THREADS: Final = 200_000
REMEMBERED: Final = 200_000
"""Places of which is remembered how they join the roads when all are open."""
_BAND: Final = 0.01
_ROUNDING: Final = 1.001
"""What measuring on a plane may be wrong by within a few kilometres."""
_M_PER_DEGREE: Final = EARTH_RADIUS_M * np.pi / 180

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """How n places join the roads: on `link`, `along` it from tail (0) to head (1), at `foot`
    (lon, lat), `leg_m` away in a straight line. Where there is no joining `leg_m` is infinite."""

    link: Rows
    along: Floats
    leg_m: Floats
    foot: Floats

    @classmethod
    def blank(cls, n: int) -> Access:
        return cls(np.zeros(n, np.intp), np.zeros(n), np.full(n, np.inf), np.zeros((n, 2)))

    def and_then(self, other: Access) -> Access:
        """Return these places and then the others."""
        return Access(
            np.concatenate([self.link, other.link]),
            np.concatenate([self.along, other.along]),
            np.concatenate([self.leg_m, other.leg_m]),
            np.concatenate([self.foot, other.foot]),
        )

    def take(self, rows: Rows) -> Access:
        """Return the same for some of the places."""
        return Access(self.link[rows], self.along[rows], self.leg_m[rows], self.foot[rows])

    def put(self, rows: Rows, other: Access) -> None:
        """Set some of the places."""
        self.link[rows], self.along[rows] = other.link, other.along
        self.leg_m[rows], self.foot[rows] = other.leg_m, other.foot


class Joining:
    """The links that places may join, `usable` of shape (m,), ready to be looked up."""

    def __init__(self, graph: RoadGraph, usable: Bools) -> None:
        self._stretches = _Stretches(graph, np.flatnonzero(usable))
        places, self._beside = self._stretches.samples()
        self._tree = cKDTree(
            unit_xyz(*places.T) * EARTH_RADIUS_M, balanced_tree=False, compact_nodes=False
        )
        self._row_of: dict[bytes, int] = {}
        self._remembered = Access.blank(0)

    def join(
        self,
        points: Floats,
        open_links: Bools,
        walls: Sequence[Zone] = (),
        within_m: float = MAX_ACCESS_M,
    ) -> tuple[Access, Bools]:
        """Return how points, shape (n, 2), join the open links, (m,), by a leg of at most
        `within_m` that touches none of the walls; and which have any link, open or not, within
        MAX_ACCESS_M.
        """
        access = self._plainly(points)
        near = np.isfinite(access.leg_m)
        lost = ~near if within_m > MAX_ACCESS_M else np.zeros(len(points), np.bool_)
        lost |= near & ~open_links[access.link]
        still = np.flatnonzero(near & ~lost)
        lost[still[crossed(walls, points[still], access.foot[still])]] = True
        rows = np.flatnonzero(lost)
        access.put(rows, self._searched(points[rows], open_links, walls, within_m))
        return access, near

    def _plainly(self, points: Floats) -> Access:
        """Return how points join the roads when all are open; most are asked for repeatedly."""
        names = np.ascontiguousarray(points).view("V16").ravel().tolist()
        if not self._row_of.keys() >= set(names):
            self._remember(points, names)
        return self._remembered.take(np.array([self._row_of[name] for name in names], np.intp))

    def _remember(self, points: Floats, names: list[bytes]) -> None:
        first = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
        new = [name for name in first if name not in self._row_of]
        if len(self._row_of) + len(new) > REMEMBERED:
            self._row_of, self._remembered, new = {}, Access.blank(0), list(first)
        rows = np.array([first[name] for name in new], np.intp)
        everything = np.ones(self._stretches.links, np.bool_)
        found = self._searched(points[rows], everything, (), MAX_ACCESS_M)
        begin = len(self._row_of)
        self._row_of.update(zip(new, range(begin, begin + len(new)), strict=True))
        self._remembered = self._remembered.and_then(found)

    def _searched(
        self, points: Floats, open_links: Bools, walls: Sequence[Zone], within_m: float
    ) -> Access:
        access = Access.blank(len(points))
        left = _side_by_side(points)
        for most in _LOOKS:
            unsure: list[Rows] = [np.empty(0, np.intp)]
            for rows in _split(left, _CELLS // most):
                found, sure = self._look(points[rows], most, open_links, walls, within_m)
                access.put(rows, found)
                unsure.append(rows[~sure])
            left = np.concatenate(unsure)
            if not left.size or most >= self._tree.n:
                break
        return access

    def _look(
        self, points: Floats, most: int, open_links: Bools, walls: Sequence[Zone], within_m: float
    ) -> tuple[Access, Bools]:
        """Join points to what their `most` nearest samples lie on; True where that is settled."""
        if not self._tree.n or not len(points):
            return Access.blank(len(points)), np.ones(len(points), np.bool_)
        found_m, sample = self._tree.query(
            unit_xyz(*points.T) * EARTH_RADIUS_M,
            k=list(range(1, min(most, self._tree.n) + 1)),
            distance_upper_bound=np.hypot(within_m, SPACING_M / 2) * _ROUNDING,
            workers=-1 if len(points) * most > _WORTH_THREADS else 1,
        )
        away_m: Floats = np.asarray(found_m)
        stretch = self._beside[np.minimum(sample, self._tree.n - 1)].reshape(len(points), -1)
        apart_m, along = self._stretches.measure(points, stretch)
        apart_m[np.repeat(np.isinf(away_m), 2, axis=1)] = np.inf
        apart_m[~open_links[self._stretches.link[stretch]] | (apart_m > within_m)] = np.inf
        found = self._nearest(points, stretch, apart_m, along, walls)
        last_m = away_m[:, -1]
        certain_m = np.sqrt(np.maximum(last_m**2 - SPACING_M**2 / 4, 0.0)) / _ROUNDING
        return found, np.isinf(last_m) | (found.leg_m < certain_m)

    def _nearest(
        self,
        points: Floats,
        stretch: Rows,
        apart_m: Floats,
        along: Floats,
        walls: Sequence[Zone],
    ) -> Access:
        """Return the nearest of each point's stretches, (n, k), that no wall keeps it from; of
        equally near ones (to a millimetre) the first link."""
        link = self._stretches.link[stretch]
        rank = np.where(np.isinf(apart_m), np.inf, np.rint(apart_m * 1e3))
        rank = rank * (self._stretches.links + 1) + link
        row = np.arange(len(points))
        best = np.argmin(rank, axis=1)
        joined = np.isfinite(rank[row, best])
        foot = self._stretches.point(stretch[row, best], along[row, best])
        unseen = row[joined] if walls else row[:0]
        while unseen.size:
            unseen = unseen[crossed(walls, points[unseen], foot[unseen])]
            rank[unseen, best[unseen]] = np.inf
            best[unseen] = np.argmin(rank[unseen], axis=1)
            joined[unseen] = np.isfinite(rank[unseen, best[unseen]])
            unseen = unseen[joined[unseen]]
            foot[unseen] = self._stretches.point(
                stretch[unseen, best[unseen]], along[unseen, best[unseen]]
            )
        leg_m = np.where(joined, crow_m(*points.T, *foot.T), np.inf)
        share = self._stretches.share(stretch[row, best], along[row, best])
        return Access(link[row, best], share, leg_m, foot)


class _Stretches:
    """The s straight stretches between the bends of some links: `link`, `length_m`, and `begin` and
    `size`, the shares of the link that lie before and on each; shape (s,)."""

    def __init__(self, graph: RoadGraph, links: Rows) -> None:
        self.links = len(graph.tail)
        counts = graph.line_start[links + 1] - graph.line_start[links] - 1
        first = np.repeat(graph.line_start[links] - np.cumsum(counts) + counts, counts)
        at = first + np.arange(len(first))
        self.link: Rows = np.repeat(links, counts)
        start, end = graph.line_points[at].T, graph.line_points[at + 1].T
        # As columns: a matrix of shape (s, 2) takes twice as long to pick from.
        self._start, self._step = np.ascontiguousarray(start), np.ascontiguousarray(end - start)
        self.length_m = crow_m(*start, *end)
        ends_m = np.cumsum(self.length_m)
        before_m = np.repeat((ends_m - self.length_m)[np.cumsum(counts) - counts], counts)
        whole_m = np.maximum(np.repeat(ends_m[np.cumsum(counts) - 1], counts) - before_m, 1e-9)
        self.begin = (ends_m - self.length_m - before_m) / whole_m
        self.size = self.length_m / whole_m

    def samples(self) -> tuple[Floats, Rows]:
        """Return points (p, 2) on the stretches, and the two stretches beside each, (p, 2)."""
        pieces = np.maximum(np.ceil(self.length_m / SPACING_M), 1).astype(np.intp)
        stretch = np.repeat(np.arange(len(self.link)), pieces)
        piece = np.arange(len(stretch)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        after_bend = (piece == 0) & (stretch > 0)
        after_bend[after_bend] = (self.link[stretch - 1] == self.link[stretch])[after_bend]
        last = np.flatnonzero(np.diff(self.link, append=-1) != 0)
        points = np.concatenate(
            [self.point(stretch, piece / pieces[stretch]), self.point(last, np.ones(len(last)))]
        )
        before = np.concatenate([stretch - after_bend, last])
        return points, np.column_stack([np.concatenate([stretch, last]), before])

    def measure(self, points: Floats, stretch: Rows) -> tuple[Floats, Floats]:
        """Return how far each point is from its stretches, (n, k), and how far along each (0 to 1)
        its nearest place is."""
        across = np.cos(np.radians(points[:, 1]))[:, None]
        dx, dy = self._step[0][stretch] * across, self._step[1][stretch]
        x = (self._start[0][stretch] - points[:, :1]) * across
        y = self._start[1][stretch] - points[:, 1:]
        along = np.clip(-(x * dx + y * dy) / np.maximum(dx * dx + dy * dy, 1e-24), 0.0, 1.0)
        x += along * dx
        y += along * dy
        apart_m: Floats = np.sqrt(x * x + y * y) * _M_PER_DEGREE
        return apart_m, along

    def point(self, stretch: Rows, along: Floats) -> Floats:
        """Return the points at these shares of some stretches, shape (n, 2)."""
        found: Floats = (self._start[:, stretch] + along * self._step[:, stretch]).T
        return found

    def share(self, stretch: Rows, along: Floats) -> Floats:
        """Return how far along their links these points are, 0 to 1; ends are exact."""
        share = self.begin[stretch] + along * self.size[stretch]
        return np.where(share > 1 - 1e-12, 1.0, np.clip(share, 0.0, 1.0))


def _side_by_side(points: Floats) -> Rows:
    """Return the rows of places in an order that keeps neighbours together: what the search for one
    has read from memory serves the next, which halves its time."""
    lon, lat = points.T
    return np.lexsort((lon, np.floor(lat / _BAND)))


def _split(rows: Rows, most: int) -> Iterator[Rows]:
    for at in range(0, len(rows), max(1, most)):
        yield rows[at : at + max(1, most)]
