"""Shapes as files hold them: refused, or mended and told. All in WGS-84 degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import shapely

from dispatch.exchange.layer import Shape
from dispatch.exchange.rows import Code, Feature, Refused
from dispatch.model import Line, ZoneForm

M_PER_DEGREE: Final = 111_195.0
"""Along a meridian of the sphere of `geo.measure`."""
FIRST_TOLERANCE_M: Final = 1.0
Parts = tuple[tuple[Line, ...], ...]


class Ground(Protocol):
    """Where a place may be meant to lie: what does not lie there may have its numbers swapped."""

    def holds(self, lon: float, lat: float) -> bool:
        """Return whether a place in degrees may be meant."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Roughly where an agency works: within `ROOM` of the middle of its map."""

    lon: float
    lat: float

    ROOM = 10.0

    def holds(self, lon: float, lat: float) -> bool:
        """Return whether a place in degrees may be meant."""
        return abs(lon - self.lon) <= self.ROOM and abs(lat - self.lat) <= self.ROOM


def checked(feature: Feature, most: int, reach: Ground | None) -> Shape:
    """Return the shape of a feature; outlines may still cross themselves.

    Args:
        most: corners it may have.
        reach: where the agency works, to tell swapped coordinates.

    Raises:
        Refused: there is none, or it cannot be used.
    """
    shape = feature.shape
    if shape is None or shape.is_empty:
        raise _refused(Code.NO_GEOMETRY, "the feature has no geometry")
    corners = int(shapely.get_num_coordinates(shape))
    if corners > most:
        raise _refused(Code.TOO_MANY_CORNERS, f"has {corners:,} corners, at most {most:,} are read")
    _check_place(shape, reach)
    return shape


def _check_place(shape: Shape, reach: Ground | None) -> None:
    at = shapely.get_coordinates(shape)
    if not np.isfinite(at).all():
        raise _refused(Code.NOT_A_NUMBER, "a coordinate is not a finite number")
    lon, lat = at.mean(axis=0).tolist()
    inside = (np.abs(at) <= (180, 90)).all()
    turned = (np.abs(at[:, ::-1]) <= (180, 90)).all()
    far = reach is not None and not reach.holds(lon, lat)
    if turned and ((far and reach is not None and reach.holds(lat, lon)) or not inside):
        raise _refused(
            Code.SWAPPED,
            f"{lon:.5f}, {lat:.5f} fits only once its two numbers are swapped: expected lon, lat",
        )
    if not inside:
        raise _refused(Code.OUT_OF_RANGE, "expected degrees, lon -180..180, lat -90..90")
    if not at.any():
        raise _refused(Code.OUT_OF_RANGE, "0, 0 is a missing position")


def mended(feature: Feature, shape: Shape) -> Shape:
    """Return a shape whose outlines do not cross themselves, and tell if they did.

    What any ring encloses stays enclosed; what has no area falls away.

    Raises:
        Refused: nothing is left.
    """
    if shape.is_valid:
        return shape
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if whole.is_empty or whole.area == 0:
        raise _refused(Code.WRONG_GEOMETRY, "the outline encloses nothing")
    feature.mended.append((Code.MENDED, "an outline that crosses itself was mended"))
    return whole


def simplified(feature: Feature, shape: Shape, most: int) -> Shape:
    """Return a shape with at most so many corners, moved by as few metres as that takes.

    The tolerance (Douglas and Peucker) is doubled from a metre on, and told.

    Raises:
        Refused: it has as many parts as it may have corners.
    """
    before = int(shapely.get_num_coordinates(shape))
    if before <= most:
        return shape
    tolerance_m = FIRST_TOLERANCE_M
    while tolerance_m < 10_000:
        simple = shapely.simplify(shape, tolerance_m / M_PER_DEGREE)
        after = int(shapely.get_num_coordinates(simple))
        if after <= most:
            told = f"{before:,} corners simplified to {after:,}, tolerance {tolerance_m:g} m"
            feature.mended.append((Code.SIMPLIFIED, told))
            return simple
        tolerance_m *= 2
    raise _refused(Code.TOO_MANY_CORNERS, f"has {before:,} corners that {most:,} cannot stand for")


_FORMS: Final = {
    shapely.GeometryType.POINT: ZoneForm.POINT,
    shapely.GeometryType.MULTIPOINT: ZoneForm.POINT,
    shapely.GeometryType.LINESTRING: ZoneForm.LINE,
    shapely.GeometryType.MULTILINESTRING: ZoneForm.LINE,
    shapely.GeometryType.POLYGON: ZoneForm.AREA,
    shapely.GeometryType.MULTIPOLYGON: ZoneForm.AREA,
}


def parts_of(shape: Shape) -> tuple[ZoneForm, Parts]:
    """Return a shape as `model.Zone` has it.

    Raises:
        Refused: it mixes points, lines and areas.
    """
    form = _FORMS.get(shapely.GeometryType(int(shapely.get_type_id(shape))))
    if form is None:
        raise _refused(Code.WRONG_GEOMETRY, f"is a {shape.geom_type}: expected one sort of shape")
    single = [one for one in shapely.get_parts(shape) if not one.is_empty]
    if form is not ZoneForm.AREA:
        return form, tuple((_line(one),) for one in single)
    return form, tuple(
        tuple(_line(ring)[:-1] for ring in (one.exterior, *one.interiors)) for one in single
    )


def place_of(shape: Shape) -> tuple[float, float]:
    """Return lon, lat of a shape that is one point.

    Raises:
        Refused: it is not.
    """
    single = shapely.get_parts(shape)
    if shapely.get_type_id(shape) not in (0, 4) or len(single) != 1:
        raise _refused(Code.WRONG_GEOMETRY, f"is a {shape.geom_type}: expected one Point")
    return float(single[0].x), float(single[0].y)


def _line(shape: Shape) -> Line:
    return tuple((float(lon), float(lat)) for lon, lat in shapely.get_coordinates(shape).tolist())


def _refused(code: Code, message: str) -> Refused:
    return Refused(code, "geometry", message)
