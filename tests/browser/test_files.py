"""Map files on the screen: looked at first, row by row, brought in after a yes, and out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

pytestmark = pytest.mark.browser

PACE = "0.001"


def feature(geometry: dict[str, object], **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_zones_are_looked_at_before_they_are_brought_in(command: Watched, tmp_path: Path) -> None:
    bow = [[-71.30, -29.95], [-71.28, -29.93], [-71.28, -29.95], [-71.30, -29.93], [-71.30, -29.95]]
    swapped = [[-29.95, -71.30], [-29.93, -71.30], [-29.93, -71.28], [-29.95, -71.30]]
    path = tmp_path / "floods.geojson"
    features = [
        feature({"type": "Polygon", "coordinates": [bow]}, kind="flood", name="Bow"),
        feature({"type": "Polygon", "coordinates": [swapped]}, kind="flood", name="Antarctic"),
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    page = command.page
    page.get_by_test_id("files").click()
    page.get_by_test_id("file").set_input_files(path)
    page.get_by_test_id("file-look").click()
    report = page.get_by_test_id("file-report")
    expect(report).to_have_text("0 usable, 1 usable after repair, 1 refused")
    expect(page.get_by_text("longitude and latitude are swapped")).to_be_visible()
    command.shot("50-command-files")
    page.get_by_test_id("file-store").click()
    expect(report).to_have_text("1 feature imported.")
    with page.expect_download() as download:
        page.get_by_test_id("export-zones-geojson").click()
    (zone,) = json.loads(download.value.path().read_text())["features"]
    assert zone["properties"]["name"] == "Bow"
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("zone").filter(has_text="Bow")).to_be_visible()
    assert command.errors == []


def test_stations_are_drawn(command: Watched, tmp_path: Path) -> None:
    path = tmp_path / "stations.geojson"
    place = {"type": "Point", "coordinates": [-71.30, -29.94]}
    one = feature(place, code="S1", name_zh="中心站", name_en="Central station", functions="rally")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}))
    page = command.page
    page.get_by_test_id("files").click()
    page.get_by_test_id("file-kind").select_option("stations")
    page.get_by_test_id("file").set_input_files(path)
    page.get_by_test_id("file-look").click()
    with page.expect_response("**/api/command/stations") as answer:
        page.get_by_test_id("file-store").click()
    assert [s["code"] for s in answer.value.json()["stations"]] == ["S1"]
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    command.shot("51-command-stations")
    assert command.errors == []


def test_a_file_that_is_none_says_so(command: Watched, tmp_path: Path) -> None:
    path = tmp_path / "floods.gpkg"
    path.write_bytes(b"not a database")
    page = command.page
    page.get_by_test_id("files").click()
    page.get_by_test_id("file").set_input_files(path)
    page.get_by_test_id("file-look").click()
    expect(page.get_by_role("alert")).to_contain_text("The file cannot be used: floods.gpkg is no")
    command.errors.clear()  # the browser notes the refusal itself
