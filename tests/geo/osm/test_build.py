"""The import as a whole: what it puts in place, and what it refuses with nothing changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.osm.area import Area, area_of_boundary, area_of_box
from dispatch.geo.osm.build import Request, check_name, import_roads, name_of
from dispatch.geo.roads import RoadGraph
from dispatch.model import TravelMode
from tests.geo.osm.drawn import STREET, draw, imported, place

VADUZ = Path(__file__).parents[2] / "data" / "vaduz.osm.pbf"
CENTRE = "9.51,47.13,9.53,47.15"


def request(folder: Path, **change: object) -> Request:
    whole = Request(file=VADUZ, out=folder / "roads", area=Area(), name="vaduz")
    return replace(whole, **change)  # type: ignore[arg-type]


def quiet(text: str) -> None:
    pass


def test_a_real_extract_becomes_roads(tmp_path: Path) -> None:
    said: list[str] = []
    report = import_roads(request(tmp_path), said.append)
    roads = RoadGraph.load(tmp_path / "roads")
    assert [text.split()[0] for text in said] == ["reading", "1,073", "1,931"]
    assert (report.vertices, report.links) == (len(roads.vertices), len(roads.tail))
    assert report.links < report.nodes / 4
    assert roads.about.name == "vaduz"
    assert roads.about.date.startswith("2015-07-27")
    assert "OpenStreetMap contributors" in roads.attribution
    assert roads.about.structures
    assert "Städtle" in roads.names
    assert report.modes[TravelMode.CAR].main_share > 0.85
    assert report.modes[TravelMode.BOAT].links >= 1
    assert set(roads.classes) >= {"primary", "residential", "footway", "waterway"}


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        import_roads(request(tmp_path, out=tmp_path / name), quiet)
    for path in (tmp_path / "one").glob("*.npy"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_only_a_box(tmp_path: Path) -> None:
    area = area_of_box(CENTRE)
    whole = import_roads(request(tmp_path), quiet)
    part = import_roads(request(tmp_path, out=tmp_path / "part", area=area), quiet)
    assert 0 < part.links < whole.links
    roads = RoadGraph.load(tmp_path / "part")
    inside = area.holds(roads.places)
    # Whatever sticks out does so with its last point.
    assert (inside[roads.tail] | inside[roads.head] | (np.diff(roads.bend_start) > 0)).all()
    assert inside.mean() > 0.9


def test_only_within_a_boundary(tmp_path: Path) -> None:
    path = tmp_path / "triangle.geojson"
    corners = [[9.51, 47.13], [9.53, 47.13], [9.53, 47.15], [9.51, 47.13]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    half = import_roads(request(tmp_path, area=area_of_boundary(path)), quiet)
    box = import_roads(request(tmp_path, area=area_of_box(CENTRE)), quiet)
    assert 0.2 < half.km / box.km < 0.8
    assert half.area.startswith("boundary")


def test_the_report_lies_beside_the_roads(tmp_path: Path) -> None:
    report = import_roads(request(tmp_path), quiet)
    kept = json.loads((tmp_path / "roads" / "report.json").read_text(encoding="utf-8"))
    assert kept["links"] == report.links
    assert kept["about"]["file"] == "vaduz.osm.pbf"
    assert kept["modes"]["car"]["main_share"] == report.modes["car"].main_share


def test_a_second_import_replaces_the_first_and_says_so(tmp_path: Path) -> None:
    first = import_roads(request(tmp_path), quiet)
    second = import_roads(request(tmp_path, area=area_of_box(CENTRE)), quiet)
    assert first.before is None
    assert second.before == first.links
    assert f"replaced {first.links:,} links by {second.links:,}" in second.text()
    assert len(RoadGraph.load(tmp_path / "roads").tail) == second.links


def test_roads_of_another_format_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "meta.json").write_text('{"format": "dispatch-roads", "version": 9}')
    assert import_roads(request(tmp_path), quiet).before == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"area": area_of_box("47.13,9.51,47.15,9.53")},
            r"no roads in --bbox .*its roads are within 9\.4.*longitude and latitude seem swapped",
        ),
        ({"area": area_of_box("1,1,2,2")}, r"no roads in --bbox 1,1,2,2; its roads are .*north\)$"),
        ({"country": "zz"}, "no speeds for country"),
        ({"file": VADUZ.with_name("none.osm.pbf")}, r"none\.osm\.pbf"),
    ],
)
def test_what_is_refused_changes_nothing(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    import_roads(request(tmp_path), quiet)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(BadInput, match=message):
        import_roads(request(tmp_path, **change), quiet)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="roads: exists and is no folder of roads"):
        import_roads(request(tmp_path), quiet)
    assert (tmp_path / "roads" / "thesis.txt").exists()


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no roads"):
        imported(tmp_path, [([0, 1], {"building": "yes"})])
    with pytest.raises(BadInput, match=r"holds no roads \(2 nodes of its ways are not in"):
        imported(tmp_path, [([0, 1], STREET)], missing=[0, 1])
    with pytest.raises(BadInput, match="no road that a car may use in the whole file"):
        imported(tmp_path, [([0, 1], {"highway": "path"})])
    assert not (tmp_path / "roads").exists()


def test_a_limit_counts_four_fifths(tmp_path: Path) -> None:
    roads, _ = imported(
        tmp_path, [([0, 1], STREET | {"maxspeed": "50"}), ([1, 2], STREET), ([2, 3], STREET)]
    )
    car = roads.edges(TravelMode.CAR)
    kmh = np.round(car.length_m / car.time_s * 3.6, 6)
    assert sorted(set(kmh.tolist())) == [25, 40]


def test_chinese_names_and_speeds(tmp_path: Path) -> None:
    motorway = {"highway": "motorway", "name": "Expressway", "name:zh": "高速公路"}
    roads, report = imported(tmp_path, [([0, 1], motorway)], country="cn")
    assert roads.names == ("", "高速公路")
    motorcycle = roads.edges(TravelMode.MOTORCYCLE)
    assert (motorcycle.length_m / motorcycle.time_s * 3.6).tolist() == pytest.approx([80])
    assert "article" in roads.about.speeds
    assert report.about.country == "cn"


def test_names(tmp_path: Path) -> None:
    assert name_of(Path("a/porto.osm.pbf")) == "porto"
    assert check_name("盘锦-2026") == "盘锦-2026"
    for name in ("", ".", "../up", "a/b", "a b", "x" * 81):
        with pytest.raises(BadInput, match="--name"):
            check_name(name)


def test_an_extract_in_xml_will_do(tmp_path: Path) -> None:
    file = draw(tmp_path / "drawn.osm", [([0, 1, 2], STREET)])
    report = import_roads(request(tmp_path, file=file), quiet)
    assert report.links == 1
    assert report.bounds == pytest.approx((*place(0), *place(2)))
