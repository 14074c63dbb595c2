"""Which region a place lies in, by imported boundaries, for one place or for millions.

The deepest region wins: a town before its county. On a common border, and where outlines of one
depth overlap, the lowest code wins, so that the same place always has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from dispatch.geo.measure import Floats
from dispatch.model import RegionCode

Rows = NDArray[np.int32]
Indices = NDArray[np.intp]

NOWHERE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class RegionIndex:
    """The boundaries of `codes`: polygons in WGS-84 degrees, `depths` 1 for the widest."""

    codes: tuple[RegionCode, ...] = ()
    geometries: Sequence[shapely.Geometry] = ()
    depths: Sequence[int] = ()
    _order: Indices = field(init=False)
    _bounds: Floats = field(init=False)

    def __post_init__(self) -> None:
        if not len(self.codes) == len(self.geometries) == len(self.depths):
            raise ValueError("codes, geometries and depths differ in number")
        shapely.prepare(np.asarray(self.geometries, dtype=object))
        by_code = np.argsort(np.array(self.codes, dtype=str), kind="stable")
        depths = np.asarray(self.depths, dtype=np.int64)[by_code]
        object.__setattr__(self, "_order", by_code[np.argsort(-depths, kind="stable")])
        bounds = shapely.bounds(np.asarray(self.geometries, dtype=object)).reshape(-1, 4)
        object.__setattr__(self, "_bounds", bounds)

    def at(self, lon: float, lat: float) -> RegionCode | None:
        """Return the region of one place in degrees, None outside all of them."""
        row = int(self.rows(np.array([lon]), np.array([lat]))[0])
        return None if row == NOWHERE else self.codes[row]

    def codes_at(self, lon: Floats, lat: Floats) -> list[RegionCode | None]:
        """Return the regions of places in degrees, shape (n,); None outside all of them."""
        rows = self.rows(lon, lat).tolist()
        return [None if row == NOWHERE else self.codes[row] for row in rows]

    def rows(self, lon: Floats, lat: Floats) -> Rows:
        """Return the index into `codes` for places in degrees, shape (n,); NOWHERE outside.

        A border belongs to the regions on both sides; nan lies nowhere.
        """
        found = np.full(len(lon), NOWHERE, np.int32)
        by_lon = np.argsort(lon, kind="stable")
        x, y = np.asarray(lon)[by_lon], np.asarray(lat)[by_lon]
        open_ = np.ones(len(x), np.bool_)
        for row in self._meeting(x, y).tolist():
            west, south, east, north = self._bounds[row]
            first, end = np.searchsorted(x, west, "left"), np.searchsorted(x, east, "right")
            here = slice(int(first), int(end))
            near = first + np.flatnonzero(open_[here] & (y[here] >= south) & (y[here] <= north))
            inside = near[shapely.intersects_xy(self.geometries[row], x[near], y[near])]
            found[by_lon[inside]] = row
            open_[inside] = False
        return found

    def _meeting(self, x: Floats, y: Floats) -> Indices:
        """The regions whose box meets that of the places, in the order in which they win."""
        if not len(x) or not len(self.codes) or np.isnan(x).all() or np.isnan(y).all():
            return self._order[:0]
        west, south, east, north = self._bounds[self._order].T
        meets = (west <= np.nanmax(x)) & (east >= np.nanmin(x))
        meets &= (south <= np.nanmax(y)) & (north >= np.nanmin(y))
        return np.asarray(self._order[meets])

    def simplified(self, tolerance_deg: float) -> dict[RegionCode, shapely.Geometry]:
        """Return the boundaries for drawing: corners whose triangle with their neighbours is
        smaller than the tolerance squared go (Visvalingam and Whyatt 1993), on both sides of a
        border alike."""
        depths, drawn = np.asarray(self.depths), dict[RegionCode, shapely.Geometry]()
        for depth in np.unique(depths).tolist():
            rows = np.flatnonzero(depths == depth).tolist()
            shapes = np.array([self.geometries[row] for row in rows], dtype=object)
            simple = shapely.coverage_simplify(shapes, tolerance_deg)
            drawn |= {self.codes[row]: shape for row, shape in zip(rows, simple, strict=True)}
        return drawn
