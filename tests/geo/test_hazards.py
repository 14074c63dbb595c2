"""Which links zones close or slow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.geo.hazards import Hazards
from dispatch.geo.roads import BRIDGE, TUNNEL, RoadGraph
from dispatch.model import TravelMode, Zone, ZoneForm, ZoneKind
from tests.geo.grids import BOTH_WAYS, at, box, graph, grid

CAR, FOOT = TravelMode.CAR, TravelMode.FOOT


def spot(corner: tuple[float, float], kind: ZoneKind = ZoneKind.LANDSLIDE, **over: Any) -> Zone:
    parts = (((at(corner),),),)
    return replace(box(0, 0, 1, 1), kind=kind, form=ZoneForm.POINT, parts=parts, **over)


def line(*corners: tuple[float, float], kind: ZoneKind = ZoneKind.CLOSED, **over: Any) -> Zone:
    parts = ((tuple(map(at, corners)),),)
    return replace(box(0, 0, 1, 1), kind=kind, form=ZoneForm.LINE, parts=parts, **over)


def crossing(*structures: int) -> RoadGraph:
    """Return a road east with the middle of three links above a road north, apart at the middle."""
    road = [((0, 0), (1, 0)), ((1, 0), (3, 0)), ((3, 0), (4, 0)), ((2, -1), (2, 1))]
    return graph([(*ends, BOTH_WAYS) for ends in road], structures=structures or None)


def links(roads: RoadGraph, zone: Zone) -> list[int]:
    return Hazards(roads).links(zone).tolist()


def test_an_area_means_every_link_it_touches() -> None:
    assert links(crossing(), box(1.5, -0.5, 2.5, 0.5)) == [1, 3]
    assert links(crossing(), box(1.5, 0, 1.8, 0.5)) == [1]
    assert links(crossing(), box(5, 5, 6, 6)) == []


def test_a_point_and_a_line_mean_what_their_radius_reaches() -> None:
    assert links(crossing(), spot((2, 0.5), radius_m=200.0)) == [3]
    assert links(crossing(), spot((2, 0.5), radius_m=400.0)) == [1, 3]
    assert links(crossing(), line((0.5, 0.2), (0.5, -0.2), kind=ZoneKind.LANDSLIDE)) == [0]


def test_a_point_beside_the_road_means_the_road() -> None:
    assert links(crossing(), spot((0.5, 0.03))) == [0]  # 17 m away
    assert links(crossing(), spot((0.5, 0.3))) == []


def test_a_broken_bridge_closes_the_bridge_and_not_the_road_below() -> None:
    roads = crossing(0, BRIDGE, 0, 0)
    assert links(roads, spot((2, 0.02), ZoneKind.BRIDGE)) == [1]
    assert links(roads, spot((2, 0.5), ZoneKind.BRIDGE)) == []
    assert links(roads, spot((2, 0.5), ZoneKind.BRIDGE, radius_m=300.0)) == [1]
    assert links(roads, replace(box(1.5, -0.5, 2.5, 0.5), kind=ZoneKind.BRIDGE)) == [1]
    assert links(roads, spot((2, 0), ZoneKind.TUNNEL)) == []


def test_a_flooded_tunnel_closes_the_tunnel() -> None:
    assert links(crossing(0, 0, 0, TUNNEL), spot((2, 0), ZoneKind.TUNNEL)) == [3]


def test_without_known_bridges_the_nearest_link_is_meant() -> None:
    roads = crossing()
    unknown = replace(roads, about=replace(roads.about, structures=False))
    assert links(unknown, spot((1.5, 0.02), ZoneKind.BRIDGE)) == [1]
    assert links(unknown, spot((2, 0.5), ZoneKind.BRIDGE)) == [3]
    assert links(unknown, spot((1.5, 0.5), ZoneKind.BRIDGE)) == []


def test_a_closed_stretch_means_the_road_along_it_and_none_that_crosses() -> None:
    roads = grid(4, 3)
    north = roads.places[:, 1] == at((0, 1))[1]
    street = np.flatnonzero(north[roads.tail] & north[roads.head]).tolist()
    drawn = line((0, 1.01), (1.5, 0.99), (3, 1.01))
    assert links(roads, drawn) == street
    assert len(street) == 3
    assert links(crossing(), line((1.9, 0.01), (2.1, 0.0))) == [1]
    assert links(crossing(), line((0.1, 0.2), (0.9, 0.2))) == []


def test_a_road_that_crosses_at_a_slant_stays_open() -> None:
    roads = graph([((0, 0), (2, 0), BOTH_WAYS), ((0, 1), (2, -1), BOTH_WAYS)])
    assert links(roads, line((0.2, 0), (1.8, 0))) == [0]


def test_a_closed_area_closes_all_it_touches() -> None:
    assert links(crossing(), replace(box(1.5, -0.5, 2.5, 0.5), kind=ZoneKind.CLOSED)) == [1, 3]


@pytest.mark.parametrize("order", [1, -1])
def test_blocked_beats_slow_and_the_slowest_pace_counts(order: int) -> None:
    zones = [
        box(0.2, -0.5, 0.8, 0.5, blocks=[CAR]),
        replace(box(0.5, -0.5, 2.5, 0.5, blocks=()), pace=0.5),
        replace(box(1.5, -0.5, 3.5, 0.5, blocks=()), pace=0.2),
    ][::order]
    hazards = Hazards(crossing())
    assert hazards.pace(zones, CAR).tolist() == [0, 0.2, 0.2, 0.2]
    assert hazards.pace(zones, FOOT).tolist() == [0.5, 0.2, 0.2, 0.2]
    np.testing.assert_array_equal(hazards.pace([], CAR), np.ones(4))
