"""Which rings are zones, who is inside, which legs cross."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.zones import (
    MAX_CORNERS,
    RingProblem,
    blocking,
    crossed,
    inside,
    inside_any,
    polygon,
    ring_problem,
)
from dispatch.model import TravelMode, ZoneStatus
from tests.geo.grids import at, box

SQUARE = ((116.0, 40.0), (116.01, 40.0), (116.01, 40.01), (116.0, 40.01))


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
def test_sound_rings(ring: tuple[tuple[float, float], ...]) -> None:
    assert ring_problem(ring) is None
    assert polygon(ring).area > 0


@pytest.mark.parametrize(
    ("ring", "problem"),
    [
        ((), RingProblem.TOO_FEW_CORNERS),
        (SQUARE[:2], RingProblem.TOO_FEW_CORNERS),
        ((SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]), RingProblem.TOO_FEW_CORNERS),
        (SQUARE * (MAX_CORNERS // 4 + 1), RingProblem.TOO_MANY_CORNERS),
        (((181.0, 0.0), *SQUARE), RingProblem.OUT_OF_RANGE),
        (((0.0, -90.1), *SQUARE), RingProblem.OUT_OF_RANGE),
        (((float("nan"), 40.0), *SQUARE), RingProblem.OUT_OF_RANGE),
        (((float("inf"), 40.0), *SQUARE), RingProblem.OUT_OF_RANGE),
        (((179.9, 0.0), (-179.9, 0.0), (-179.9, 0.1)), RingProblem.ANTIMERIDIAN),
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), RingProblem.SELF_INTERSECTION),
        ((*SQUARE[:3], (116.005, 39.99)), RingProblem.SELF_INTERSECTION),
        (((116.0, 40.0), (116.01, 40.0), (116.02, 40.0)), RingProblem.NO_AREA),
        (((116.0, 40.0), (116.000001, 40.0), (116.0, 40.000001)), RingProblem.NO_AREA),
        (((116.0, 40.0), (118.0, 40.0), (118.0, 42.0), (116.0, 42.0)), RingProblem.TOO_LARGE),
    ],
)
def test_rings_that_are_no_zones(
    ring: tuple[tuple[float, float], ...], problem: RingProblem
) -> None:
    assert ring_problem(ring) is problem
    with pytest.raises(BadInput, match=problem):
        polygon(ring)


def test_inside_includes_the_border() -> None:
    zone = box(0, 0, 2, 2)
    lon, lat = np.array([at(corner) for corner in [(1, 1), (0, 1), (2, 2), (3, 1)]]).T
    assert inside(zone, lon, lat).tolist() == [True, True, True, False]


def test_inside_any() -> None:
    lon, lat = np.array([at(corner) for corner in [(1, 1), (5, 5), (9, 9)]]).T
    assert inside_any([box(0, 0, 2, 2), box(4, 4, 6, 6)], lon, lat).tolist() == [True, True, False]
    assert inside_any([], lon, lat).tolist() == [False, False, False]


def test_blocking_leaves_out_cleared_zones_and_other_modes() -> None:
    flood = box(0, 0, 1, 1, blocks=[TravelMode.CAR])
    cleared = box(0, 0, 1, 1, status=ZoneStatus.CLEARED)
    assert blocking([flood, cleared], TravelMode.CAR) == (flood,)
    assert blocking([flood, cleared], TravelMode.FOOT) == ()


def test_crossed() -> None:
    zone = box(1, 1, 2, 2)
    start = np.array([at(corner) for corner in [(0, 1.5), (0, 0), (0, 1.8), (1.5, 1.5), (0, 0)]])
    end = np.array([at(corner) for corner in [(3, 1.5), (3, 0), (1.2, 3), (1.5, 1.5), (1, 1)]])
    assert crossed(zone, start, end).tolist() == [True, False, False, True, True]


def test_crossed_without_legs() -> None:
    nothing = np.empty((0, 2))
    assert crossed(box(0, 0, 1, 1), nothing, nothing).tolist() == []
