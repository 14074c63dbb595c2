"""The prepared area is what its README says, and the router behaves on real roads."""

from __future__ import annotations

import csv
import importlib.util
import math
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely

from dispatch.geo.basemap import road_features
from dispatch.geo.measure import crow_m
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.model import (
    UNREACHABLE,
    Conditions,
    Site,
    TravelMode,
    Zone,
    ZoneForm,
    ZoneId,
    ZoneKind,
    ZoneStatus,
)
from tests.geo.grids import oracle

FOLDER = Path(__file__).parents[2] / "scenarios" / "coquimbo"
CAR, FOOT = TravelMode.CAR, TravelMode.FOOT
LA_SERENA = Site(lon=-71.2520, lat=-29.9027, name="La Serena")
COQUIMBO = Site(lon=-71.3390, lat=-29.9533, name="Coquimbo")


@pytest.fixture(scope="module")
def roads() -> RoadGraph:
    return RoadGraph.load(FOLDER / "roads")


@pytest.fixture(scope="module")
def router(roads: RoadGraph) -> RoadRouter:
    return RoadRouter(roads)


@pytest.fixture(scope="module")
def settlements() -> list[dict[str, str]]:
    with (FOLDER / "settlements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def convert() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coquimbo_convert", FOLDER / "convert.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def round_zone(centre: Site, radius_m: float) -> Zone:
    """Return a circle of 24 corners that blocks cars."""
    turns = [2 * math.pi * corner / 24 for corner in range(24)]
    north = radius_m / 111_195
    east = north / math.cos(math.radians(centre.lat))
    ring = tuple((centre.lon + east * math.cos(t), centre.lat + north * math.sin(t)) for t in turns)
    return Zone(
        id=ZoneId("flood"),
        kind=ZoneKind.FLOOD,
        name="",
        form=ZoneForm.AREA,
        parts=((ring,),),
        blocks=(CAR,),
        status=ZoneStatus.ACTIVE,
        drawn_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_roads_are_all_there_without_the_connectors(roads: RoadGraph) -> None:
    assert len(roads.tail) == 19_846
    assert len(roads.vertices) == 15_591
    assert round(float(roads.length_m.sum()) / 1000) == 1_469
    assert "centroid_connector" not in roads.classes
    assert "OpenStreetMap" in roads.attribution
    assert (roads.osm_id > 0).all()
    assert not roads.about.structures
    assert not roads.structure.any()


def test_the_roads_hang_together(roads: RoadGraph) -> None:
    joined = sorted(_component_sizes(roads))
    assert joined[-1] == 15_575
    assert {mode: int(roads.main(mode).sum()) for mode in TravelMode} == {
        TravelMode.CAR: 15_492,
        TravelMode.MOTORCYCLE: 15_492,
        TravelMode.FOOT: 15_461,
        TravelMode.BOAT: 0,
    }


def _component_sizes(roads: RoadGraph) -> list[int]:
    """Count the vertices of each connected piece, directions aside, by flooding."""
    neighbours: list[list[int]] = [[] for _ in roads.vertices]
    for tail, head in zip(roads.tail.tolist(), roads.head.tolist(), strict=True):
        neighbours[tail].append(head)
        neighbours[head].append(tail)
    unseen, sizes = set(range(len(neighbours))), []
    while unseen:
        edge, size = [unseen.pop()], 0
        while edge:
            size += 1
            fresh = [vertex for vertex in neighbours[edge.pop()] if vertex in unseen]
            unseen.difference_update(fresh)
            edge.extend(set(fresh))
        sizes.append(size)
    return sizes


def test_the_folder_is_small_and_the_readme_gives_credit(roads: RoadGraph) -> None:
    assert sum(path.stat().st_size for path in (FOLDER / "roads").iterdir()) < 1_000_000
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "© OpenStreetMap contributors" in readme
    assert "AequilibraE" in readme
    assert roads.bounds == pytest.approx((-71.3566, -30.0790, -71.1644, -29.8296), abs=1e-4)


def test_settlements_hold_everybody(settlements: list[dict[str, str]], roads: RoadGraph) -> None:
    assert len(settlements) == 133
    assert sum(int(row["population"]) for row in settlements) == 451_899
    assert {row["town"] for row in settlements} == {"La Serena", "Coquimbo"}
    assert all(row["street"] in roads.names for row in settlements)
    assert all(200 < int(row["radius_m"]) < 3_000 for row in settlements)
    west, south, east, north = roads.bounds
    assert all(
        west - 0.01 < float(row["lon"]) < east + 0.01
        and south - 0.01 < float(row["lat"]) < north + 0.01
        for row in settlements
    )


def test_nearly_all_settlements_are_on_the_road_network(
    settlements: list[dict[str, str]], router: RoadRouter
) -> None:
    centres = np.array([(float(row["lon"]), float(row["lat"])) for row in settlements])
    site = np.array([(LA_SERENA.lon, LA_SERENA.lat)])
    matrix = router.eta_matrix(centres, site, CAR)
    assert int(matrix.estimated.sum()) <= 3
    assert matrix.eta_s.max() < 3 * 3600


def test_the_basemap_draws_all_of_it(roads: RoadGraph) -> None:
    features = road_features(roads)["features"]
    lines = [np.array(line) for feature in features for line in feature["geometry"]["coordinates"]]
    total_m = sum(float(crow_m(*line[:-1].T, *line[1:].T).sum()) for line in lines)
    assert total_m == pytest.approx(float(roads.length_m.sum()), rel=1e-3)
    assert {feature["properties"]["class"] for feature in features} <= set(roads.classes)


@pytest.mark.parametrize("mode", [CAR, FOOT])
def test_searches_equal_plain_dijkstra_on_real_roads(router: RoadRouter, mode: TravelMode) -> None:
    roads = router.graph
    goal = 4_711
    origins = np.flatnonzero(roads.main(mode))[::50]
    eta_s = router.eta_matrix(roads.places[origins], roads.places[[goal]], mode).eta_s[:, 0]
    expected = np.array(oracle(roads.edges(mode), len(roads.vertices), goal))[origins]
    # Whole seconds, rounded up, of links in whole milliseconds.
    np.testing.assert_allclose(eta_s, expected, atol=1.5)


def test_the_drive_between_the_two_towns_is_plausible(router: RoadRouter) -> None:
    route = router.route(LA_SERENA, COQUIMBO, CAR)
    assert route is not None
    assert 10_000 < route.dist_m < 16_000
    assert 10 * 60 < route.eta_s < 25 * 60
    line = np.array(route.line)
    drawn_m = float(crow_m(*line[:-1].T, *line[1:].T).sum())
    assert drawn_m == pytest.approx(route.dist_m, abs=2)


def test_a_flood_between_the_towns_makes_the_way_longer(router: RoadRouter) -> None:
    flood = round_zone(Site(lon=-71.2800, lat=-29.9420), 500)
    dry, wet = (
        router.route(LA_SERENA, COQUIMBO, CAR, Conditions(zones=zones)) for zones in ((), (flood,))
    )
    assert dry is not None
    assert wet is not None
    assert wet.eta_s > dry.eta_s
    road = shapely.LineString(wet.line[1:-1])
    assert not shapely.Polygon(flood.parts[0][0]).intersects(road)


def test_an_incident_in_a_flooded_centre_keeps_its_helpers(router: RoadRouter) -> None:
    flood = round_zone(LA_SERENA, 600)
    origins = np.array([(COQUIMBO.lon, COQUIMBO.lat), (LA_SERENA.lon + 0.001, LA_SERENA.lat)])
    sites = np.array([(LA_SERENA.lon, LA_SERENA.lat)])
    matrix = router.eta_matrix(origins, sites, CAR, Conditions(zones=(flood,)))
    assert matrix.cut_off.tolist() == [False, True]
    assert matrix.eta_s[0, 0] < UNREACHABLE
    assert matrix.eta_s[1, 0] == UNREACHABLE


# convert.py: the parts that do not need the archive


def spatialite(body: bytes) -> bytes:
    return b"\x00\x01" + struct.pack("<I4d", 4326, 0, 0, 0, 0) + b"\x7c" + body + b"\xfe"


def test_decode_reads_lines_and_multipolygons(convert: ModuleType) -> None:
    line = struct.pack("<II4d", 2, 2, 1.0, 2.0, 3.0, 4.0)
    assert convert.decode(spatialite(line)).wkt == "LINESTRING (1 2, 3 4)"
    ring = struct.pack("<I8d", 4, 0, 0, 1, 0, 0, 1, 0, 0)
    polygon = b"\x69" + struct.pack("<II", 3, 1) + ring
    shape = convert.decode(spatialite(struct.pack("<II", 6, 2) + polygon + polygon))
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(1.0)


@pytest.mark.parametrize("blob", [bytes(60), spatialite(struct.pack("<II", 6, 1) + bytes(60))])
def test_decode_refuses_other_blobs(convert: ModuleType, blob: bytes) -> None:
    with pytest.raises(ValueError, match="SpatiaLite"):
        convert.decode(blob)


def test_a_settlement_spreads_like_its_streets(convert: ModuleType, roads: RoadGraph) -> None:
    streets = convert.Streets(roads)
    around = shapely.Point(LA_SERENA.lon, LA_SERENA.lat).buffer(0.01)
    centre, radius_m = streets.disc(around)
    assert float(crow_m(centre.lon, centre.lat, LA_SERENA.lon, LA_SERENA.lat)) < 300
    assert 700 < radius_m < 1_300
    sea, sea_radius_m = streets.disc(shapely.box(-71.5, -30.0, -71.49, -29.99))
    assert (sea.lon, sea.lat) == (-71.495, -29.995)
    assert sea_radius_m == pytest.approx(585, abs=2)


def test_whole_people_keep_the_sum(convert: ModuleType) -> None:
    assert convert.whole_people([1.5, 2.5, 3.0]) == [2, 2, 3]
    assert convert.whole_people([0.4, 0.4, 0.4]) == [1, 0, 0]


def test_people_on_foot_may_go_against_the_traffic(convert: ModuleType) -> None:
    street = convert.Link(1, 2, True, "residential", "", 1, np.zeros((2, 2)))
    assert convert.access(street) == 0b110101
    motorway = convert.Link(1, 2, True, "motorway", "", 1, np.zeros((2, 2)))
    assert convert.access(motorway) == 0b000101


def test_the_speeds_in_the_file_are_those_of_the_script(
    convert: ModuleType, roads: RoadGraph
) -> None:
    assert roads.classes == tuple(convert.SPEEDS_KMH)
    np.testing.assert_array_equal(roads.speed_kmh, list(convert.SPEEDS_KMH.values()))
