"""Links instead of points: where vertices stay, and that no travel time changes."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.errors import BadInput
from dispatch.geo.measure import crow_m
from dispatch.geo.osm.access import passes
from dispatch.geo.osm.area import area_of_box
from dispatch.geo.osm.country import load_country
from dispatch.geo.osm.rules import rule_of
from dispatch.geo.roads import BRIDGE, MIN_LENGTH_M
from dispatch.model import TravelMode
from dispatch.roster import MODES
from tests.geo.grids import oracle
from tests.geo.osm.drawn import STREET, Drawn, ends, graph_of, imported, nodes_of, place

ONE_WAY = STREET | {"oneway": "yes"}
PATH = {"highway": "path"}
CAR, FOOT = TravelMode.CAR, TravelMode.FOOT


def test_points_of_shape_become_bends(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 12, 13], STREET)])
    assert ends(roads) == [(0, 13)]
    np.testing.assert_allclose(roads.bends / 1e6, [place(1), place(12)])
    np.testing.assert_allclose(roads.line_points, [place(n) for n in (0, 1, 12, 13)])


def test_vertices_stay_where_roads_meet(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 2, 3, 4], STREET), ([12, 2], STREET)])
    assert sorted(ends(roads)) == [(0, 2), (2, 4), (12, 2)]


def test_ways_alike_become_one_link_whichever_way_they_were_drawn(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([2, 1, 0], STREET), ([2, 3], STREET), ([5, 4, 3], STREET)])
    assert ends(roads) == [(5, 0)]
    drawn = [place(node) for node in range(6)]
    np.testing.assert_allclose(roads.line_points, drawn[::-1])
    assert roads.osm_id.tolist() == [100]


@pytest.mark.parametrize(
    "other",
    [
        {"highway": "service"},
        STREET | {"name": "Other"},
        STREET | {"maxspeed": "30"},
        STREET | {"bridge": "yes"},
        STREET | {"layer": "1"},
        STREET | {"foot": "no"},
        ONE_WAY,
    ],
)
def test_a_link_is_of_one_kind(other: Mapping[str, str], tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 2], STREET), ([2, 3], other), ([3, 4], STREET)])
    assert ends(roads) == [(0, 2), (2, 3), (3, 4)]


def test_a_bridge_is_closed_alone(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1], STREET), ([1, 2], STREET | {"bridge": "yes"})])
    assert roads.structure.tolist() == [0, BRIDGE]
    assert roads.about.structures


def test_one_way_streets_are_joined_only_along_their_way(tmp_path: Path) -> None:
    assert ends(graph_of(tmp_path, [([0, 1], ONE_WAY), ([1, 2], ONE_WAY)])) == [(0, 2)]
    assert ends(graph_of(tmp_path, [([1, 2], ONE_WAY), ([0, 1], ONE_WAY)])) == [(0, 2)]
    against = [([0, 1], ONE_WAY), ([2, 1], ONE_WAY)]
    assert ends(graph_of(tmp_path, against)) == [(0, 1), (2, 1)]
    turned = [([0, 1], ONE_WAY), ([2, 1], STREET | {"oneway": "-1"})]
    assert ends(graph_of(tmp_path, turned)) == [(0, 2)]
    turned_first = [([1, 2], ONE_WAY), ([1, 0], STREET | {"oneway": "-1"})]
    roads = graph_of(tmp_path, turned_first)
    assert ends(roads) == [(0, 2)]
    assert roads.access.tolist() == [0b110101]


def test_rings_keep_one_vertex(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 11, 10, 0], STREET)])
    assert ends(roads) == [(0, 0)]
    assert roads.length_m[0] == pytest.approx(2 * (85.2 + 111.2), rel=0.01)
    roads = graph_of(tmp_path, [([0, 1, 11], STREET), ([11, 10, 0], STREET)])
    assert ends(roads) == [(0, 0)]
    roads = graph_of(tmp_path, [([0, 1, 11, 10, 0], STREET), ([11, 12], STREET)])
    assert sorted(ends(roads)) == [(11, 11), (11, 12)]


def test_parallel_links_stay_apart(tmp_path: Path) -> None:
    arms = [([0, 1], STREET), ([3, 4], STREET)]
    roads = graph_of(tmp_path, [*arms, ([1, 2, 3], STREET), ([1, 11, 13, 3], STREET)])
    assert sorted(ends(roads)).count((1, 3)) == 2


def test_a_way_over_its_own_point_is_cut_there(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 11, 10, 1, 2], STREET)])
    assert sorted(ends(roads)) == [(0, 1), (1, 1), (1, 2)]


def test_no_link_has_no_length(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 0, 1, 1], STREET), ([1, 1], STREET)])
    assert ends(roads) == [(0, 1)]
    assert roads.length_m.min() > MIN_LENGTH_M


def test_a_bollard_stops_cars_and_lets_people_pass(tmp_path: Path) -> None:
    roads = graph_of(tmp_path, [([0, 1, 2], STREET)], {1: {"barrier": "bollard"}})
    assert len(roads.edges(CAR).link) == 4
    assert len(roads.edges(FOOT).link) == 6
    assert not (roads.main(CAR)[roads.tail] & roads.main(CAR)[roads.head]).all()
    assert roads.main(FOOT).all()
    (stub,) = np.flatnonzero(roads.length_m == MIN_LENGTH_M)
    assert roads.access[stub] == 0b00110000


def test_a_barrier_for_nobody_there_changes_nothing(tmp_path: Path) -> None:
    plain = graph_of(tmp_path, [([0, 1, 2], PATH), ([2, 3], STREET)])
    gated = graph_of(tmp_path, [([0, 1, 2], PATH), ([2, 3], STREET)], {1: {"barrier": "bollard"}})
    assert ends(gated) == ends(plain)
    assert gated.length_m.tolist() == plain.length_m.tolist()


def test_a_barrier_at_a_crossing_stops_every_road_there(tmp_path: Path) -> None:
    cross = [([0, 1, 2], STREET), ([11, 1], STREET)]
    roads = graph_of(tmp_path, cross, {1: {"barrier": "block"}})
    assert roads.main(FOOT).all()
    car = roads.edges(CAR)
    assert sorted(np.bincount(car.tail).tolist())[-1] == 1


def test_roads_are_cut_off_after_the_first_point_outside(tmp_path: Path) -> None:
    street = [([10, 11, 12, 13, 14, 15], STREET)]
    box = ",".join(map(str, (*place(1), *place(33))))
    assert ends(imported(tmp_path, street, area=area_of_box(box))[0]) == [(10, 14)]


def test_roads_end_where_the_file_does(tmp_path: Path) -> None:
    roads, _ = imported(tmp_path, [([0, 1, 2, 3, 4, 5], STREET)], missing=[2])
    assert ends(roads) == [(0, 1), (3, 5)]


ways = st.lists(
    st.tuples(
        st.lists(st.integers(0, 24), min_size=2, max_size=6),
        st.sampled_from(
            [
                STREET,
                STREET | {"name": "A"},
                ONE_WAY,
                STREET | {"oneway": "-1"},
                STREET | {"oneway": "yes", "oneway:motorcycle": "no", "bridge": "yes"},
                {"highway": "primary", "maxspeed": "50"},
                PATH,
            ]
        ),
    ),
    min_size=1,
    max_size=8,
)
barriers = st.dictionaries(
    st.integers(0, 24), st.sampled_from([{"barrier": "bollard"}, {"barrier": "wall"}]), max_size=2
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(ways, barriers, st.sampled_from(MODES[:3]), st.integers(0, 100))
def test_no_travel_time_is_changed(
    drawn: list[Drawn], nodes: dict[int, dict[str, str]], mode: TravelMode, pick: int
) -> None:
    """Against the textbook search over the raw points, which knows nothing of links."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            roads = graph_of(Path(folder), drawn, nodes)
        except BadInput:
            return  # no road that cars may use
        number = {node: vertex for vertex, node in enumerate(nodes_of(roads)) if node not in nodes}
        if not number:
            return
        goal = sorted(number)[pick % len(number)]
        expected = raw_times(drawn, nodes, mode, goal)
        got = oracle(roads.edges(mode), len(roads.vertices), number[goal])
        # Past a barrier one walks at most two links of the least length, 0.1 m each.
        slack = 0.16 * len(nodes) + 1e-6
        for node, vertex in number.items():
            assert got[vertex] == pytest.approx(expected.get(node, np.inf), abs=slack), node


