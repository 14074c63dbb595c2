"""What the edge needs, handed over by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from dispatch.alerts.gateway import Gateway
from dispatch.desk import Desk
from dispatch.ports import Clock, Router


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The running parts. `meta` is what both screens are told about the agency at start;
    `roads` is the basemap, gzipped GeoJSON."""

    desk: Desk
    gateway: Gateway
    engine: sa.Engine
    router: Router
    clock: Clock
    meta: dict[str, Any]
    roads: bytes
    web_dir: Path


def services(connection: HTTPConnection) -> Services:
    """The services of the app that serves this connection."""
    found: Services = connection.app.state.services
    return found
