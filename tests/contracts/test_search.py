"""What every engine keeps: the same times to the millisecond, and ways that take them."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo import hierarchy
from dispatch.geo.search import NO_WAY, Arcs, Dijkstra, Doors, Search

SIZE = 7
ends = st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
arcs = st.lists(
    st.tuples(ends, st.integers(1, 9) | st.just(NO_WAY)).filter(lambda a: a[0][0] != a[0][1]),
    min_size=1,
    max_size=25,
)
"""Anything but loops: parallel arcs, islands, closed ones."""
door = st.tuples(st.integers(0, SIZE - 1), st.integers(0, 5) | st.just(NO_WAY))
goals = st.lists(st.tuples(door, door), min_size=1, max_size=20)

ENGINES = [
    pytest.param(Dijkstra, id="dijkstra"),
    pytest.param(
        hierarchy.Hierarchy,
        id="hierarchy",
        marks=pytest.mark.skipif(not hierarchy.AVAILABLE, reason="the extra `fast` is missing"),
    ),
]
Drawn = list[tuple[tuple[int, int], int]]
DrawnGoals = list[tuple[tuple[int, int], tuple[int, int]]]


def arcs_of(drawn: Drawn) -> tuple[Arcs, np.ndarray]:
    tail, head = np.array([arc for arc, _ in drawn], np.intp).T
    places = np.stack([np.arange(SIZE) * 0.01, (np.arange(SIZE) % 3) * 0.01], axis=1)
    return Arcs(tail, head, places), np.array([ms for _, ms in drawn], np.uint32)


def doors_of(drawn: DrawnGoals) -> Doors:
    flat = np.array(drawn, np.int64).transpose(2, 1, 0)
    return Doors(flat[0].astype(np.intp), flat[1].astype(np.uint32))


def oracle(drawn: Drawn, goal: tuple[tuple[int, int], tuple[int, int]]) -> list[int]:
    """The times from every vertex to a goal, by the textbook."""
    best = [NO_WAY] * SIZE
    heap = [(ms, vertex) for vertex, ms in goal if ms < NO_WAY]
    while heap:
        so_far, vertex = heapq.heappop(heap)
        if so_far < best[vertex]:
            best[vertex] = so_far
            for (tail, head), ms in drawn:
                if head == vertex and ms < NO_WAY:
                    heapq.heappush(heap, (so_far + ms, tail))
    return best


@pytest.mark.parametrize("engine", ENGINES)
@settings(deadline=None)
@given(drawn=arcs, wanted=goals, other=st.data())
def test_times_are_those_of_the_textbook_under_every_set_of_times(
    engine: Callable[[Arcs], Search], drawn: Drawn, wanted: DrawnGoals, other: st.DataObject
) -> None:
    network, weights = arcs_of(drawn)
    search, starts = engine(network), np.arange(SIZE)[::-1].copy()
    for _ in range(3):
        search.adopt(weights)
        for _ in range(2):  # asked twice, answered alike
            found = search.times_ms(doors_of(wanted), starts)
            expected = [oracle(drawn, goal)[::-1] for goal in wanted]
            np.testing.assert_array_equal(found, expected)
        changed = other.draw(st.lists(st.sampled_from([1, 4, NO_WAY]), max_size=len(drawn)))
        drawn = [(arc, ms) for (arc, _), ms in zip(drawn, changed, strict=False)] + drawn[
            len(changed) :
        ]
        weights = arcs_of(drawn)[1]


@pytest.mark.parametrize("engine", ENGINES)
@settings(deadline=None)
@given(drawn=arcs, goal=st.tuples(door, door), start=st.integers(0, SIZE - 1))
def test_a_way_leads_to_a_door_and_takes_the_time(
    engine: Callable[[Arcs], Search],
    drawn: Drawn,
    goal: tuple[tuple[int, int], tuple[int, int]],
    start: int,
) -> None:
    network, weights = arcs_of(drawn)
    search = engine(network)
    search.adopt(weights)
    time_ms = int(search.times_ms(doors_of([goal]), np.array([start]))[0, 0])
    if time_ms == NO_WAY:
        return
    vertex, spent_ms = start, 0
    for arc in search.way(start, doors_of([goal])).tolist():
        assert network.tail[arc] == vertex
        vertex, spent_ms = int(network.head[arc]), spent_ms + int(weights[arc])
    assert time_ms - spent_ms == min(ms for end, ms in goal if end == vertex)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_asked_is_nothing_answered(engine: Callable[[Arcs], Search]) -> None:
    network, weights = arcs_of([((0, 1), 3)])
    search = engine(network)
    search.adopt(weights)
    nowhere, no_goal = doors_of([((0, NO_WAY), (1, NO_WAY))]), doors_of([((0, 0), (1, 0))])
    assert search.times_ms(nowhere, np.array([0, 1])).tolist() == [[NO_WAY, NO_WAY]]
    assert search.times_ms(no_goal, np.empty(0, np.intp)).shape == (1, 0)
    assert search.times_ms(no_goal.take(slice(0, 0)), np.array([0])).shape == (0, 1)
