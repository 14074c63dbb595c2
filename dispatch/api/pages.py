"""The built pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from dispatch.api.services import services
from dispatch.api.session import session_of
from dispatch.geo.layers import MapLayer, hosts
from dispatch.model import Role

router = APIRouter()


def install(app: FastAPI, web_dir: Path) -> None:
    """Serve the built front end's hashed assets."""
    assets = web_dir / "assets"
    app.mount("/assets", StaticFiles(directory=assets, check_dir=False), name="assets")


@router.get("/", include_in_schema=False)
async def root() -> Response:
    """Commanders come in here."""
    return RedirectResponse("/command")


@router.get("/command", include_in_schema=False)
async def command(request: Request) -> Response:
    """The commander's page; without a session the page that says how to get one."""
    return await _page(request, Role.COMMANDER, "command")


@router.get("/phone", include_in_schema=False)
async def phone(request: Request) -> Response:
    """The volunteer's page; without a session the page that says how to get one."""
    return await _page(request, Role.VOLUNTEER, "phone")


@router.get("/locked", include_in_schema=False)
async def locked(request: Request) -> Response:
    """How to get a session."""
    return _html(request, "locked")


@router.get("/a/{token}", include_in_schema=False)
async def answer(request: Request, token: str) -> Response:
    """The page behind the link in a text message: it asks `/api/answer` itself, so who merely
    fetches the link learns and changes nothing."""
    return _html(request, "answer")


@router.get("/phone-sw.js", include_in_schema=False)
async def service_worker(request: Request) -> Response:
    """The phone's service worker; it may control /phone only."""
    path = services(request).web_dir / "phone-sw.js"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/phone"}
    return FileResponse(path, media_type="text/javascript", headers=headers)


async def _page(request: Request, role: Role, name: str) -> Response:
    if await session_of(request, role) is None:
        return RedirectResponse("/locked?reason=NO_SESSION", status_code=303)
    return _html(request, name)


def _html(request: Request, name: str) -> Response:
    path = services(request).web_dir / name / "index.html"
    if not path.exists():
        return Response(
            "The front end is not built. Run: make setup", status_code=503, media_type="text/plain"
        )
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _policy(services(request).layers),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(path, headers=headers)


def _policy(layers: Sequence[MapLayer]) -> str:
    """Nothing but our own host, and those of the map layers the agency file names."""
    others = "".join(f" {host}" for host in hosts(layers))
    return (
        f"default-src 'self'; connect-src 'self'{others}; img-src 'self' data: blob:{others}; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
