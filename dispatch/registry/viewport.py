"""Who lives in a part of the map: counts per cell, or coarse positions when zoomed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Integer, Select, cast, func, select

from dispatch.model import VolunteerStatus
from dispatch.registry.engine import reading
from dispatch.registry.tables import volunteer

PEOPLE_ZOOM: Final = 12
PEOPLE_MOST: Final = 2_000
CELL_PIXELS: Final = 64
CELL_LEAST_DEGREES: Final = 0.005
"""About 500 m: no count is finer than this."""
COARSE_PER_DEGREE: Final = 100
"""Positions of single people before they accept are those of cells of about a kilometre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of the map, degrees. `west` may exceed `east` across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


_V: Final = volunteer.c
_64: Final = 2**64 - 1
_LAT_SALT: Final = 2**40


def cells(engine: Engine, box: Box, zoom: float) -> list[dict[str, Any]]:
    """Return `{lon, lat, count, available}` per cell of about 64 pixels at that zoom."""
    size = max(CELL_LEAST_DEGREES, 360 / 2**zoom / 256 * CELL_PIXELS)
    x = cast(func.floor(_V.home_lon / size), Integer).label("x")
    y = cast(func.floor(_V.home_lat / size), Integer).label("y")
    query = _within(
        select(
            func.avg(_V.home_lon).label("lon"),
            func.avg(_V.home_lat).label("lat"),
            func.count().label("count"),
            func.sum(cast(_V.available, Integer)).label("available"),
        ),
        box,
    )
    with reading(engine) as connection:
        rows = connection.execute(query.group_by(x, y).order_by(x, y)).mappings()
        return [
            dict(row) | {"lon": round(row["lon"], 4), "lat": round(row["lat"], 4)} for row in rows
        ]


def people_in(engine: Engine, box: Box, most: int = PEOPLE_MOST) -> list[dict[str, Any]] | None:
    """Return everybody as `{id, lon, lat, available}`, coarse, by id; None if more than `most`.

    Each person's dot lies somewhere in the cell of their home, at a place made from their id: the
    dots of a cell do not hide each other, and tell no more than the cell.
    """
    query = _within(select(_V.id, _V.home_lon, _V.home_lat, _V.available), box)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(_V.id).limit(most + 1)).all()
    if len(rows) > most:
        return None
    return [
        {
            "id": row.id,
            "lon": _scattered(row.home_lon, row.id),
            "lat": _scattered(row.home_lat, row.id + _LAT_SALT),
            "available": row.available,
        }
        for row in rows
    ]


def _within(query: Select[Any], box: Box) -> Select[Any]:
    wraps = box.west > box.east
    either_side = (_V.home_lon >= box.west) | (_V.home_lon <= box.east)
    lon = either_side if wraps else _V.home_lon.between(box.west, box.east)
    return query.where(
        _V.status == VolunteerStatus.ACTIVE,
        _V.consent_dispatch,
        lon,
        _V.home_lat.between(box.south, box.north),
    )


def _scattered(degrees: float, key: int) -> float:
    cell = degrees * COARSE_PER_DEGREE // 1
    return round((cell + _mixed(key) / 2**64) / COARSE_PER_DEGREE, 5)


def _mixed(key: int) -> int:
    """A 64-bit hash without pattern in consecutive keys (splitmix64, Steele et al. 2014)."""
    key = (key + 0x9E3779B97F4A7C15) & _64
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9 & _64
    key = (key ^ key >> 27) * 0x94D049BB133111EB & _64
    return key ^ key >> 31
