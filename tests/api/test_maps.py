"""The map over HTTP: tile files in ranges, layers, other hosts, and links to navigation apps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from dispatch.settings import Settings
from tests.api.calls import dispatched, open_need
from tests.town import AGENCY_FILE, Town, running_town

TILES = "/api/map/tiles/county.pmtiles"
DATA = b"PMTiles\x03" + bytes(range(256)) * 40
MORE = """
[[map.layers]]
id = "county"
name_zh = "县"
name_en = "County"
kind = "pmtiles"
file = "county.pmtiles"

[[map.layers]]
id = "web"
name_zh = "网"
name_en = "Web"
kind = "xyz"
crs = "gcj02"
urls = ["https://t{s}.example/{z}/{x}/{y}?k={key}"]
subdomains = "ab"
attribution = "Somebody"
"""


@pytest.fixture
async def mapped(settings: Settings, tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose agency file has a tile file and somebody else's tiles."""
    text = AGENCY_FILE.read_text(encoding="utf-8")
    text = text.replace('roads = "', f'roads = "{AGENCY_FILE.parent}/')
    text = text.replace("[map]", '[map]\nhandoff = ["amap", "geo"]')
    (tmp_path / "agency.toml").write_text(text + MORE, encoding="utf-8")
    (tmp_path / "county.pmtiles").write_bytes(DATA)
    more = {"agency_file": tmp_path / "agency.toml", "map_keys": {"web": "secret"}}
    async with running_town(settings.model_copy(update=more)) as town:
        yield town


async def test_a_tile_file_comes_in_ranges(mapped: Town) -> None:
    http = (await mapped.phone(5)).http
    whole = await http.get(TILES)
    assert (whole.status_code, whole.content) == (200, DATA)
    assert "Content-Encoding" not in whole.headers
    tag = whole.headers["ETag"]

    async def part(ranges: str, **headers: str) -> httpx.Response:
        return await http.get(TILES, headers={"Range": ranges} | headers)

    found = await part("bytes=0-7")
    assert (found.status_code, found.content) == (206, DATA[:8])
    assert found.headers["Content-Range"] == f"bytes 0-7/{len(DATA)}"
    assert found.headers["ETag"] == tag
    assert (await part("bytes=-5")).content == DATA[-5:]
    assert (await part("bytes=10000-99999")).content == DATA[10000:]
    assert (await part("bytes=8-15", **{"If-Range": tag})).content == DATA[8:16]
    # The file was replaced meanwhile: the whole new one instead of a part that does not fit.
    assert (await part("bytes=8-15", **{"If-Range": '"old"'})).status_code == 200
    beyond = await part("bytes=99999-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("ranges", ["bytes=9-3", "bytes=x-y", "bytes=-", "pages=1-2"])
async def test_a_nonsensical_range_is_refused(mapped: Town, ranges: str) -> None:
    response = await (await mapped.commander()).http.get(TILES, headers={"Range": ranges})
    assert response.status_code in (400, 416)


@pytest.mark.parametrize(
    "path", ["none", "web", "roads", "..%2Fagency.toml", "%2e%2e/agency.toml", "county.pmtiles/.."]
)
async def test_only_files_the_agency_file_names_are_served(mapped: Town, path: str) -> None:
    http = (await mapped.commander()).http
    response = await http.get(f"/api/map/tiles/{path}.pmtiles")
    assert response.status_code == 404


async def test_maps_need_a_session(mapped: Town) -> None:
    async with httpx.AsyncClient(base_url=mapped.base) as stranger:
        for path in (TILES, "/api/map/roads.geojson", "/api/phone/handoff?task=o"):
            assert (await stranger.get(path)).status_code == 401


async def test_both_screens_are_told_of_the_layers(mapped: Town) -> None:
    for client in (await mapped.commander(), await mapped.phone(5)):
        county, web = (await client.get("/meta"))["map"]["layers"]
        assert county["kind"] == "pmtiles"
        assert "OpenStreetMap" in county["attribution"]
        assert web == {
            "id": "web", "names": {"zh": "网", "en": "Web"}, "kind": "xyz", "crs": "gcj02",
            "tiles": [["https://ta.example/{z}/{x}/{y}?k=secret",
                       "https://tb.example/{z}/{x}/{y}?k=secret"]],
            "attribution": "Somebody", "min_zoom": 0, "max_zoom": 18,
        }  # fmt: skip


async def test_without_layers_there_are_the_roads_and_no_other_host(town: Town) -> None:
    client = await town.commander()
    (roads,) = (await client.get("/meta"))["map"]["layers"]
    assert (roads["id"], roads["kind"]) == ("roads", "roads")
    assert "OpenStreetMap" in roads["attribution"]
    assert "https:" not in policy(await client.http.get("/locked"))


async def test_pages_may_load_from_the_hosts_of_the_layers_and_no_other(mapped: Town) -> None:
    found = policy(await (await mapped.commander()).http.get("/command"))
    rules = dict(rule.strip().split(" ", 1) for rule in found.split(";"))
    assert rules["connect-src"] == "'self' https://ta.example https://tb.example"
    assert rules["img-src"] == "'self' data: blob: https://ta.example https://tb.example"
    assert rules["default-src"] == "'self'"


def policy(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.headers["Content-Security-Policy"]


async def test_a_volunteer_is_handed_over_to_the_apps_configured(mapped: Town) -> None:
    commander = await mapped.commander()
    await open_need(commander)
    _, offers = await dispatched(commander)
    offer = mapped.app.desk.board.offers[offers[0]]
    phone = await mapped.phone(offer.volunteer_id)
    links = (await phone.get("/handoff", task=offer.id))["links"]
    assert [link["app"] for link in links] == ["amap", "geo"]
    assert links[0]["names"] == {"zh": "高德地图", "en": "AMap"}
    assert links[1]["url"].startswith("geo:-29.8935,-71.2468?q=")

    taken = await phone.done("offer.accept", offer_id=offer.id)
    assert (await phone.get("/handoff", task=taken["assignment"]))["links"] == links

    other = await mapped.phone(next(n for n in range(1, 50) if n != offer.volunteer_id))
    assert (await other.http.get(f"/api/phone/handoff?task={offer.id}")).status_code == 403
    assert (await other.http.get("/api/phone/handoff?task=none")).status_code == 404
