from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from dispatch.errors import BadInput
from dispatch.exchange.reading import read_layer
from dispatch.geo.crs import Crs, from_wgs84

from .made import HOLED, LINE, POINT, foreign

ZHENGZHOU = (113.65, 34.75)


def _coordinates(path: Path, crs: Crs | None = None) -> np.ndarray:
    return shapely.get_coordinates(read_layer(path, crs=crs, most=100).shapes)


def _in(crs: str, lon: float, lat: float) -> tuple[float, float]:
    x, y = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return x, y


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:4326",
        "EPSG:4490",  # CGCS2000, China's own
        "EPSG:3857",
        "EPSG:4547",  # CGCS2000 in metres, 3 degree zone of 114 E
    ],
)
def test_coordinates_come_as_wgs84_degrees(tmp_path: Path, crs: str) -> None:
    path = foreign(tmp_path / "a.gpkg", [shapely.Point(_in(crs, *ZHENGZHOU))], crs, name=["x"])
    found = read_layer(path, most=9)
    assert shapely.get_coordinates(found.shapes)[0] == pytest.approx(ZHENGZHOU, abs=1e-7)
    assert bool(found.notes) == (crs != "EPSG:4326")


def test_a_geojson_with_a_crs_member(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "x"},
        "geometry": {"type": "Point", "coordinates": _in("EPSG:3857", *ZHENGZHOU)},
    }
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    path.write_text(json.dumps(collection))
    assert _coordinates(path)[0] == pytest.approx(ZHENGZHOU, abs=1e-7)


@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
@pytest.mark.parametrize("declared", ["EPSG:4326", "EPSG:3857"])
def test_files_that_do_not_say_their_shift(tmp_path: Path, crs: Crs, declared: str) -> None:
    away = _in(declared, *from_wgs84(np.array([ZHENGZHOU]), crs)[0].tolist())
    path = foreign(tmp_path / "a.gpkg", [shapely.Point(away)], declared, name=["x"])
    assert _coordinates(path, crs)[0] == pytest.approx(ZHENGZHOU, abs=1e-7)
    assert abs(_coordinates(path)[0] - ZHENGZHOU).max() > 0.001


def test_a_shapefile_without_prj_is_taken_for_degrees(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.shp", [POINT], driver="ESRI Shapefile", form="Point", name=["x"])
    (tmp_path / "a.prj").unlink()
    found = read_layer(path, most=9)
    assert found.notes == ("states no coordinate system: taken for WGS-84 degrees",)
    assert (found.shapes[0].x, found.shapes[0].y) == (125.74, 42.28)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "GBK"])
@pytest.mark.parametrize("said", [True, False])
def test_chinese_in_shapefiles(tmp_path: Path, encoding: str, said: bool) -> None:
    path = foreign(
        tmp_path / "a.shp", [POINT], driver="ESRI Shapefile", form="Point", encoding=encoding,
        名称=["柳河县洪水区"],
    )  # fmt: skip
    if not said:
        (tmp_path / "a.cpg").unlink()
    assert read_layer(path, most=9).columns == {"名称": ["柳河县洪水区"]}


def test_kml_from_elsewhere_with_altitude(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Folder><name>一</name><Placemark><name>滑坡</name><ExtendedData>"
        '<Data name="kind"><value>landslide</value></Data></ExtendedData><Point><coordinates>'
        "125.74,42.28,431.5</coordinates></Point></Placemark></Folder><Folder><name>二</name>"
        "<Placemark><name>路</name><LineString><coordinates>125,42,1 125.1,42.1,2</coordinates>"
        "</LineString></Placemark></Folder></Document></kml>",
        encoding="utf-8",
    )
    found = read_layer(path, most=9)
    assert found.columns["Name"] == ["滑坡", "路"]
    assert found.columns["kind"] == ["landslide", None]
    assert [shape.has_z for shape in found.shapes] == [False, False]
    assert len(shapely.get_coordinates(found.shapes)) == 3


def test_layers_of_one_file_are_read_one_after_another(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.gpkg", [POINT], name=["x"])
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array([LINE, HOLED])), [np.array([1, 2])], ["other"],
        layer="second", driver="GPKG", geometry_type="Unknown", crs="EPSG:4326",
    )  # fmt: skip
    found = read_layer(path, most=9)
    assert found.columns == {"name": ["x", None, None], "other": [None, 1, 2]}
    assert [shape.geom_type for shape in found.shapes] == ["Point", "LineString", "Polygon"]


def test_features_without_shape_are_kept_for_the_report(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.gpkg", [None, POINT], name=["x", "y"])
    assert [shape is None for shape in read_layer(path, most=9).shapes] == [True, False]


def test_damaged_files(tmp_path: Path) -> None:
    whole = foreign(tmp_path / "a.gpkg", [HOLED] * 2_000, name=["柳河"] * 2_000).read_bytes()
    for length in (100, 5_000, len(whole) // 3, len(whole) - 5_000):
        path = tmp_path / "cut.gpkg"
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"cut\.gpkg"):
            read_layer(path, most=10_000)


@pytest.mark.parametrize("name", ["a.kml", "file", "a.gpkg.bak"])
def test_the_name_does_not_matter(tmp_path: Path, name: str) -> None:
    body = foreign(tmp_path / "a.gpkg", [POINT], name=["x"]).read_bytes()
    (tmp_path / name).write_bytes(body)
    assert read_layer(tmp_path / name, most=9).columns == {"name": ["x"]}


def test_limits(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.gpkg", [POINT] * 4, name=list("abcd"))
    with pytest.raises(BadInput, match="holds 4 features, at most 3 are read at once"):
        read_layer(path, most=3)
    nothing = tmp_path / "n.geojson"
    nothing.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(BadInput, match="holds no features"):
        read_layer(nothing, most=3)


@pytest.mark.parametrize("crs", [None, Crs.GCJ02])
def test_coordinates_that_are_no_numbers_are_left_to_the_rows(
    tmp_path: Path, crs: Crs | None
) -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkt("LINESTRING (125 nan, inf 42, 1e300 42)")
    path = foreign(tmp_path / "a.gpkg", [broken, POINT], "EPSG:3857", name=["x", "y"])
    found = read_layer(path, crs=crs, most=9)
    assert not np.isfinite(shapely.get_coordinates(found.shapes[0])).all()
    assert np.isfinite(shapely.get_coordinates(found.shapes[1])).all()
