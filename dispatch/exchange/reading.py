"""Reading vector files: whatever their coordinate system, as WGS-84 degrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely
from pyogrio import errors as gdal

from dispatch.errors import BadInput
from dispatch.exchange.layer import WGS_84, Format, Layer, Shapes
from dispatch.exchange.sources import kind_of, opened
from dispatch.geo.crs import Crs, to_wgs84

_DAMAGED: Final = (
    gdal.DataSourceError,
    gdal.DataLayerError,
    gdal.FeatureError,
    gdal.FieldError,
    gdal.GeometryError,
    shapely.errors.GEOSException,
    UnicodeDecodeError,
)


def read_layer(path: Path, *, crs: Crs | None = None, most: int) -> Layer:
    """Return all features of a file, whatever its name, converted to WGS-84 degrees.

    Args:
        crs: what the coordinates are in truth once they are degrees, where a file does not say
            it or says it wrongly: maps of the Chinese mainland are shifted.
        most: features that may be in it.

    Raises:
        BadInput: it cannot be read, is none of the formats, is damaged, or is too large.
    """
    kind = kind_of(path)
    # Coordinates that are no numbers are told row by row, not as a warning of the arithmetic.
    with opened(path, kind) as sources, np.errstate(invalid="ignore", over="ignore"):
        parts = [part for source in sources for part in _layers(path, source, kind, most)]
    if not parts or not sum(map(len, parts)):
        raise BadInput(f"{path.name} holds no features")
    if sum(map(len, parts)) > most:
        raise _too_many(path, sum(map(len, parts)), most)
    layer = _joined(parts)
    if crs is None:
        return layer
    with np.errstate(invalid="ignore", over="ignore"):
        return Layer(layer.name, layer.columns, _unshifted(layer.shapes, crs), layer.notes)


def _layers(path: Path, source: Path, kind: Format | None, most: int) -> Iterator[Layer]:
    """The layers of a source that have shapes."""
    shapefile = kind in (None, Format.SHAPEFILE)
    encoding = _encoding(source) if shapefile else None
    try:
        for name, form in pyogrio.list_layers(source):
            if form is None:
                continue
            count = pyogrio.read_info(source, layer=name)["features"]
            if count > most:
                raise _too_many(path, count, most)
            meta, _, wkb, values = pyogrio.raw.read(
                source, layer=name, force_2d=True, datetime_as_string=True, encoding=encoding
            )
            columns = dict(zip(meta["fields"].tolist(), (v.tolist() for v in values), strict=True))
            title = path.stem if shapefile else str(name)
            yield _in_degrees(path, title, columns, wkb, meta["crs"])
    except _DAMAGED as error:
        raise BadInput(f"{path.name} is damaged: {' '.join(str(error).split())[:300]}") from None


def _encoding(source: Path) -> str | None:
    """Return the encoding of a shapefile's texts where it has no file that says it."""
    if source.with_suffix(".cpg").exists() or not source.with_suffix(".dbf").exists():
        return None
    try:
        source.with_suffix(".dbf").read_bytes()[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _in_degrees(
    path: Path, name: str, columns: dict[str, list[Any]], wkb: Any, crs: str | None
) -> Layer:
    shapes: Shapes = shapely.from_wkb(wkb)
    if crs is None:
        note = "states no coordinate system: taken for WGS-84 degrees"
        return Layer(name, columns, shapes, (note,))
    try:
        system = pyproj.CRS.from_user_input(crs)
        if system.equals(pyproj.CRS.from_epsg(4326), ignore_axis_order=True):
            return Layer(name, columns, shapes)
        # Without the network PROJ takes the best way it knows; in China that is centimetres.
        change = pyproj.Transformer.from_crs(system, WGS_84, always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise BadInput(f"{path.name}: its coordinate system is not known: {error}") from None
    moved = shapely.transform(shapes, lambda at: np.stack(change.transform(*at.T), axis=1))
    return Layer(name, columns, moved, (f"converted from {system.name}",))


def _unshifted(shapes: Shapes, crs: Crs) -> Shapes:
    moved: Shapes = shapely.transform(shapes, lambda points: to_wgs84(points, crs))
    return moved


def _joined(parts: Sequence[Layer]) -> Layer:
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {
        name: [v for part in parts for v in part.columns.get(name, [None] * len(part))]
        for name in names
    }
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Layer(parts[0].name, columns, np.concatenate([part.shapes for part in parts]), notes)


def _too_many(path: Path, count: int, most: int) -> BadInput:
    return BadInput(f"{path.name} holds {count:,} features, at most {most:,} are read at once")
