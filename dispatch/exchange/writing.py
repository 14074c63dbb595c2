"""Writing vector files, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from dispatch.errors import BadInput
from dispatch.exchange.layer import WGS_84, Format, Layer

TEXT_BYTES: Final = 254

_DRIVERS: Final = {
    Format.GPKG: "GPKG",
    Format.GEOJSON: "GeoJSON",
    Format.SHAPEFILE: "ESRI Shapefile",
    Format.KML: "LIBKML",
}


def write_layer(path: Path, layer: Layer, kind: Format) -> None:
    """Write the features to a file, in place of one that is there, whole or not at all.

    Raises:
        BadInput: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="dispatch-") as folder:
            made = _shapefiles if kind is Format.SHAPEFILE else _one_file
            shutil.copyfile(made(Path(folder), layer, kind), part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"cannot write {path}: {error.strerror}") from None


def _one_file(folder: Path, layer: Layer, kind: Format) -> Path:
    path = folder / f"layer.{kind}"
    _write(path, layer, kind, "Unknown", layer.columns)
    return path


_FAMILIES: Final = {
    "point": ("MultiPoint", (0, 4)),
    "line": ("MultiLineString", (1, 5)),
    "area": ("MultiPolygon", (3, 6)),
}


def _shapefiles(folder: Path, layer: Layer, kind: Format) -> Path:
    """A shapefile holds one sort of shape, so there is one for each; its names have ten letters
    and its texts TEXT_BYTES."""
    types = shapely.get_type_id(layer.shapes)
    columns = {name[:10]: list(map(_short, of)) for name, of in layer.columns.items()}
    for family, (form, ids) in _FAMILIES.items():
        rows = np.flatnonzero(np.isin(types, ids)).tolist()
        if not len(rows) and not (family == "point" and not len(layer)):
            continue
        single = not np.isin(types[rows], ids[1]).any()
        some = {name: [values[row] for row in rows] for name, values in columns.items()}
        part = Layer(layer.name, some, layer.shapes[rows])
        path = folder / f"{layer.name}_{family}.shp"
        _write(path, part, kind, form.removeprefix("Multi") if single else form, some)
    packed = folder / "packed.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.glob(f"{layer.name}_*")):
            archive.write(one, one.name)
    return packed


def _short(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.encode()[:TEXT_BYTES].decode(errors="ignore")


def _write(
    path: Path, layer: Layer, kind: Format, form: str, columns: Mapping[str, Sequence[Any]]
) -> None:
    shapes = layer.shapes
    if form.startswith("Multi"):
        shapes = np.array([_multi(shape) for shape in shapes], dtype=object)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        [_column(values) for values in columns.values()],
        list(columns),
        layer=layer.name,
        driver=_DRIVERS[kind],
        geometry_type=form,
        crs=WGS_84,
        encoding="UTF-8" if kind is Format.SHAPEFILE else None,
    )


_MANY: Final[Mapping[int, Callable[[Sequence[Any]], shapely.Geometry]]] = {
    0: shapely.multipoints,
    1: shapely.multilinestrings,
    3: shapely.multipolygons,
}


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    make = _MANY.get(int(shapely.get_type_id(shape)))
    return make([shape]) if make else shape


def _column(values: Sequence[Any]) -> NDArray[Any]:
    """Numbers and flags where all are; otherwise text, None for nothing."""
    for kind, dtype in ((bool, np.bool_), (int, np.int64), (float, np.float64)):
        if values and all(type(v) is kind for v in values):
            return np.array(values, dtype=dtype)
    return np.array([None if v is None else str(v) for v in values], dtype=object)
