"""How places join the roads, against a look at every stretch of every link."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo import joining
from dispatch.geo.joining import MAX_ACCESS_M, Access, Joining
from dispatch.geo.measure import crow_m
from dispatch.geo.roads import RoadGraph
from tests.geo.grids import BOTH_WAYS, at, box, graph, grid

corners = st.tuples(st.integers(0, 3), st.integers(0, 3))
places = st.tuples(st.floats(-6, 9), st.floats(-6, 9))
streets = st.lists(
    st.tuples(corners, corners, st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), max_size=3)),
    min_size=1,
    max_size=12,
)
"""Two corners and the bends between them: loops, parallel links, links without length."""
Streets = list[tuple[tuple[int, int], tuple[int, int], list[tuple[float, float]]]]


def roads_of(drawn: Streets) -> RoadGraph:
    links = [(tail, head, BOTH_WAYS) for tail, head, _ in drawn]
    return graph(links, bends=[bends for _, _, bends in drawn])


def joined(
    roads: RoadGraph, points: np.ndarray, *shut: int, walls: tuple = (), within_m: float = 2_000.0
) -> Access:
    open_links = np.ones(len(roads.tail), np.bool_)
    open_links[list(shut)] = False
    everything = Joining(roads, np.ones(len(roads.tail), np.bool_))
    return everything.join(points, open_links, walls, within_m)[0]


def points(*where: tuple[float, float]) -> np.ndarray:
    return np.array([at(place) for place in where]).reshape(-1, 2)


def nearest_m(roads: RoadGraph, point: np.ndarray, shut: set[int]) -> float:
    """Return the metres to the nearest open link, trying thousands of points on each stretch."""
    best = np.inf
    for link in set(range(len(roads.tail))) - shut:
        line = roads.line_points[roads.line_start[link] : roads.line_start[link + 1]]
        for start, end in itertools.pairwise(line):
            share = np.linspace(0, 1, 4_001)[:, None]
            best = min(best, crow_m(*point, *(start + share * (end - start)).T).min())
    return float(best)


@settings(deadline=None, max_examples=60)
@given(streets, st.lists(places, min_size=1, max_size=4), st.sets(st.integers(0, 11), max_size=4))
def test_the_nearest_open_link_is_found(
    drawn: Streets, where: list[tuple[float, float]], shut: set[int]
) -> None:
    roads, shut = roads_of(drawn), {link for link in shut if link < len(drawn)}
    access = joined(roads, points(*where), *shut)
    for k, point in enumerate(points(*where)):
        expected_m = nearest_m(roads, point, shut)
        if np.isinf(access.leg_m[k]):
            assert expected_m > MAX_ACCESS_M * 0.999
            continue
        assert access.leg_m[k] == pytest.approx(expected_m, rel=2e-3, abs=1)
        assert access.link[k] not in shut
        assert crow_m(*point, *access.foot[k]) == pytest.approx(access.leg_m[k])


@settings(deadline=None, max_examples=60)
@given(streets, st.lists(places, min_size=1, max_size=30))
def test_how_far_along_is_where_the_foot_is(
    drawn: Streets, where: list[tuple[float, float]]
) -> None:
    roads = roads_of(drawn)
    access = joined(roads, points(*where))
    for k in np.flatnonzero(np.isfinite(access.leg_m)).tolist():
        link = access.link[k]
        line = roads.line_points[roads.line_start[link] : roads.line_start[link + 1]]
        step_m = crow_m(*line[:-1].T, *line[1:].T)
        on_m = np.concatenate([[0.0], np.cumsum(step_m)])
        place = [np.interp(access.along[k] * on_m[-1], on_m, column) for column in line.T]
        if (step_m > 0).all():
            assert crow_m(*place, *access.foot[k]) < 0.5


@settings(deadline=None, max_examples=40)
@given(streets, st.lists(places, min_size=2, max_size=20))
def test_nobody_elses_place_and_no_memory_changes_the_answer(
    drawn: Streets, where: list[tuple[float, float]]
) -> None:
    roads = roads_of(drawn)
    links = np.ones(len(roads.tail), np.bool_)
    together, _ = Joining(roads, links).join(points(*where), links)
    one_by_one = Joining(roads, links)
    for k in reversed(range(len(where))):
        for _ in range(2):
            alone, _ = one_by_one.join(points(where[k]), links)
            assert alone.link[0] == together.link[k]
            assert alone.along[0] == together.along[k]
            assert alone.leg_m[0] == together.leg_m[k]


def test_at_a_crossing_the_first_link_is_taken() -> None:
    roads = grid(3, 3)
    middle = points((1, 1))
    meeting = np.flatnonzero((roads.places[roads.tail] == middle).all(axis=1)
                             | (roads.places[roads.head] == middle).all(axis=1))  # fmt: skip
    access = joined(roads, middle)
    assert (access.link[0], access.leg_m[0]) == (meeting.min(), 0)
    assert access.along[0] in (0, 1)


def test_farther_than_a_walk_from_any_road_is_no_joining() -> None:
    roads = grid(2, 2)
    links = np.ones(len(roads.tail), np.bool_)
    access, near = Joining(roads, links).join(points((1, 4.5), (1, 4.7)), links)
    assert access.leg_m[0] < MAX_ACCESS_M
    assert np.isinf(access.leg_m[1])
    assert near.tolist() == [True, False]


def test_closed_roads_are_near_all_the_same() -> None:
    roads = grid(2, 1)
    links = np.ones(len(roads.tail), np.bool_)
    access, near = Joining(roads, links).join(points((0, 0)), ~links)
    assert np.isinf(access.leg_m[0])
    assert near.tolist() == [True]


def test_a_walk_through_a_zone_is_replaced_by_the_next_clear_one() -> None:
    roads = grid(3, 2)  # link rows y = 0 and y = 1
    beside = points((1, 0.4))
    assert joined(roads, beside).foot[0] == pytest.approx(at((1, 0.4)))  # the street north
    wall = box(0.9, 0.2, 1.1, 0.3)
    streets = np.flatnonzero(roads.places[roads.tail][:, 1] == roads.places[roads.head][:, 1])
    north_south = np.setdiff1d(np.arange(len(roads.tail)), streets).tolist()
    plain = joined(roads, beside, *north_south)
    around = joined(roads, beside, *north_south, walls=(wall,))
    assert plain.foot[0] == pytest.approx(at((1, 0)))
    assert around.leg_m[0] > plain.leg_m[0]
    assert around.foot[0] != pytest.approx(at((1, 0)))


def test_a_walled_in_place_joins_nowhere() -> None:
    wall = box(-5, 0.4, 8, 0.6)
    assert np.isinf(joined(grid(3, 1), points((1, 1)), walls=(wall,)).leg_m[0])


def test_a_longer_reach_finds_roads_farther_away() -> None:
    far = points((0, 5))
    assert np.isinf(joined(grid(2, 1), far).leg_m[0])
    access = joined(grid(2, 1), far, within_m=5_000.0)
    assert access.leg_m[0] == pytest.approx(float(crow_m(*at((0, 5)), *at((0, 0)))))


def test_only_usable_links_are_joined() -> None:
    roads = grid(3, 1)
    usable = np.array([False, True])
    access, _ = Joining(roads, usable).join(points((0, 0)), np.ones(2, np.bool_))
    assert access.link[0] == 1
    assert access.foot[0] == pytest.approx(at((1, 0)))


def test_without_links_nobody_joins() -> None:
    roads = grid(2, 1)
    access, near = Joining(roads, np.zeros(1, np.bool_)).join(points((0, 0)), np.ones(1, np.bool_))
    assert np.isinf(access.leg_m).all()
    assert not near.any()


def test_what_is_remembered_is_bounded_and_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "REMEMBERED", 3)
    roads = grid(4, 4)
    links = np.ones(len(roads.tail), np.bool_)
    index = Joining(roads, links)
    for where in ([(0, 0.2), (1, 1.3)], [(0, 0.2), (2, 2.4), (3, 0.1)], [(1, 1.3), (0, 0.2)]):
        found, _ = index.join(points(*where, *where), links)
        fresh, _ = Joining(roads, links).join(points(*where, *where), links)
        np.testing.assert_array_equal(found.leg_m, fresh.leg_m)
        np.testing.assert_array_equal(found.foot, fresh.foot)
        assert len(index._row_of) <= 3
