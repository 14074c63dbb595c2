"""Files over HTTP, against the running application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely

from dispatch.exchange.reading import read_layer
from dispatch.model import Actor, Role
from tests.api.calls import INCIDENT, dispatched, open_need
from tests.exchange.made import foreign
from tests.town import Client, Town

SQUARE = shapely.box(-71.26, -29.91, -71.25, -29.90)


async def bring(client: Client, kind: str, body: bytes, **query: Any) -> httpx.Response:
    return await client.http.post(f"/api/command/import/{kind}", content=body, params=query)


def zones(folder: Path, *found: shapely.Geometry, **columns: Any) -> bytes:
    names = {"name": [f"洪水{n}" for n in range(len(found))]}
    return foreign(folder / "zones.gpkg", list(found), **names | columns).read_bytes()


async def test_a_file_becomes_zones_of_the_commander_who_brings_it(
    town: Town, tmp_path: Path
) -> None:
    commander = await town.commander()
    crossing = shapely.Polygon([(-71.2, -29.9), (-71.1, -29.8), (-71.1, -29.9), (-71.2, -29.8)])
    body = zones(tmp_path, SQUARE, crossing, shapely.Point(-29.9, -71.2))
    response = await bring(commander, "zones", body, name="洪水 2026.gpkg")
    assert response.status_code == 200, response.text
    report = response.json()
    assert (report["accepted"], report["repaired"], report["refused"]) == (1, 1, 1)
    assert report["file"] == "洪水_2026.gpkg"
    assert [line["code"] for line in report["lines"]] == ["", "MENDED", "SWAPPED"]
    board = town.app.desk.board
    assert sorted(zone.name for zone in board.zones.values()) == ["洪水0", "洪水1"]
    assert {zone.repaired for zone in board.zones.values()} == {False, True}
    drawn = [c for c in board.changes.values() if c.event == "ZoneDrawn"]
    assert {c.actor for c in drawn} == {Actor(role=Role.COMMANDER, id="li")}
    again = (await bring(commander, "zones", body)).json()
    assert [line["done"] for line in again["lines"]] == ["UNCHANGED", "UNCHANGED", ""]


async def test_a_dry_run_changes_nothing(town: Town, tmp_path: Path) -> None:
    commander = await town.commander()
    report = (await bring(commander, "zones", zones(tmp_path, SQUARE), dry_run=True)).json()
    assert (report["dry_run"], report["accepted"]) == (True, 1)
    assert town.app.desk.board.zones == {}


async def test_what_came_in_goes_out(town: Town, tmp_path: Path) -> None:
    commander = await town.commander()
    await bring(commander, "zones", zones(tmp_path, SQUARE, kind=["flood"]))
    await open_need(commander)
    await dispatched(commander)
    for name in ("zones.gpkg", "zones.kml", "incidents.geojson", "plans.shp.zip", "stations.gpkg"):
        response = await commander.http.get(f"/api/command/export/{name}")
        assert response.status_code == 200, response.text
        assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
        path = tmp_path / f"out-{name}"
        path.write_bytes(response.content)
        if name.startswith("stations"):
            continue
        layer = read_layer(path, most=10_000)
        assert len(layer) >= 1
        if name.startswith("zones"):
            assert shapely.equals(layer.shapes[0], SQUARE)
        assert "13" not in str(layer.columns.get("phone", ""))


async def test_incidents_and_stations(town: Town, tmp_path: Path) -> None:
    commander = await town.commander()
    at = shapely.Point(-71.25, -29.9)
    incident = foreign(tmp_path / "i.gpkg", [at], title=["堤坝"], region=[INCIDENT["region"]])
    report = (await bring(commander, "incidents", incident.read_bytes())).json()
    assert report["accepted"] == 1, report
    assert [i.title for i in town.app.desk.board.incidents.values()] == ["堤坝"]
    station = foreign(tmp_path / "s.gpkg", [at], code=["S1"], name=["站"], 功能=["集结"])
    assert (await bring(commander, "stations", station.read_bytes())).json()["accepted"] == 1
    assert (await commander.get("/stations"))["stations"] == [
        {
            "code": "S1",
            "names": {"zh": "站", "en": "站"},
            "region": None,
            "lon": -71.25,
            "lat": -29.9,
            "functions": "集结",
        }
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"hello", "is no GeoPackage"), (b"PK\x03\x04broken", "damaged zip"), (b"", "is empty")],
)
async def test_files_that_cannot_be_used(town: Town, body: bytes, told: str) -> None:
    commander = await town.commander()
    response = await bring(commander, "zones", body, name="../../etc/passwd")
    assert response.status_code == 409
    error = response.json()["error"]
    assert error["code"] == "BAD_FILE"
    assert told in error["params"]["problem"]
    assert "/" not in error["params"]["problem"]


async def test_what_is_not_there(town: Town) -> None:
    commander = await town.commander()
    for name in ("people.gpkg", "zones.pdf", "zones", "..%2Fzones.gpkg"):
        assert (await commander.http.get(f"/api/command/export/{name}")).status_code == 404
    assert (await bring(commander, "plans", b"x")).status_code == 404
    assert (await bring(commander, "volunteers", b"x")).status_code == 422
    assert (await bring(commander, "zones", b"x", crs="utm")).status_code == 422


async def test_only_commanders_and_only_so_large(town: Town) -> None:
    phone = await town.phone(5)
    assert (await bring(phone, "zones", b"x")).status_code == 401
    assert (await phone.http.get("/api/command/export/plans.gpkg")).status_code == 401
    commander = await town.commander()
    assert (await bring(commander, "zones", bytes(1_000_000))).status_code == 409
    assert (await bring(commander, "zones", bytes(20_000_001))).status_code == 413
    large = await commander.http.post("/api/command/actions", content=bytes(300_000))
    assert large.status_code == 413
