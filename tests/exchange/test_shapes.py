from __future__ import annotations

import numpy as np
import pytest
import shapely

from dispatch.exchange.rows import Code, Feature, Refused
from dispatch.exchange.shapes import (
    M_PER_DEGREE,
    Reach,
    checked,
    mended,
    parts_of,
    place_of,
    simplified,
)
from dispatch.model import ZoneForm

from .made import BOWTIE, HOLED, LINE, POINT, TWO

REACH = Reach(125.0, 42.0)


def wkt(text: str) -> shapely.Geometry:
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt(text)


def circle(corners: int, away: float = 0.1) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return shapely.Polygon(np.stack([125 + away * np.cos(turn), 42 + away * np.sin(turn)], axis=1))


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, Code.NO_GEOMETRY),
        (shapely.Point(), Code.NO_GEOMETRY),
        (wkt("LINESTRING (125 42, inf 42)"), Code.NOT_A_NUMBER),
        (wkt("LINESTRING (125 42, 125 nan)"), Code.NOT_A_NUMBER),
        (shapely.Point(0, 0), Code.OUT_OF_RANGE),
        (shapely.Point(200, 100), Code.OUT_OF_RANGE),
        (shapely.Point(13_997_312, 5_203_169), Code.OUT_OF_RANGE),
        (shapely.Point(42.28, 125.74), Code.SWAPPED),
        (circle(101), Code.TOO_MANY_CORNERS),
    ],
)
def test_shapes_that_cannot_be_used(shape: shapely.Geometry | None, code: Code) -> None:
    with pytest.raises(Refused) as no:
        checked(Feature(1, shape, {}), 100, REACH)  # type: ignore[arg-type]
    assert (no.value.code, no.value.field) == (code, "geometry")


def test_swapped_is_told_where_both_readings_are_on_earth() -> None:
    """Chile: lon -71, lat -30."""
    chile = Reach(-71.0, -30.0)
    with pytest.raises(Refused, match="once its two numbers are swapped"):
        checked(Feature(1, shapely.Point(-29.9, -71.2), {}), 9, chile)
    for lon, lat in ((-71.2, -29.9), (10.0, 50.0)):  # here, and somewhere else altogether
        assert checked(Feature(1, shapely.Point(lon, lat), {}), 9, chile) is not None
    assert checked(Feature(1, shapely.Point(-29.9, -71.2), {}), 9, None) is not None


def test_crossing_outlines_are_mended_and_told() -> None:
    feature = Feature(1, BOWTIE, {})
    whole = mended(feature, BOWTIE)
    assert whole.is_valid
    assert whole.area == pytest.approx(0.02)
    assert [code for code, _ in feature.mended] == [Code.MENDED]
    assert mended(Feature(1, HOLED, {}), HOLED) is HOLED
    flat = shapely.Polygon([(125, 42), (126, 42), (125, 42)])
    with pytest.raises(Refused, match="encloses nothing"):
        mended(Feature(1, flat, {}), flat)


def test_many_corners_are_simplified_within_the_told_tolerance() -> None:
    feature, shape = Feature(1, None, {}), circle(5_000)
    simple = simplified(feature, shape, 200)
    assert shapely.get_num_coordinates(simple) <= 200
    ((code, told),) = feature.mended
    assert code is Code.SIMPLIFIED
    tolerance_m = float(told.rsplit("tolerance ", 1)[1].removesuffix(" m"))
    assert shape.hausdorff_distance(simple) * M_PER_DEGREE <= tolerance_m <= 64
    assert simplified(Feature(1, None, {}), HOLED, 200) is HOLED


def test_too_many_parts_cannot_be_simplified() -> None:
    boxes = shapely.MultiPolygon([shapely.box(x, 0, x + 0.5, 0.5) for x in range(50)])
    with pytest.raises(Refused, match="cannot stand for"):
        simplified(Feature(1, None, {}), boxes, 100)


def test_shapes_as_zones_have_them() -> None:
    form, parts = parts_of(TWO)
    assert form is ZoneForm.AREA
    assert [len(part) for part in parts] == [2, 1]
    assert parts[0][0] == ((125.0, 42.0), (125.4, 42.0), (125.4, 42.4), (125.0, 42.4))
    line = ((125.0, 42.0), (125.1, 42.1), (125.3, 42.1))
    assert parts_of(LINE) == (ZoneForm.LINE, ((line,),))
    assert parts_of(shapely.MultiPoint([(1, 2), (3, 4)])) == (
        ZoneForm.POINT,
        ((((1.0, 2.0),),), (((3.0, 4.0),),)),
    )
    with pytest.raises(Refused, match="GeometryCollection"):
        parts_of(shapely.GeometryCollection([POINT, LINE]))


def test_one_place() -> None:
    assert place_of(POINT) == (125.74, 42.28)
    assert place_of(shapely.MultiPoint([(1, 2)])) == (1, 2)
    for shape in (LINE, HOLED, shapely.MultiPoint([(1, 2), (3, 4)])):
        with pytest.raises(Refused, match="expected one Point"):
            place_of(shape)
