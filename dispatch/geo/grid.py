"""A grid of square cells over a part of the map: where there are roads, and areas out of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dispatch.geo.measure import EARTH_RADIUS_M, Floats
from dispatch.ports import Roads

Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]

Polygons = list[list[list[tuple[float, float]]]]
"""The coordinates of a GeoJSON MultiPolygon: polygons of rings of (lon, lat)."""

CELLS_MOST: Final = 20_000
SIDE_LEAST_M: Final = 50.0
"""Smaller cells would show how the map was drawn, not how people get about."""
_NEAR: Final = 1.5
"""Cell sides from the middle of a cell to a road beside it: the next cell's, or the one across."""
_CLOSING: Final = 0.75
_SIMPLER: Final = 0.7
_M_PER_DEGREE: Final = EARTH_RADIUS_M * np.pi / 180


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """Where the cells of a grid are measured: `sites` (s, 2) lon, lat, and of the c cells that mean
    anything (`cell`, ascending) the `site` of each and the metres of road in it, (c,)."""

    sites: Floats
    cell: Rows
    site: Rows
    road_m: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """`columns` x `rows` cells from the south-west corner on, row by row to the north. Steps are
    degrees and make a square in metres at the middle latitude.

    Raises:
        ValueError: a step is not positive, or there are no cells.
    """

    west: float
    south: float
    lon_step: float
    lat_step: float
    columns: int
    rows: int

    def __post_init__(self) -> None:
        if not (self.lon_step > 0 and self.lat_step > 0 and self.columns > 0 and self.rows > 0):
            raise ValueError("a grid needs cells, and cells a size")

    @classmethod
    def over(
        cls, west: float, south: float, east: float, north: float, cells: int = CELLS_MOST
    ) -> Grid:
        """Return a grid over a box in degrees, of at most `cells` cells of at least SIDE_LEAST_M.

        Raises:
            ValueError: the box has no inside, lies beyond the poles or spans the antimeridian.
        """
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("a box is west < east in -180..180 and south < north in -90..90")
        across = max(np.cos(np.radians((south + north) / 2)), 1e-6)
        width_m = (east - west) * across * _M_PER_DEGREE
        height_m = (north - south) * _M_PER_DEGREE
        side_m = max(SIDE_LEAST_M, np.sqrt(width_m * height_m / cells))
        while np.ceil(width_m / side_m) * np.ceil(height_m / side_m) > cells:
            side_m *= 1.01
        return cls(
            west=west,
            south=south,
            lon_step=float(side_m / across / _M_PER_DEGREE),
            lat_step=float(side_m / _M_PER_DEGREE),
            columns=int(np.ceil(width_m / side_m)),
            rows=int(np.ceil(height_m / side_m)),
        )

    def __len__(self) -> int:
        return self.columns * self.rows

    @property
    def side_m(self) -> float:
        """Return how long the sides of a cell are."""
        return self.lat_step * _M_PER_DEGREE

    def centres(self) -> Floats:
        """Return the middles of the cells as lon, lat, shape (cells, 2)."""
        y, x = np.divmod(np.arange(len(self)), self.columns)
        return self._degrees(np.column_stack([x, y]) + 0.5)

    def cells_of(self, points: Floats) -> Rows:
        """Return the cell of each point, shape (n,), -1 outside the grid."""
        x, y = np.floor(self._steps(points)).T
        inside = (x >= 0) & (x < self.columns) & (y >= 0) & (y < self.rows)
        cell: Rows = np.where(inside, y * self.columns + x, -1).astype(np.intp)
        return cell

    def stops(self, roads: Roads | None) -> Stops:
        """Return where to measure the cells: at the road point nearest to the middle of a cell,
        where there is one in it or just beside it; other cells mean nothing. Without a map of roads
        every cell is measured at its middle."""
        if roads is None:
            every = np.arange(len(self))
            return Stops(self.centres(), every, every, np.zeros(len(self)))
        cell = self.cells_of(roads.points)
        inside = np.flatnonzero(cell >= 0)
        cell, steps = cell[inside], self._steps(roads.points[inside])
        road_m = np.bincount(cell, roads.length_m[inside], minlength=len(self))
        off = np.hypot(*(steps % 1 - 0.5).T)
        best = np.lexsort((off, cell))
        best = best[np.diff(cell[best], prepend=-1) > 0]
        if not best.size:
            nothing = np.empty(0, np.intp)
            return Stops(np.empty((0, 2)), nothing, nothing, np.empty(0))
        middles = self._steps(self.centres())
        away, site = cKDTree(steps[best]).query(middles, distance_upper_bound=_NEAR)
        near = np.flatnonzero(np.isfinite(away))
        at = np.asarray(site, np.intp)[near]
        return Stops(roads.points[inside[best]], near, at, np.asarray(road_m[near]))

    def around(self, cells: Rows) -> tuple[float, float, float, float]:
        """Return west, south, east, north of these cells and those next to them."""
        y, x = np.divmod(cells, self.columns)
        low = self._degrees(np.array([[x.min() - 1, y.min() - 1]], np.float64))[0]
        high = self._degrees(np.array([[x.max() + 2, y.max() + 2]], np.float64))[0]
        west, south = np.maximum(low, (-180, -90)).tolist()
        east, north = np.minimum(high, (180, 90)).tolist()
        return west, south, east, north

    def areas(self, cells: Rows) -> Polygons:
        """Return the cells as areas: merged, their edges smoothed by a closing of less than
        a cell, which fills holes one cell wide."""
        if not cells.size:
            return []
        y, x = np.divmod(np.unique(cells), self.columns)
        begins = np.flatnonzero((np.diff(x, prepend=-2) != 1) | (np.diff(y, prepend=-1) != 0))
        ends = np.append(begins[1:], len(x)) - 1
        runs = shapely.box(x[begins], y[begins], x[ends] + 1, y[ends] + 1)
        merged = shapely.unary_union(runs)
        # Outer corners stay sharp, inner ones become round, so that stairs become slopes.
        wide = merged.buffer(_CLOSING, join_style="mitre")
        closed = wide.buffer(-_CLOSING, quad_segs=2)
        simple = shapely.simplify(closed, _SIMPLER)
        return _polygons(shapely.transform(simple, self._degrees))

    def _steps(self, points: Floats) -> Floats:
        steps: Floats = (points - (self.west, self.south)) / (self.lon_step, self.lat_step)
        return steps

    def _degrees(self, steps: Floats) -> Floats:
        degrees: Floats = steps * (self.lon_step, self.lat_step) + (self.west, self.south)
        return degrees


def _polygons(shape: Any) -> Polygons:
    parts = shapely.get_parts(shape)
    return [
        [_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors)]
        for polygon in parts
        if isinstance(polygon, shapely.Polygon) and not polygon.is_empty
    ]


def _ring(ring: Any) -> list[tuple[float, float]]:
    corners = np.round(shapely.get_coordinates(ring), 5)
    return [(lon, lat) for lon, lat in corners.tolist()]
