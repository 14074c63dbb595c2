"""Doors, ways and paces of one mode's network, against the whole graph cut up at the places."""

from __future__ import annotations

import heapq
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.joining import Access
from dispatch.geo.network import Network, Passable
from dispatch.geo.roads import RoadGraph
from dispatch.geo.search import NO_WAY, Dijkstra
from dispatch.model import TravelMode
from tests.geo.grids import BOTH_WAYS, ONE_WAY, graph, grid

CAR = TravelMode.CAR
corners = st.tuples(st.integers(0, 3), st.integers(0, 3))
streets = st.lists(
    st.tuples(corners, corners, st.sampled_from([BOTH_WAYS, ONE_WAY])), min_size=1, max_size=15
)
"""Anything goes: loops, parallel links, islands, dead ends against the traffic."""
Streets = list[tuple[tuple[int, int], tuple[int, int], int]]


def network_of(roads: RoadGraph) -> Network:
    return Network(roads, CAR, Dijkstra)


def on(link: int, along: float) -> Access:
    """Return the access of a place on a link."""
    return Access(np.array([link]), np.array([along]), np.zeros(1), np.zeros((1, 2)))


def by_hand(roads: RoadGraph, pace: np.ndarray, start: Access, goal: Access) -> float:
    """Return the milliseconds from place to place in a graph with both as vertices, unrounded."""
    main, edges = roads.main(CAR), roads.edges(CAR)
    number = count(len(roads.vertices))
    places: dict[int, list[tuple[float, int]]] = {}
    names = []
    for access in (start, goal):
        link, along = int(access.link[0]), float(access.along[0])
        ends = {0.0: int(roads.tail[link]), 1.0: int(roads.head[link])}
        names.append(ends[along] if along in ends else next(number))
        if along not in ends:
            places.setdefault(link, []).append((along, names[-1]))
    onward: dict[int, list[tuple[int, float]]] = {}
    for tail, head, link, time_s in zip(
        edges.tail.tolist(), edges.head.tolist(), edges.link.tolist(), edges.time_s, strict=True
    ):
        if pace[link] == 0 or not (main[tail] and main[head]):
            continue
        stops = [(0.0, int(roads.tail[link])), *sorted(places.get(link, [])),
                 (1.0, int(roads.head[link]))]  # fmt: skip
        seen = onward.setdefault(-1 - link, [])
        backward = tail != roads.tail[link] or (tail == head and bool(seen))
        seen.append((0, 0.0))
        for (low, one), (high, two) in pairwise(stops):
            first, second = (two, one) if backward else (one, two)
            onward.setdefault(first, []).append((second, (high - low) * time_s * 1e3 / pace[link]))
    best: dict[int, float] = {}
    heap = [(0.0, names[0])]
    while heap:
        so_far, vertex = heapq.heappop(heap)
        if vertex not in best:
            best[vertex] = so_far
            for after, ms in onward.get(vertex, []):
                heapq.heappush(heap, (so_far + ms, after))
    return best.get(names[1], np.inf)


def total_ms(network: Network, passable: Passable, start: Access, goal: Access) -> int:
    """Return what the router makes of one pair."""
    exits, entries = network.exits(passable, start), network.entries(passable, goal)
    left = network.times_ms(passable, entries, exits.vertex[:, 0])[0].astype(np.int64)
    return int(min((left + exits.ms[:, 0]).min(), NO_WAY))


