"""The table router says what it was told."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.geo.measure import crow_m
from dispatch.geo.table import TableRouter
from dispatch.model import UNREACHABLE, Conditions, EtaSource, Rain, Site, TravelMode
from tests.geo.grids import at, box

HOME, AWAY, SITE = at((0, 0)), at((5, 5)), at((1, 1))
TABLE = {(HOME, SITE): 600}
CAR = TravelMode.CAR


def test_listed_pairs_have_their_time_and_others_no_way() -> None:
    matrix = TableRouter(TABLE).eta_matrix(np.array([HOME, AWAY]), np.array([SITE]), CAR)
    assert matrix.eta_s.tolist() == [[600], [UNREACHABLE]]
    assert not matrix.estimated.any()


def test_lengths_are_the_straight_line_of_listed_pairs() -> None:
    sites = np.array([SITE, SITE])
    dist_m = TableRouter(TABLE).lengths_m(np.array([HOME, AWAY]), sites, CAR)
    assert dist_m.tolist() == [round(float(crow_m(*HOME, *SITE))), UNREACHABLE]


def test_listed_times_are_those_of_dry_weather() -> None:
    pair = np.array([HOME]), np.array([SITE])
    assert TableRouter(TABLE).eta_matrix(*pair, CAR, Conditions(rain=Rain.HEAVY)).eta_s == 800


def test_routes() -> None:
    router = TableRouter(TABLE)
    site = Site(lon=SITE[0], lat=SITE[1])
    route = router.route(Site(lon=HOME[0], lat=HOME[1]), site, CAR)
    assert route is not None
    assert (route.eta_s, route.source, route.line) == (600, EtaSource.ROAD, (HOME, SITE))
    assert router.route(Site(lon=AWAY[0], lat=AWAY[1]), site, CAR) is None


def test_zones_cut_off_who_is_inside() -> None:
    matrix = TableRouter(TABLE).eta_matrix(
        np.array([HOME, AWAY]),
        np.array([SITE]),
        CAR,
        Conditions(zones=(box(-0.5, -0.5, 0.5, 0.5),)),
    )
    assert matrix.cut_off.tolist() == [True, False]
    assert matrix.eta_s[0, 0] == UNREACHABLE


def test_the_least_is_that_of_the_quickest_pair_listed() -> None:
    crow = float(crow_m(*HOME, *SITE))
    router = TableRouter({(HOME, SITE): 600, (AWAY, SITE): 60_000})
    assert router.least_s(np.array([crow, 2 * crow]), CAR) == pytest.approx([600, 1_200])
    assert (TableRouter({}).least_s(np.zeros(2), CAR) == 0).all()
