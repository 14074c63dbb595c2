"""Reach and coverage over HTTP: for commanders, without anybody's position."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import open_need
from tests.town import Town

PLACE = {"lon": -71.252, "lat": -29.9027}
BOX = {"west": -71.3, "south": -29.95, "east": -71.2, "north": -29.87}


async def test_reach_of_a_place(town: Town) -> None:
    commander = await town.commander()
    found = await commander.get("/reach", mode="car", skill="LOG", hazard="H1", **PLACE)
    assert [band["minutes"] for band in found["bands"]] == [5, 10, 20]
    counts = [band["people"] for band in found["bands"]]
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= found["people"]
    assert all(set(band["by_skill"]) <= {"LOG"} for band in found["bands"])
    assert found["under"]["rain"] == "NONE"
    assert not found["estimated"]


async def test_reach_of_a_need(town: Town) -> None:
    commander = await town.commander()
    need = await open_need(commander)
    of_need = await commander.get("/reach", need_id=need, **PLACE)
    anybody = await commander.get("/reach", **PLACE)
    assert 0 < of_need["people"] < anybody["people"]
    response = await commander.http.get("/api/command/reach", params={**PLACE, "need_id": "nope"})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_coverage_of_a_skill(town: Town) -> None:
    commander = await town.commander()
    found = await commander.get("/coverage", skill="MED-2", minutes=10, **BOX)
    assert [band["minutes"] for band in found["bands"]] == [5, 10, 20, 30]
    assert found["gap_cells"] + found["bands"][1]["cells"] == found["cells"] > 0
    assert found["people"] > 0
    every = await commander.get("/coverage", **BOX)
    assert every["people"] > found["people"]
    part = await commander.get("/coverage", skill="MED-2", region="04101", **BOX)
    assert part["people"] < found["people"]
    widened = {"region": "04101", "widened": True}
    assert (await commander.get("/coverage", skill="MED-2", **widened, **BOX))["people"] == found[
        "people"
    ]


async def test_nobodys_position_leaves_the_server(town: Town) -> None:
    commander = await town.commander()
    found = [await commander.get("/reach", **PLACE), await commander.get("/coverage", **BOX)]
    assert {key for one in found for key in one} == {
        "site", "mode", "bands", "people", "estimated", "under", "minutes", "gap", "cells",
        "gap_cells", "road_m", "gap_road_m", "tasked", "side_m",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("reach", {**PLACE, "skill": "FLY"}, "UNKNOWN_SKILL"),
        ("reach", {**PLACE, "mode": "rocket"}, "BAD_REQUEST"),
        ("reach", {"lon": 181, "lat": 0}, "BAD_REQUEST"),
        ("reach", {"lon": "nan", "lat": 0}, "BAD_REQUEST"),
        ("reach", {**PLACE, "level": 4}, "BAD_REQUEST"),
        ("coverage", {**BOX, "skill": ""}, "UNKNOWN_SKILL"),
        ("coverage", {**BOX, "region": "99"}, "UNKNOWN_REGION"),
        ("coverage", {**BOX, "minutes": 0}, "BAD_REQUEST"),
        ("coverage", {**BOX, "east": BOX["west"]}, "BAD_BOX"),
        ("coverage", {**BOX, "hazard": "H9"}, "BAD_REQUEST"),
    ],
)
async def test_bad_questions(town: Town, path: str, query: dict[str, Any], code: str) -> None:
    commander = await town.commander()
    response = await commander.http.get(f"/api/command/{path}", params=query)
    assert response.json()["error"]["code"] == code


@pytest.mark.parametrize("path", ["reach", "coverage"])
async def test_only_commanders_may_ask(town: Town, path: str) -> None:
    phone = await town.phone(5)
    response = await phone.http.get(f"/api/command/{path}", params=PLACE | BOX)
    assert response.status_code in (401, 403)
