"""What the edge needs, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from dispatch.alerts.gateway import Gateway
from dispatch.api.sessions import Sessions
from dispatch.desk import Desk
from dispatch.exchange.office import Place
from dispatch.geo.handoff import App
from dispatch.geo.layers import MapLayer
from dispatch.inbox import Inbox
from dispatch.model import Zone
from dispatch.ports import Clock, Router
from dispatch.watching.health import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The running parts. `meta` is what both screens are told about the agency at start;
    `closures` are the roads that zones close, as GeoJSON, `roads` all of them, gzipped, made when
    first asked for; `layers` of the map and apps for the `handoff` are those of the agency file;
    `place` is what files are read against, `health` what the probes are told.

    `inbox` takes what people write back, from whoever signs with `gateway_secret` (empty: nobody);
    `link_key` makes the links they answer by; browsers subscribe with `push_key` at one of
    `push_services`."""

    desk: Desk
    gateway: Gateway
    engine: sa.Engine
    sessions: Sessions
    router: Router
    clock: Clock
    meta: dict[str, Any]
    closures: Callable[[Sequence[Zone]], dict[str, Any]]
    roads: Callable[[], bytes]
    layers: tuple[MapLayer, ...]
    handoff: tuple[App, ...]
    web_dir: Path
    place: Place
    health: Health
    inbox: Inbox
    gateway_secret: bytes = field(repr=False)
    link_key: bytes = field(repr=False)
    push_key: str
    push_services: tuple[str, ...]


def services(connection: HTTPConnection) -> Services:
    """The services of the app that serves this connection."""
    found: Services = connection.app.state.services
    return found
