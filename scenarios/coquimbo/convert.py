"""Rebuild `roads/` and `settlements.csv` from AequilibraE's Coquimbo example. See README.md.

    python scenarios/coquimbo/convert.py path/to/coquimbo.zip

Run by hand, once per new version of the example; nothing of the program imports it.
"""

from __future__ import annotations

import csv
import sqlite3
import struct
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from dispatch.geo.measure import EARTH_RADIUS_M, crow_m
from dispatch.geo.nearest import NearestIndex
from dispatch.geo.road_folder import About
from dispatch.geo.roads import MICRO, RoadGraph
from dispatch.model import Site, TravelMode

HERE = Path(__file__).parent
ABOUT = About(
    name="coquimbo",
    attribution="© OpenStreetMap contributors (ODbL 1.0), prepared by AequilibraE",
    file="coquimbo.zip",
    country="cl",
    speeds="scenarios/coquimbo/README.md",
    structures=False,
)
CONNECTOR = "centroid_connector"
HOME_CLASSES = ("residential", "living_street", "unclassified", "tertiary")
FEWEST_STREETS = 10
"""With fewer links than this a zone's streets do not tell where its people live."""

SPEEDS_KMH: dict[str, tuple[float, float, float, float]] = {
    # class: (car, motorcycle, foot, boat). 0 = may not. Why these figures: README.md, "Speeds".
    "motorway": (80, 80, 0, 0),
    "trunk": (64, 64, 4.8, 0),
    "primary": (40, 40, 4.8, 0),
    "secondary": (40, 40, 4.8, 0),
    "tertiary": (40, 40, 4.8, 0),
    "unclassified": (36, 36, 4.8, 0),
    "residential": (24, 24, 4.8, 0),
    "living_street": (10, 10, 4.8, 0),
    "service": (15, 15, 4.8, 0),
    "track": (15, 20, 4.8, 0),
    "pedestrian": (0, 0, 4.8, 0),
    "path": (0, 0, 4.8, 0),
}

TOWNS = (
    # The two main squares. "Nearest town" is a label for people, not the communal border.
    Site(lon=-71.2520, lat=-29.9027, name="La Serena"),
    Site(lon=-71.3390, lat=-29.9533, name="Coquimbo"),
)


@dataclass(frozen=True, slots=True)
class Link:
    tail: int
    head: int
    one_way: bool
    road_class: str
    name: str
    osm_id: int
    points: np.ndarray


@dataclass(frozen=True, slots=True)
class Settlement:
    zone_id: int
    lon: float
    lat: float
    radius_m: int
    population: float
    town: str
    street: str


def decode(blob: bytes) -> shapely.Geometry:
    """Return the geometry of a SpatiaLite BLOB: LineString, Point, Polygon or MultiPolygon.

    Layout (SpatiaLite "BLOB-Geometry"): 0x00, byte order, SRID, bounding box (4 doubles), 0x7C;
    then WKB without its leading byte-order byte, in which each part of a collection starts with
    0x69 where WKB has the byte order; then 0xFE.
    """
    if blob[0] != 0 or blob[38] != 0x7C or blob[-1] != 0xFE:
        raise ValueError("not a SpatiaLite geometry")
    order = "<" if blob[1] == 1 else ">"
    body = bytearray(blob[1:2] + blob[39:-1])
    (kind,) = struct.unpack_from(order + "I", body, 1)
    if kind == 6:
        _mark_parts(body, order)
    return shapely.from_wkb(bytes(body))


def _mark_parts(body: bytearray, order: str) -> None:
    """Put the byte order where SpatiaLite has 0x69, in front of each polygon."""
    (parts,) = struct.unpack_from(order + "I", body, 5)
    at = 9
    for _ in range(parts):
        if body[at] != 0x69:
            raise ValueError("not a SpatiaLite collection")
        body[at] = body[0]
        (rings,) = struct.unpack_from(order + "I", body, at + 5)
        at += 9
        for _ in range(rings):
            (points,) = struct.unpack_from(order + "I", body, at)
            at += 4 + 16 * points


