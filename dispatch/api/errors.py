"""Errors to status codes, in one table, and the one JSON form they all have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from dispatch.errors import (
    ActionReused,
    DispatchError,
    Forbidden,
    PlannerUnavailable,
    Rejected,
    SolverFailed,
    StoreUnavailable,
)


class NoSession(DispatchError):
    """The request carries no valid session."""


class BadOrigin(DispatchError):
    """The request comes from a page of another site."""


_TABLE: Final[dict[type[DispatchError], tuple[int, str]]] = {
    NoSession: (401, "NO_SESSION"),
    BadOrigin: (403, "BAD_ORIGIN"),
    Forbidden: (403, "FORBIDDEN"),
    ActionReused: (422, "ACTION_ID_REUSED"),
    PlannerUnavailable: (503, "PLANNER_DOWN"),
    SolverFailed: (503, "PLANNER_DOWN"),
    StoreUnavailable: (503, "STORE_DOWN"),
}


def error_body(code: str, message: str, **more: Any) -> bytes:
    """Encode the one form all errors have."""
    return msgspec.json.encode({"error": {"code": code, "message": message, **more}})


def install(app: FastAPI) -> None:
    """Give the app its error handlers."""
    app.add_exception_handler(DispatchError, _dispatch_error)
    app.add_exception_handler(RequestValidationError, _malformed)


async def _dispatch_error(request: Request, exc: Exception) -> Response:
    if isinstance(exc, Rejected):
        status = 404 if exc.code == "NOT_FOUND" else 409
        return _json(status, error_body(exc.code, str(exc), params=exc.params))
    for cls, (status, code) in _TABLE.items():
        if isinstance(exc, cls):
            return _json(status, error_body(code, str(exc), params={}))
    raise exc


async def _malformed(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    fields = [{"where": _where(e["loc"]), "reason": e["msg"]} for e in exc.errors()]
    message = "; ".join(f"{f['where']}: {f['reason']}" for f in fields[:3])
    return _json(422, error_body("BAD_REQUEST", message, params={}, fields=fields[:20]))


def _where(loc: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in loc[1:])


def _json(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json")
