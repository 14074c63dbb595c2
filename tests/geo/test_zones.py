"""Which shapes are zones, who is inside, which legs cross."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.measure import crow_m
from dispatch.geo.zones import (
    MAX_CORNERS,
    MAX_RADIUS_M,
    Parts,
    ZoneProblem,
    blocking,
    crossed,
    inside,
    inside_any,
    repaired,
    shape,
    shape_of,
    who_is_inside,
    zone_problem,
)
from dispatch.model import Line, TravelMode, Zone, ZoneForm, ZoneKind
from tests.geo.grids import at, box

AREA, LINE, POINT = ZoneForm
SQUARE = ((116.0, 40.0), (116.01, 40.0), (116.01, 40.01), (116.0, 40.01))
HOLE = ((116.004, 40.004), (116.006, 40.004), (116.006, 40.006), (116.004, 40.006))
BOW_TIE = (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])


def spot(corner: tuple[float, float], radius_m: float) -> Zone:
    return replace(
        box(0, 0, 1, 1), form=ZoneForm.POINT, parts=(((at(corner),),),), radius_m=radius_m
    )


@pytest.mark.parametrize(
    "ring",
    [
        SQUARE,
        SQUARE[::-1],
        (*SQUARE, SQUARE[0]),
        SQUARE[:3],
        ((179.9, 0.0), (180.0, 0.0), (180.0, 0.1)),
        ((0.0, 89.9), (10.0, 89.9), (5.0, 90.0)),
    ],
)
def test_sound_rings(ring: Line) -> None:
    assert zone_problem(AREA, ((ring,),)) is None
    assert shape(AREA, ((ring,),), 0.0).area > 0


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        (AREA, ((SQUARE, HOLE),)),
        (AREA, ((SQUARE,), (tuple((lon + 1, lat) for lon, lat in SQUARE),))),
        (LINE, ((SQUARE,),)),
        (LINE, ((BOW_TIE,), (SQUARE[:2],))),
        (POINT, ((SQUARE[:1],), (SQUARE[1:2],))),
    ],
)
def test_sound_parts(form: ZoneForm, parts: Parts) -> None:
    assert zone_problem(form, parts, 25.0) is None
    assert shape(form, parts, 25.0).area > shape(form, parts, 0.0).area


@pytest.mark.parametrize(
    ("ring", "problem"),
    [
        ((), ZoneProblem.TOO_FEW_CORNERS),
        (SQUARE[:2], ZoneProblem.TOO_FEW_CORNERS),
        ((SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]), ZoneProblem.TOO_FEW_CORNERS),
        (SQUARE * (MAX_CORNERS // 4 + 1), ZoneProblem.TOO_MANY_CORNERS),
        (((181.0, 0.0), *SQUARE), ZoneProblem.OUT_OF_RANGE),
        (((0.0, -90.1), *SQUARE), ZoneProblem.OUT_OF_RANGE),
        (((float("nan"), 40.0), *SQUARE), ZoneProblem.NOT_A_NUMBER),
        (((float("inf"), 40.0), *SQUARE), ZoneProblem.NOT_A_NUMBER),
        (((179.9, 0.0), (-179.9, 0.0), (-179.9, 0.1)), ZoneProblem.ANTIMERIDIAN),
        (BOW_TIE, ZoneProblem.SELF_INTERSECTION),
        ((*SQUARE[:3], (116.005, 39.99)), ZoneProblem.SELF_INTERSECTION),
        (((116.0, 40.0), (116.01, 40.0), (116.02, 40.0)), ZoneProblem.NO_AREA),
        (((116.0, 40.0), (116.000001, 40.0), (116.0, 40.000001)), ZoneProblem.NO_AREA),
        (((116.0, 40.0), (118.0, 40.0), (118.0, 42.0), (116.0, 42.0)), ZoneProblem.TOO_LARGE),
    ],
)
def test_rings_that_are_no_zones(ring: Line, problem: ZoneProblem) -> None:
    assert zone_problem(AREA, ((ring,),)) is problem
    with pytest.raises(BadInput, match=problem):
        shape(AREA, ((ring,),), 0.0)


@pytest.mark.parametrize(
    ("form", "parts", "problem"),
    [
        (AREA, (), ZoneProblem.TOO_FEW_CORNERS),
        (AREA, ((),), ZoneProblem.TOO_FEW_CORNERS),
        (AREA, ((SQUARE, HOLE[:2]),), ZoneProblem.TOO_FEW_CORNERS),
        (AREA, ((HOLE, SQUARE),), ZoneProblem.SELF_INTERSECTION),  # a hole around its ring
        (AREA, ((SQUARE,), (HOLE,)), ZoneProblem.SELF_INTERSECTION),  # parts that overlap
        (LINE, (), ZoneProblem.TOO_FEW_POINTS),
        (LINE, ((SQUARE[:1],),), ZoneProblem.TOO_FEW_POINTS),
        (LINE, (((SQUARE[0], SQUARE[0]),),), ZoneProblem.TOO_FEW_POINTS),
        (LINE, ((((179.9, 0.0), (-179.9, 0.0)),),), ZoneProblem.ANTIMERIDIAN),
        (LINE, ((SQUARE * 300,), (SQUARE * 300,)), ZoneProblem.TOO_MANY_CORNERS),
        (POINT, (((),),), ZoneProblem.TOO_FEW_POINTS),
    ],
)
def test_parts_that_are_no_zones(form: ZoneForm, parts: Parts, problem: ZoneProblem) -> None:
    assert zone_problem(form, parts) is problem


@pytest.mark.parametrize("radius_m", [-1.0, float("nan"), float("inf"), MAX_RADIUS_M + 1])
def test_impossible_radii(radius_m: float) -> None:
    assert zone_problem(AREA, ((SQUARE,),), radius_m) is ZoneProblem.BAD_RADIUS


def test_an_outline_that_crosses_itself_is_mended_to_what_it_encloses() -> None:
    parts, mended = repaired(AREA, ((BOW_TIE,),))
    assert mended
    assert zone_problem(AREA, parts) is None
    assert len(parts) == 2  # the two wings
    whole = shape(AREA, ((SQUARE,),), 0.0).area
    assert shape(AREA, parts, 0.0).area == pytest.approx(whole / 2)


def test_parts_that_overlap_become_one() -> None:
    beside = tuple((lon + 0.005, lat) for lon, lat in SQUARE)
    parts, mended = repaired(AREA, ((SQUARE,), (beside,)))
    assert mended
    assert len(parts) == 1
    whole = shape(AREA, ((SQUARE,),), 0.0).area
    assert shape(AREA, parts, 0.0).area == pytest.approx(whole * 1.5)


def test_holes_survive_mending() -> None:
    parts, mended = repaired(AREA, ((SQUARE, HOLE), (BOW_TIE,)))
    assert mended
    assert zone_problem(AREA, parts) is None


@pytest.mark.parametrize(
    ("form", "parts"),
    [(AREA, ((SQUARE, HOLE),)), (AREA, ((SQUARE[:2],),)), (LINE, ((BOW_TIE,),)), (AREA, ())],
)
def test_what_does_not_cross_itself_stays_as_it_is(form: ZoneForm, parts: Parts) -> None:
    assert repaired(form, parts) == (parts, False)


@pytest.mark.parametrize("lat", [0.0, 40.0, -75.0])
def test_a_radius_is_in_metres_at_every_latitude(lat: float) -> None:
    disc = shape(POINT, ((((30.0, lat),),),), 1_000.0)
    rim = np.array(disc.exterior.coords)
    np.testing.assert_allclose(crow_m(30.0, lat, *rim.T), 1_000.0, rtol=5e-3)


def test_inside_includes_the_border() -> None:
    lon, lat = np.array([at(corner) for corner in [(1, 1), (0, 1), (2, 2), (3, 1)]]).T
    assert inside(box(0, 0, 2, 2), lon, lat).tolist() == [True, True, True, False]


def test_nobody_is_inside_a_hole() -> None:
    zone = replace(box(0, 0, 1, 1), parts=((SQUARE, HOLE),))
    lon, lat = np.array([(116.005, 40.005), (116.002, 40.002)]).T
    assert inside(zone, lon, lat).tolist() == [False, True]


def test_inside_any() -> None:
    lon, lat = np.array([at(corner) for corner in [(1, 1), (5, 5), (9, 9)]]).T
    assert inside_any([box(0, 0, 2, 2), box(4, 4, 6, 6)], lon, lat).tolist() == [True, True, False]
    assert inside_any([], lon, lat).tolist() == [False, False, False]


def test_who_is_inside_names_the_first_zone_whatever_it_blocks() -> None:
    zones = [box(0, 0, 2, 2, blocks=()), box(1, 1, 3, 3)]
    lon, lat = np.array([*(at(c) for c in [(0.5, 0.5), (1.5, 1.5), (2.5, 2.5), (9, 9)]),
                         (np.nan, np.nan)]).T  # fmt: skip
    assert who_is_inside(zones, lon, lat).tolist() == [0, 0, 1, -1, -1]
    assert who_is_inside([], lon, lat).tolist() == [-1] * 5


@pytest.mark.parametrize("kind", [ZoneKind.BRIDGE, ZoneKind.TUNNEL])
def test_nobody_is_inside_a_bridge_or_tunnel(kind: ZoneKind) -> None:
    broken = replace(spot((0, 0), 100.0), kind=kind)
    lon, lat = np.array([at((0, 0))]).T
    assert who_is_inside([broken, spot((0, 0), 50.0)], lon, lat).tolist() == [1]
    assert blocking([broken], TravelMode.CAR) == ()


def test_a_closed_stretch_of_road_has_no_inside_but_a_closed_area_has() -> None:
    area = replace(box(0, 0, 1, 1), kind=ZoneKind.CLOSED)
    stretch = replace(area, form=LINE, parts=((area.parts[0][0][:2],),), radius_m=20.0)
    assert blocking([stretch, area], TravelMode.CAR) == (area,)


def test_blocking_leaves_out_other_modes() -> None:
    flood = box(0, 0, 1, 1, blocks=[TravelMode.CAR])
    assert blocking([flood], TravelMode.CAR) == (flood,)
    assert blocking([flood], TravelMode.FOOT) == ()


def test_crossed() -> None:
    start = np.array([at(corner) for corner in [(0, 1.5), (0, 0), (0, 1.8), (1.5, 1.5), (0, 0)]])
    end = np.array([at(corner) for corner in [(3, 1.5), (3, 0), (1.2, 3), (1.5, 1.5), (1, 1)]])
    zones = [box(1, 1, 2, 2)]
    assert crossed(zones, start, end).tolist() == [True, False, False, True, True]
    assert crossed([*zones, box(1, -1, 2, 0.5)], start, end)[1]
    assert not crossed([], start, end).any()


def test_crossed_without_legs() -> None:
    nothing = np.empty((0, 2))
    assert crossed([box(0, 0, 1, 1)], nothing, nothing).tolist() == []


def test_a_zone_has_the_shape_of_its_fields() -> None:
    assert shape_of(spot((0, 0), 10.0)).area > 0
    with pytest.raises(BadInput, match="BAD_RADIUS"):
        shape_of(spot((0, 0), -1.0))
