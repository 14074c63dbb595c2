"""Cut a box out of an OpenStreetMap extract: how `vaduz.osm.pbf` was made. See README.md.

    python tests/data/cut.py FILE.osm.pbf OUT.osm.pbf WEST,SOUTH,EAST,NORTH

Ways with a node in the box stay whole, multipolygons of such ways too while they are small. Who
edited what, and when, is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import osmium

MOST_MEMBERS = 12


def cut(source: Path, target: Path, box: tuple[float, float, float, float]) -> None:
    """Write what `source` holds within `box` (degrees) to `target`, ids kept."""
    kept = _kept(source, box)
    header = osmium.io.Header()
    header.set("generator", "tests/data/cut.py")
    stamp = osmium.io.Reader(source).header().get("osmosis_replication_timestamp")
    header.set("osmosis_replication_timestamp", stamp)
    header.add_box(osmium.osm.Box(osmium.osm.Location(*box[:2]), osmium.osm.Location(*box[2:])))
    file = osmium.io.File(target, "pbf,add_metadata=false")
    with osmium.SimpleWriter(file, header=header, overwrite=True) as writer:
        for item in osmium.FileProcessor(source).with_filter(kept.id_filter()):
            writer.add(item)


def _kept(source: Path, box: tuple[float, float, float, float]) -> osmium.IdTracker:
    west, south, east, north = box
    kept = osmium.IdTracker()
    inside: set[int] = set()
    ways: set[int] = set()
    for item in osmium.FileProcessor(source):
        if item.is_node():
            if west <= item.lon <= east and south <= item.lat <= north:
                inside.add(item.id)
                if len(item.tags):
                    kept.add_node(item.id)
        elif item.is_way():
            if any(node.ref in inside for node in item.nodes):
                ways.add(item.id)
                kept.add_way(item.id)
        elif item.tags.get("type") == "multipolygon" and len(item.members) <= MOST_MEMBERS:
            parts = {member.ref for member in item.members if member.type == "w"}
            if parts & ways:
                kept.add_relation(item.id)
    kept.complete_backward_references(source, relation_depth=1)
    return kept


if __name__ == "__main__":
    west, south, east, north = (float(part) for part in sys.argv[3].split(","))
    cut(Path(sys.argv[1]), Path(sys.argv[2]), (west, south, east, north))