def read_links(database: sqlite3.Connection) -> list[Link]:
    """Return every link but the centroid connectors, by link_id."""
    rows = database.execute(
        "select a_node, b_node, direction, link_type, name, osm_id, geometry from links "
        "where link_type <> ? order by link_id",
        (CONNECTOR,),
    )
    return [_link(*row) for row in rows]


def _link(
    tail: int, head: int, direction: int, kind: str, name: str | None, osm_id: int, blob: bytes
) -> Link:
    points = shapely.get_coordinates(decode(blob))
    if direction == -1:
        tail, head, points = head, tail, points[::-1]
    return Link(tail, head, direction != 0, kind, (name or "").strip(), osm_id, points)


def build_graph(links: Sequence[Link]) -> RoadGraph:
    """Return the graph in the project's format."""
    nodes = sorted({link.tail for link in links} | {link.head for link in links})
    place = {link.tail: link.points[0] for link in links}
    place |= {link.head: link.points[-1] for link in links}
    number = {node: index for index, node in enumerate(nodes)}
    classes = tuple(SPEEDS_KMH)
    road_class = np.array([classes.index(link.road_class) for link in links], np.uint8)
    names = ("", *sorted({link.name for link in links} - {""}))
    name_number = {name: index for index, name in enumerate(names)}
    bends = [link.points[1:-1] for link in links]
    return RoadGraph(
        vertices=_micro(np.array([place[node] for node in nodes])),
        tail=np.array([number[link.tail] for link in links], np.int32),
        head=np.array([number[link.head] for link in links], np.int32),
        road_class=road_class,
        speed=road_class.astype(np.uint16),
        access=np.array([access(link) for link in links], np.uint8),
        structure=np.zeros(len(links), np.uint8),
        layer=np.zeros(len(links), np.int8),
        name=np.array([name_number[link.name] for link in links], np.int32),
        osm_id=np.array([link.osm_id for link in links], np.int64),
        bend_start=np.cumsum([0, *map(len, bends)], dtype=np.int32),
        bends=_micro(np.concatenate(bends)),
        classes=classes,
        speed_kmh=np.array(list(SPEEDS_KMH.values()), dtype=np.float64),
        names=names,
        about=ABOUT,
    )


def access(link: Link) -> int:
    """Return the access bits of a link: people on foot may go against a one-way street."""
    bits = 0
    for number, mode in enumerate(TravelMode):
        if SPEEDS_KMH[link.road_class][number] > 0:
            both = not link.one_way or mode is TravelMode.FOOT
            bits |= (0b11 if both else 0b01) << (2 * number)
    return bits


def _micro(degrees: np.ndarray) -> np.ndarray:
    return np.round(degrees.reshape(-1, 2) * MICRO).astype(np.int32)


def read_settlements(database: sqlite3.Connection, graph: RoadGraph) -> list[Settlement]:
    """Return the traffic zones as settlements, by zone_id."""
    rows = database.execute("select zone_id, population, geometry from zones order by zone_id")
    streets = Streets(graph)
    return [_settlement(zone, people, decode(blob), streets) for zone, people, blob in rows]


