"""Errors to status codes, in one table, and the one JSON form they all have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatch.api.requests import RequestLog, note
from dispatch.errors import (
    ActionReused,
    DispatchError,
    Forbidden,
    PlannerUnavailable,
    Rejected,
    SolverFailed,
    StoreUnavailable,
)

MAX_BODY: Final = 262_144
"""Bytes; an offer to 10,000 people fits."""
MAX_FILE: Final = 20_000_000
FILES: Final = "/api/command/import/"
"""Where the body is a file."""


class NoSession(DispatchError):
    """The request carries no valid session."""


class BadOrigin(DispatchError):
    """The request comes from a page of another site."""


class Draining(DispatchError):
    """This process is about to end; another one answers."""


class BadSignature(DispatchError):
    """The request is not signed with the secret we share with the carrier."""


class TooOften(DispatchError):
    """This address has guessed too often."""


_TABLE: Final[dict[type[DispatchError], tuple[int, str]]] = {
    NoSession: (401, "NO_SESSION"),
    BadOrigin: (403, "BAD_ORIGIN"),
    BadSignature: (401, "BAD_SIGNATURE"),
    Forbidden: (403, "FORBIDDEN"),
    TooOften: (429, "TOO_OFTEN"),
    ActionReused: (422, "ACTION_ID_REUSED"),
    PlannerUnavailable: (503, "PLANNER_DOWN"),
    SolverFailed: (503, "PLANNER_DOWN"),
    StoreUnavailable: (503, "STORE_DOWN"),
    Draining: (503, "DRAINING"),
}

_UNKNOWN: Final = frozenset({"NOT_FOUND", "LINK_UNKNOWN"})


def error_body(code: str, message: str, **more: Any) -> bytes:
    """Encode the one form all errors have."""
    return msgspec.json.encode({"error": {"code": code, "message": message, **more}})


def install(app: FastAPI) -> None:
    """Give the app its error handlers."""
    app.add_exception_handler(DispatchError, _dispatch_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnicodeEncodeError, _not_text)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog)


async def _dispatch_error(request: Request, exc: Exception) -> Response:
    if isinstance(exc, Rejected):
        note(request, code=exc.code)
        status = 404 if exc.code in _UNKNOWN else 409
        return _json(status, error_body(exc.code, str(exc), params=exc.params))
    for cls, (status, code) in _TABLE.items():
        if isinstance(exc, cls):
            note(request, code=code)
            return _json(status, error_body(code, str(exc), params={}))
    raise exc


async def _malformed(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    note(request, code="BAD_REQUEST")
    fields = [{"where": _where(e["loc"]), "reason": e["msg"]} for e in exc.errors()]
    message = "; ".join(f"{f['where']}: {f['reason']}" for f in fields[:3])
    return _json(422, error_body("BAD_REQUEST", message, params={}, fields=fields[:20]))


async def _http(request: Request, exc: Exception) -> Response:
    """What the framework itself refuses: no such path, a body that is no JSON, a wrong method."""
    assert isinstance(exc, HTTPException)
    code = "NOT_FOUND" if exc.status_code == 404 else "BAD_REQUEST"
    return _json(exc.status_code, error_body(code, str(exc.detail), params={}, fields=[]))


async def _not_text(request: Request, exc: Exception) -> Response:
    """Half a surrogate pair is valid JSON, but no text that can be stored."""
    return _json(
        422, error_body("BAD_REQUEST", "a text is not valid Unicode", params={}, fields=[])
    )


class BodyLimit:
    """Refuses bodies that are too long, or do not say how long they are, before reading them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
            headers = dict(scope["headers"])
            bare = scope["method"] == "DELETE" and b"transfer-encoding" not in headers
            length = headers.get(b"content-length", b"0" if bare else b"")
            most = MAX_FILE if scope["path"].startswith(FILES) else MAX_BODY
            if not length.isdigit() or int(length) > most:
                body = error_body("BAD_REQUEST", "the body is too long", params={}, fields=[])
                await _json(413, body)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _where(loc: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in loc[1:])


def _json(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json")
