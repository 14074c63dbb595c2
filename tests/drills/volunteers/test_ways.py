"""Where somebody is on their way."""

from __future__ import annotations

import pytest

from dispatch.drills.volunteers.ways import way_of
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import CLEAR, Site, TravelMode

HERE, THERE = Site(lon=125.7, lat=42.2), Site(lon=125.8, lat=42.2)


def test_a_way_begins_here_and_ends_there() -> None:
    way = way_of(StraightLineRouter(), HERE, THERE, TravelMode.CAR, CLEAR)
    assert way.at(0.0) == (125.7, 42.2)
    assert way.at(0.5)[0] == pytest.approx(125.75)
    assert way.at(1.0) == (125.8, 42.2)


def test_a_way_to_where_one_is_already_stays_there() -> None:
    way = way_of(StraightLineRouter(), HERE, HERE, TravelMode.FOOT, CLEAR)
    assert way.at(0.7) == (125.7, 42.2)
