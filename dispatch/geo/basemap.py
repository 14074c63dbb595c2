"""The roads as map features: a basemap that needs no tile server and no network."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from dispatch.geo.roads import WATERWAY, RoadGraph

DECIMALS = 5
"""A metre: half a pixel at zoom 16, and a third less to send than the stored precision."""


def road_features(graph: RoadGraph) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection with `properties {class, name?}`, ready for JSON.

    Links of one class and name are joined end to end into one feature, so that a street is
    labelled once and not at every junction. Waterways are no roads. The same graph gives the same
    features.
    """
    ashore = np.array([name != WATERWAY for name in graph.classes])
    links = np.flatnonzero(ashore[graph.road_class])
    order = links[np.lexsort((graph.name[links], graph.road_class[links]))]
    group = np.stack([graph.road_class[order], graph.name[order]], axis=1)
    first = np.flatnonzero(np.any(np.diff(group, axis=0, prepend=-1) != 0, axis=1))
    features = [_feature(graph, links) for links in np.split(order, first[1:])]
    return {"type": "FeatureCollection", "features": features}


def _feature(graph: RoadGraph, links: np.ndarray[Any, np.dtype[np.intp]]) -> dict[str, Any]:
    properties = {"class": graph.classes[graph.road_class[links[0]]]}
    name = graph.names[graph.name[links[0]]]
    if name:
        properties["name"] = name
    merged = shapely.line_merge(shapely.multilinestrings(graph.lines[links]))
    lines = [
        np.round(shapely.get_coordinates(part), DECIMALS).tolist()
        for part in shapely.get_parts(merged)
    ]
    geometry = {"type": "MultiLineString", "coordinates": lines}
    return {"type": "Feature", "properties": properties, "geometry": geometry}
