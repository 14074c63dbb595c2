"""Coordinate systems at the edge: WGS-84 inside, GCJ-02 and BD-09 as sources and maps declare them.

Maps of the Chinese mainland are shifted by law: GCJ-02 (AMap, Tencent) by 300 to 700 m against
WGS-84, BD-09 (Baidu) by a further kilometre. The formulas are unpublished; these are the ones that
eviltransform (MIT, 2013) recovered and gcoord 1.0.7 (MIT) uses, equal to 1e-9 degrees.

Outside the mainland nothing is shifted, in BD-09 neither. `mainland.json` outlines it roughly (see
there): about 1 km exact at sea and along land borders, where 2 km of the other side count as
inside. A shifted point says where it came from except in a band of at most 700 m along the outline,
where both readings are possible and the shifted one is taken.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from enum import StrEnum
from importlib.resources import files
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (n, 2): lon, lat in degrees."""


class Crs(StrEnum):
    """The system a source's coordinates are in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


AXIS_M: Final = 6_378_245.0
ECCENTRICITY_2: Final = 0.006693421622965823
"""Krasovsky 1940, on which GCJ-02 is computed."""
BAIDU: Final = np.pi * 3000 / 180
EXACT_DEG: Final = 1e-11
"""A micrometre: where undoing a shift stops."""
ROUNDS: Final = 12


def to_wgs84(points: Points, crs: Crs) -> Points:
    """Return the points, shape (n, 2) in `crs`, as WGS-84; nan stays nan.

    Undoes the shift to a micrometre: the fixed point of `x = shifted - shift(x)`.
    """
    if crs is Crs.WGS84:
        return points
    shifted = _bd09 if crs is Crs.BD09 else _gcj02
    return _where_mainland(points, lambda some: _undone(shifted, some), judge_result=True)


def from_wgs84(points: Points, crs: Crs) -> Points:
    """Return the points, shape (n, 2) in WGS-84, as `crs` shows them; nan stays nan."""
    if crs is Crs.WGS84:
        return points
    return _where_mainland(points, _bd09 if crs is Crs.BD09 else _gcj02, judge_result=False)


def in_mainland(points: Points) -> NDArray[np.bool_]:
    """Return which WGS-84 points, shape (n, 2), lie where maps are shifted; nan does not."""
    return np.asarray(shapely.contains_xy(_mainland(), points[:, 0], points[:, 1]), dtype=bool)


def _where_mainland(
    points: Points, change: Callable[[Points], Points], *, judge_result: bool
) -> Points:
    """Apply `change` to the points in the mainland: as given, or as they become by it."""
    west, south, east, north = _mainland().bounds
    lon, lat = points[:, 0], points[:, 1]
    near = (west - 1 < lon) & (lon < east + 1) & (south - 1 < lat) & (lat < north + 1)
    changed = change(points[near])
    inside = in_mainland(changed if judge_result else points[near])
    result = points.astype(np.float64, copy=True)
    result[np.flatnonzero(near)[inside]] = changed[inside]
    return result


def _undone(shifted: Callable[[Points], Points], target: Points) -> Points:
    points = target
    for _ in range(ROUNDS):
        off = shifted(points) - target
        points = points - off
        if np.all(np.abs(off) < EXACT_DEG):
            break
    return points


def _gcj02(points: Points) -> Points:
    """Shift WGS-84 to GCJ-02, wherever the points are."""
    x, y = points[:, 0] - 105, points[:, 1] - 35
    wave = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    east_m = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east_m += (wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east_m += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north_m += (wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north_m += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    lat = np.radians(points[:, 1])
    curve = 1 - ECCENTRICITY_2 * np.sin(lat) ** 2
    meridian_m = AXIS_M * (1 - ECCENTRICITY_2) / curve**1.5
    parallel_m = AXIS_M / np.sqrt(curve) * np.cos(lat)
    shift: Points = np.stack(
        [np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)], axis=1
    )
    return points + shift


def _bd09(points: Points) -> Points:
    """Shift WGS-84 to BD-09, wherever the points are: Baidu turns and moves GCJ-02."""
    lon, lat = _gcj02(points).T
    away = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU)
    moved: Points = np.stack([away * np.cos(angle) + 0.0065, away * np.sin(angle) + 0.006], axis=1)
    return moved


@functools.cache
def _mainland() -> shapely.MultiPolygon:
    text = files("dispatch.geo").joinpath("mainland.json").read_text(encoding="utf-8")
    polygons = []
    for steps in json.loads(text)["polygons"]:
        outer, *holes = [np.cumsum(np.reshape(s, (-1, 2)), axis=0) / 1000 for s in steps]
        polygons.append(shapely.Polygon(outer, holes))
    outline = shapely.MultiPolygon(polygons)
    shapely.prepare(outline)
    return outline
