"""Hazard zones as shapes: is a ring drawable, who is inside, which way crosses it.

Degrees are treated as a plane. Within one zone (MAX_AREA_KM2) that moves a border by metres, less
than the hand that drew it; rings over the antimeridian are refused rather than misread.
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
from dispatch.model import TravelMode, Zone, ZoneStatus

Bools = NDArray[np.bool_]
Ring = tuple[tuple[float, float], ...]

MAX_CORNERS: Final = 2_000
MAX_AREA_KM2: Final = 20_000.0
"""Five counties. Anything larger is a slip of the hand that would cut everybody off."""
MIN_AREA_M2: Final = 1.0


class RingProblem(StrEnum):
    """Why a ring cannot be a zone; the codes are stable, the screens translate them."""

    TOO_FEW_CORNERS = "TOO_FEW_CORNERS"
    TOO_MANY_CORNERS = "TOO_MANY_CORNERS"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    ANTIMERIDIAN = "ANTIMERIDIAN"
    SELF_INTERSECTION = "SELF_INTERSECTION"
    NO_AREA = "NO_AREA"
    TOO_LARGE = "TOO_LARGE"


def ring_problem(ring: Sequence[tuple[float, float]]) -> RingProblem | None:
    """Return what is wrong with a ring of (lon, lat) corners, or None when it is a sound zone.

    The last corner may repeat the first. Whoever lets a zone into the log asks this first.
    """
    if len(ring) > MAX_CORNERS:
        return RingProblem.TOO_MANY_CORNERS
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring):
        return RingProblem.OUT_OF_RANGE
    if len({(lon, lat) for lon, lat in ring}) < 3:
        return RingProblem.TOO_FEW_CORNERS
    return _shape_problem(np.asarray(ring, dtype=np.float64))


def _shape_problem(corners: Floats) -> RingProblem | None:
    steps = np.diff(corners[:, 0], append=corners[0, 0])
    if np.abs(steps).max() > 180:
        return RingProblem.ANTIMERIDIAN
    area_m2 = _area_m2(corners)
    # A ring folded onto itself is invalid too, but "no area" is what the hand should be told.
    if area_m2 < MIN_AREA_M2 and shapely.Polygon(corners).convex_hull.area == 0:
        return RingProblem.NO_AREA
    if not shapely.Polygon(corners).is_valid:
        return RingProblem.SELF_INTERSECTION
    if area_m2 < MIN_AREA_M2:
        return RingProblem.NO_AREA
    return RingProblem.TOO_LARGE if area_m2 > MAX_AREA_KM2 * 1e6 else None


def _area_m2(corners: Floats) -> float:
    """Shoelace area in square metres, degrees scaled by the cosine of the mean latitude."""
    middle = corners.mean(axis=0)
    x, y = np.radians(corners - middle).T * EARTH_RADIUS_M
    x = x * np.cos(np.radians(middle[1]))
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


@lru_cache(maxsize=1_024)
def polygon(ring: Ring) -> shapely.Polygon:
    """Return the prepared polygon of a zone's ring.

    Raises:
        BadInput: the ring has a `ring_problem`.
    """
    problem = ring_problem(ring)
    if problem is not None:
        raise BadInput(f"zone ring of {len(ring)} corners: {problem}")
    shape = shapely.Polygon(ring)
    shapely.prepare(shape)
    return shape


def blocking(zones: Sequence[Zone], mode: TravelMode) -> tuple[Zone, ...]:
    """Return the zones that close roads to `mode`; a cleared zone closes nothing."""
    return tuple(zone for zone in zones if zone.status is ZoneStatus.ACTIVE and mode in zone.blocks)


def inside(zone: Zone, lon: Floats, lat: Floats) -> Bools:
    """Return which positions (degrees, shape (n,)) lie in the zone or on its border.

    Raises:
        BadInput: the zone's ring has a `ring_problem`.
    """
    found: Bools = shapely.intersects_xy(polygon(zone.ring), lon, lat)
    return found


def inside_any(zones: Sequence[Zone], lon: Floats, lat: Floats) -> Bools:
    """Return which positions (degrees, shape (n,)) lie in at least one of the zones."""
    found = np.zeros(np.shape(lon), dtype=np.bool_)
    for zone in zones:
        found |= inside(zone, lon, lat)
    return found


def crossed(zone: Zone, start: Floats, end: Floats) -> Bools:
    """Return which straight legs touch the zone; `start`, `end` are lon, lat of shape (n, 2)."""
    shape = polygon(zone.ring)
    west, south, east, north = shape.bounds
    low, high = np.minimum(start, end), np.maximum(start, end)
    found: Bools = (
        (low[:, 0] <= east) & (high[:, 0] >= west) & (low[:, 1] <= north) & (high[:, 1] >= south)
    )
    near = np.flatnonzero(found)
    legs = shapely.linestrings(np.stack([start[near], end[near]], axis=1))
    found[near] = shapely.intersects(shape, legs)
    return found
