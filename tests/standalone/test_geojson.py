"""Points out of a file, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatch.errors import BadInput
from dispatch.model import Site
from dispatch.standalone.geojson import read_features, site_of
from tests.standalone.test_needs import feature, written

NAN = float("nan")


def point(*coordinates: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


def test_a_point_with_and_without_height() -> None:
    assert site_of("here", point(-71.26, -29.9)) == Site(lon=-71.26, lat=-29.9)
    assert site_of("here", point(180, -90, 1_200.5)) == Site(lon=180, lat=-90)


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        (point(125.0), r"coordinates: expected \[lon, lat\] in degrees, not \[125.0\]"),
        (point("a", 2), r"coordinates: expected \[lon, lat\]"),
        (point(NAN, 2), r"coordinates: expected \[lon, lat\]"),
        (point(10**400, 2), r"coordinates: expected \[lon, lat\]"),
        (point(True, 2), r"coordinates: expected \[lon, lat\]"),
        (point(1, 2, 3, 4), r"coordinates: expected \[lon, lat\]"),
        (point(42.28, 125.74), "coordinates: .*out of range.*are they swapped"),
        (point(200, 95), r"coordinates: .*out of range, expected lon -180..180, lat -90..90$"),
        (point(0, 0), "coordinates: 0, 0 is a missing position"),
        ({"type": "Point"}, r"coordinates: expected \[lon, lat\] in degrees, not None"),
        ({"type": "Polygon"}, "geometry: is Polygon, expected a Point"),
        (None, "geometry: is None, expected a Point"),
    ],
)
def test_a_wrong_geometry_is_named(geometry: Any, says: str) -> None:
    with pytest.raises(BadInput, match=rf"^here {says}"):
        site_of("here", geometry)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1", "needs.geojson:1 column 3"),
        ("[]", "is not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection"}', "features: expected a list"),
        ('{"type": "FeatureCollection", "features": []}', "features: .* at least one feature"),
        ('{"type": "x", "type": "x"}', "'type' comes twice in one object"),
        ("[" * 100_000, "is not sound JSON"),
        ("9" * 5_000, "is not sound JSON"),
    ],
)
def test_a_file_that_is_no_collection(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "needs.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        read_features(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*none"):
        read_features(tmp_path / "none")
    path = tmp_path / "latin.geojson"
    path.write_bytes('{"a": "é"}'.encode("latin-1"))
    with pytest.raises(BadInput, match="is not sound JSON"):
        read_features(path)


def test_only_wgs_84(tmp_path: Path) -> None:
    def crs(name: str) -> dict[str, Any]:
        return {"type": "name", "properties": {"name": name}}

    assert read_features(written(tmp_path, feature(), crs=crs("urn:ogc:def:crs:OGC:1.3:CRS84")))
    assert read_features(written(tmp_path, feature(), crs=crs("urn:ogc:def:crs:EPSG::4326")))
    with pytest.raises(BadInput, match=r"crs: is .*3857, expected WGS-84"):
        read_features(written(tmp_path, feature(), crs=crs("urn:ogc:def:crs:EPSG::3857")))
