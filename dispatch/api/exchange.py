"""Files in and out over HTTP, for commanders."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from dispatch.actions import Action
from dispatch.api.bodies import action_key
from dispatch.api.services import Services, services
from dispatch.api.session import Commander
from dispatch.desk import Answer
from dispatch.errors import BadInput, Rejected
from dispatch.exchange.layer import Format, Layer, format_of
from dispatch.exchange.office import (
    IMPORTED,
    Brought,
    Kind,
    bring_in,
    carried_out,
    looked_at,
    stored,
    take_out,
)
from dispatch.exchange.rows import Outcome, Report
from dispatch.exchange.writing import write_layer
from dispatch.geo.crs import Crs
from dispatch.model import Actor

router = APIRouter(prefix="/api/command")

MEDIA: Final = {
    Format.GPKG: "application/geopackage+sqlite3",
    Format.GEOJSON: "application/geo+json",
    Format.SHAPEFILE: "application/zip",
    Format.KML: "application/vnd.google-earth.kml+xml",
}


@router.get("/export/{name}")
async def export(request: Request, actor: Commander, name: str) -> Response:
    """Incidents, zones, stations or plans as a file: `zones.gpkg`, `plans.shp.zip`, ..."""
    s = services(request)
    kind, format_ = _named(name)
    layer = take_out(kind, s.desk.board, s.engine)
    body = await asyncio.to_thread(_file, layer, format_)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type=MEDIA[format_], headers=headers)


@router.post("/import/{kind}")
async def import_(
    request: Request,
    actor: Commander,
    kind: Kind,
    name: Annotated[str, Query(max_length=200)] = "file",
    crs: Crs | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Bring in the file that is the body; answer with what became of each feature."""
    if kind not in IMPORTED:
        raise Rejected("NOT_FOUND", entity="import", id=kind)
    s = services(request)
    try:
        brought = await asyncio.to_thread(_brought, s, kind, name, await request.body(), crs)
    except BadInput as exc:
        raise Rejected("BAD_FILE", problem=str(exc)) from None
    return _told(await _done(s, actor, brought, dry_run=dry_run))


async def _done(s: Services, actor: Actor, brought: Brought, *, dry_run: bool) -> Report:
    if dry_run:
        return looked_at(brought)
    if brought.kind is Kind.STATIONS:
        return await asyncio.to_thread(stored, brought, s.engine)

    async def do(key: str, action: Action) -> Answer:
        return await s.desk.act(actor, action_key(actor, key), action)

    return await carried_out(brought, do)


def _named(name: str) -> tuple[Kind, Format]:
    try:
        return Kind(name.partition(".")[0]), format_of(name)
    except (ValueError, BadInput):
        raise Rejected("NOT_FOUND", entity="export", id=name[:50]) from None


def _file(layer: Layer, format_: Format) -> bytes:
    with tempfile.TemporaryDirectory(prefix="dispatch-") as folder:
        path = Path(folder) / "file"
        write_layer(path, layer, format_)
        return path.read_bytes()


def _brought(s: Services, kind: Kind, name: str, body: bytes, crs: Crs | None) -> Brought:
    with tempfile.TemporaryDirectory(prefix="dispatch-") as folder:
        # The name is told back and never trusted: GDAL and the disk see only plain letters.
        path = Path(folder) / (re.sub(r"[^\w.-]+", "_", name).strip(".")[-80:] or "file")
        path.write_bytes(body)
        return bring_in(kind, path, s.place, crs)


def _told(report: Report) -> dict[str, Any]:
    counts = {outcome.value.lower(): report.count(outcome) for outcome in Outcome}
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found | counts
