"""Moving points on the map: what ten thousand of them cost the page's main thread per update.

The page's own `Surface.drawPoints` in headless Chromium with software rendering (SwiftShader), on a
map that shows all of them. An update moves a share of the points and is measured twice: the call
itself, and all the main thread did in the second until the next update, the drawing of the new
frames included (Chromium's own count, `TaskDuration`). Beside it: handing over all data anew.

    python -m benchmarks.points
"""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.figures import Figure, median_of

ROOT: Final = Path(__file__).resolve().parent.parent
WEB: Final = ROOT / "web"
POINTS: Final = 10_000
UPDATES: Final = 15
REACH_MS: Final = 5.0
FLAGS: Final = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip

PAGE: Final = """
import {{ createMap }} from "{web}/src/map/create.ts";
import {{ addLayers }} from "{web}/src/command/layers.ts";
import {{ drawImagesOnDemand, personIcon }} from "{web}/src/map/images.ts";

const layer = {{ id: "x", names: {{ zh: "", en: "" }}, kind: "roads", tiles: [], crs: "wgs84",
  attribution: "", min_zoom: 0, max_zoom: 18 }};
const meta = {{ map: {{
  center: [0, 0], zoom: 11, bounds: [-0.2, -0.2, 0.2, 0.2], layers: [layer],
}} }};
let seed = 7;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const people = Array.from({{ length: {points} }}, (_, volunteer) => ({{
  volunteer, at: [random() * 0.3 - 0.15, random() * 0.2 - 0.1],
}}));
const icon = personIcon("EN_ROUTE");
const feature = ({{ volunteer, at }}) => ({{
  type: "Feature", geometry: {{ type: "Point", coordinates: at }},
  properties: {{ volunteer, incident: "i", icon, fresh: true, inside: false }},
}});
const collection = () => ({{ type: "FeatureCollection", features: people.map(feature) }});
const move = (share) => {{
  for (const person of people) if (random() < share) {{
    person.at = [person.at[0] + 1e-4 * (random() - 0.5), person.at[1] + 1e-4 * (random() - 0.5)];
  }}
}};

window.start = async () => {{
  const surface = await createMap({{ container: document.getElementById("map"), meta,
    look: {{ theme: "dark", lang: "en" }}, label: "", layersLabel: "" }});
  drawImagesOnDemand(surface.map);
  addLayers(surface.map, "dark", 1);
  surface.drawPoints("crew", collection());
  await new Promise((done) => surface.map.once("idle", done));
  window.update = async (share, whole) => {{
    move(share);
    const points = collection();
    const began = performance.now();
    if (whole) surface.map.getSource("crew").setData(points);
    else surface.drawPoints("crew", points);
    const call = performance.now() - began;
    await new Promise((done) => setTimeout(done, 1000));
    return call;
  }};
}};
"""


def run() -> dict[str, Figure]:
    """Return the figures; needs Chromium and the front end's packages."""
    with tempfile.TemporaryDirectory() as folder:
        _build(Path(folder))
        rows = _measured(Path(folder) / "dist")
    return {
        f"{POINTS} points, {share:.0%} move, main thread": median_of(
            [call for call, _ in rows[name]],
            "ms",
            reach=REACH_MS,
            peers={"all data anew": _middle([call for call, _ in rows[f"{name} anew"]])},
        )
        for name, share in SHARES.items()
    } | {
        f"{POINTS} points, {share:.0%} move, all of the main thread until the next": median_of(
            [task for _, task in rows[name]],
            "ms",
            peers={"all data anew": _middle([task for _, task in rows[f"{name} anew"]])},
        )
        for name, share in SHARES.items()
    }


SHARES: Final = {"some": 0.1, "all": 1.0}


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _build(folder: Path) -> None:
    """A page of its own around the map's modules, built as the real ones are."""
    (folder / "index.html").write_text(
        '<!doctype html><div id="map" style="width:1400px;height:900px"></div>'
        '<script type="module" src="./main.ts"></script>'
    )
    (folder / "main.ts").write_text(PAGE.format(web=WEB, points=POINTS))
    (folder / "vite.config.mjs").write_text(
        f'import {{ svelte }} from "{WEB}/node_modules/@sveltejs/vite-plugin-svelte/src/index.js";'
        "export default { plugins: [svelte()], base: './', logLevel: 'error',"
        " build: { target: 'es2022', chunkSizeWarningLimit: 9999 }, worker: { format: 'es' } };"
    )
    vite = WEB / "node_modules" / ".bin" / "vite"
    subprocess.run([vite, "build", folder, "-c", folder / "vite.config.mjs"], cwd=WEB, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip


def _measured(folder: Path) -> dict[str, list[tuple[float, float]]]:
    handler = partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    found: dict[str, list[tuple[float, float]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.evaluate("start()")
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        for name, share in SHARES.items():
            for suffix, whole in (("", False), (" anew", True)):
                rows = [_update(page, devtools, share, whole) for _ in range(UPDATES + 1)]
                found[name + suffix] = rows[1:]
        browser.close()
    server.shutdown()
    return found


def _update(page: Page, devtools: CDPSession, share: float, whole: bool) -> tuple[float, float]:
    """Return the milliseconds of the call, and of all tasks from then on."""
    before = _task_ms(devtools)
    call = page.evaluate("([share, whole]) => update(share, whole)", [share, whole])
    return call, _task_ms(devtools) - before


def _task_ms(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration") * 1000)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    print(json.dumps({name: figure.plain() for name, figure in run().items()}, indent=2))
