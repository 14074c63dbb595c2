"""Values refuse what they cannot be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dispatch.model import Actor, Fix, HazardClass, Heads, Role, SafetyPlan, Site
from tests.play import T0

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("heads", [(0, 1, 1), (2, 1, 3), (1, 3, 2), (1, 1, 10_001)])
def test_heads_are_in_order(heads: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="minimum <= desired <= maximum"):
        Heads(minimum=heads[0], desired=heads[1], maximum=heads[2])


@pytest.mark.parametrize("place", [(181, 0), (-181, 0), (0, 91), (0, -91), (float("nan"), 0)])
def test_places_are_on_earth(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Site(lon=place[0], lat=place[1])
    with pytest.raises(ValueError, match="out of range"):
        Fix(lon=place[0], lat=place[1], accuracy_m=1, taken_at=T0)


@pytest.mark.parametrize(
    "over", [{"accuracy_m": -1}, {"accuracy_m": float("nan")}, {"taken_at": NAIVE}]
)
def test_fixes_are_complete(over: dict[str, Any]) -> None:
    given = {"lon": 1.0, "lat": 2.0, "accuracy_m": 5.0, "taken_at": T0} | over
    with pytest.raises(ValueError, match=r"accuracy_m|time zone"):
        Fix(**given)


def test_names_have_an_end() -> None:
    with pytest.raises(ValueError, match="200 characters"):
        Site(lon=0, lat=0, name="x" * 201)


@pytest.mark.parametrize(("owner", "measures"), [("", "x"), ("x", " ")])
def test_safety_plans_name_owner_and_measures(owner: str, measures: str) -> None:
    with pytest.raises(ValueError, match="names its owner"):
        SafetyPlan(owner=owner, measures=measures)


def test_hazards_rank() -> None:
    assert [h.rank for h in HazardClass] == [0, 1, 2, 3, 4]


def test_only_volunteers_have_a_volunteer_id() -> None:
    assert Actor(role=Role.VOLUNTEER, id="7").volunteer_id == 7
    assert Actor(role=Role.COMMANDER, id="7").volunteer_id is None
