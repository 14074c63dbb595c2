from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dispatch.model import RegionCode
from dispatch.registry.catalogue import region_tree, regions
from dispatch.registry.engine import reading, writing
from dispatch.registry.places import (
    StatedRegion,
    Station,
    Stored,
    boundaries,
    stations,
    store_regions,
    store_stations,
)
from dispatch.registry.snapshot import load_roster, roster_version


def _region(code: str, parent: str | None = None, **said: Any) -> StatedRegion:
    return StatedRegion(
        code=RegionCode(code), parent=None if parent is None else RegionCode(parent), **said
    )


def _store(engine: Engine, *stated: StatedRegion) -> dict[str, Stored]:
    with writing(engine) as connection:
        return store_regions(connection, stated)


def test_regions_are_added_updated_or_left(registry: Engine) -> None:
    new = _region("990101", name_zh="镇", outline=b"one")
    named = _region("9901", name_en="Ninety-nine One")
    same = _region("9902", name_zh="区9902")
    assert _store(registry, new, named, same) == {
        "990101": Stored.ADDED,
        "9901": Stored.UPDATED,
        "9902": Stored.UNCHANGED,
    }
    found = {one.code: one for one in regions(registry)}
    town, county = found[RegionCode("990101")], found[RegionCode("9901")]
    assert (town.parent, town.level, town.name_zh, town.name_en) == ("9901", 3, "镇", "镇")
    assert (county.name_zh, county.name_en, county.parent) == ("区9901", "Ninety-nine One", "99")
    assert boundaries(registry) == {"990101": b"one"}


def test_storing_again_changes_nothing_and_the_planner_need_not_reload(registry: Engine) -> None:
    stated = [_region("990101", name_zh="镇", outline=b"one"), _region("9901", outline=b"two")]
    _store(registry, *stated)
    before = roster_version(registry)
    assert set(_store(registry, *stated).values()) == {Stored.UNCHANGED}
    assert roster_version(registry) == before
    assert _store(registry, replace(stated[0], outline=b"three"))["990101"] is Stored.UPDATED
    assert roster_version(registry) != before
    assert boundaries(registry) == {"9901": b"two", "990101": b"three"}


def test_parents_follow_the_codes_unless_stated(registry: Engine) -> None:
    _store(registry, _region("X"), _region("Y", "X"), _region("990101"), _region("9901011"))
    # A unit between two known ones takes its place in the tree by itself.
    _store(registry, _region("99010"))
    with reading(registry) as connection:
        tree = region_tree(connection)
    assert tree.path(RegionCode("Y")) == ("Y", "X")
    assert tree.path(RegionCode("9901011")) == ("9901011", "990101", "99010", "9901", "99")


def test_the_roster_knows_the_tree(registry: Engine) -> None:
    _store(registry, _region("X"), _region("Y", "X"))
    assert load_roster(registry).tree.lies_in(RegionCode("Y"), RegionCode("X"))


def _station(code: str, **changed: Any) -> Station:
    values: dict[str, Any] = {
        "code": code,
        "name_zh": "站",
        "name_en": "Station",
        "region": RegionCode("9901"),
        "lon": 125.7,
        "lat": 42.3,
        "functions": "",
    }
    return Station(**values | changed)


def test_stations_are_stored_by_code(registry: Engine) -> None:
    with writing(registry) as connection:
        done = store_stations(connection, [_station("B"), _station("A", region=None)])
    assert done == {"B": Stored.ADDED, "A": Stored.ADDED}
    with writing(registry) as connection:
        done = store_stations(connection, [_station("B"), _station("A", functions="集结;物资")])
    assert done == {"B": Stored.UNCHANGED, "A": Stored.UPDATED}
    assert stations(registry) == (_station("A", functions="集结;物资"), _station("B"))


@pytest.mark.parametrize("changed", [{"lon": 181.0}, {"region": RegionCode("77")}])
def test_the_store_refuses_stations_nowhere(registry: Engine, changed: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), writing(registry) as connection:
        store_stations(connection, [_station("A", **changed)])