def raw_times(
    drawn: list[Drawn], nodes: Mapping[int, Mapping[str, str]], mode: TravelMode, goal: int
) -> dict[int, float]:
    """Return the seconds from every point to `goal`, never over a barrier that stops `mode`."""
    number, country = MODES.index(mode), load_country("default")
    before: dict[int, list[tuple[int, float]]] = {}
    for run, tags in drawn:
        rule = rule_of(tags, country)
        bits = rule.access >> (2 * number) & 3
        for one, two in pairwise(run):
            if one != two and bits:
                seconds = float(crow_m(*place(one), *place(two))) / rule.speed_kmh[number] * 3.6
                if bits & 1:
                    before.setdefault(two, []).append((one, seconds))
                if bits & 2:
                    before.setdefault(one, []).append((two, seconds))
    best, heap = {goal: 0.0}, [(0.0, goal)]
    while heap:
        so_far, node = heapq.heappop(heap)
        stopped = node in nodes and not passes(nodes[node]) >> (2 * number) & 3
        if so_far > best[node] or (stopped and node != goal):
            continue
        for other, seconds in before.get(node, []):
            if so_far + seconds < best.get(other, float("inf")):
                best[other] = so_far + seconds
                heapq.heappush(heap, (so_far + seconds, other))
    return best
