"""Boxes and boundaries: understood, repaired, or refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.osm import area as areas
from dispatch.geo.osm.area import Area, area_of_boundary, area_of_box

SQUARE = [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]
BOW_TIE = [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]
PLACES = np.array([[1.0, 0.5], [1.0, 1.9], [3.0, 1.0], [0.1, 1.0]])


def written(path: Path, found: Any) -> Path:
    path = path / "area.geojson"
    path.write_text(json.dumps(found))
    return path


def polygon(corners: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": corners}


def feature(geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": geometry}


def test_the_whole_world_holds_everything() -> None:
    assert Area().holds(PLACES).all()


def test_a_box_holds_what_lies_within() -> None:
    assert area_of_box("0, 0, 1, 1.9").holds(PLACES).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3", "expected WEST,SOUTH,EAST,NORTH"),
        ("a,b,c,d", "expected WEST,SOUTH,EAST,NORTH"),
        ("nan,0,1,1", "a longitude is not within"),
        ("190,0,191,1", "a longitude is not within"),
        ("3,0,1,1", "west must be less than east"),
        ("0,1,1,1", "south less than north"),
        (
            "39,116,40,117",
            "a latitude is not within -90 to 90; longitude and latitude seem swapped",
        ),
        ("116,139,117,140", "a latitude is not within -90 to 90; the order is"),
    ],
)
def test_a_wrong_box_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        area_of_box(text)


@pytest.mark.parametrize(
    "found",
    [
        polygon(SQUARE),
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
        feature(polygon(SQUARE)),
        {"type": "FeatureCollection", "features": [feature(polygon(SQUARE))] * 2},
    ],
)
def test_polygons_in_any_wrapping(found: Any, tmp_path: Path) -> None:
    area = area_of_boundary(written(tmp_path, found))
    assert area.holds(PLACES).tolist() == [True, True, False, True]
    assert area.box == (0, 0, 2, 2)
    assert not area.repaired


def test_an_outline_that_crosses_itself_is_mended(tmp_path: Path) -> None:
    area = area_of_boundary(written(tmp_path, polygon(BOW_TIE)))
    assert area.repaired
    # The tie is open above and below its knot.
    assert area.holds(PLACES).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([1, 2], "not GeoJSON"),
        ({"type": "FeatureCollection"}, "not GeoJSON"),
        ({"type": "FeatureCollection", "features": []}, "holds no polygon"),
        (feature(None), "expected polygons, found no geometry"),
        ({"type": "Point", "coordinates": [1, 2]}, "expected polygons, found Point"),
        (polygon([[[0, 0], [1, 1]]]), "area.geojson"),
        (polygon([[["a", "b"]] * 4]), "area.geojson"),
        (polygon([[[0, 0], [1, 1], [2, 2], [0, 0]]]), "no area"),
        (polygon([[[0, 0], [500, 0], [500, 5], [0, 0]]]), "are not lon, lat in degrees"),
    ],
)
def test_a_wrong_boundary_is_refused(found: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        area_of_boundary(written(tmp_path, found))


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    with pytest.raises(BadInput, match="No such file"):
        area_of_boundary(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(BadInput, match="not GeoJSON"):
        area_of_boundary(path)


def test_too_many_corners_are_refused_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(areas, "MAX_CORNERS", 4)
    with pytest.raises(BadInput, match="has 5 corners, more than the limit of 4"):
        area_of_boundary(written(tmp_path, polygon(SQUARE)))
