from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine

from dispatch.errors import BadInput
from dispatch.exchange import boundaries
from dispatch.exchange.boundaries import import_regions, region_index
from dispatch.exchange.rows import Code, Outcome, Report
from dispatch.exchange.shapes import Reach
from dispatch.geo.crs import Crs, from_wgs84
from dispatch.model import RegionCode
from dispatch.registry.catalogue import region_tree, regions
from dispatch.registry.engine import reading
from dispatch.registry.places import boundaries as outlines

from .made import POINT, foreign

PROVINCE = shapely.box(125, 41, 127, 43)
CITY = shapely.box(125, 41.5, 127, 43)
COUNTY = shapely.box(125.5, 42, 126, 42.5)
TOWN = shapely.box(125.7, 42.2, 125.8, 42.3)
CROSSING = shapely.Polygon([(126, 42), (126.4, 42.4), (126.4, 42), (126, 42.4)])


def _file(path: Path, *rows: tuple[str, str, shapely.Geometry | None], **kept: Any) -> Path:
    codes, names, found = zip(*rows, strict=True)
    columns = {kept.pop("code", "gb"): list(codes), kept.pop("name", "name"): list(names)}
    return foreign(path, list(found), **columns, **kept)


def _told(report: Report) -> list[tuple[int, str, str, str]]:
    return [(line.row, line.outcome.value, line.code, line.done) for line in report.lines]


def _codes(engine: Engine) -> dict[str, tuple[str | None, int]]:
    return {one.code: (one.parent, one.level) for one in regions(engine)}


@pytest.fixture
def china(tmp_path: Path) -> Path:
    """Four levels in any order, with the codes as the national map service writes them."""
    return _file(
        tmp_path / "china.gpkg",
        ("220524100000", "柳河镇", TOWN),
        ("156220524", "柳河县", COUNTY),
        ("156220000", "吉林省", PROVINCE),
        ("156220500", "通化市", CITY),
        ("156220523", "辉南县", None),
    )


def test_chinese_codes_make_the_tree(engine: Engine, china: Path) -> None:
    report = import_regions(engine, china)
    assert report.count(Outcome.ACCEPTED) == 5
    assert {line.done for line in report.lines} == {"ADDED"}
    assert "parents follow from the codes" in report.notes
    assert _codes(engine) == {
        "22": (None, 1),
        "2205": ("22", 2),
        "220523": ("2205", 3),
        "220524": ("2205", 3),
        "220524100": ("220524", 4),
    }
    index = region_index(engine)
    places = ((125.75, 42.25), (125.6, 42.1), (125.1, 41.7), (125.1, 41.1))
    assert [index.at(*at) for at in places] == ["220524100", "220524", "2205", "22"]
    assert index.at(120, 30) is None


def test_importing_again_changes_nothing(engine: Engine, china: Path, tmp_path: Path) -> None:
    import_regions(engine, china)
    before = outlines(engine)
    assert {line.done for line in import_regions(engine, china).lines} == {"UNCHANGED"}
    assert outlines(engine) == before
    renamed = _file(tmp_path / "b.gpkg", ("220524", "柳河", COUNTY))
    assert _told(import_regions(engine, renamed)) == [(1, "ACCEPTED", "", "UPDATED")]
    assert {one.name_zh for one in regions(engine)} >= {"柳河", "通化市"}


def test_a_dry_run_tells_the_same_and_stores_nothing(engine: Engine, china: Path) -> None:
    dry = import_regions(engine, china, dry_run=True)
    assert dry.dry_run
    assert _codes(engine) == {}
    assert outlines(engine) == {}
    assert import_regions(engine, china).lines == dry.lines


def test_other_countries_state_parents(engine: Engine, tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "uk.gpkg", [COUNTY, CITY, PROVINCE], id=["E09", "E12", "E92"],
        label=["Borough", "Region", "Country"], above=["E12", "E92", None],
    )  # fmt: skip
    named = {"code": "id", "name_en": "label", "parent": "above"}
    report = import_regions(engine, path, named=named)
    assert _told(report) == [(n, "ACCEPTED", "", "ADDED") for n in (1, 2, 3)]
    assert _codes(engine) == {"E92": (None, 1), "E12": ("E92", 2), "E09": ("E12", 3)}
    assert region_index(engine).at(125.6, 42.1) == "E09"
    with reading(engine) as connection:
        assert region_tree(connection).lies_in(RegionCode("E09"), RegionCode("E92"))


def test_codes_stay_as_they_stand_where_parents_are_stated(engine: Engine, tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "a.gpkg", [COUNTY, CITY], code=["220500", "220000"],
        name=["a", "b"], parent_code=["220000", None],
    )  # fmt: skip
    import_regions(engine, path)
    assert set(_codes(engine)) == {"220500", "220000"}


