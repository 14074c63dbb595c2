"""Positions from tracking apps, which know no sessions: each request carries a tracker's token.

OsmAnd's protocol in its two forms (https://www.traccar.org/osmand: query or form parameters, as
OsmAnd and other apps send them, and the JSON of Traccar Client 9 and later) and OwnTracks' HTTP
mode (https://owntracks.org/booklet/tech/http). Every report with a good token is answered as
taken, also when its owner may not be followed now and it is dropped: the apps would keep it and
send it again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from dispatch.api.errors import NoSession
from dispatch.api.services import services
from dispatch.api.session import Volunteer
from dispatch.model import Fix, VolunteerId
from dispatch.registry import access

router = APIRouter(prefix="/api")

ACCURACY_M: Final = 50.0
"""What an app that does not say is taken for."""
MILLISECONDS_FROM: Final = 1e11
"""A time stamp from here on (the year 5138 in seconds) counts milliseconds."""


@router.post("/phone/tracker")
async def tracker(request: Request, actor: Volunteer) -> dict[str, str]:
    """A new token for a tracking app; the one before ends."""
    s = services(request)
    mine = actor.volunteer_id
    assert mine is not None
    token = await asyncio.to_thread(access.make_tracker, s.engine, mine, s.clock.now())
    return {"token": token}


@router.delete("/phone/tracker", status_code=204)
async def end_tracker(request: Request, actor: Volunteer) -> Response:
    """End the tracker: its app reports no more."""
    s = services(request)
    mine = actor.volunteer_id
    assert mine is not None
    await asyncio.to_thread(access.end_tracker, s.engine, mine, s.clock.now())
    return Response(status_code=204)


@router.api_route("/positions/osmand", methods=["GET", "POST"])
async def osmand(request: Request) -> Response:
    """A report of OsmAnd, Traccar Client or any app that speaks like them."""
    given = dict(request.query_params)
    body = await request.body()
    if body.lstrip().startswith(b"{"):
        given |= _of_traccar(_json(body))
    elif body:
        given |= dict(parse_qsl(body.decode("latin-1")))
    await _take(request, given.get("id") or given.get("deviceid") or "", given)
    return Response()


@router.post("/positions/owntracks")
async def owntracks(request: Request) -> list[Any]:
    """A report of OwnTracks; its other messages are taken note of and dropped."""
    body = await request.body()
    given = _json(body) if body else {}
    located = given if given.get("_type") == "location" else None
    if located is not None:
        located = {**located, "accuracy": given.get("acc"), "timestamp": given.get("tst")}
    await _take(request, _password(request), located)
    return []


async def _take(request: Request, token: str, given: Mapping[str, Any] | None) -> None:
    s = services(request)
    mine = await asyncio.to_thread(access.tracked_by, s.engine, token)
    if mine is None:
        raise NoSession("no such tracker")
    if given is not None:
        s.gateway.moved(VolunteerId(mine), _fix(given, s.clock.now()))


def _fix(given: Mapping[str, Any], now: datetime) -> Fix:
    """Read a report: `lat`, `lon`, and if known `accuracy` in metres and `timestamp`."""
    try:
        lat, lon = _place(given)
        accuracy_m = float(given.get("accuracy") or ACCURACY_M)
        taken_at = _instant(given["timestamp"]) if given.get("timestamp") else now
        return Fix(lon=lon, lat=lat, accuracy_m=accuracy_m, taken_at=taken_at)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as exc:
        raise HTTPException(422, f"not a position report: {exc!r}") from None


def _place(given: Mapping[str, Any]) -> tuple[float, float]:
    if "location" in given:
        lat, _, lon = str(given["location"]).partition(",")
        return float(lat), float(lon)
    return float(given["lat"]), float(given["lon"])


def _instant(stamp: str | float) -> datetime:
    """Seconds or milliseconds since 1970, or ISO 8601; UTC where no zone is named."""
    try:
        number = float(stamp)
    except ValueError:
        at = datetime.fromisoformat(str(stamp))
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    seconds = number / 1_000 if number >= MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC)


def _of_traccar(body: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of Traccar Client, under the names of the parameters."""
    located = body.get("location")
    coords = located.get("coords") if isinstance(located, dict) else None
    if not isinstance(located, dict) or not isinstance(coords, dict):
        raise HTTPException(422, "not a position report: no location.coords")
    return {
        "id": str(body.get("device_id", "")),
        "lat": coords.get("latitude"),
        "lon": coords.get("longitude"),
        "accuracy": coords.get("accuracy"),
        "timestamp": located.get("timestamp"),
    }


def _json(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise HTTPException(422, f"not a JSON object: {str(exc)[:100]}") from None


def _password(request: Request) -> str:
    """The password of HTTP Basic authentication (RFC 7617); the user's name may be anything."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
