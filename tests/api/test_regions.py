"""Regions on the commander's map."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from dispatch.exchange.boundaries import import_regions
from dispatch.registry.engine import open_engine
from dispatch.settings import Settings
from tests.api.calls import INCIDENT, need_of
from tests.exchange.made import foreign
from tests.town import Town, running_town

WEST = shapely.box(-71.5, -30.2, -71.27, -29.7)
EAST = shapely.box(-71.27, -30.2, -71.0, -29.7)


@pytest.fixture
def with_boundaries(settings: Settings, tmp_path: Path) -> Settings:
    path = foreign(
        tmp_path / "regions.gpkg", [WEST, EAST], code=["04102", "04101"], name=["西", "东"]
    )
    engine = open_engine(settings.url)
    import_regions(engine, path)
    engine.dispose()
    return settings


async def test_boundaries_and_the_region_of_a_place(with_boundaries: Settings) -> None:
    async with running_town(with_boundaries) as town:
        commander = await town.commander()
        assert await commander.get("/region", lon=-71.4, lat=-29.9) == {"code": "04102"}
        assert await commander.get("/region", lon=-71.27, lat=-29.9) == {"code": "04101"}
        assert await commander.get("/region", lon=10, lat=50) == {"code": None}
        response = await commander.http.get("/api/command/regions.geojson")
        features = {one["id"]: one for one in response.json()["features"]}
        assert set(features) == {"04101", "04102"}
        assert features["04101"]["properties"] == {
            "code": "04101",
            "parent": "041",
            "level": 3,
            "names": {"zh": "东", "en": "La Serena"},
        }
        assert shapely.geometry.shape(features["04101"]["geometry"]).equals(EAST)
        same = {"If-None-Match": response.headers["etag"]}
        again = await commander.http.get("/api/command/regions.geojson", headers=same)
        assert again.status_code == 304


async def test_without_boundaries_nothing_is_known(town: Town) -> None:
    commander = await town.commander()
    assert await commander.get("/region", lon=-71.25, lat=-29.9) == {"code": None}
    assert (await commander.get("/regions.geojson"))["features"] == []
    refused = await commander.http.get("/api/command/region", params={"lon": 200, "lat": 0})
    assert refused.status_code == 422
    phone = await town.phone(5)
    assert (await phone.http.get("/api/command/regions.geojson")).status_code == 401


async def test_what_is_opened_without_a_region_gets_that_of_its_site(
    with_boundaries: Settings,
) -> None:
    unplaced = {name: value for name, value in INCIDENT.items() if name != "region"}
    async with running_town(with_boundaries) as town:
        commander = await town.commander()
        opened = await commander.done("incident.open", **unplaced)
        board = town.app.desk.board
        assert board.incidents[opened["incident"]].region == "04101"
        west = {"lon": -71.4, "lat": -29.9, "name": ""}
        there = await commander.done("need.add", **need_of(opened["incident"], site=west))
        here = await commander.done("need.add", **need_of(opened["incident"]))
        assert [board.needs[n["need"]].region for n in (there, here)] == ["04102", "04101"]
        nowhere = await commander.act("incident.open", **unplaced | {"site": {"lon": 9, "lat": 47}})
        assert nowhere.json()["error"]["code"] == "NO_REGION"