@settings(deadline=None)
@given(streets, st.data())
def test_ways_between_places_are_as_quick_as_can_be(drawn: Streets, data: st.DataObject) -> None:
    roads = graph(drawn, data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(drawn),
                                            max_size=len(drawn))))  # fmt: skip
    network = network_of(roads)
    paces = st.lists(st.sampled_from([0.0, 0.3, 1.0, 1.0]), min_size=len(drawn),
                     max_size=len(drawn))  # fmt: skip
    pace = np.array(data.draw(paces))
    passable = network.under(pace)
    usable = np.flatnonzero(network.under(np.ones(len(drawn))).open_links & (pace > 0)).tolist()
    if not usable:
        return
    place = st.tuples(st.sampled_from(usable), st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    start, goal = on(*data.draw(place)), on(*data.draw(place))
    expected = by_hand(roads, pace, start, goal)
    (way,) = network.ways(passable, start, goal)
    if way is None:
        assert np.isinf(expected)
        return
    took_ms = float(passable.ms(way).sum())
    # Links count in whole milliseconds, rounded up.
    assert expected - 1e-6 <= took_ms <= expected + 2 * len(drawn) + 2
    if start.link[0] != goal.link[0]:
        assert took_ms == total_ms(network, passable, start, goal)
    _check_joined_up(roads, way.link, way.begin, way.end, start, goal)


def _check_joined_up(
    roads: RoadGraph, link: np.ndarray, begin: np.ndarray, end: np.ndarray, start: Access,
    goal: Access,
) -> None:  # fmt: skip
    """Every piece begins where the one before ends, from the start to the goal."""
    assert (link[0], begin[0]) == (start.link[0], start.along[0])
    assert (link[-1], end[-1]) == (goal.link[0], goal.along[0])
    ends = np.stack([roads.tail, roads.head])
    for k in range(len(link) - 1):
        assert end[k] in (0, 1)
        assert begin[k + 1] in (0, 1)
        assert ends[int(end[k]), link[k]] == ends[int(begin[k + 1]), link[k + 1]]


def test_many_pairs_are_answered_like_each_alone() -> None:
    roads = grid(4, 4)
    network, rng = network_of(roads), np.random.default_rng(5)
    passable = network.under(rng.choice([0.5, 1.0], len(roads.tail)))
    pairs = [(on(int(a), x), on(int(b), y)) for a, b, x, y in zip(
        rng.integers(0, len(roads.tail), 30), rng.integers(0, 3, 30), rng.random(30),
        rng.choice([0.2, 0.7], 30), strict=True)]  # fmt: skip
    starts, goals = (pairs[0][side] for side in range(2))
    for start, goal in pairs[1:]:
        starts, goals = starts.and_then(start), goals.and_then(goal)
    together = network.ways(passable, starts, goals)
    for (start, goal), way in zip(pairs, together, strict=True):
        (alone,) = network.ways(passable, start, goal)
        assert way is not None
        assert alone is not None
        np.testing.assert_array_equal(way.link, alone.link)
        np.testing.assert_array_equal(way.end, alone.end)


def test_a_place_at_the_end_of_a_one_way_street_may_leave_by_the_others() -> None:
    roads = graph([((0, 0), (1, 0), ONE_WAY), ((1, 0), (1, 1), BOTH_WAYS),
                   ((1, 1), (0, 0), BOTH_WAYS)])  # fmt: skip
    network = network_of(roads)
    passable = network.under(np.ones(3))
    exits = network.exits(passable, on(0, 0.0))
    assert exits.ms[0, 0] == 0
    assert 0 < exits.ms[1, 0] < NO_WAY
    middle = network.exits(passable, on(0, 0.5))
    assert middle.ms[0, 0] == NO_WAY


def test_who_joins_nowhere_has_no_door() -> None:
    network = network_of(grid(2, 1))
    passable = network.under(np.ones(1))
    assert (network.exits(passable, Access.blank(2)).ms == NO_WAY).all()


def test_a_slower_pace_takes_longer_and_none_is_closed() -> None:
    network = network_of(grid(3, 1))
    passable = network.under(np.array([0.5, 0.0]))
    plain = network.under(np.ones(2))
    assert passable.there[0] == pytest.approx(2 * int(plain.there[0]), abs=1)
    assert passable.there[1] == passable.back[1] == NO_WAY
    assert passable.open_links.tolist() == [True, False]


def test_fragments_are_not_part_of_it() -> None:
    roads = graph([((0, 0), (1, 0), BOTH_WAYS), ((1, 0), (1, 1), BOTH_WAYS),
                   ((3, 0), (3, 1), BOTH_WAYS)])  # fmt: skip
    assert network_of(roads).under(np.ones(3)).open_links.tolist() == [True, True, False]
