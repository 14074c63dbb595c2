"""Assemble the edge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from dispatch.api import (
    command,
    errors,
    exchange,
    health,
    maps,
    pages,
    phone,
    positions,
    reach,
    regions,
    session,
)
from dispatch.api.services import Services

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(services: Services, lifespan: Lifespan) -> FastAPI:
    """Return the application that serves one agency's desk."""
    app = FastAPI(
        title="Dispatch", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.services = services
    errors.install(app)
    parts = (phone, command, session, positions, exchange, regions, reach, maps, health, pages)
    for part in parts:
        app.include_router(part.router)
    pages.install(app, services.web_dir)
    return app
