"""One search from everybody says the same as everybody's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo.router import RoadRouter
from dispatch.geo.search import Dijkstra
from dispatch.model import UNREACHABLE, Conditions, Rain, TravelMode
from tests.geo.grids import BOTH_WAYS, LAT, LON, ONE_WAY, STEP, at, box, graph, grid

CAR = TravelMode.CAR
corner = st.tuples(st.integers(0, 3), st.integers(0, 3))
streets = st.lists(
    st.tuples(corner, corner, st.sampled_from([BOTH_WAYS, ONE_WAY])), min_size=1, max_size=15
)
"""Anything goes: loops, parallel links, islands, dead ends against the traffic."""
spot = st.tuples(st.floats(-1, 4), st.floats(-1, 4)) | st.just((9.0, 9.0))
"""On the grid, beside it, or more than MAX_ACCESS_M from any road."""
spots = st.lists(spot, min_size=1, max_size=8)
waits = st.lists(st.integers(0, 900), min_size=8, max_size=8)


def points(drawn: list[tuple[float, float]]) -> np.ndarray:
    return np.array([at(one) for one in drawn], np.float64).reshape(-1, 2)


@settings(deadline=None, max_examples=150)
@given(
    links=streets,
    people=spots,
    places=spots,
    wait=waits,
    rain=st.sampled_from(list(Rain)),
    flood=st.none() | st.tuples(st.floats(0, 3), st.floats(0, 3)),
    mode=st.sampled_from([CAR, TravelMode.FOOT, TravelMode.BOAT]),
)
def test_the_first_is_the_least_of_the_matrix(
    links: list[tuple[tuple[int, int], tuple[int, int], int]],
    people: list[tuple[float, float]],
    places: list[tuple[float, float]],
    wait: list[int],
    rain: Rain,
    flood: tuple[float, float] | None,
    mode: TravelMode,
) -> None:
    router = RoadRouter(graph(links), engine=Dijkstra)
    zones = () if flood is None else (box(*flood, flood[0] + 0.6, flood[1] + 0.6),)
    conditions = Conditions(zones=zones, rain=rain)
    origins, sites, after_s = (
        points(people),
        points(places),
        np.array(wait[: len(people)], np.int32),
    )
    matrix = router.eta_matrix(origins, sites, mode, conditions)
    response_s = matrix.eta_s.astype(np.int64) + after_s[:, None]
    found = router.first_s(origins, sites, mode, after_s, conditions)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, np.minimum(response_s.min(axis=0), UNREACHABLE))


def test_many_on_one_link_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.geo.spreading._PAIRS", 7)
    router = RoadRouter(graph([((0, 0), (3, 0), BOTH_WAYS)]), engine=Dijkstra)
    rng = np.random.default_rng(1)
    origins, sites = (
        np.column_stack([LON + STEP * rng.uniform(0, 3, n), np.full(n, LAT)]) for n in (9, 12)
    )
    after_s = rng.integers(0, 60, 9).astype(np.int32)
    eta_s = router.eta_matrix(origins, sites, CAR).eta_s
    expected = (eta_s + after_s[:, None]).min(axis=0)
    np.testing.assert_array_equal(router.first_s(origins, sites, CAR, after_s), expected)


def test_who_is_cut_off_does_not_come_and_others_come_round() -> None:
    router = RoadRouter(grid(4, 4), engine=Dijkstra)
    flood = Conditions(zones=(box(-0.5, -0.5, 0.5, 0.5),))
    inside, outside, site = points([(0, 0)]), points([(3, 3)]), points([(1, 0)])
    both, after_s = np.concatenate([inside, outside]), np.array([0, 0], np.int32)
    dry = int(router.first_s(both, site, CAR, after_s)[0])
    wet = int(router.first_s(both, site, CAR, after_s, flood)[0])
    assert dry == router.eta_matrix(inside, site, CAR).eta_s[0, 0]
    assert wet == router.eta_matrix(outside, site, CAR, flood).eta_s[0, 0] > dry
    alone = router.first_s(inside, site, CAR, after_s[:1], flood)
    assert alone.tolist() == [UNREACHABLE]
