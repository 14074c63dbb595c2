"""The road router: times, closings, who is cut off, what is estimated, and the cache."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.measure import crow_m
from dispatch.geo.router import ACCESS_MPS, RoadRouter, quickest
from dispatch.geo.search import Dijkstra
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import (
    UNREACHABLE,
    Conditions,
    EtaSource,
    Rain,
    Site,
    TravelMode,
    Zone,
    ZoneForm,
    ZoneKind,
)
from dispatch.ports import Instruction, Route
from tests.geo.grids import BOTH_WAYS, ONE_WAY, at, box, graph, grid

CAR, FOOT = TravelMode.CAR, TravelMode.FOOT
Place = tuple[float, float]

places = st.tuples(st.floats(-6, 9), st.floats(-6, 9))
"""In grid steps: on the roads, beside them, and too far from them."""
corners = st.tuples(st.integers(0, 3), st.integers(0, 3))
links = st.lists(
    st.tuples(corners, corners, st.sampled_from([BOTH_WAYS, ONE_WAY])), min_size=1, max_size=20
)


def points(*where: Place) -> np.ndarray:
    return np.array([at(place) for place in where]).reshape(-1, 2)


def site(where: Place) -> Site:
    lon, lat = at(where)
    return Site(lon=lon, lat=lat)


def under(*zones: Zone, rain: Rain = Rain.NONE) -> Conditions:
    return Conditions(zones=zones, rain=rain)


def eta(
    router: RoadRouter, origin: Place, goal: Place, *zones: Zone, mode: TravelMode = CAR
) -> int:
    return int(router.eta_matrix(points(origin), points(goal), mode, under(*zones)).eta_s[0, 0])


def way(router: RoadRouter, origin: Place, goal: Place, *zones: Zone) -> Route:
    route = router.route(site(origin), site(goal), CAR, under(*zones))
    assert route is not None
    return route


def line_m(route: Route) -> float:
    line = np.array(route.line)
    return float(crow_m(*line[:-1].T, *line[1:].T).sum())


def test_seconds_are_rounded_up_and_metres_to_the_nearest() -> None:
    router = RoadRouter(grid(2, 1))
    length_m = float(router.graph.length_m[0])
    matrix = router.eta_matrix(points((0, 0)), points((1, 0)), CAR)
    assert matrix.eta_s[0, 0] == math.ceil(length_m / (60 / 3.6))
    assert router.lengths_m(points((0, 0)), points((1, 0)), CAR).tolist() == [round(length_m)]
    assert matrix.eta_s.dtype == np.int32


def test_part_of_a_street_takes_its_part_of_the_time() -> None:
    router = RoadRouter(grid(4, 1))
    whole = eta(router, (0, 0), (3, 0))
    assert eta(router, (0.5, 0), (2.5, 0)) == pytest.approx(whole * 2 / 3, abs=1)
    assert eta(router, (2.5, 0), (0.5, 0)) == pytest.approx(whole * 2 / 3, abs=1)


def test_along_one_street_nobody_goes_round_by_its_ends() -> None:
    router = RoadRouter(grid(2, 1))
    whole = eta(router, (0, 0), (1, 0))
    assert eta(router, (0.2, 0), (0.7, 0)) == pytest.approx(whole / 2, abs=1)
    assert eta(router, (0.7, 0), (0.2, 0)) == pytest.approx(whole / 2, abs=1)
    assert way(router, (0.7, 0), (0.2, 0)).dist_m == pytest.approx(213, abs=2)


def test_against_a_one_way_street_one_goes_round() -> None:
    loop = [((0, 0), (1, 0), ONE_WAY), ((1, 0), (1, 1), BOTH_WAYS), ((1, 1), (0, 0), BOTH_WAYS)]
    router = RoadRouter(graph(loop))
    assert eta(router, (0.2, 0), (0.7, 0)) < 20
    route = way(router, (0.7, 0), (0.2, 0))
    assert route.dist_m > 1_000
    assert line_m(route) == pytest.approx(route.dist_m, abs=1)


def test_walks_to_the_road_count_at_both_ends() -> None:
    router = RoadRouter(grid(2, 1))
    step_m = float(crow_m(*at((0, 0)), *at((0, 1))))
    seconds = eta(router, (0, 1), (1, 1)) - eta(router, (0, 0), (1, 0))
    assert seconds == pytest.approx(2 * step_m / ACCESS_MPS, abs=2)


def test_one_way_streets_are_one_way() -> None:
    router = RoadRouter(
        graph(
            [
                ((0, 0), (1, 0), ONE_WAY),
                ((1, 0), (1, 1), BOTH_WAYS),
                ((1, 1), (0, 1), BOTH_WAYS),
                ((0, 1), (0, 0), BOTH_WAYS),
            ]
        )
    )
    assert eta(router, (1, 0), (0, 0)) > 2 * eta(router, (0, 0), (1, 0))
    assert eta(router, (1, 0), (0, 0), mode=FOOT) == eta(router, (0, 0), (1, 0), mode=FOOT)


# Zones


def test_a_closed_road_is_driven_around() -> None:
    router = RoadRouter(grid(4, 3))
    flood = box(1.3, -0.5, 1.6, 0.5)
    assert eta(router, (0, 0), (3, 0), flood) > eta(router, (0, 0), (3, 0))
    crossing = np.array(way(router, (0, 0), (3, 0), flood).line)
    assert (crossing[:, 1] > at((0, 0.5))[1]).any()


def test_touching_a_road_is_enough_to_close_it() -> None:
    router = RoadRouter(grid(2, 1))
    assert eta(router, (0, 0), (1, 0), box(0.4, 0, 0.6, 0.2)) == UNREACHABLE


def test_what_zones_close_off_is_unreachable_and_not_estimated() -> None:
    router = RoadRouter(grid(4, 1))
    matrix = router.eta_matrix(
        points((0, 0), (2, 0)), points((3, 0)), CAR, under(box(1.3, -1, 1.6, 1))
    )
    assert matrix.eta_s[:, 0].tolist() == [UNREACHABLE, eta(router, (2, 0), (3, 0))]
    assert not matrix.estimated.any()
    assert not matrix.cut_off.any()
    assert router.route(site((0, 0)), site((3, 0)), CAR, under(box(1.3, -1, 1.6, 1))) is None


def test_origins_inside_a_zone_are_cut_off_from_every_site() -> None:
    router = RoadRouter(grid(4, 2))
    flood = box(-0.5, -0.5, 0.5, 0.5)
    goals = points((3, 0), (0, 0.1))  # outside, and inside like the origin
    matrix = router.eta_matrix(points((0, 0), (1, 0)), goals, CAR, under(flood))
    assert matrix.cut_off.tolist() == [True, False]
    assert matrix.eta_s[0].tolist() == [UNREACHABLE, UNREACHABLE]
    assert (matrix.eta_s[1] < UNREACHABLE).all()
    assert router.route(site((0, 0)), site((3, 0)), CAR, under(flood)) is None


def test_people_come_to_the_open_road_nearest_to_a_site_inside_a_zone_and_walk_on() -> None:
    router = RoadRouter(grid(6, 3))
    flood = box(3.5, -0.5, 4.5, 0.5)  # closes the two streets to (4, 0) and the one north of it
    matrix = router.eta_matrix(points((0, 0)), points((4, 0)), CAR, under(flood))
    assert matrix.estimated[0, 0]
    dry = eta(router, (0, 0), (4, 0))
    walk_m = float(crow_m(*at((4, 0)), *at((3, 0))))
    assert matrix.eta_s[0, 0] == pytest.approx(
        eta(router, (0, 0), (3, 0)) + walk_m / ACCESS_MPS, abs=2
    )
    assert matrix.eta_s[0, 0] > dry
    route = way(router, (0, 0), (4, 0), flood)
    assert route.source is EtaSource.ESTIMATED
    assert route.eta_s == matrix.eta_s[0, 0]
    assert route.line[-2:] == (pytest.approx(at((3, 0))), at((4, 0)))
    assert [step.instruction for step in route.steps[-2:]] == [Instruction.WALK, Instruction.ARRIVE]
    assert line_m(route) == pytest.approx(route.dist_m, abs=1)


def test_a_site_too_far_inside_a_zone_is_unreachable() -> None:
    router = RoadRouter(grid(30, 2))
    assert eta(router, (0, 0), (13, 0), box(2.5, -1, 29.5, 2)) < UNREACHABLE  # 4.7 km to walk
    assert eta(router, (0, 0), (14, 0), box(2.5, -1, 29.5, 2)) == UNREACHABLE


def test_other_zones_still_close_roads_to_a_site_inside_one() -> None:
    router = RoadRouter(grid(4, 1))
    around, between = box(2.5, -0.5, 3.5, 0.5), box(1.3, -1, 1.6, 1)
    assert eta(router, (0, 0), (3, 0), around, between) == UNREACHABLE


def test_sites_inside_and_outside_are_answered_in_one_matrix() -> None:
    router = RoadRouter(grid(5, 3))
    flood = box(2.5, -0.5, 3.5, 0.5)
    goals = points((4, 0), (3, 0), (4, 1))
    together = router.eta_matrix(points((0, 0), (1, 2)), goals, CAR, under(flood)).eta_s
    for column, goal in enumerate([(4, 0), (3, 0), (4, 1)]):
        assert together[0, column] == eta(router, (0, 0), goal, flood)
        assert together[1, column] == eta(router, (1, 2), goal, flood)


def test_zones_close_roads_only_to_the_modes_they_block() -> None:
    router = RoadRouter(grid(2, 1))
    shape = (0.4, -0.5, 0.6, 0.5)
    dry = eta(router, (0, 0), (1, 0))
    assert eta(router, (0, 0), (1, 0), box(*shape, blocks=[FOOT])) == dry
    assert eta(router, (0, 0), (1, 0), box(*shape, blocks=[CAR])) == UNREACHABLE


def test_a_slow_zone_slows_its_roads_and_cuts_nobody_off() -> None:
    router = RoadRouter(grid(4, 1))
    mud = replace(box(0.5, -0.5, 1.5, 0.5, blocks=[FOOT]), pace=0.5)
    dry, wet = eta(router, (0, 0), (3, 0)), eta(router, (0, 0), (3, 0), mud)
    assert wet == pytest.approx(dry * 5 / 3, abs=2)
    assert eta(router, (2, 0), (3, 0), mud) == eta(router, (2, 0), (3, 0))
    assert eta(router, (1, 0), (3, 0), mud, mode=FOOT) == UNREACHABLE
    assert not router.eta_matrix(points((1, 0)), points((3, 0)), CAR, under(mud)).cut_off.any()


def test_a_slow_road_is_avoided_where_another_is_quicker() -> None:
    router = RoadRouter(grid(4, 2))
    mud = replace(box(1.2, -0.2, 1.8, 0.2, blocks=[]), pace=0.05)
    line = np.array(way(router, (0, 0), (3, 0), mud).line)
    assert (line[:, 1] > at((0, 0.5))[1]).any()


def test_rain_slows_the_whole_way() -> None:
    router = RoadRouter(grid(4, 1))
    pair = points((0, 0)), points((3, 0))
    dry, wet, pouring = (
        int(router.eta_matrix(*pair, CAR, under(rain=rain)).eta_s[0, 0]) for rain in Rain
    )
    assert wet == pytest.approx(dry / 0.9, abs=1.2)
    assert pouring == pytest.approx(dry / 0.75, abs=1.4)
    route = router.route(site((0, 0)), site((3, 0)), CAR, under(rain=Rain.HEAVY))
    assert route is not None
    assert route.eta_s == pouring


def test_a_broken_bridge_cuts_nobody_off_and_stops_no_walk() -> None:
    roads = graph([((x, 0), (x + 1, 0), BOTH_WAYS) for x in range(3)], structures=[0, 1, 0])
    router = RoadRouter(roads)
    broken = replace(
        box(0, 0, 1, 1), kind=ZoneKind.BRIDGE, form=ZoneForm.POINT, parts=(((at((1.5, 0)),),),)
    )
    conditions = under(broken)
    matrix = router.eta_matrix(points((1.5, 0), (0, 0)), points((2.9, 0)), CAR, conditions)
    assert not matrix.cut_off.any()
    assert matrix.eta_s[1, 0] == UNREACHABLE
    # Who stands nearer to the far end walks there, over what is left of the bridge.
    assert eta(router, (1.6, 0), (2.9, 0), broken) < UNREACHABLE
    assert eta(router, (0, 0), (0.9, 0), broken) == eta(router, (0, 0), (0.9, 0))


def test_a_place_beside_a_zone_joins_at_a_junction_outside_it() -> None:
    router = RoadRouter(grid(4, 1))
    flood = box(-1, -1, 0.3, 1)  # swallows the nearest junction but not the place
    assert 0 < eta(router, (0.4, 0.5), (3, 0), flood) < UNREACHABLE
    assert 0 < eta(router, (3, 0), (0.4, 0.5), flood) < UNREACHABLE


def test_the_ring_closes_roads_and_not_its_id() -> None:
    router = RoadRouter(grid(2, 1))
    dry, wet = box(0.4, 5, 0.6, 6, name="same"), box(0.4, -0.5, 0.6, 0.5, name="same")
    assert eta(router, (0, 0), (1, 0), dry) < UNREACHABLE
    assert eta(router, (0, 0), (1, 0), wet) == UNREACHABLE


# Estimates


def test_far_from_roads_the_straight_line_is_used_and_marked() -> None:
    router, straight = RoadRouter(grid(3, 3)), StraightLineRouter()
    origins, goals = points((0, 0), (0, 8)), points((2, 2), (9, 2))
    matrix, line = router.eta_matrix(origins, goals, CAR), straight.eta_matrix(origins, goals, CAR)
    assert matrix.estimated.tolist() == [[False, True], [True, True]]
    assert (matrix.eta_s == line.eta_s)[matrix.estimated].all()
    assert router.lengths_m(origins[1:], goals[:1], CAR) == straight.lengths_m(
        origins[1:], goals[:1], CAR
    )
    route = router.route(site((0, 8)), site((2, 2)), CAR)
    assert route is not None
    assert route.source is EtaSource.ESTIMATED
    assert route.line == (at((0, 8)), at((2, 2)))


def test_far_from_roads_and_inside_a_zone_is_cut_off() -> None:
    matrix = RoadRouter(grid(3, 3)).eta_matrix(
        points((0, 8)), points((2, 2)), CAR, under(box(-1, 7, 1, 9))
    )
    assert matrix.cut_off.tolist() == [True]
    assert matrix.eta_s.tolist() == [[UNREACHABLE]]
    assert not matrix.estimated.any()


def test_a_mode_without_roads_is_estimated() -> None:
    router = RoadRouter(graph([((0, 0), (1, 0), 0b000011)]))
    assert not router.eta_matrix(points((0, 0)), points((1, 0)), CAR).estimated.any()
    assert router.eta_matrix(points((0, 0)), points((1, 0)), FOOT).estimated.all()


# Routes


def test_a_route_follows_the_bends_in_driving_direction() -> None:
    curve = [((0, 0), (1, 0), BOTH_WAYS)]
    router = RoadRouter(graph(curve, bends=[((0, 1), (1, 1))]))
    there, back = way(router, (0, 0), (1, 0)), way(router, (1, 0), (0, 0))
    np.testing.assert_allclose(there.line, [at(c) for c in [(0, 0), (0, 1), (1, 1), (1, 0)]])
    assert back.line == there.line[::-1]


@settings(deadline=None)
@given(links, places, places)
def test_routes_agree_with_the_matrix_and_with_their_own_line(
    drawn: list[tuple[tuple[int, int], tuple[int, int], int]], origin: Place, goal: Place
) -> None:
    router = RoadRouter(graph([*drawn, ((0, 0), (1, 0), BOTH_WAYS)]))
    matrix = router.eta_matrix(points(origin), points(goal), CAR)
    route = way(router, origin, goal)
    dist_m = router.lengths_m(points(origin), points(goal), CAR)
    assert (route.eta_s, route.dist_m) == (matrix.eta_s[0, 0], dist_m[0])
    assert (route.source is EtaSource.ESTIMATED) == matrix.estimated[0, 0]
    assert (route.line[0], route.line[-1]) == (at(origin), at(goal))
    assert line_m(route) == pytest.approx(route.dist_m, abs=1)


def test_a_route_from_the_site_itself_is_no_distance() -> None:
    route = way(RoadRouter(grid(2, 1)), (0, 0), (0, 0))
    assert (route.eta_s, route.dist_m) == (0, 0)


# Bound, cache, determinism


@settings(deadline=None)
@given(links, places, places, st.sampled_from(TravelMode))
def test_no_eta_falls_below_the_least_for_its_straight_line(
    drawn: list[tuple[tuple[int, int], tuple[int, int], int]],
    origin: Place,
    goal: Place,
    mode: TravelMode,
) -> None:
    router = RoadRouter(graph([*drawn, ((0, 0), (1, 0), BOTH_WAYS)]))
    for conditions in (under(), under(box(0.5, 0.5, 1.5, 1.5)), under(rain=Rain.HEAVY)):
        seconds = router.eta_matrix(points(origin), points(goal), mode, conditions).eta_s[0, 0]
        assert seconds >= router.least_s(crow_m(*at(origin), *at(goal)), mode)


@settings(deadline=None)
@given(
    links,
    st.lists(places, min_size=1, max_size=5),
    st.lists(places, min_size=1, max_size=5),
)
def test_no_answer_depends_on_the_engine_or_on_what_was_asked_before(
    drawn: list[tuple[tuple[int, int], tuple[int, int], int]],
    origins: list[Place],
    goals: list[Place],
) -> None:
    roads = graph([*drawn, ((0, 0), (1, 0), BOTH_WAYS)])
    flood, slide = box(0.5, 0.5, 1.5, 1.5), box(2.2, -1, 2.4, 2.5)
    mud = replace(box(0, 0, 3, 1, blocks=()), pace=0.4)
    warm = RoadRouter(roads, engine=Dijkstra), RoadRouter(roads, engine=quickest(None))
    for zones in ([], [flood], [slide], [flood, slide, mud], [mud, slide, flood], []):
        question = points(*origins), points(*goals), CAR, under(*zones)
        fresh = RoadRouter(roads, engine=Dijkstra).eta_matrix(*question)
        for router in (*warm, warm[0]):
            again = router.eta_matrix(*question)
            np.testing.assert_array_equal(again.eta_s, fresh.eta_s)
            np.testing.assert_array_equal(again.estimated, fresh.estimated)
            np.testing.assert_array_equal(again.cut_off, fresh.cut_off)


def test_the_order_of_origins_sites_and_zones_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    router = RoadRouter(grid(6, 6))
    origins, goals = (points(*map(tuple, rng.uniform(-1, 7, (n, 2)))) for n in (40, 10))
    zones = [box(1.2, 1.2, 1.8, 3.1), box(3.2, 0.2, 4.8, 2.1)]
    rows, columns = rng.permutation(40), rng.permutation(10)
    one = router.eta_matrix(origins, goals, CAR, under(*zones))
    other = router.eta_matrix(origins[rows], goals[columns], CAR, under(*zones[::-1]))
    np.testing.assert_array_equal(one.eta_s[np.ix_(rows, columns)], other.eta_s)


def test_many_sites_are_searched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    origins, goals = (points(*map(tuple, rng.uniform(0, 5, (n, 2)))) for n in (20, 9))
    whole = RoadRouter(grid(6, 6)).eta_matrix(origins, goals, CAR)
    monkeypatch.setattr("dispatch.geo.router._AT_ONCE", 4)
    parts = RoadRouter(grid(6, 6)).eta_matrix(origins, goals, CAR)
    np.testing.assert_array_equal(whole.eta_s, parts.eta_s)


def test_lengths_are_asked_anew_under_other_zones() -> None:
    router = RoadRouter(grid(4, 2))
    pair = points((0, 0)), points((3, 0))
    slide = box(1.3, -0.5, 1.6, 0.5)
    dry = router.lengths_m(*pair, CAR)[0]
    assert router.lengths_m(*pair, CAR, under(slide))[0] > dry
    assert router.lengths_m(*pair, CAR)[0] == dry
