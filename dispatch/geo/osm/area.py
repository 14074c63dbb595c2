"""Which part of an extract is wanted: all of it, a box, or a boundary."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from dispatch.errors import BadInput
from dispatch.geo.measure import Floats
from dispatch.roster import Bools

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

MAX_CORNERS: Final = 1_000_000
WORLD: Final[Box] = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A box, narrowed by `shape` where there is one; `repaired` says the shape crossed itself."""

    box: Box = WORLD
    shape: shapely.Geometry | None = None
    repaired: bool = False
    what: str = field(default="the whole file")

    def holds(self, places: Floats) -> Bools:
        """Return which of the places, lon and lat in degrees, shape (n, 2), lie within."""
        west, south, east, north = self.box
        lon, lat = places.T
        within: Bools = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if self.shape is not None:
            rows = np.flatnonzero(within)
            within[rows] = shapely.intersects_xy(self.shape, places[rows])
        return within


def area_of_box(text: str) -> Area:
    """Return the area "WEST,SOUTH,EAST,NORTH" in degrees.

    Raises:
        BadInput: it is no such box.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--bbox {text}: expected WEST,SOUTH,EAST,NORTH in degrees") from None
    problem = None
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        problem = "a longitude is not within -180 to 180"
    elif not (-90 <= south <= 90 and -90 <= north <= 90):
        problem = "a latitude is not within -90 to 90"
        if all(-90 <= lon <= 90 for lon in (west, east)):
            problem += "; longitude and latitude seem swapped: longitude comes first"
    elif west >= east or south >= north:
        problem = "west must be less than east, and south less than north"
    if problem:
        raise BadInput(f"--bbox {text}: {problem}; the order is WEST,SOUTH,EAST,NORTH")
    return Area(box=(west, south, east, north), what=f"--bbox {text}")


def area_of_boundary(path: Path) -> Area:
    """Return the area of the polygons in a GeoJSON file; an outline that crosses itself is mended.

    Raises:
        BadInput: there are no polygons, something else is among them, they have more than
            MAX_CORNERS corners together, or one lies outside of the world.
    """
    shapes = [_polygon(path, geometry) for geometry in _geometries(path)]
    if not shapes:
        raise BadInput(f"{path}: holds no polygon")
    corners = sum(int(shapely.get_num_coordinates(shape)) for shape in shapes)
    if corners > MAX_CORNERS:
        raise BadInput(f"{path}: has {corners:,} corners, more than the limit of {MAX_CORNERS:,}")
    whole = bool(shapely.is_valid(shapes).all())
    shape = shapely.union_all(shapes if whole else [shapely.make_valid(one) for one in shapes])
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput(
            f"{path}: coordinates from {west:g}, {south:g} to {east:g}, {north:g} are not lon, lat "
            "in degrees"
        )
    if shape.area == 0:
        raise BadInput(f"{path}: the polygon has no area")
    shapely.prepare(shape)
    return Area(
        box=(west, south, east, north), shape=shape, repaired=not whole, what=f"boundary {path}"
    )


def _geometries(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_bytes())
        if found["type"] == "FeatureCollection":
            return [feature["geometry"] for feature in found["features"]]
        return [found["geometry"] if found["type"] == "Feature" else found]
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput(f"{path}: not GeoJSON") from None


def _polygon(path: Path, geometry: Any) -> shapely.Geometry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadInput(f"{path}: expected polygons, found {kind or 'no geometry'}")
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (shapely.GEOSException, ValueError) as error:
        raise BadInput(f"{path}: {error}") from None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise BadInput(f"{path}: a coordinate is not a number")
    return shape
