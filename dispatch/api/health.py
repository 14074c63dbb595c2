"""What a load balancer or a supervisor asks: is this process alive, may it be sent people.

Anybody may ask, so the answers name parts and nothing else, and cost a disk at most one write a
second.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from dispatch.api.errors import Draining
from dispatch.api.services import services

router = APIRouter()


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """The event loop takes its turns, or 503 when it is a second late."""
    loop = services(request).health.loop
    body = {"status": "ok" if loop.alive else "late", "lag_s": round(loop.lag_s, 3)}
    status = 200 if loop.alive else 503
    return Response(msgspec.json.encode(body), status, media_type="application/json")


@router.get("/readyz")
async def readyz(request: Request) -> dict[str, Any]:
    """The store can be read and written, its schema is ours, and we are not about to end.

    `degraded` names in `missing` what is away and can be done without for a while: the bus, and
    screens are up to two seconds late; the planner, and people are asked by hand.

    Raises:
        Draining: this process is about to end.
        StoreUnavailable: the store cannot be used, or does not answer in time.
    """
    health = services(request).health
    if health.draining:
        raise Draining("this process is about to end")
    await health.store.check()
    missing = health.missing
    return {
        "status": "degraded" if missing else "ok",
        **{part: "down" if part in missing else "up" for part in ("bus", "planner")},
        "missing": missing,
    }
