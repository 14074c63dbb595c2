"""Stations in files: kept in the registry as they are stated, by code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from dispatch.exchange.layer import Columns, Layer, points
from dispatch.exchange.rows import Aliases, Code, Feature, Read, Refused, each, features
from dispatch.exchange.shapes import Reach, checked, place_of
from dispatch.model import RegionCode
from dispatch.regions import plain_code
from dispatch.registry.places import Station

MOST: Final = 20_000
MOST_CORNERS: Final = 1

ALIASES: Final[Aliases] = {
    "code": ("code", "编号", "站点编号", "代码", "id"),
    "name_zh": ("name_zh", "名称", "站点名称", "name"),
    "name_en": (
        "name_en",
        "英文名称",
    ),
    "region": ("region", "区划代码", "行政区划", "行政区划代码"),
    "functions": ("functions", "功能", "站点功能"),
}

RegionAt = Callable[[float, float], RegionCode | None]
"""The region of a place, lon and lat in degrees."""


def read_stations(
    layer: Layer, reach: Reach | None, regions: Collection[RegionCode], region_at: RegionAt
) -> Read:
    """Return each station, by row, and what is told of each. A code that comes twice is refused
    the second time; without a region a station gets that of its place."""
    seen: set[str] = set()

    def make(feature: Feature) -> Station:
        station = _station(feature, reach, regions, region_at)
        if station.code in seen:
            raise Refused(Code.TWICE, "code", f"code {station.code} comes twice in this file")
        seen.add(station.code)
        return station

    return each(features(layer, ALIASES), make, "name_zh")


def station_layer(stations: Iterable[Station], *, exercise: bool) -> Layer:
    """Return stations as points, by code."""
    rows = sorted(stations, key=lambda station: station.code)
    columns: Columns = {
        "code": [one.code for one in rows],
        "name_zh": [one.name_zh for one in rows],
        "name_en": [one.name_en for one in rows],
        "region": [one.region for one in rows],
        "functions": [one.functions or None for one in rows],
        "exercise": [exercise] * len(rows),
    }
    at = [(one.lon, one.lat) for one in rows]
    return Layer("stations", columns, points(at))


def _station(
    feature: Feature,
    reach: Reach | None,
    regions: Collection[RegionCode],
    region_at: RegionAt,
) -> Station:
    lon, lat = place_of(checked(feature, MOST_CORNERS, reach))
    name = feature.text("name_zh", "") or feature.text("name_en", "")
    if not name:
        raise Refused(Code.MISSING, "name_zh", "name_zh is missing")
    return Station(
        code=feature.text("code", most=64),
        name_zh=name,
        name_en=feature.text("name_en", name),
        region=_region(feature, regions, region_at(lon, lat)),
        lon=lon,
        lat=lat,
        functions=feature.text("functions", "", 500),
    )


def _region(
    feature: Feature, known: Collection[RegionCode], found: RegionCode | None
) -> RegionCode | None:
    said = feature.text("region", "", 64)
    if not said:
        return found
    code = next((one for one in (RegionCode(said), plain_code(said)) if one in known), None)
    if code is None:
        raise Refused(Code.UNKNOWN_REGION, "region", f"region {said} is not in the registry")
    return code
