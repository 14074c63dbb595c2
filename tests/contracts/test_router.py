"""What every Router keeps, whether it knows roads, straight lines or a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.measure import Floats, crow_m
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.straight import StraightLineRouter
from dispatch.geo.table import TableRouter
from dispatch.model import UNREACHABLE, EtaSource, Site, TravelMode, Zone, ZoneId, ZoneStatus
from dispatch.ports import Router

ROADS = Path(__file__).parents[2] / "scenarios" / "coquimbo" / "roads.npz"

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


@pytest.fixture(params=["roads", "straight", "table"])
def router(request: pytest.FixtureRequest, roads: RoadGraph) -> BoundedRouter:
    if request.param == "roads":
        return RoadRouter(roads)
    return StraightLineRouter() if request.param == "straight" else table()


@pytest.fixture(params=list(TravelMode))
def mode(request: pytest.FixtureRequest) -> TravelMode:
    return TravelMode(request.param)


def zone(
    lon: float,
    lat: float,
    *,
    blocks: tuple[TravelMode, ...] = tuple(TravelMode),
    status: ZoneStatus = ZoneStatus.ACTIVE,
    half_side: float = 0.002,
) -> Zone:
    """Return a square zone around a place."""
    west, south, east, north = (
        lon - half_side,
        lat - half_side,
        lon + half_side,
        lat + half_side,
    )
    return Zone(
        id=ZoneId("z"),
        kind="flood",
        name="",
        ring=((west, south), (east, south), (east, north), (west, north)),
        blocks=blocks,
        status=status,
        drawn_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def place(row: np.ndarray) -> Site:
    return Site(lon=float(row[0]), lat=float(row[1]))


def test_rows_are_origins_and_columns_are_sites(router: BoundedRouter, mode: TravelMode) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode)
    assert matrix.eta_s.shape == matrix.dist_m.shape == matrix.estimated.shape == (5, 3)
    assert matrix.cut_off.shape == (5,)
    assert matrix.eta_s.dtype == matrix.dist_m.dtype == np.int32
    assert matrix.estimated.dtype == matrix.cut_off.dtype == np.bool_
    for row, column in np.ndindex(5, 3):
        alone = router.eta_matrix(ORIGINS[[row]], SITES[[column]], mode)
        assert alone.eta_s[0, 0] == matrix.eta_s[row, column]
        assert alone.dist_m[0, 0] == matrix.dist_m[row, column]


def test_no_way_is_unreachable_in_time_and_distance(
    router: BoundedRouter, mode: TravelMode
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, [zone(*ORIGINS[0])])
    nowhere = matrix.eta_s == UNREACHABLE
    np.testing.assert_array_equal(nowhere, matrix.dist_m == UNREACHABLE)
    assert not (matrix.estimated & nowhere).any()
    assert (matrix.eta_s >= 0).all()
    assert (matrix.dist_m >= 0).all()


@pytest.mark.parametrize("zones", [[], [zone(*ORIGINS[0])], [zone(*SITES[1])]])
def test_a_route_has_the_figures_of_the_matrix(
    router: BoundedRouter, mode: TravelMode, zones: list[Zone]
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, zones)
    for row, column in np.ndindex(5, 3):
        route = router.route(place(ORIGINS[row]), place(SITES[column]), mode, zones)
        if matrix.eta_s[row, column] == UNREACHABLE:
            assert route is None
            continue
        assert route is not None
        assert route.eta_s == matrix.eta_s[row, column]
        assert route.dist_m == matrix.dist_m[row, column]
        assert (route.source is EtaSource.ESTIMATED) == matrix.estimated[row, column]
        assert route.line[0] == tuple(ORIGINS[row])
        assert route.line[-1] == tuple(SITES[column])


def test_origins_inside_a_blocking_zone_are_cut_off(
    router: BoundedRouter, mode: TravelMode
) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, [zone(*ORIGINS[0])])
    assert matrix.cut_off.tolist() == [True, False, False, False, False]
    assert (matrix.eta_s[0] == UNREACHABLE).all()


def test_zones_that_do_not_block_change_nothing(router: BoundedRouter, mode: TravelMode) -> None:
    others = tuple(other for other in TravelMode if other is not mode)
    zones = [
        zone(*ORIGINS[0], blocks=others),
        zone(*ORIGINS[1], status=ZoneStatus.CLEARED),
        zone(0.0, 0.0),
    ]
    plain, zoned = (
        router.eta_matrix(ORIGINS, SITES, mode),
        router.eta_matrix(ORIGINS, SITES, mode, zones),
    )
    np.testing.assert_array_equal(plain.eta_s, zoned.eta_s)
    np.testing.assert_array_equal(plain.dist_m, zoned.dist_m)
    assert not zoned.cut_off.any()


def test_a_site_inside_a_zone_is_not_lost(router: BoundedRouter, mode: TravelMode) -> None:
    matrix = router.eta_matrix(ORIGINS, SITES, mode, [zone(*SITES[1])])
    plain = router.eta_matrix(ORIGINS, SITES, mode)
    np.testing.assert_array_equal(matrix.eta_s[:, 1], plain.eta_s[:, 1])


def test_unknown_origins_are_unreachable_and_not_cut_off(
    router: BoundedRouter, mode: TravelMode
) -> None:
    origins = np.concatenate([UNKNOWN, ORIGINS])
    matrix = router.eta_matrix(origins, SITES, mode, [zone(0.0, 0.0)])
    assert (matrix.eta_s[0] == UNREACHABLE).all()
    assert not matrix.cut_off[0]
    np.testing.assert_array_equal(matrix.eta_s[1:], router.eta_matrix(ORIGINS, SITES, mode).eta_s)


def test_unknown_sites_are_unreachable(router: BoundedRouter, mode: TravelMode) -> None:
    assert (router.eta_matrix(ORIGINS, UNKNOWN, mode).eta_s == UNREACHABLE).all()


@pytest.mark.parametrize(("origins", "sites"), [(0, 3), (5, 0), (0, 0)])
def test_nobody_and_nowhere(
    router: BoundedRouter, mode: TravelMode, origins: int, sites: int
) -> None:
    matrix = router.eta_matrix(ORIGINS[:origins], SITES[:sites], mode, [zone(*ORIGINS[0])])
    assert matrix.eta_s.shape == (origins, sites)
    assert matrix.cut_off.shape == (origins,)


def test_no_eta_falls_below_the_least_for_its_straight_line(
    router: BoundedRouter, mode: TravelMode
) -> None:
    crow = crow_m(ORIGINS[:, None, 0], ORIGINS[:, None, 1], SITES[:, 0], SITES[:, 1])
    for zones in ([], [zone(*ORIGINS[2])]):
        matrix = router.eta_matrix(ORIGINS, SITES, mode, zones)
        assert (matrix.eta_s >= router.least_s(crow, mode)).all()
    further = router.least_s(np.linspace(0, 60_000, 500), mode)
    assert (np.diff(further) >= 0).all()


def test_the_same_question_has_the_same_answer(router: BoundedRouter, mode: TravelMode) -> None:
    zones = [zone(*ORIGINS[2])]
    first, second = (router.eta_matrix(ORIGINS, SITES, mode, zones) for _ in range(2))
    np.testing.assert_array_equal(first.eta_s, second.eta_s)
    np.testing.assert_array_equal(first.dist_m, second.dist_m)


def test_questions_are_left_as_they_were(router: BoundedRouter, mode: TravelMode) -> None:
    origins, sites = np.concatenate([ORIGINS, UNKNOWN]), SITES.copy()
    router.eta_matrix(origins, sites, mode)
    np.testing.assert_array_equal(origins, np.concatenate([ORIGINS, UNKNOWN]))
    np.testing.assert_array_equal(sites, SITES)


def test_answers_may_be_changed_by_who_asked(router: BoundedRouter, mode: TravelMode) -> None:
    first = router.eta_matrix(ORIGINS, SITES, mode)
    before = first.eta_s.copy()
    first.eta_s[:] = 0
    first.dist_m[:] = 0
    np.testing.assert_array_equal(router.eta_matrix(ORIGINS, SITES, mode).eta_s, before)


def test_a_zone_that_is_no_ring_is_refused(router: BoundedRouter, mode: TravelMode) -> None:
    with pytest.raises(BadInput, match="SELF_INTERSECTION"):
        router.eta_matrix(ORIGINS, SITES, mode, [bow_tie()])


def test_positions_out_of_range_are_refused(router: BoundedRouter, mode: TravelMode) -> None:
    with pytest.raises(ValueError, match="out of range"):
        router.eta_matrix(np.array([(200.0, 0.0)]), SITES, mode)


def bow_tie() -> Zone:
    sound = zone(*ORIGINS[0])
    first, second, third, fourth = sound.ring
    return Zone(
        id=sound.id,
        kind=sound.kind,
        name=sound.name,
        ring=(first, third, second, fourth),
        blocks=sound.blocks,
        status=sound.status,
        drawn_at=sound.drawn_at,
    )
