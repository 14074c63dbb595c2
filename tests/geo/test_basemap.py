"""The basemap: every road drawn once, streets joined for their labels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.geo.basemap import road_features
from dispatch.geo.measure import crow_m
from dispatch.geo.roads import RoadGraph
from tests.geo.grids import at, grid


def named() -> RoadGraph:
    """Return a row of three links, the first two of them Long Street."""
    return replace(
        grid(4, 1),
        name=np.array([1, 1, 0], np.int32),
        road_class=np.array([1, 1, 0], np.uint8),
    )


def drawn_m(collection: dict[str, Any]) -> float:
    lines = [
        np.array(line)
        for feature in collection["features"]
        for line in feature["geometry"]["coordinates"]
    ]
    return sum(float(crow_m(*line[:-1].T, *line[1:].T).sum()) for line in lines)


def test_links_of_one_street_become_one_line() -> None:
    features = road_features(named())["features"]
    properties = [feature["properties"] for feature in features]
    assert properties == [{"class": "primary"}, {"class": "residential", "name": "Long Street"}]
    (street,) = features[1]["geometry"]["coordinates"]
    ends = sorted([street[0], street[-1]])
    np.testing.assert_allclose(ends, [at((0, 0)), at((2, 0))])


def test_everything_is_drawn_once() -> None:
    roads = grid(6, 4)
    assert drawn_m(road_features(roads)) == pytest.approx(float(roads.length_m.sum()), rel=1e-3)


def test_waterways_are_no_roads() -> None:
    wet = replace(named(), classes=("primary", "waterway"))
    (dry,) = road_features(wet)["features"]
    assert dry["properties"] == {"class": "primary"}


def test_it_is_plain_geojson() -> None:
    text = json.dumps(road_features(named()))
    assert json.loads(text)["type"] == "FeatureCollection"
    assert "MultiLineString" in text
