"""Hazard zones as shapes: can one be drawn, who is inside, which way crosses it.

Degrees are treated as a plane. Within one zone (MAX_AREA_KM2) that moves a border by metres, less
than the hand that drew it; shapes over the antimeridian are refused rather than misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from dispatch.errors import BadInput
from dispatch.geo.measure import EARTH_RADIUS_M, Floats
from dispatch.model import Line, TravelMode, Zone, ZoneForm, ZoneKind

Bools = NDArray[np.bool_]
Parts = tuple[tuple[Line, ...], ...]
Shape = shapely.Geometry

MAX_CORNERS: Final = 2_000
"""In all parts of a zone together."""
MAX_AREA_KM2: Final = 20_000.0
"""Five counties. Anything larger is a slip of the hand that would cut everybody off."""
MIN_AREA_M2: Final = 1.0
MAX_RADIUS_M: Final = 20_000.0

_M_PER_DEGREE: Final = EARTH_RADIUS_M * np.pi / 180
_FEWEST: Final = {ZoneForm.AREA: 3, ZoneForm.LINE: 2, ZoneForm.POINT: 1}


class ZoneProblem(StrEnum):
    """Why a shape cannot be a zone; the codes are stable, the screens translate them."""

    TOO_FEW_CORNERS = "TOO_FEW_CORNERS"
    TOO_FEW_POINTS = "TOO_FEW_POINTS"
    TOO_MANY_CORNERS = "TOO_MANY_CORNERS"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    ANTIMERIDIAN = "ANTIMERIDIAN"
    SELF_INTERSECTION = "SELF_INTERSECTION"
    NO_AREA = "NO_AREA"
    TOO_LARGE = "TOO_LARGE"
    BAD_RADIUS = "BAD_RADIUS"


def zone_problem(form: ZoneForm, parts: Parts, radius_m: float = 0.0) -> ZoneProblem | None:
    """Return what is wrong with the shape of a zone, or None when it is sound.

    The fields are those of `model.Zone`; the last corner of a ring may repeat the first. Whoever
    lets a zone into the log asks this first.
    """
    if not 0 <= radius_m <= MAX_RADIUS_M:
        return ZoneProblem.BAD_RADIUS
    lines = [line for part in parts for line in part]
    if sum(map(len, lines)) > MAX_CORNERS:
        return ZoneProblem.TOO_MANY_CORNERS
    corners = np.array([point for line in lines for point in line], np.float64).reshape(-1, 2)
    if not np.isfinite(corners).all():
        return ZoneProblem.NOT_A_NUMBER
    if (np.abs(corners) > (180.0, 90.0)).any():
        return ZoneProblem.OUT_OF_RANGE
    if not parts or not all(parts) or any(len(set(line)) < _FEWEST[form] for line in lines):
        area = form is ZoneForm.AREA
        return ZoneProblem.TOO_FEW_CORNERS if area else ZoneProblem.TOO_FEW_POINTS
    if any(np.abs(np.diff(_closed(line, form)[:, 0])).max(initial=0) > 180 for line in lines):
        return ZoneProblem.ANTIMERIDIAN
    return _area_problem(parts) if form is ZoneForm.AREA else None


def repaired(form: ZoneForm, parts: Parts) -> tuple[Parts, bool]:
    """Return the parts with outlines that cross themselves mended, and whether any did.

    What any ring encloses stays enclosed (`make_valid`, method "structure"); parts that overlap
    become one. A shape that has another `zone_problem`, or no area at all, comes back as it is.
    """
    if form is not ZoneForm.AREA or zone_problem(form, parts) is not ZoneProblem.SELF_INTERSECTION:
        return parts, False
    rings = shapely.multipolygons([shapely.Polygon(outer, holes) for outer, *holes in parts])
    mended = shapely.make_valid(rings, method="structure", keep_collapsed=False)
    found: list[tuple[Line, ...]] = []
    for polygon in shapely.get_parts(mended):
        if isinstance(polygon, shapely.Polygon) and not polygon.is_empty:
            found.append(tuple(map(_corners, (polygon.exterior, *polygon.interiors))))
    return (tuple(found), True) if found else (parts, False)


def _corners(ring: shapely.LinearRing) -> Line:
    return tuple((float(lon), float(lat)) for lon, lat in ring.coords[:-1])


def _closed(line: Line, form: ZoneForm) -> Floats:
    return np.array((*line, line[0]) if form is ZoneForm.AREA else line, np.float64)


def _area_problem(parts: Parts) -> ZoneProblem | None:
    area_m2 = 0.0
    for outer, *holes in parts:
        alone = _area_m2(np.array(outer, np.float64))
        # A ring folded onto itself is invalid too, but "no area" is what the hand should be told.
        if alone < MIN_AREA_M2 and shapely.Polygon(outer).convex_hull.area == 0:
            return ZoneProblem.NO_AREA
        if not shapely.Polygon(outer, holes).is_valid:
            return ZoneProblem.SELF_INTERSECTION
        if alone < MIN_AREA_M2:
            return ZoneProblem.NO_AREA
        area_m2 += alone
    if area_m2 > MAX_AREA_KM2 * 1e6:
        return ZoneProblem.TOO_LARGE
    sound = shapely.multipolygons([shapely.Polygon(outer, holes) for outer, *holes in parts])
    return None if sound.is_valid else ZoneProblem.SELF_INTERSECTION


def _area_m2(corners: Floats) -> float:
    """Shoelace area in square metres, degrees scaled by the cosine of the mean latitude."""
    middle = corners.mean(axis=0)
    x, y = np.radians(corners - middle).T * EARTH_RADIUS_M
    x = x * np.cos(np.radians(middle[1]))
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


@lru_cache(maxsize=1_024)
def shape(form: ZoneForm, parts: Parts, radius_m: float) -> Shape:
    """Return the prepared shape of a zone in degrees, widened by `radius_m`.

    Raises:
        BadInput: the shape has a `zone_problem`.
    """
    problem = zone_problem(form, parts, radius_m)
    if problem is not None:
        raise BadInput(f"zone of {sum(len(line) for part in parts for line in part)} "
                       f"corners: {problem}")  # fmt: skip
    widened = widen(_drawn(form, parts), radius_m)
    shapely.prepare(widened)
    return widened


def _drawn(form: ZoneForm, parts: Parts) -> Shape:
    if form is ZoneForm.AREA:
        return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in parts])
    lines = [line for part in parts for line in part]
    if form is ZoneForm.LINE:
        return shapely.MultiLineString(lines)
    return shapely.multipoints([point for line in lines for point in line])


def widen(drawn: Shape, radius_m: float) -> Shape:
    """Return a shape in degrees with everything within `radius_m` of it, in metres at its own
    latitude."""
    if not radius_m:
        return drawn
    _, south, _, north = shapely.bounds(drawn).tolist()
    across = max(float(np.cos(np.radians((south + north) / 2))), 1e-6)
    scale = np.array([across, 1.0]) * _M_PER_DEGREE
    metres = shapely.transform(drawn, lambda xy: xy * scale)
    wide: Shape = shapely.transform(shapely.buffer(metres, radius_m), lambda xy: xy / scale)
    return wide


def shape_of(zone: Zone) -> Shape:
    """Return the prepared shape of a zone (see `shape`)."""
    return shape(zone.form, zone.parts, float(zone.radius_m))


def covers_ground(zone: Zone) -> bool:
    """Return whether one can be inside: a broken bridge, a flooded tunnel or a closed stretch of
    road harm only who goes along there."""
    along = zone.kind is ZoneKind.CLOSED and zone.form is ZoneForm.LINE
    return not (along or zone.kind in (ZoneKind.BRIDGE, ZoneKind.TUNNEL))


def blocking(zones: Sequence[Zone], mode: TravelMode) -> tuple[Zone, ...]:
    """Return the zones no one gets into or out of by `mode`."""
    return tuple(zone for zone in zones if mode in zone.blocks and covers_ground(zone))


def inside(zone: Zone, lon: Floats, lat: Floats) -> Bools:
    """Return which positions (degrees, shape (n,)) lie in the zone or on its border.

    Raises:
        BadInput: the zone has a `zone_problem`.
    """
    found = _in_box(zone, lon, lat, lon, lat)
    near = np.flatnonzero(found)
    found[near] = shapely.intersects_xy(shape_of(zone), lon[near], lat[near])
    return found


def inside_any(zones: Sequence[Zone], lon: Floats, lat: Floats) -> Bools:
    """Return which positions (degrees, shape (n,)) lie in at least one of the zones."""
    found = np.zeros(np.shape(lon), dtype=np.bool_)
    for zone in zones:
        found |= inside(zone, lon, lat)
    return found


def who_is_inside(zones: Sequence[Zone], lon: Floats, lat: Floats) -> NDArray[np.intp]:
    """Return in which of the zones each position (degrees, shape (n,)) lies, -1 for none.

    The first zone counts, whatever it blocks; an unknown position (nan) is nowhere.
    """
    found = np.full(np.shape(lon), -1, dtype=np.intp)
    for number in reversed(range(len(zones))):
        if covers_ground(zones[number]):
            found[inside(zones[number], lon, lat)] = number
    return found


def crossed(zones: Sequence[Zone], start: Floats, end: Floats) -> Bools:
    """Return which straight legs touch a zone; `start`, `end` are lon, lat of shape (n, 2)."""
    found = np.zeros(len(start), dtype=np.bool_)
    west, south = np.ascontiguousarray(np.minimum(start, end).T)
    east, north = np.ascontiguousarray(np.maximum(start, end).T)
    for zone in zones:
        near = np.flatnonzero(_in_box(zone, west, south, east, north))
        legs = shapely.linestrings(np.stack([start[near], end[near]], axis=1))
        found[near] |= shapely.intersects(shape_of(zone), legs)
    return found


def _in_box(zone: Zone, west: Floats, south: Floats, east: Floats, north: Floats) -> Bools:
    """Return which boxes touch the box around the zone; shape (n,). Nowhere (nan) does not."""
    low_lon, low_lat, high_lon, high_lat = shapely.bounds(shape_of(zone)).tolist()
    touching: Bools = (west <= high_lon) & (east >= low_lon)
    touching &= (south <= high_lat) & (north >= low_lat)
    return touching