class Streets:
    """The links as points with a length: where people live, and what the place is called."""

    def __init__(self, graph: RoadGraph) -> None:
        middle = shapely.line_interpolate_point(graph.lines, 0.5, normalized=True)
        self.place = shapely.get_coordinates(middle)
        self.length_m = graph.length_m
        homes = [graph.classes.index(name) for name in HOME_CLASSES]
        self.homes = np.isin(graph.road_class, homes)
        named = np.flatnonzero(graph.name > 0)
        self._names = [graph.names[number] for number in graph.name[named]]
        self._index = NearestIndex(*self.place[named].T)

    def disc(self, shape: shapely.Geometry) -> tuple[Site, float]:
        """Return the centre and radius (metres) of a disc that spreads like the streets of a zone.

        Zones at the rim are mostly hillside or sea; their centroid is where nobody lives. A
        uniform disc has a root mean square distance of radius / sqrt(2).
        """
        within = shapely.contains_xy(shape, *self.place.T)
        rows = np.flatnonzero(within & self.homes)
        if len(rows) < FEWEST_STREETS:
            return _equal_disc(shape)
        weight = self.length_m[rows]
        lon, lat = np.average(self.place[rows], axis=0, weights=weight)
        square = np.average(crow_m(*self.place[rows].T, lon, lat) ** 2, weights=weight)
        return Site(lon=round(lon, 6), lat=round(lat, 6)), float(np.sqrt(2 * square))

    def name_near(self, site: Site) -> str:
        """Return the name of the nearest street that has one."""
        return self._names[self._index.nearest(site, 1)[0][0]]


def _equal_disc(shape: shapely.Geometry) -> tuple[Site, float]:
    centre = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    metres_per_degree = np.radians(1) * EARTH_RADIUS_M
    area_m2 = shape.area * metres_per_degree**2 * np.cos(np.radians(centre.y))
    return Site(lon=round(centre.x, 6), lat=round(centre.y, 6)), float(np.sqrt(area_m2 / np.pi))


def _settlement(
    zone_id: int, people: float, shape: shapely.Geometry, streets: Streets
) -> Settlement:
    site, radius_m = streets.disc(shape)
    towns = [float(crow_m(site.lon, site.lat, town.lon, town.lat)) for town in TOWNS]
    return Settlement(
        zone_id=zone_id,
        lon=site.lon,
        lat=site.lat,
        radius_m=round(radius_m),
        population=people,
        town=TOWNS[int(np.argmin(towns))].name,
        street=streets.name_near(site),
    )


def whole_people(population: Sequence[float]) -> list[int]:
    """Return the populations as whole people with the same rounded sum (largest remainders)."""
    exact = np.array(population)
    whole = np.floor(exact).astype(int)
    missing = round(float(exact.sum())) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole.tolist()


def check(graph: RoadGraph, settlements: Sequence[Settlement]) -> None:
    """Print what came out and stop when it is not what the archive is known to hold."""
    figures = {
        "links": len(graph.tail),
        "vertices": len(graph.vertices),
        "kilometres": round(float(graph.length_m.sum()) / 1000),
        "settlements": len(settlements),
        "inhabitants": sum(whole_people([place.population for place in settlements])),
    }
    expected = {
        "links": 19_846,
        "vertices": 15_591,
        "kilometres": 1_469,
        "settlements": 133,
        "inhabitants": 451_899,
    }
    west, south, east, north = graph.bounds
    print(figures)
    print(f"bounds {graph.bounds}, centre {(west + east) / 2:.4f}, {(south + north) / 2:.4f}")
    for mode in TravelMode:
        print(f"{mode}: {int(graph.main(mode).sum())} vertices reach each other")
    if figures != expected:
        raise SystemExit(f"expected {expected}")


def write_settlements(settlements: Sequence[Settlement], path: Path) -> None:
    people = whole_people([place.population for place in settlements])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["zone_id", "lon", "lat", "radius_m", "population", "town", "street"])
        for place, count in zip(settlements, people, strict=True):
            writer.writerow(
                [
                    place.zone_id,
                    f"{place.lon:.6f}",
                    f"{place.lat:.6f}",
                    place.radius_m,
                    count,
                    place.town,
                    place.street,
                ]
            )


def main(archive: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as packed:
        database = sqlite3.connect(packed.extract("project_database.sqlite", folder))
        try:
            graph = build_graph(read_links(database))
            settlements = read_settlements(database, graph)
        finally:
            database.close()
    check(graph, settlements)
    graph.save(HERE / "roads")
    write_settlements(settlements, HERE / "settlements.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
