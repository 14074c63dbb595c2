"""The roads that hazards close or slow, as map features: what a plan really reckons with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from dispatch.geo.basemap import DECIMALS
from dispatch.geo.hazards import Hazards, Rows
from dispatch.geo.roads import RoadGraph
from dispatch.model import Zone


def closure_features(graph: RoadGraph, hazards: Hazards, zones: Sequence[Zone]) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection, one feature per zone that touches roads.

    `properties {zone, blocks, pace}`; lines run from junction to junction, since that is what is
    closed, also where a zone covers only part of it.

    Raises:
        BadInput: a zone has a `zone_problem`.
    """
    touched = ((zone, hazards.links(zone)) for zone in zones)
    features = [_feature(graph, zone, links) for zone, links in touched if links.size]
    return {"type": "FeatureCollection", "features": features}


def _feature(graph: RoadGraph, zone: Zone, links: Rows) -> dict[str, Any]:
    lines = [
        np.round(shapely.get_coordinates(line), DECIMALS).tolist() for line in graph.lines[links]
    ]
    return {
        "type": "Feature",
        "properties": {"zone": zone.id, "blocks": list(zone.blocks), "pace": zone.pace},
        "geometry": {"type": "MultiLineString", "coordinates": lines},
    }
