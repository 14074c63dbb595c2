"""What the map shows as closed is what the router takes as closed."""

from __future__ import annotations

import json
from dataclasses import replace

from dispatch.geo.closures import closure_features
from dispatch.geo.hazards import Hazards
from dispatch.model import TravelMode
from tests.geo.grids import at, box, grid


def test_one_feature_per_zone_with_every_road_it_touches() -> None:
    graph = grid(4, 4)
    # Over the street from (1, 1) to (2, 1) only.
    small = box(1.2, 0.9, 1.8, 1.1, blocks=[TravelMode.CAR], name="small")
    nowhere = box(1.2, 1.2, 1.8, 1.8, name="nowhere")
    found = closure_features(graph, Hazards(graph), [small, nowhere])
    (feature,) = json.loads(json.dumps(found))["features"]
    assert feature["properties"] == {"zone": "small", "blocks": ["car"], "pace": 1.0}
    (line,) = feature["geometry"]["coordinates"]
    assert sorted(map(tuple, line)) == [at((1, 1)), at((2, 1))]


def test_slowed_roads_say_how_much() -> None:
    graph = grid(3, 3)
    slow = replace(box(-1, -1, 3, 3, blocks=[]), pace=0.5)
    (feature,) = closure_features(graph, Hazards(graph), [slow])["features"]
    assert feature["properties"]["pace"] == 0.5
    assert len(feature["geometry"]["coordinates"]) == len(graph.tail)
