"""Searches against a plain Dijkstra, and how places join the roads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.measure import crow_m
from dispatch.geo.network import MAX_ACCESS_M, Network
from dispatch.geo.roads import RoadGraph
from dispatch.model import TravelMode
from tests.geo.grids import BOTH_WAYS, ONE_WAY, at, box, graph, grid, oracle

CAR = TravelMode.CAR
corners = st.tuples(st.integers(0, 3), st.integers(0, 3))
links = st.lists(
    st.tuples(corners, corners, st.sampled_from([BOTH_WAYS, ONE_WAY])), min_size=1, max_size=25
)
"""Anything goes: loops, parallel links, islands, dead ends against the traffic."""


def open_network(roads: RoadGraph, *closed: int) -> Network:
    shut = np.zeros(len(roads.tail), dtype=np.bool_)
    shut[list(closed)] = True
    return Network(roads, CAR, shut)


@settings(deadline=None)
@given(links, st.data())
def test_searches_equal_plain_dijkstra(
    drawn: list[tuple[tuple[int, int], tuple[int, int], int]], data: st.DataObject
) -> None:
    classes = data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(drawn), max_size=len(drawn)))
    closed = data.draw(st.sets(st.integers(0, len(drawn) - 1), max_size=5))
    roads = graph(drawn, classes)
    goal = data.draw(st.integers(0, len(roads.vertices) - 1))
    ways = open_network(roads, *closed).ways_to(goal)
    expected = oracle(roads.edges(CAR), len(roads.vertices), goal, closed)
    np.testing.assert_allclose(ways.time_s, expected)


@settings(deadline=None)
@given(links, st.data())
def test_metres_are_those_of_the_way_taken(
    drawn: list[tuple[tuple[int, int], tuple[int, int], int]], data: st.DataObject
) -> None:
    classes = data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(drawn), max_size=len(drawn)))
    roads = graph(drawn, classes)
    network = open_network(roads)
    goal = data.draw(st.integers(0, len(roads.vertices) - 1))
    ways = network.ways_to(goal)
    for vertex in np.flatnonzero(np.isfinite(ways.time_s)).tolist():
        chain = [vertex]
        while ways.after[chain[-1]] >= 0:
            chain.append(int(ways.after[chain[-1]]))
        used = network.links(chain)
        assert chain[-1] == goal
        assert ways.dist_m[vertex] == pytest.approx(roads.length_m[used].sum(), rel=1e-6)
        kmh = roads.speed_kmh[roads.road_class[used], 0]
        assert ways.time_s[vertex] == pytest.approx((roads.length_m[used] / kmh * 3.6).sum())
    assert np.isinf(ways.dist_m[np.isinf(ways.time_s)]).all()


def test_a_long_chain_is_measured_to_its_end() -> None:
    roads = grid(200, 1)
    ways = open_network(roads).ways_to(0)
    assert ways.dist_m.max() == pytest.approx(float(roads.length_m.sum()), rel=1e-6)


def test_of_parallel_links_the_fastest_open_one_is_taken() -> None:
    ends = ((0, 0), (1, 0), BOTH_WAYS)
    roads = graph([ends, ends], [1, 0])
    assert open_network(roads).links([0, 1]).tolist() == [1]
    assert open_network(roads, 1).links([0, 1]).tolist() == [0]


def test_places_join_at_the_nearest_junction_of_the_main_component() -> None:
    island = ((3, 0), (3, 1), BOTH_WAYS)
    roads = graph([((0, 0), (1, 0), BOTH_WAYS), ((1, 0), (1, 1), BOTH_WAYS), island])
    points = np.array([at((2.9, 0)), at((0.1, 0))])
    access = open_network(roads).exits.nearest(points)
    np.testing.assert_allclose(roads.places[access.vertex], [at((1, 0)), at((0, 0))])
    ends = roads.places[access.vertex]
    np.testing.assert_allclose(access.leg_m, crow_m(*points.T, *ends.T), rtol=1e-6)


def test_too_far_from_any_road_is_no_joining() -> None:
    access = open_network(grid(2, 2)).exits.nearest(np.array([at((1, 4.5)), at((1, 4.7))]))
    assert access.leg_m[0] < MAX_ACCESS_M
    assert np.isinf(access.leg_m[1])


def test_a_junction_without_open_road_is_no_door() -> None:
    roads = grid(3, 1)
    closed_end = open_network(roads, 0)
    points = np.array([at((0.1, 0)), at((0.9, 0))])
    access = closed_end.exits.reopened(points, open_network(roads).exits.nearest(points), [])
    np.testing.assert_allclose(roads.places[access.vertex], [at((1, 0)), at((1, 0))])


def test_a_walk_through_a_zone_is_replaced_by_the_next_clear_one() -> None:
    roads = grid(3, 1)
    network = open_network(roads)
    points = np.array([at((0.9, 1))])
    wall = box(0.8, 0.4, 1.2, 0.6)
    before = network.exits.nearest(points)
    after = network.exits.reopened(points, before, [wall])
    np.testing.assert_allclose(roads.places[before.vertex], [at((1, 0))])
    np.testing.assert_allclose(roads.places[after.vertex], [at((0, 0))])


def test_a_walled_in_place_has_no_door() -> None:
    network = open_network(grid(3, 1))
    points = np.array([at((1, 1))])
    access = network.exits.reopened(points, network.exits.nearest(points), [box(-5, 0.4, 5, 0.6)])
    assert np.isinf(access.leg_m).all()


def test_without_open_roads_there_are_no_doors() -> None:
    network = open_network(grid(2, 1), 0)
    points = np.array([at((0, 0))])
    assert np.isinf(network.exits.nearest(points).leg_m).all()
    base = open_network(grid(2, 1)).exits.nearest(points)
    assert np.isinf(network.exits.reopened(points, base, []).leg_m).all()
