"""Estimates from the straight line: never better from farther away, always marked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.geo.straight import CrowProfile, StraightLineRouter
from dispatch.model import UNREACHABLE, Conditions, EtaSource, Rain, Site, TravelMode
from tests.geo.grids import at, box

CAR, FOOT = TravelMode.CAR, TravelMode.FOOT
DEGREES_PER_KM = 1 / 111.19508


def km(*distances: float) -> np.ndarray:
    """Return positions north of 0, 0 at these distances."""
    return np.array([(0.0, distance * DEGREES_PER_KM) for distance in distances])


@pytest.mark.parametrize(
    ("distance_km", "kmh"),
    [(1, 17), (3.5, 25), (7.5, 33), (15, 41), (35, 50), (90, 50)],
)
def test_driving_takes_the_implied_speeds(distance_km: float, kmh: float) -> None:
    matrix = StraightLineRouter().eta_matrix(km(distance_km), km(0), CAR)
    assert matrix.eta_s[0, 0] == pytest.approx(distance_km / kmh * 3600, abs=1)
    dist_m = StraightLineRouter().lengths_m(km(distance_km), km(0), CAR)
    assert dist_m[0] == pytest.approx(distance_km * 1000, abs=1)


def test_walking_takes_the_detour() -> None:
    matrix = StraightLineRouter().eta_matrix(km(2), km(0), FOOT)
    assert matrix.eta_s[0, 0] == pytest.approx(2 * 1.23 / 4.8 * 3600, abs=1)


def test_motorcycles_are_taken_as_cars() -> None:
    router = StraightLineRouter()
    both = [router.eta_matrix(km(4), km(0), mode) for mode in (CAR, TravelMode.MOTORCYCLE)]
    assert both[0].eta_s == both[1].eta_s


@given(st.lists(st.floats(0, 100), min_size=2))
def test_who_is_farther_away_never_gets_the_shorter_time(distances: list[float]) -> None:
    distances.sort()
    for mode in TravelMode:
        eta_s = StraightLineRouter().eta_matrix(km(*distances), km(0), mode).eta_s[:, 0]
        assert all(near <= far for near, far in pairwise(eta_s.tolist()))


def test_a_line_across_a_zone_is_still_estimated() -> None:
    router = StraightLineRouter()
    origins, sites = np.array([at((0, 1))]), np.array([at((9, 1))])
    matrix = router.eta_matrix(origins, sites, CAR, Conditions(zones=(box(3, 0, 4, 2),)))
    assert matrix.estimated[0, 0]
    assert matrix.eta_s == router.eta_matrix(origins, sites, CAR).eta_s


def test_rain_slows_estimates_too() -> None:
    pair = km(10), km(0)
    dry, _, pouring = (
        StraightLineRouter().eta_matrix(*pair, CAR, Conditions(rain=rain)).eta_s[0, 0]
        for rain in Rain
    )
    assert pouring == pytest.approx(dry / 0.75, abs=1)


def test_the_route_is_the_line() -> None:
    origin, site = Site(lon=0, lat=0), Site(lon=0, lat=0.1)
    route = StraightLineRouter().route(origin, site, CAR)
    assert route is not None
    assert route.line == ((0, 0), (0, 0.1))
    assert route.source is EtaSource.ESTIMATED
    assert [step.instruction for step in route.steps] == ["DEPART", "ARRIVE"]
    assert route.steps[0].dist_m == route.dist_m


def test_an_unknown_origin_is_unreachable_but_not_cut_off() -> None:
    matrix = StraightLineRouter().eta_matrix(np.full((1, 2), np.nan), km(0), CAR)
    assert matrix.eta_s.tolist() == [[UNREACHABLE]]
    assert not matrix.estimated.any()
    assert not matrix.cut_off.any()


def test_an_area_may_have_its_own_profile() -> None:
    hills = CrowProfile(drive=((10_000, 10),), foot_kmh=4, foot_detour=2)
    router = StraightLineRouter(hills)
    assert router.eta_matrix(km(5), km(0), CAR).eta_s[0, 0] == pytest.approx(1800, abs=1)
    assert router.eta_matrix(km(5), km(0), FOOT).eta_s[0, 0] == pytest.approx(9000, abs=1)
    assert router.least_s(np.array([5_000.0]), CAR)[0] == pytest.approx(1800, abs=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"drive": ((1_000, 10), (1_000, 20))},
        {"drive": ((1_000, 10), (1_500, 20))},
        {"drive": ((1_000, -10),)},
        {"foot_kmh": 0},
        {"foot_detour": 0.9},
    ],
)
def test_impossible_profiles_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        CrowProfile(**wrong)
