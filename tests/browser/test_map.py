"""The map under the operations: a layer that lies half a kilometre off, and choosing another."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import math
import os
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, expect

from dispatch.geo.crs import Crs, from_wgs84
from dispatch.geo.measure import crow_m
from dispatch.settings import ROOT
from tests.browser.conftest import Watched, opened, ready
from tests.geo import grids
from tests.town import free_port

pytestmark = pytest.mark.browser

LANDMARK = grids.at((6, 4))
"""A place in Beijing, WGS-84."""
ROOM = {"width": 1400, "height": 900}
AGENCY = """
id = "grid"
name_zh = "网格"
name_en = "Grid"
exercise = true
currency = "CNY"
roads = "roads"
[map]
center = [{lon}, {lat}]
zoom = 14
[[map.layers]]
id = "shifted"
name_zh = "偏移图"
name_en = "Shifted"
kind = "xyz"
crs = "gcj02"
urls = ["http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}.png"]
attribution = "Test tiles & co"
[[map.layers]]
id = "streets"
name_zh = "道路"
name_en = "Streets"
kind = "roads"
[[regions]]
code = "11"
level = 1
name_zh = "北京"
name_en = "Beijing"
"""


class Tiles(http.server.BaseHTTPRequestHandler):
    """Grey tiles in GCJ-02, with a red ring of 28 to 40 pixels around the landmark."""

    def do_GET(self) -> None:
        zoom, x, y = (int(part) for part in re.findall(r"\d+", self.path)[:3])
        (lon, lat), n = from_wgs84(np.array([LANDMARK]), Crs.GCJ02)[0], 2**zoom * 256
        east = (lon + 180) / 360 * n - x * 256
        south = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n - y * 256
        rows, columns = np.mgrid[0:256, 0:256] + 0.5
        away = np.hypot(columns - east, rows - south)
        picture = np.full((256, 256, 3), 225, np.uint8)
        picture[(away > 28) & (away < 40)] = (230, 0, 0)
        body = png(picture)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture of shape (h, w, 3) as a PNG file (its specification, section 5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


@pytest.fixture(scope="module")
def commander(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A commander's link to a server in Beijing with a GCJ-02 layer, and the server's data."""
    tiles = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=tiles.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("map")
    grids.grid(13, 9).save(folder / "roads")
    lon, lat = LANDMARK
    text = AGENCY.format(lon=lon + 0.002, lat=lat + 0.001, port=tiles.server_port)
    (folder / "agency.toml").write_text(text, encoding="utf-8")
    env = os.environ | {
        "DISPATCH_AGENCY_FILE": str(folder / "agency.toml"),
        "DISPATCH_DATA_DIR": str(folder / "data"),
        "DISPATCH_PORT": str(free_port()),
        "DISPATCH_PLANNER_PROCESS": "false",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "serve"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    link = next(
        found[0] for line in server.stdout if (found := re.search(r"http\S+/enter/\S+", line))
    )
    yield link, folder / "data" / "dispatch.db"
    server.send_signal(signal.SIGINT)
    server.stdout.close()
    server.wait(30)
    tiles.shutdown()
    tiles.server_close()


MIDDLE = """async ([picture, red]) => {
  const image = await createImageBitmap(await (await fetch(picture)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  let x = 0, y = 0, n = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = data.subarray(i, i + 3);
    if (red ? r - g > 15 && r - b > 15 : b - r > 150) {
      x += (i / 4) % image.width; y += Math.floor(i / 4 / image.width); n += 1;
    }
  }
  return [x / n, y / n, n];
}"""
"""The middle of what is red, or else blue, in a picture, and of how many pixels it is."""


def middle(canvas: Locator, colour: str) -> tuple[float, float, int]:
    picture = base64.b64encode(canvas.screenshot()).decode()
    blank = canvas.page.context.new_page()
    x, y, count = blank.evaluate(MIDDLE, [f"data:image/png;base64,{picture}", colour == "red"])
    blank.close()
    return x, y, count


def open_incident(command: Watched, title: str, number: int) -> None:
    page = command.page
    page.get_by_test_id("f-title").fill(title)
    page.get_by_test_id("f-severity").select_option("IV")
    page.get_by_test_id("f-submit").click()
    expect(page.get_by_test_id(f"incident-{number}")).to_be_visible()


def sites(database: Path) -> dict[str, tuple[float, float]]:
    """Where the log has incidents, by title."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT body FROM event WHERE kind = 'IncidentOpened'")
        found = [json.loads(row[0])["incident"] for row in rows]
    return {one["title"]: (one["site"]["lon"], one["site"]["lat"]) for one in found}


def test_a_shifted_layer_and_what_is_drawn_on_it_lie_on_each_other(
    browser: Browser, commander: tuple[str, Path]
) -> None:
    link, database = commander
    command = opened(browser, link, ROOM, "en-GB")
    page = command.page
    canvas = page.locator("canvas.maplibregl-canvas")
    ready(page, "live")
    ready(page, "map")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_have_text("Test tiles & co")

    # What is clicked is stored where it is, not where the layer has it.
    x, y, count = middle(canvas, "red")
    assert count > 500
    page.get_by_test_id("new-incident").click()
    canvas.click(position={"x": x, "y": y})
    open_incident(command, "Clicked", 1)
    lon, lat = sites(database)["Clicked"]
    assert crow_m(lon, lat, *LANDMARK) < 20

    # What is stored is drawn where the layer has it.
    page.wait_for_timeout(500)
    command.shot("30-command-shifted-layer")
    red, blue = middle(canvas, "red"), middle(canvas, "blue")
    assert blue[2] > 300
    assert math.dist(red[:2], blue[:2]) < 3

    # The keyboard chooses the other layer; what is drawn goes back to where it is.
    page.get_by_test_id("map-layer").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("map-layer")).to_have_value("streets")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_have_text("drawn by hand")
    page.wait_for_timeout(500)
    command.shot("31-command-streets")
    assert middle(canvas, "red")[2] == 0
    page.get_by_test_id("new-incident").click()
    x, y, _ = middle(canvas, "blue")
    canvas.click(position={"x": x, "y": y})
    open_incident(command, "Again", 2)
    assert crow_m(*sites(database)["Again"], *LANDMARK) < 20

    # And this browser remembers.
    page.reload()
    ready(page, "map")
    expect(page.get_by_test_id("map-layer")).to_have_value("streets")
    assert command.errors == []
