"""Who lives in a part of the map, never more exactly than a cell."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from dispatch.model import VolunteerId, VolunteerStatus
from dispatch.registry.viewport import Box, cells, people_in

WORLD = Box(west=-180, south=-90, east=180, north=90)
AddPerson = Callable[..., VolunteerId]


def ids_in(registry: Engine, box: Box) -> list[int]:
    found = people_in(registry, box)
    assert found is not None
    return [p["id"] for p in found]


def test_only_people_who_may_be_asked(registry: Engine, add_person: AddPerson) -> None:
    shown = add_person("P1", home_lon=10.0, home_lat=50.0)
    add_person("P2", home_lon=10.0, home_lat=50.0, status=VolunteerStatus.EXITED)
    add_person("P3", home_lon=10.0, home_lat=50.0, consent_dispatch=False)
    assert ids_in(registry, WORLD) == [shown]
    assert [c["count"] for c in cells(registry, WORLD, 5)] == [1]


def test_box_and_antimeridian(registry: Engine, add_person: AddPerson) -> None:
    east = add_person("P4", home_lon=179.99, home_lat=1.0)
    west = add_person("P5", home_lon=-179.99, home_lat=1.0)
    add_person("P6", home_lon=0.0, home_lat=1.0)
    across = Box(west=179, south=0, east=-179, north=2)
    assert ids_in(registry, across) == [east, west]
    assert people_in(registry, Box(west=1, south=0, east=2, north=2)) == []


def test_cells_shrink_with_zoom_but_never_below_half_a_kilometre(
    registry: Engine, add_person: AddPerson
) -> None:
    for n in range(4):
        add_person(f"V{n}", home_lon=10.001 + n * 0.001, home_lat=50.001, available=n != 0)
    (cell,) = cells(registry, WORLD, 22)
    assert (cell["count"], cell["available"]) == (4, 3)
    add_person("P7", home_lon=11.0, home_lat=50.0)
    assert len(cells(registry, WORLD, 3)) == 1
    assert len(cells(registry, WORLD, 11)) == 2


def test_dots_stay_in_their_cell_and_apart(registry: Engine, add_person: AddPerson) -> None:
    for n in range(20):
        add_person(f"V{n}", home_lon=-71.256, home_lat=-29.904)
    found = people_in(registry, WORLD)
    assert found is not None
    assert len({(p["lon"], p["lat"]) for p in found}) == 20
    assert all(-71.26 <= p["lon"] <= -71.25 and -29.91 <= p["lat"] <= -29.90 for p in found)
    assert found == people_in(registry, WORLD)


def test_at_most_so_many(registry: Engine, add_person: AddPerson) -> None:
    for n in range(5):
        add_person(f"V{n}")
    assert people_in(registry, WORLD, most=4) is None
    found = people_in(registry, WORLD, most=5)
    assert found is not None
    assert len(found) == 5
