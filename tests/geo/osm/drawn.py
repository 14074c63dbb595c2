"""Tiny OpenStreetMap files, drawn on a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

from dispatch.geo.osm.area import Area
from dispatch.geo.osm.build import Request, import_roads
from dispatch.geo.osm.report import Report
from dispatch.geo.roads import RoadGraph

LON, LAT = 116.0, 40.0
STEP = 0.001
"""Degrees between neighbouring nodes: 85 m east, 111 m north."""

STREET = {"highway": "residential"}
Drawn = tuple[Sequence[int], Mapping[str, str]]
"""A way: the nodes it runs over, and its tags. Node n lies n % 10 steps east, n // 10 north."""


def place(node: int) -> tuple[float, float]:
    """Return lon, lat of a node."""
    return round(LON + node % 10 * STEP, 6), round(LAT + node // 10 * STEP, 6)


def draw(
    path: Path,
    ways: Sequence[Drawn],
    nodes: Mapping[int, Mapping[str, str]] | None = None,
    missing: Sequence[int] = (),
) -> Path:
    """Write the ways, and the tags of some nodes, to `path`; leave out the `missing` nodes.

    Ways are numbered from 100, nodes from 1.
    """
    tags = nodes or {}
    used = sorted({node for way in ways for node in way[0]} | set(tags))
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-05-01T00:00:00Z")
    with osmium.SimpleWriter(path, header=header, overwrite=True) as writer:
        for node in (node for node in used if node not in missing):
            writer.add_node(Node(id=node + 1, location=place(node), tags=dict(tags.get(node, {}))))
        for number, (run, said) in enumerate(ways):
            writer.add_way(Way(id=100 + number, nodes=[node + 1 for node in run], tags=dict(said)))
    return path


def imported(
    folder: Path,
    ways: Sequence[Drawn],
    nodes: Mapping[int, Mapping[str, str]] | None = None,
    *,
    area: Area | None = None,
    country: str = "default",
    missing: Sequence[int] = (),
) -> tuple[RoadGraph, Report]:
    """Return what becomes of the drawn ways."""
    file = draw(folder / "drawn.osm.pbf", ways, nodes, missing)
    out = folder / "roads"
    report = import_roads(
        Request(file=file, out=out, area=area or Area(), name="drawn", country=country),
        lambda text: None,
    )
    return RoadGraph.load(out), report


def graph_of(
    folder: Path, ways: Sequence[Drawn], nodes: Mapping[int, Mapping[str, str]] | None = None
) -> RoadGraph:
    """Return the graph of the drawn ways."""
    return imported(folder, ways, nodes)[0]


def nodes_of(roads: RoadGraph) -> list[int]:
    """Return the node at which each vertex lies."""
    spots = {place(node): node for node in range(100)}
    return [spots[(round(lon, 6), round(lat, 6))] for lon, lat in roads.places.tolist()]


def ends(roads: RoadGraph) -> list[tuple[int, int]]:
    """Return the links as pairs of nodes, in drawing order."""
    number = nodes_of(roads)
    return [(number[tail], number[head]) for tail, head in zip(roads.tail, roads.head, strict=True)]
