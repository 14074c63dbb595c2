"""What every Router keeps about the first of many: it is the least of its own matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.search import Dijkstra
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import UNREACHABLE, Conditions, Rain, TravelMode
from dispatch.ports import Router
from tests.contracts.test_router import ORIGINS, ROADS, SITES, UNKNOWN, table, zone

CONDITIONS = [
    Conditions(zones=zones, rain=rain)
    for zones in ((), (zone(*ORIGINS[0]),), (zone(*SITES[1]),), (zone(*SITES[2], pace=0.3),))
    for rain in Rain
]
EVERYBODY = np.concatenate([ORIGINS, UNKNOWN])


@pytest.fixture(scope="module")
def routers() -> dict[str, Router]:
    roads = RoadRouter(RoadGraph.load(ROADS), engine=Dijkstra)
    return {"roads": roads, "straight": StraightLineRouter(), "table": table()}


@pytest.mark.parametrize("mode", list(TravelMode))
@pytest.mark.parametrize("name", ["roads", "straight", "table"])
def test_the_first_is_the_least_of_the_matrix(
    routers: dict[str, Router], name: str, mode: TravelMode
) -> None:
    router, after_s = routers[name], np.array([400, 0, 30, 90, 0, 0], np.int32)
    for conditions in CONDITIONS:
        matrix = router.eta_matrix(EVERYBODY, SITES, mode, conditions)
        least_s = (matrix.eta_s.astype(np.int64) + after_s[:, None]).min(axis=0)
        found = router.first_s(EVERYBODY, SITES, mode, after_s, conditions)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, np.minimum(least_s, UNREACHABLE))


@pytest.mark.parametrize("name", ["roads", "straight", "table"])
def test_nobody_and_nowhere(routers: dict[str, Router], name: str) -> None:
    none = np.empty(0, np.int32)
    found = routers[name].first_s(ORIGINS[:0], SITES, TravelMode.CAR, none)
    assert found.tolist() == [UNREACHABLE] * 3
    zero = np.zeros(5, np.int32)
    assert routers[name].first_s(ORIGINS, SITES[:0], TravelMode.CAR, zero).shape == (0,)
    assert routers[name].first_s(ORIGINS, UNKNOWN, TravelMode.CAR, zero).tolist() == [UNREACHABLE]


@settings(deadline=None)
@given(
    people=st.sampled_from([1, 3, 50, 2_000]),
    apart_deg=st.sampled_from([0.002, 0.05]),
    mode=st.sampled_from([TravelMode.CAR, TravelMode.FOOT]),
    spread_s=st.sampled_from([0, 60, 3_600]),
    rain=st.sampled_from(list(Rain)),
    seed=st.integers(0, 9),
)
def test_a_crowd_along_straight_lines(
    people: int, apart_deg: float, mode: TravelMode, spread_s: int, rain: Rain, seed: int
) -> None:
    """Only some of them are looked at, and it makes no difference."""
    rng, router = np.random.default_rng(seed), StraightLineRouter()
    origins, sites = (rng.normal((116, 40), apart_deg, (n, 2)) for n in (people, 40))
    after_s = rng.integers(0, spread_s + 1, people).astype(np.int32)
    conditions = Conditions(zones=(zone(116.0, 40.0, half_side=apart_deg / 9),), rain=rain)
    matrix = router.eta_matrix(origins, sites, mode, conditions)
    least_s = (matrix.eta_s.astype(np.int64) + after_s[:, None]).min(axis=0)
    found = router.first_s(origins, sites, mode, after_s, conditions)
    np.testing.assert_array_equal(found, np.minimum(least_s, UNREACHABLE))


def test_only_a_map_has_roads(routers: dict[str, Router]) -> None:
    roads = routers["roads"].roads((TravelMode.CAR,))
    assert roads is not None
    assert len(roads.points) == len(roads.length_m) > 0
    assert routers["straight"].roads((TravelMode.CAR,)) is None
    assert routers["table"].roads((TravelMode.CAR,)) is None
