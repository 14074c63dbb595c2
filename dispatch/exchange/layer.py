"""What all files are here: features in order, with columns and shapes, and the four formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry as Shape

from dispatch.errors import BadInput

WGS_84: Final = "EPSG:4326"

__all__ = ["WGS_84", "Columns", "Format", "Layer", "Shape", "Shapes", "format_of", "points"]

Columns = Mapping[str, Sequence[Any]]
Shapes = NDArray[np.object_]


class Format(StrEnum):
    """The formats, by the end of their files' names."""

    GPKG = "gpkg"
    GEOJSON = "geojson"
    SHAPEFILE = "shp.zip"
    KML = "kml"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Features in order: `columns` of equal length, `shapes` in WGS-84 degrees (None for none).

    `notes` say what was taken for granted on the way.
    """

    name: str
    columns: Columns
    shapes: Shapes
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.shapes)


def format_of(name: str) -> Format:
    """Return the format that a file's name asks for.

    Raises:
        BadInput: none of the four.
    """
    for one in Format:
        if name.lower().endswith(f".{one}"):
            return one
    raise BadInput(f"{name}: expected a name that ends in .{', .'.join(Format)}")


def points(at: Sequence[tuple[float, float]]) -> Shapes:
    """Return points as shapes, of lon and lat in degrees."""
    shapes: Shapes = np.empty(len(at), dtype=object)
    shapes[:] = [shapely.Point(lon, lat) for lon, lat in at]
    return shapes
