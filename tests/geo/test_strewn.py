"""Roads as points: evenly, all of them, and only those a mode may use."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.geo.measure import crow_m
from dispatch.geo.strewn import SPACING_M, strewn
from dispatch.model import ON_LAND, TravelMode
from tests.geo.grids import BOTH_WAYS, at, graph

FOOTPATH = 0b110000
STREETS = graph(
    [((0, 0), (2, 0), BOTH_WAYS), ((0, 0), (0, 1), FOOTPATH), ((0, 1), (0, 1), BOTH_WAYS)],
    bends=[[(1.0, 0.3)], [], [(0.2, 1.2), (0.2, 1.4)]],
)


def test_points_stand_for_the_whole_length() -> None:
    roads = strewn(STREETS, ON_LAND)
    assert roads.length_m.sum() == pytest.approx(STREETS.length_m.sum())
    assert (roads.length_m > 0).all()
    assert roads.length_m.max() <= SPACING_M


def test_neighbours_are_no_further_apart_than_the_pieces_are_long() -> None:
    roads = strewn(graph([((0, 0), (3, 0), BOTH_WAYS)]), ON_LAND)
    steps_m = crow_m(*roads.points[:-1].T, *roads.points[1:].T)
    np.testing.assert_allclose(steps_m, roads.length_m[1:], rtol=1e-6)
    first_m = crow_m(*at((0, 0)), *roads.points[0])
    assert first_m == pytest.approx(roads.length_m[0] / 2)


def test_each_mode_has_its_own_roads() -> None:
    all_m, car_m = (strewn(STREETS, modes).length_m.sum() for modes in (ON_LAND, (TravelMode.CAR,)))
    assert all_m - car_m == pytest.approx(STREETS.length_m[1])
    assert len(strewn(STREETS, (TravelMode.BOAT,)).points) == 0
