"""Regions and stations on the commander's map."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
import shapely
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Engine

from dispatch.api.services import services
from dispatch.api.session import Commander
from dispatch.geo.regions import RegionIndex
from dispatch.registry import catalogue, places

router = APIRouter(prefix="/api/command")

DRAWN_DEG: Final = 0.001
"""About 100 m: what a line on the map needs."""


@router.get("/regions.geojson")
async def boundaries(request: Request, actor: Commander) -> Response:
    """The imported boundaries, simplified for the map: GeoJSON, always gzipped."""
    s = services(request)
    body = await asyncio.to_thread(_collection, s.engine, s.place.index)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/geo+json", headers=headers)


@router.get("/region")
async def region(
    request: Request,
    actor: Commander,
    lon: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
) -> dict[str, Any]:
    """The region of a place, by the imported boundaries; null outside all of them."""
    return {"code": services(request).place.index.at(lon, lat)}


@router.get("/stations")
async def stations(request: Request, actor: Commander) -> dict[str, Any]:
    """All stations, by code."""
    found = await asyncio.to_thread(places.stations, services(request).engine)
    return {"stations": [_station(one) for one in found]}


def _station(station: places.Station) -> dict[str, Any]:
    row = asdict(station)
    return row | {"names": {"zh": row.pop("name_zh"), "en": row.pop("name_en")}}


@lru_cache(maxsize=1)
def _collection(engine: Engine, index: RegionIndex) -> bytes:
    known = {one.code: one for one in catalogue.regions(engine)}
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {
                "code": code,
                "parent": known[code].parent,
                "level": known[code].level,
                "names": {"zh": known[code].name_zh, "en": known[code].name_en},
            },
            "geometry": msgspec.Raw(
                shapely.to_geojson(shapely.set_precision(shape, 1e-5)).encode()
            ),
        }
        for code, shape in index.simplified(DRAWN_DEG).items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return gzip.compress(msgspec.json.encode(collection), 6, mtime=0)
