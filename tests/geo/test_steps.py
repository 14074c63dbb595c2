"""A way as directions: what is told where, and that the figures add up."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.measure import Floats
from dispatch.geo.network import Way
from dispatch.geo.roads import RoadGraph
from dispatch.geo.steps import Leg, directions, line_of, straight_steps
from dispatch.ports import Instruction, Step
from tests.geo.grids import BOTH_WAYS, at, graph

I = Instruction  # noqa: E741
DOOR = Leg(0.0, 0.0)


def streets(
    corners: list[tuple[float, float]], names: list[str] | None = None
) -> tuple[RoadGraph, Way]:
    """Return a chain of links through these corners (ten grid steps each) and the way."""
    whole = [(round(10 * x), round(10 * y)) for x, y in corners]
    ends = list(itertools.pairwise(whole))
    roads = graph([(*pair, BOTH_WAYS) for pair in ends])
    names = names or ["High Street"] * len(ends)
    known = ["", *dict.fromkeys(name for name in names if name)]
    roads = replace(
        roads,
        name=np.array([known.index(name) for name in names], np.int32),
        names=tuple(known),
    )
    links = np.arange(len(ends))
    return roads, Way(links, np.zeros(len(ends)), np.ones(len(ends)))


def told(roads: RoadGraph, way: Way, legs: tuple[Leg, Leg] = (DOOR, DOOR)) -> tuple[Step, ...]:
    ends: tuple[Floats, Floats] = (
        roads.places[roads.tail[way.link[0]]], roads.places[roads.head[way.link[-1]]]
    )  # fmt: skip
    return directions(roads, way, roads.length_m[way.link] * 60, ends, legs, 600)


def said(steps: tuple[Step, ...]) -> list[Instruction]:
    return [step.instruction for step in steps]


@pytest.mark.parametrize(
    ("onward", "instruction"),
    [
        ((0, 2), None),
        ((0.1, 2), None),
        ((1, 2), I.SLIGHT_RIGHT),
        ((1, 1), I.RIGHT),
        ((0.8, 0.4), I.SHARP_RIGHT),
        ((0, 0), I.UTURN),
        ((-0.8, 0.4), I.SHARP_LEFT),
        ((-1, 1), I.LEFT),
        ((-1, 2), I.SLIGHT_LEFT),
    ],
)
def test_turns_are_named_by_their_angle(
    onward: tuple[float, float], instruction: Instruction | None
) -> None:
    steps = told(*streets([(0, 0), (0, 1), onward]))
    assert said(steps) == [I.DEPART, *([instruction] if instruction else []), I.ARRIVE]


def test_the_same_street_straight_on_is_one_step_and_a_new_name_is_another() -> None:
    corners = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    steps = told(*streets(corners, ["A", "A", "B", ""]))
    assert said(steps) == [I.DEPART, I.CONTINUE, I.CONTINUE, I.ARRIVE]
    assert [step.road for step in steps] == ["A", "B", "", ""]
    assert steps[1].point == pytest.approx(at((20, 0)))
    assert steps[0].dist_m == pytest.approx(2 * steps[1].dist_m, abs=1)


def test_walks_to_and_from_the_road_are_told_unless_they_are_short() -> None:
    roads, way = streets([(0, 0), (1, 0)])
    long, short = Leg(120.0, 100_000.0), Leg(9.0, 7_500.0)
    both = told(roads, way, (long, long))
    assert said(both) == [I.WALK, I.DEPART, I.WALK, I.ARRIVE]
    assert [both[0].dist_m, both[2].dist_m] == [120, 120]
    assert said(told(roads, way, (short, long))) == [I.DEPART, I.WALK, I.ARRIVE]
    assert told(roads, way, (short, short))[0].dist_m == round(float(roads.length_m[0]) + 18)


def test_a_way_of_no_length_is_one_walk() -> None:
    roads, _ = streets([(0, 0), (1, 0)])
    nowhere = Way(np.array([0]), np.array([0.5]), np.array([0.5]))
    steps = told(roads, nowhere, (Leg(30.0, 25_000.0), Leg(20.0, 17_000.0)))
    assert said(steps) == [I.WALK, I.ARRIVE]
    assert steps[0].dist_m == 50


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=9),
    st.floats(0, 500),
    st.floats(0, 500),
)
def test_figures_add_up(corners: list[tuple[int, int]], first_m: float, last_m: float) -> None:
    roads, way = streets([(x, y) for x, y in corners])
    legs = Leg(first_m, first_m * 800), Leg(last_m, last_m * 800)
    steps = told(roads, way, legs)
    assert sum(step.eta_s for step in steps) == 600
    assert sum(step.dist_m for step in steps) == round(
        first_m + float(roads.length_m[(roads.tail != roads.head)].sum()) + last_m
        + float(roads.length_m[roads.tail == roads.head].sum())
    )  # fmt: skip
    assert steps[-1].instruction is I.ARRIVE


def test_lines_run_in_the_direction_of_travel_and_may_begin_halfway() -> None:
    roads = graph([((0, 0), (2, 0), BOTH_WAYS)], bends=[[(1, 1)]])
    there = Way(np.array([0]), np.array([0.25]), np.array([1.0]))
    back = Way(np.array([0]), np.array([1.0]), np.array([0.25]))
    origin, site = np.array(at((0, 1))), np.array(at((2, 0)))
    line = line_of(roads, there, origin, site)
    assert [pytest.approx(at(c), abs=1e-6) for c in [(0, 1), (0.5, 0.5), (1, 1), (2, 0)]] == [*line]
    assert line_of(roads, back, site, origin) == line[::-1]


def test_a_straight_line_is_told_as_one_step() -> None:
    steps = straight_steps((0.0, 0.0), (0.0, 0.1), 11_120, 900)
    assert [(s.instruction, s.dist_m, s.eta_s) for s in steps] == [
        (I.DEPART, 11_120, 900), (I.ARRIVE, 0, 0),
    ]  # fmt: skip
