"""The map: roads and tile files as the screens read them, and links to navigation apps."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from dispatch.api.services import services
from dispatch.api.session import Anyone, Volunteer
from dispatch.errors import Forbidden, Rejected
from dispatch.geo.handoff import links
from dispatch.geo.layers import LayerKind, MapLayer
from dispatch.geo.tiles.schema import ATTRIBUTION
from dispatch.model import AssignmentId, OfferId

router = APIRouter(prefix="/api")


@router.get("/map/roads.geojson")
async def roads(request: Request, actor: Anyone) -> Response:
    """The prepared roads' lines: GeoJSON, always gzipped."""
    body = await asyncio.to_thread(services(request).roads)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=3600", "Vary": "Cookie"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/geo+json", headers=headers)


@router.get("/map/tiles/{layer_id}.pmtiles")
async def tiles(request: Request, actor: Anyone, layer_id: str) -> Response:
    """A tile file the agency file names, in the ranges asked for (RFC 9110, 14): 206, or 416."""
    for layer in services(request).layers:
        if layer.id == layer_id and layer.file is not None:
            headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}
            return FileResponse(layer.file, media_type="application/vnd.pmtiles", headers=headers)
    raise Rejected("NOT_FOUND", entity="map layer", id=layer_id[:50])


@router.get("/phone/handoff")
async def handoff(request: Request, actor: Volunteer, task: str) -> dict[str, Any]:
    """Links that open the site of one's offer or assignment in a navigation app."""
    s = services(request)
    board = s.desk.board
    mine = board.assignments.get(AssignmentId(task)) or board.offers.get(OfferId(task))
    if mine is None:
        raise Rejected("NOT_FOUND", entity="task", id=task[:50])
    if mine.volunteer_id != actor.volunteer_id:
        raise Forbidden("that task is someone else's")
    site = board.needs[mine.need_id].site
    return {"links": msgspec.to_builtins(links(site, mine.travel.mode, s.handoff))}


def described(layers: Sequence[MapLayer], roads_by: str) -> list[dict[str, Any]]:
    """Return the layers as both screens are told of them; see docs/reference/map.md.

    Where the agency file credits nobody, roads credit `roads_by`, and a tile file OpenStreetMap.
    """
    credit = {LayerKind.ROADS: roads_by, LayerKind.PMTILES: ATTRIBUTION}
    return [
        {
            "id": layer.id,
            "names": {"zh": layer.names.zh, "en": layer.names.en},
            "kind": layer.kind,
            "tiles": [list(urls) for urls in layer.tiles],
            "crs": layer.crs,
            "attribution": layer.attribution or credit[layer.kind],
            "min_zoom": layer.min_zoom,
            "max_zoom": layer.max_zoom,
        }
        for layer in layers
    ]
