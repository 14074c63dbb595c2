"""What every Router keeps, whether it knows roads, straight lines or a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo import hierarchy
from dispatch.geo.measure import Floats, crow_m
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter, quickest
from dispatch.geo.search import Dijkstra
from dispatch.geo.straight import StraightLineRouter
from dispatch.geo.table import TableRouter
from dispatch.model import (
    UNREACHABLE,
    Conditions,
    EtaSource,
    Rain,
    Site,
    TravelMode,
    Zone,
    ZoneForm,
    ZoneId,
    ZoneKind,
    ZoneStatus,
)
from dispatch.ports import Instruction, Router

ROADS = Path(__file__).parents[2] / "scenarios" / "coquimbo" / "roads"

ORIGINS = np.array(
    [
        (-71.2520, -29.9027),  # La Serena, main square
        (-71.3390, -29.9533),  # Coquimbo, main square
        (-71.2700, -29.9450),  # between the two
        (-71.2000, -29.9000),  # up the valley
        (-71.0000, -29.9000),  # far outside the map
    ]
)
SITES = np.array([(-71.2450, -29.9150), (-71.3000, -29.9600), (-71.2520, -29.9027)])
UNKNOWN = np.array([(np.nan, np.nan)])


class BoundedRouter(Router, Protocol):
    def least_s(self, distance_m: Floats, mode: TravelMode) -> Floats: ...


def table() -> TableRouter:
    eta_s = StraightLineRouter().eta_matrix(ORIGINS, SITES, TravelMode.CAR).eta_s.tolist()
    return TableRouter(
        {
            (tuple(origin), tuple(site)): eta_s[row][column]
            for row, origin in enumerate(ORIGINS.tolist())
            for column, site in enumerate(SITES.tolist())
            if row != 3  # one origin without any way
        }
    )


@pytest.fixture(scope="module")
def roads() -> RoadGraph:
    return RoadGraph.load(ROADS)


@pytest.fixture(scope="module")
def road_routers(roads: RoadGraph) -> dict[str, BoundedRouter]:
    """Both engines, kept from test to test: no answer may depend on what was asked before."""
    return {
        "dijkstra": RoadRouter(roads, engine=Dijkstra),
        "hierarchy": RoadRouter(roads, engine=quickest(None)),
    }


@pytest.fixture(
    params=[
        "dijkstra",
        pytest.param(
            "hierarchy",
            marks=pytest.mark.skipif(not hierarchy.AVAILABLE, reason="the extra `fast` is missing"),
        ),
        "straight",
        "table",
    ]
)
def router(request: pytest.FixtureRequest, road_routers: dict[str, BoundedRouter]) -> BoundedRouter:
    if request.param in road_routers:
        return road_routers[request.param]
    return StraightLineRouter() if request.param == "straight" else table()


@pytest.fixture(params=list(TravelMode))
def mode(request: pytest.FixtureRequest) -> TravelMode:
    return TravelMode(request.param)


def zone(
    lon: float,
    lat: float,
    *,
    blocks: tuple[TravelMode, ...] = tuple(TravelMode),
    half_side: float = 0.002,
    pace: float = 1.0,
) -> Zone:
    """Return a square flood around a place."""
    west, south, east, north = (
        lon - half_side,
        lat - half_side,
        lon + half_side,
        lat + half_side,
    )
    return Zone(
        id=ZoneId("z"),
        kind=ZoneKind.FLOOD,
        name="",
        form=ZoneForm.AREA,
        parts=((((west, south), (east, south), (east, north), (west, north)),),),
        blocks=blocks,
        status=ZoneStatus.ACTIVE,
        drawn_at=datetime(2026, 1, 1, tzinfo=UTC),
        pace=pace,
    )


def under(*zones: Zone, rain: Rain = Rain.NONE) -> Conditions:
    return Conditions(zones=zones, rain=rain)


WEATHERS = [
    under(),
    under(zone(*ORIGINS[0])),
    under(zone(*SITES[1])),
    under(zone(*ORIGINS[2], blocks=(), pace=0.3, half_side=0.02), rain=Rain.RAIN),
    under(rain=Rain.HEAVY),
]


def place(row: np.ndarray) -> Site:
    return Site(lon=float(row[0]), lat=float(row[1]))


def test_rows_are_origins_and_columns_are_sites(router: BoundedRouter, mode: TravelMode) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode)
    assert matrix.eta_s.shape == matrix.estimated.shape == (5, 3)
    assert matrix.cut_off.shape == (5,)
    assert matrix.eta_s.dtype == np.int32
    assert matrix.estimated.dtype == matrix.cut_off.dtype == np.bool_
    for row, column in np.ndindex(5, 3):
        alone = router.eta_matrix(ORIGINS[[row]], SITES[[column]], mode)
        assert alone.eta_s[0, 0] == matrix.eta_s[row, column]


@pytest.mark.parametrize("conditions", WEATHERS)
def test_lengths_are_known_where_there_is_a_way(
    router: BoundedRouter, mode: TravelMode, conditions: Conditions
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, conditions)
    row, column = (side.ravel() for side in np.indices((5, 3)))
    dist_m = router.lengths_m(ORIGINS[row], SITES[column], mode, conditions)
    assert (dist_m.dtype, dist_m.shape) == (np.int32, (15,))
    nowhere = matrix.eta_s[row, column] == UNREACHABLE
    np.testing.assert_array_equal(nowhere, dist_m == UNREACHABLE)
    crow = crow_m(*ORIGINS[row].T, *SITES[column].T)
    assert (dist_m[~nowhere] >= np.floor(crow[~nowhere])).all()
    assert not (matrix.estimated.ravel() & nowhere).any()
    assert (matrix.eta_s >= 0).all()


@pytest.mark.parametrize("conditions", WEATHERS)
def test_a_route_has_the_figures_of_the_matrix(
    router: BoundedRouter, mode: TravelMode, conditions: Conditions
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, conditions)
    for row, column in np.ndindex(5, 3):
        route = router.route(place(ORIGINS[row]), place(SITES[column]), mode, conditions)
        if matrix.eta_s[row, column] == UNREACHABLE:
            assert route is None
            continue
        assert route is not None
        dist_m = router.lengths_m(ORIGINS[[row]], SITES[[column]], mode, conditions)
        assert (route.eta_s, route.dist_m) == (matrix.eta_s[row, column], dist_m[0])
        assert (route.source is EtaSource.ESTIMATED) == matrix.estimated[row, column]
        assert route.line[0] == tuple(ORIGINS[row])
        assert route.line[-1] == tuple(SITES[column])
        assert sum(step.eta_s for step in route.steps) == route.eta_s
        assert sum(step.dist_m for step in route.steps) == route.dist_m
        assert route.steps[-1].instruction is Instruction.ARRIVE
        assert all(step.eta_s >= 0 and step.dist_m >= 0 for step in route.steps)


def test_origins_inside_a_blocking_zone_are_cut_off(
    router: BoundedRouter, mode: TravelMode
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, under(zone(*ORIGINS[0])))
    assert matrix.cut_off.tolist() == [True, False, False, False, False]
    assert (matrix.eta_s[0] == UNREACHABLE).all()


def test_zones_that_do_not_block_change_nothing(router: BoundedRouter, mode: TravelMode) -> None:
    others = tuple(other for other in TravelMode if other is not mode)
    conditions = under(zone(*ORIGINS[0], blocks=others), zone(0.0, 0.0))
    plain, zoned = (
        router.eta_matrix(ORIGINS, SITES, mode),
        router.eta_matrix(ORIGINS, SITES, mode, conditions),
    )
    np.testing.assert_array_equal(plain.eta_s, zoned.eta_s)
    assert not zoned.cut_off.any()


def test_a_site_inside_a_zone_is_not_lost(router: BoundedRouter, mode: TravelMode) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, under(zone(*SITES[1])))
    plain = router.eta_matrix(ORIGINS, SITES, mode)
    np.testing.assert_array_equal(
        matrix.eta_s[:, 1] == UNREACHABLE, plain.eta_s[:, 1] == UNREACHABLE
    )


def test_no_condition_makes_anybody_quicker(router: BoundedRouter, mode: TravelMode) -> None:
    dry = router.eta_matrix(ORIGINS, SITES, mode)
    roads = ~dry.estimated
    for conditions in WEATHERS:
        wet = router.eta_matrix(ORIGINS, SITES, mode, conditions)
        outside = ~wet.estimated & roads
        assert (wet.eta_s >= dry.eta_s)[outside].all()
    pouring = router.eta_matrix(ORIGINS, SITES, mode, under(rain=Rain.HEAVY)).eta_s
    some = (dry.eta_s < UNREACHABLE) & (dry.eta_s > 10)
    assert (pouring > dry.eta_s)[some].all()


def test_unknown_origins_are_unreachable_and_not_cut_off(
    router: BoundedRouter, mode: TravelMode
) -> None:
    origins = np.concatenate([UNKNOWN, ORIGINS])
    matrix = router.eta_matrix(origins, SITES, mode, under(zone(0.0, 0.0)))
    assert (matrix.eta_s[0] == UNREACHABLE).all()
    assert not matrix.cut_off[0]
    np.testing.assert_array_equal(matrix.eta_s[1:], router.eta_matrix(ORIGINS, SITES, mode).eta_s)
    assert router.lengths_m(UNKNOWN, SITES[:1], mode).tolist() == [UNREACHABLE]


def test_unknown_sites_are_unreachable(router: BoundedRouter, mode: TravelMode) -> None:
    assert (router.eta_matrix(ORIGINS, UNKNOWN, mode).eta_s == UNREACHABLE).all()
    assert router.lengths_m(ORIGINS[:1], UNKNOWN, mode).tolist() == [UNREACHABLE]


@pytest.mark.parametrize(("origins", "sites"), [(0, 3), (5, 0), (0, 0)])
def test_nobody_and_nowhere(
    router: BoundedRouter, mode: TravelMode, origins: int, sites: int
) -> None:
    matrix = router.eta_matrix(ORIGINS[:origins], SITES[:sites], mode, under(zone(*ORIGINS[0])))
    assert matrix.eta_s.shape == (origins, sites)
    assert matrix.cut_off.shape == (origins,)
    assert router.lengths_m(ORIGINS[:0], SITES[:0], mode).shape == (0,)


def test_no_eta_falls_below_the_least_for_its_straight_line(
    router: BoundedRouter, mode: TravelMode
) -> None:
    crow = crow_m(ORIGINS[:, None, 0], ORIGINS[:, None, 1], SITES[:, 0], SITES[:, 1])
    for conditions in WEATHERS:
        matrix = router.eta_matrix(ORIGINS, SITES, mode, conditions)
        assert (matrix.eta_s >= router.least_s(crow, mode)).all()
    further = router.least_s(np.linspace(0, 60_000, 500), mode)
    assert (np.diff(further) >= 0).all()


def test_the_same_question_has_the_same_answer(router: BoundedRouter, mode: TravelMode) -> None:
    for conditions in WEATHERS + WEATHERS[::-1]:
        first, second = (router.eta_matrix(ORIGINS, SITES, mode, conditions) for _ in range(2))
        np.testing.assert_array_equal(first.eta_s, second.eta_s)
        pairs = ORIGINS[:3], SITES
        lengths = [router.lengths_m(*pairs, mode, conditions) for _ in range(2)]
        np.testing.assert_array_equal(*lengths)


def test_questions_are_left_as_they_were(router: BoundedRouter, mode: TravelMode) -> None:
    origins, sites = np.concatenate([ORIGINS, UNKNOWN]), SITES.copy()
    router.eta_matrix(origins, sites, mode)
    router.lengths_m(origins[-3:], sites, mode)
    np.testing.assert_array_equal(origins, np.concatenate([ORIGINS, UNKNOWN]))
    np.testing.assert_array_equal(sites, SITES)


def test_answers_may_be_changed_by_who_asked(router: BoundedRouter, mode: TravelMode) -> None:
    first = router.eta_matrix(ORIGINS, SITES, mode)
    before = first.eta_s.copy()
    first.eta_s[:] = 0
    lengths = router.lengths_m(ORIGINS[:3], SITES, mode)
    lengths_before = lengths.copy()
    lengths[:] = 0
    np.testing.assert_array_equal(router.eta_matrix(ORIGINS, SITES, mode).eta_s, before)
    np.testing.assert_array_equal(router.lengths_m(ORIGINS[:3], SITES, mode), lengths_before)


def test_a_zone_that_is_no_zone_is_refused(router: BoundedRouter, mode: TravelMode) -> None:
    sound = zone(*ORIGINS[0])
    first, second, third, fourth = sound.parts[0][0]
    bow_tie = replace(sound, parts=(((first, third, second, fourth),),))
    with pytest.raises(BadInput, match="SELF_INTERSECTION"):
        router.eta_matrix(ORIGINS, SITES, mode, under(bow_tie))


def test_positions_out_of_range_are_refused(router: BoundedRouter, mode: TravelMode) -> None:
    with pytest.raises(ValueError, match="out of range"):
        router.eta_matrix(np.array([(200.0, 0.0)]), SITES, mode)
    with pytest.raises(ValueError, match="out of range"):
        router.lengths_m(np.array([(200.0, 0.0)]), SITES[:1], mode)
