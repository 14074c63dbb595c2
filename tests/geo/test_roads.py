"""The road graph: what it says about its links, and that a broken file is refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.measure import crow_m
from dispatch.geo.roads import MIN_LENGTH_M, RoadGraph
from dispatch.model import TravelMode
from tests.geo.grids import BOTH_WAYS, LAT, LON, ONE_WAY, STEP, at, graph, grid

CAR_ONLY = 0b000011
CAR, FOOT = TravelMode.CAR, TravelMode.FOOT


def bent() -> RoadGraph:
    """Return a square whose east side bulges: four links, one of them one-way."""
    links = [
        ((0, 0), (1, 0), BOTH_WAYS),
        ((1, 0), (1, 1), ONE_WAY),
        ((1, 1), (0, 1), BOTH_WAYS),
        ((0, 1), (0, 0), BOTH_WAYS),
    ]
    return graph(links, [0, 1, 0, 0], [(), ((1.5, 0), (1.5, 1)), (), ()])


def test_lines_run_from_tail_over_bends_to_head() -> None:
    roads = bent()
    np.testing.assert_allclose(
        roads.line_points[roads.line_start[1] : roads.line_start[2]],
        [at((1, 0)), at((1.5, 0)), at((1.5, 1)), at((1, 1))],
    )
    assert [len(line.coords) for line in roads.lines] == [2, 4, 2, 2]
    assert list(roads.lines[0].coords) == [at((0, 0)), at((1, 0))]


def test_lengths_follow_the_bends() -> None:
    roads = bent()
    east = float(crow_m(LON, LAT, LON + STEP, LAT))
    north = float(crow_m(LON, LAT, LON, LAT + STEP))
    assert roads.length_m[0] == pytest.approx(east, rel=1e-3)
    assert roads.length_m[1] == pytest.approx(east + north, rel=1e-3)
    assert roads.length_m[3] == pytest.approx(north, rel=1e-3)


def test_no_link_is_shorter_than_the_minimum_or_the_straight_line() -> None:
    roads = replace(bent(), vertices=np.full((4, 2), 1_000_000, np.int32))
    assert roads.length_m[0] == MIN_LENGTH_M
    roads = grid(5, 5)
    ends = roads.places[roads.tail], roads.places[roads.head]
    assert (roads.length_m >= crow_m(*ends[0].T, *ends[1].T)).all()


def test_edges_obey_one_way_streets_by_mode() -> None:
    roads = bent()
    car, foot = roads.edges(CAR), roads.edges(FOOT)
    assert len(car.link) == 7
    assert len(foot.link) == 8
    (one,) = np.flatnonzero(car.link == 1)
    assert (car.tail[one], car.head[one]) == (roads.tail[1], roads.head[1])


def test_edge_times_follow_class_and_mode() -> None:
    roads = bent()
    car, foot = roads.edges(CAR), roads.edges(FOOT)
    kmh = car.length_m / car.time_s * 3.6
    np.testing.assert_allclose(kmh, np.where(car.link == 1, 20.0, 60.0))
    np.testing.assert_allclose(foot.length_m / foot.time_s * 3.6, 4.8)
    assert roads.vmax_mps(CAR) == pytest.approx(60 / 3.6)
    assert roads.vmax_mps(FOOT) == pytest.approx(4.8 / 3.6)


def test_main_component_is_what_reaches_each_other() -> None:
    dead_end = ((1, 1), (2, 2), CAR_ONLY & 0b01)  # in, but never out again
    island = ((8, 8), (9, 9), BOTH_WAYS)
    square = [(a, b, BOTH_WAYS) for a, b in [((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 0))]]
    roads = graph([*square, dead_end, island])
    inside = {tuple(np.round(place, 6)) for place in roads.places[roads.main(CAR)]}
    assert inside == {tuple(np.round(at(corner), 6)) for corner in [(0, 0), (1, 0), (1, 1)]}


def test_a_mode_without_links_has_no_component() -> None:
    roads = graph([((0, 0), (1, 0), CAR_ONLY)])
    assert not roads.main(FOOT).any()
    assert roads.vmax_mps(FOOT) == 0


def test_bounds_hold_the_bends() -> None:
    assert bent().bounds == pytest.approx((LON, LAT, LON + 1.5 * STEP, LAT + STEP))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tail": np.array([0, 1, 2, 9], np.int32)}, "vertex that does not exist"),
        ({"head": np.array([0, 1, 2, -1], np.int32)}, "vertex that does not exist"),
        ({"tail": np.zeros(4, np.int64)}, "tail is int64, not int32"),
        ({"tail": np.zeros(3, np.int32)}, "differ in length"),
        ({"tail": np.zeros(0, np.int32)}, "no links"),
        ({"road_class": np.full(4, 2, np.uint8)}, "class that does not exist"),
        ({"name": np.full(4, 2, np.int32)}, "name that does not exist"),
        ({"names": ("First", "Second")}, "first name is not empty"),
        ({"names": ()}, "name that does not exist"),
        ({"bend_start": np.zeros(4, np.int32)}, "bend_start must have"),
        ({"bend_start": np.array([0, 2, 1, 2, 2], np.int32)}, "does not count up"),
        ({"bend_start": np.array([0, 0, 0, 0, 1], np.int32)}, "does not count up"),
        ({"bends": np.zeros((2, 3), np.int32)}, "must be pairs"),
        ({"bends": np.full((2, 2), 190_000_000, np.int32)}, "out of range"),
        ({"vertices": np.full((4, 2), -2_147_483_648, np.int32)}, "out of range"),
        ({"speed": np.full(4, 2, np.uint16)}, "row of speed_kmh that does not exist"),
        ({"speed": np.zeros(4, np.uint8)}, "speed is uint8, not uint16"),
        ({"structure": np.zeros(3, np.uint8)}, "differ in length"),
        ({"layer": np.zeros(3, np.int8)}, "differ in length"),
        ({"speed_kmh": np.ones((2, 3))}, "speed_kmh must have rows of 4"),
        ({"speed_kmh": np.full((2, 4), -5.0)}, "a speed that is not within 0 to 150 km/h"),
        ({"speed_kmh": np.full((2, 4), np.nan)}, "a speed that is not within"),
        ({"speed_kmh": np.full((2, 4), 500.0)}, "a speed that is not within"),
        ({"speed_kmh": np.zeros((2, 4))}, "lets car use a link on which its speed is 0"),
        ({"access": np.full(4, 0b11000000, np.uint8)}, "lets boat use a link on which its speed"),
    ],
)
def test_contradictions_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        replace(bent(), **wrong)
