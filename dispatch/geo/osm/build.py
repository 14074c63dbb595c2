"""`dispatch roads import`: an OpenStreetMap extract in, a folder of roads out, with a report."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dispatch.errors import BadInput
from dispatch.geo.osm.area import Area, Box
from dispatch.geo.osm.contract import Links, contract
from dispatch.geo.osm.country import Country, load_country
from dispatch.geo.osm.read import Progress, Ways, read_ways
from dispatch.geo.osm.report import Report, report_on
from dispatch.geo.road_folder import META, About
from dispatch.geo.roads import MICRO, RoadGraph
from dispatch.model import TravelMode

ATTRIBUTION: Final = "© OpenStreetMap contributors (ODbL 1.0)"
_NAME: Final = re.compile(r"[\w][\w.-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to import: `file` within `area`, by the rules of `country`, into the folder `out`."""

    file: Path
    out: Path
    area: Area
    name: str
    country: str = "default"


def name_of(file: Path) -> str:
    """Return the name roads have when nobody gives them one: `porto` for `porto.osm.pbf`."""
    return file.name.partition(".")[0] or "roads"


def check_name(name: str) -> str:
    """Return `name` when it can be that of a folder.

    Raises:
        BadInput: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(f"--name {name!r}: expected up to 80 letters, digits, - _ and .")
    return name


def import_roads(request: Request, progress: Progress) -> Report:
    """Prepare the roads and put them in place; return what was found.

    Raises:
        BadInput: something is wrong with the file, the area or the folder, or there is no road in
            it that a car may use; nothing has changed.
    """
    began = time.monotonic()
    before = _links_before(request.out)
    country = load_country(request.country)
    progress(f"reading {request.file}")
    ways = read_ways(request.file, request.area, country, progress)
    progress(f"{len(ways.osm_id):,} ways read, contracting")
    links = contract(ways, request.area.holds(ways.place / MICRO))
    if links is None:
        raise BadInput(_nothing_there(request, ways))
    progress(f"{len(links.tail):,} links made, checking")
    graph = _graph(request, country, ways, links)
    if not len(graph.edges(TravelMode.CAR).link):
        raise BadInput(f"{request.file}: no road that a car may use in {request.area.what}")
    report = report_on(graph, ways, links, request.area, before)
    report = report.finished(time.monotonic() - began)
    graph.save(request.out, report=json.dumps(asdict(report), ensure_ascii=False, indent=1))
    return report


def _links_before(out: Path) -> int | None:
    """Return how many links the folder holds that will be replaced, None when there is none.

    Raises:
        BadInput: the folder is something else, and will not be replaced.
    """
    if not out.exists():
        return None
    if not (out / META).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists and is no folder of roads; choose another with --out")
    try:
        return len(RoadGraph.load(out).tail)
    except BadInput:
        return 0


def _graph(request: Request, country: Country, ways: Ways, links: Links) -> RoadGraph:
    used_kinds, kind = np.unique(ways.kind[links.way], return_inverse=True)
    kinds = [ways.kinds[number] for number in used_kinds.tolist()]
    present = {kind[0] for kind in kinds}
    classes = tuple(each for each in country.classes if each in present)
    speeds = sorted({kind[2] for kind in kinds})
    used_names, name = np.unique(np.append(0, ways.name[links.way]), return_inverse=True)
    return RoadGraph(
        vertices=links.vertices,
        tail=links.tail,
        head=links.head,
        road_class=np.array([classes.index(one[0]) for one in kinds], np.uint8)[kind],
        speed=np.array([speeds.index(one[2]) for one in kinds], np.uint16)[kind],
        access=links.access,
        structure=np.array([one[3] for one in kinds], np.uint8)[kind],
        layer=np.array([one[4] for one in kinds], np.int8)[kind],
        name=name[1:].astype(np.int32),
        osm_id=ways.osm_id[links.way],
        bend_start=links.bend_start,
        bends=links.bends,
        classes=classes,
        speed_kmh=np.array(speeds, np.float64),
        names=tuple(ways.names[number] for number in used_names.tolist()),
        about=About(
            name=request.name,
            attribution=ATTRIBUTION,
            file=request.file.name,
            date=ways.date,
            country=country.code,
            speeds=country.source,
            structures=True,
        ),
    )


def _nothing_there(request: Request, ways: Ways) -> str:
    if ways.seen is None:
        return f"{request.file}: holds no roads" + (
            f" ({ways.missing:,} nodes of its ways are not in the file)" if ways.missing else ""
        )
    west, south, east, north = request.area.box
    text = f"{request.file}: no roads in {request.area.what}; its roads are {_shown(ways.seen)}"
    if _overlap((south, west, north, east), ways.seen):
        text += "; longitude and latitude seem swapped: longitude comes first"
    return text


def _shown(box: Box) -> str:
    return f"within {box[0]:.4f},{box[1]:.4f},{box[2]:.4f},{box[3]:.4f} (west,south,east,north)"


def _overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