def test_regions_whose_parents_lead_nowhere_are_refused_with_all_below(
    engine: Engine, tmp_path: Path
) -> None:
    path = foreign(
        tmp_path / "a.gpkg", [None] * 5, code=["a", "b", "c", "d", "e"], name=list("abcde"),
        parent_code=["ee", "a", "d", "c", None],
    )  # fmt: skip
    report = import_regions(engine, path)
    assert [line.outcome.value for line in report.lines] == ["REFUSED"] * 4 + ["ACCEPTED"]
    assert {line.code for line in report.lines[:4]} == {Code.UNKNOWN_PARENT}
    assert "lies in ee, which is neither known nor in this file" in report.lines[1].message
    assert "lies in itself" in report.lines[2].message
    assert set(_codes(engine)) == {"e"}


def test_what_cannot_be_used_is_refused_and_the_rest_stored(engine: Engine, tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.gpkg",
        ("220521", "县", CROSSING),
        ("", "九段线", PROVINCE),
        ("220523", "点", POINT),
        ("220524", "柳河县", shapely.transform(COUNTY, lambda at: at[:, ::-1])),
        ("220581", "岛", COUNTY),
        ("220581", "岛", TOWN),
    )
    report = import_regions(engine, path, reach=Reach(125.0, 42.0))
    assert _told(report) == [
        (1, "REPAIRED", "MENDED", "ADDED"),
        (2, "REFUSED", "MISSING", ""),
        (3, "REFUSED", "WRONG_GEOMETRY", ""),
        (4, "REFUSED", "SWAPPED", ""),
        (5, "ACCEPTED", "", "ADDED"),
        (6, "REPAIRED", "MERGED", "ADDED"),
    ]
    index = region_index(engine)
    assert index.codes == ("220521", "220581")
    assert all(shape.is_valid for shape in index.geometries)


def test_parts_of_a_region_are_put_together(engine: Engine, tmp_path: Path) -> None:
    rows = [("220581", "岛", shapely.box(x, 42, x + 0.1, 42.1)) for x in (125, 126)]
    import_regions(engine, _file(tmp_path / "a.gpkg", *rows))
    index = region_index(engine)
    assert index.at(125.05, 42.05) == index.at(126.05, 42.05) == "220581"
    assert index.at(125.5, 42.05) is None


def test_borders_are_stored_simpler_and_still_meet(engine: Engine, tmp_path: Path) -> None:
    wave = [(125.5 + 0.000004 * (n % 2), 42 + n / 1000) for n in range(501)]
    west = shapely.Polygon([(125, 42), *wave, (125, 42.5)])
    east = shapely.Polygon([(126, 42), *wave, (126, 42.5)])
    import_regions(
        engine, _file(tmp_path / "a.gpkg", ("220521", "西", west), ("220522", "东", east))
    )
    index = region_index(engine)
    w, e = index.geometries
    assert shapely.get_num_coordinates(w) < 450
    assert w.intersection(e).area == 0
    assert w.union(e).area == pytest.approx(west.union(east).area, rel=1e-4)
    assert w.hausdorff_distance(west) < 1e-4


def test_shifted_files(engine: Engine, tmp_path: Path) -> None:
    shifted = shapely.transform(COUNTY, lambda at: from_wgs84(at, Crs.GCJ02))
    path = _file(tmp_path / "a.gpkg", ("220524", "柳河县", shifted))
    import_regions(engine, path, crs=Crs.GCJ02)
    (shape,) = region_index(engine).geometries
    assert shapely.get_coordinates(shape) == pytest.approx(
        shapely.get_coordinates(COUNTY), abs=1e-6
    )


def test_an_attribute_that_is_not_there(engine: Engine, china: Path) -> None:
    with pytest.raises(BadInput, match=r"has no attribute 'pac'; it has gb, name"):
        import_regions(engine, china, named={"code": "pac"})


def test_an_outline_of_too_many_corners(
    engine: Engine, china: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "MOST_CORNERS", 4)
    report = import_regions(engine, china)
    assert [line.code for line in report.lines] == ["TOO_MANY_CORNERS"] * 4 + [""]
    assert "has 5 corners, at most 4 are read" in report.lines[0].message


def test_a_store_that_fails_keeps_nothing(
    engine: Engine, china: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("dispatch.registry.places.roster_changed", fail)
    with pytest.raises(OSError, match="disk full"):
        import_regions(engine, china)
    assert _codes(engine) == {}
    assert outlines(engine) == {}


def test_many_places_at_once(engine: Engine, china: Path) -> None:
    import_regions(engine, china)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(125, 127, 1_000), rng.uniform(41, 43, 1_000)
    index = region_index(engine)
    assert index.codes_at(lon, lat) == [index.at(x, y) for x, y in zip(lon, lat, strict=True)]
