"""A line in the log for each request that matters, under an id that the answer carries too.

The line names the route, never the path, since paths hold one-time links; and the action's kind and
position in the log, never what it said. What was read is told at level `debug` only.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER: Final = "X-Request-ID"
_NOTES: Final = "dispatch.notes"
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = _READS | {"POST", "PUT", "PATCH", "DELETE"}
_log = logging.getLogger("dispatch.http")


def note(connection: HTTPConnection, **fields: str | int | bool) -> None:
    """Have the request's line say this too: kinds, codes and log positions, nothing of people."""
    connection.scope.setdefault(_NOTES, {}).update(fields)


class RequestLog:
    """Names each request, and tells the log how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; every line logged meanwhile carries its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began_s, status = secrets.token_hex(8), time.perf_counter(), 500
        scope[_NOTES] = {}

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_named)
            except Exception as exc:
                _tell(scope, 500, time.perf_counter() - began_s, exc)
                raise
            _tell(scope, status, time.perf_counter() - began_s)


def _tell(scope: Scope, status: int, took_s: float, error: Exception | None = None) -> None:
    level = logging.DEBUG if scope["method"] in _READS else logging.INFO
    if status >= 500:
        level = logging.ERROR if status == 500 else logging.WARNING
    if not _log.isEnabledFor(level):
        return
    fields: dict[str, Any] = {
        "method": scope["method"] if scope["method"] in _METHODS else "?",
        "route": _route(scope),
        "status": status,
        "took_ms": round(took_s * 1_000, 1),
        **scope[_NOTES],
    }
    _log.log(level, "request", exc_info=error, extra=fields)


def _route(scope: Scope) -> str:
    """The pattern of the path, "?" where none fits."""
    return str(getattr(scope.get("route"), "path", "?"))
