"""Files as other programs write them, and layers for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from dispatch.exchange.layer import Layer, Shapes

HOLED = shapely.Polygon(
    [(125.0, 42.0), (125.4, 42.0), (125.4, 42.4), (125.0, 42.4)],
    [[(125.1, 42.1), (125.2, 42.1), (125.2, 42.2), (125.1, 42.2)]],
)
TWO = shapely.MultiPolygon([HOLED, shapely.box(126, 42, 126.1, 42.1)])
BOWTIE = shapely.Polygon([(125, 42), (125.2, 42.2), (125.2, 42), (125, 42.2)])
LINE = shapely.LineString([(125.0, 42.0), (125.1, 42.1), (125.3, 42.1)])
POINT = shapely.Point(125.74, 42.28)


def shapes(*found: shapely.Geometry | None) -> Shapes:
    column: Shapes = np.empty(len(found), dtype=object)
    column[:] = found
    return column


def layer(rows: Sequence[Mapping[str, Any]], *found: shapely.Geometry | None) -> Layer:
    """A layer as `read_layer` returns it; the first row names the columns."""
    columns = {name: [row.get(name) for row in rows] for name in rows[0]} if rows else {}
    return Layer("test", columns, shapes(*found))


def foreign(
    path: Path, found: Sequence[shapely.Geometry | None], crs: str = "EPSG:4326",
    driver: str = "GPKG", form: str = "Unknown", encoding: str | None = None, **columns: Any
) -> Path:  # fmt: skip
    """Write a file without our own writer."""
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes(*found)),
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        driver=driver,
        geometry_type=form,
        crs=crs,
        encoding=encoding,
    )
    return path
