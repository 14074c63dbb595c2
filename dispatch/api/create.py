"""Assemble the edge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from dispatch.api import (
    answer,
    command,
    contact,
    errors,
    exchange,
    health,
    hooks,
    maps,
    pages,
    phone,
    positions,
    reach,
    reach_tests,
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
    app.state.guesses = answer.Guesses()
    phone_side = (phone, contact, answer, positions)
    command_side = (command, exchange, regions, reach, reach_tests)
    for part in (*phone_side, *command_side, session, hooks, maps, health, pages):
        app.include_router(part.router)
    pages.install(app, services.web_dir)
    return app
