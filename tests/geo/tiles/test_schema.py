"""What is drawn: layer, zoom level and properties by tags."""

from __future__ import annotations

import json
import re

import pytest

from dispatch.geo.tiles.schema import LAYERS, MAX_ZOOM, MIN_ZOOM, Shape, drawn, names
from dispatch.settings import ROOT


@pytest.mark.parametrize(
    ("tags", "shape", "layer", "zoom", "properties"),
    [
        ({"highway": "motorway", "name": "A 1"}, "line", "roads", 5,
         {"class": "motorway", "name": "A 1"}),
        ({"highway": "tertiary", "bridge": "yes"}, "line", "roads", 10,
         {"class": "tertiary", "bridge": 1}),
        ({"highway": "path", "tunnel": "no"}, "line", "roads", 13, {"class": "path"}),
        ({"railway": "rail"}, "line", "rails", 9, {"class": "rail"}),
        ({"railway": "rail", "service": "siding"}, "line", "rails", 13, {"class": "rail"}),
        ({"waterway": "river", "name": "Rhein"}, "line", "waterways", 8,
         {"class": "river", "name": "Rhein"}),
        ({"boundary": "administrative", "admin_level": "8"}, "line", "boundaries", 9,
         {"level": 8}),
        ({"building": "yes", "landuse": "residential"}, "area", "buildings", 13, {}),
        ({"natural": "water"}, "area", "water", 4, {}),
        ({"landuse": "reservoir", "name": "红石水库"}, "area", "water", 4, {"name": "红石水库"}),
        ({"landuse": "forest"}, "area", "landuse", 8, {"class": "wood"}),
        ({"leisure": "park"}, "area", "landuse", 8, {"class": "grass"}),
        ({"place": "town", "name": "柳河"}, "point", "places", 7,
         {"class": "town", "rank": 1, "name": "柳河"}),
    ],
)  # fmt: skip
def test_what_is_drawn(
    tags: dict[str, str], shape: Shape, layer: str, zoom: int, properties: dict[str, object]
) -> None:
    found = drawn(tags, shape)
    assert found is not None
    assert (found.layer, found.zoom, dict(found.properties)) == (layer, zoom, properties)
    assert layer in LAYERS
    assert MIN_ZOOM <= zoom <= MAX_ZOOM


@pytest.mark.parametrize(
    ("tags", "shape"),
    [
        ({"highway": "proposed"}, "line"),
        ({"highway": "motorway"}, "area"),
        ({"building": "no"}, "area"),
        ({"waterway": "drain", "tunnel": "culvert"}, "line"),
        ({"boundary": "administrative", "admin_level": "2"}, "line"),
        ({"boundary": "administrative"}, "line"),
        ({"boundary": "protected_area", "admin_level": "6"}, "line"),
        ({"place": "village"}, "point"),
        ({"place": "sea", "name": "Gelbes Meer"}, "point"),
        ({}, "area"),
    ],
)
def test_what_is_not(tags: dict[str, str], shape: Shape) -> None:
    assert drawn(tags, shape) is None


def test_a_second_name_is_kept_where_it_differs() -> None:
    tags = {"name": "Rhein", "name:zh": "莱茵河", "name:en": "Rhine", "name:de": "Rhein"}
    assert names(tags) == {"name": "Rhein", "name_zh": "莱茵河", "name_en": "Rhine"}
    assert names({"name": "柳河", "name:zh": "柳河"}) == {"name": "柳河"}
    assert names({"name:en": "Nowhere"}) == {"name_en": "Nowhere"}


def test_every_layer_is_documented_and_drawn() -> None:
    documented = (ROOT / "docs" / "reference" / "map.md").read_text()
    style = (ROOT / "web" / "src" / "map" / "style.ts").read_text()
    for layer in LAYERS:
        assert re.search(rf"\| `{layer}` \|", documented), layer
        assert json.dumps(layer) in style, layer
