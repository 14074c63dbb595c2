"""GeoJSON (RFC 7946) as far as needs use it: Points in a FeatureCollection."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dispatch.errors import BadInput
from dispatch.model import Site

WGS_84: Final = re.compile(r"CRS:?84$|EPSG:+4326$")
"""Names of the only coordinate system a file may declare."""
FAR: Final = 1e9
"""Beyond it, numbers are no coordinates of any system."""


def read_features(path: Path) -> Sequence[Any]:
    """Return the features of a FeatureCollection in WGS-84 degrees, each as it stands there.

    Raises:
        BadInput: the file cannot be read, is no such collection, or holds no features.
    """
    found = _json(path)
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise BadInput(f"{path} is not a GeoJSON FeatureCollection")
    crs = found.get("crs")
    if crs is not None:
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = properties.get("name") if isinstance(properties, dict) else crs
        if not WGS_84.search(str(name)):
            raise BadInput(
                f"{path} crs: is {str(name)[:80]}, expected WGS-84 degrees (CRS84, EPSG:4326)"
            )
    features = found.get("features")
    if not isinstance(features, list) or not features:
        raise BadInput(f"{path} features: expected a list of at least one feature")
    return features


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_once)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}:{error.lineno} column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not sound JSON: {error}") from None


class _Twice(ValueError):
    """A name that comes twice in one JSON object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twice(f"{twice!r} comes twice in one object")
    return found


def site_of(place: str, geometry: Any) -> Site:
    """Return where a Point lies; `place` names the feature in messages.

    Raises:
        BadInput: it is no Point, or its coordinates are no longitude and latitude.
    """
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise BadInput(f"{place} geometry: is {kind}, expected a Point")
    at = geometry.get("coordinates")
    if not isinstance(at, list) or not 2 <= len(at) <= 3 or not all(map(_is_degrees, at[:2])):
        raise BadInput(f"{place} coordinates: expected [lon, lat] in degrees, not {str(at)[:80]}")
    lon, lat = float(at[0]), float(at[1])
    if lon == 0 and lat == 0:
        raise BadInput(f"{place} coordinates: 0, 0 is a missing position, not a site")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        swapped = "; are they swapped?" if -90 <= lon <= 90 and -180 <= lat <= 180 else ""
        raise BadInput(
            f"{place} coordinates: [{lon}, {lat}] is out of range, "
            f"expected lon -180..180, lat -90..90{swapped}"
        )
    return Site(lon=lon, lat=lat)


def _is_degrees(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < FAR  # which nan is not
