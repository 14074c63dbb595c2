"""Sessions: one-time links, cookies, and the check that a request comes from our own pages.

One cookie per audience, so that a commander's and a volunteer's page may live in one browser.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.requests import HTTPConnection

from dispatch.api.errors import BadOrigin, NoSession
from dispatch.api.services import Services, services
from dispatch.errors import Rejected, StoreUnavailable
from dispatch.eventlog import ANSWER_S
from dispatch.model import Actor, Role
from dispatch.registry import access

router = APIRouter()

COOKIES: Final = {Role.COMMANDER: "dispatch_command", Role.VOLUNTEER: "dispatch_phone"}
PAGES: Final = {Role.COMMANDER: "/command", Role.VOLUNTEER: "/phone"}


async def session_of(connection: HTTPConnection, role: Role) -> Actor | None:
    """The actor behind this connection's cookie for `role`, or None."""
    token = connection.cookies.get(COOKIES[role])
    if not token:
        return None
    return await actor_of(services(connection), token, role)


async def actor_of(s: Services, token: str, role: Role) -> Actor | None:
    """The actor whose session this is, when it is one of that role.

    Raises:
        StoreUnavailable: nobody knows, or not in time.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            actor = await s.sessions.holder(access.digest(token))
    except TimeoutError:
        raise StoreUnavailable("the database does not answer in time") from None
    return actor if actor is not None and actor.role is role else None


def from_our_page(origin: str | None, host: str | None) -> bool:
    """Whether the page that speaks was served by us (ASVS 4.4.2: Origin against the host)."""
    try:
        return origin is not None and urlsplit(origin).netloc == host
    except ValueError:
        return False


def require_our_page(request: Request) -> None:
    """Refuse what a page of another site sends.

    Raises:
        BadOrigin: it does.
    """
    if not from_our_page(request.headers.get("origin"), request.headers.get("host")):
        raise BadOrigin("this request does not come from a page of this server")


async def _actor(request: Request, role: Role) -> Actor:
    if request.method not in ("GET", "HEAD"):
        require_our_page(request)
    actor = await session_of(request, role)
    if actor is None:
        raise NoSession(f"no {role} session")
    return actor


async def _commander(request: Request) -> Actor:
    return await _actor(request, Role.COMMANDER)


async def _volunteer(request: Request) -> Actor:
    return await _actor(request, Role.VOLUNTEER)


async def _anyone(request: Request) -> Actor:
    for role in COOKIES:
        actor = await session_of(request, role)
        if actor is not None:
            return actor
    raise NoSession("no session")


Commander = Annotated[Actor, Depends(_commander)]
Volunteer = Annotated[Actor, Depends(_volunteer)]
Anyone = Annotated[Actor, Depends(_anyone)]


@router.get("/enter/{token}", include_in_schema=False)
async def enter(request: Request, token: str) -> Response:
    """Trade a one-time link for a session cookie."""
    s = services(request)
    try:
        session = await asyncio.to_thread(access.use_link, s.engine, token, s.clock.now())
    except Rejected as exc:
        return RedirectResponse(f"/locked?reason={exc.code}", status_code=303)
    role = session.actor.role
    response = RedirectResponse(PAGES[role], status_code=303)
    response.set_cookie(
        COOKIES[role],
        session.token,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=int((session.expires_at - s.clock.now()).total_seconds()),
    )
    return response


@router.get("/api/command/session")
async def command_session(request: Request, actor: Commander) -> dict[str, str]:
    """Who is signed in here."""
    return _described(request, actor)


@router.get("/api/phone/session")
async def phone_session(request: Request, actor: Volunteer) -> dict[str, str]:
    """Who is signed in here."""
    return _described(request, actor)


@router.post("/api/command/session/leave", status_code=204)
async def leave_command(request: Request, actor: Commander) -> Response:
    """End the session."""
    return await _leave(request, Role.COMMANDER)


@router.post("/api/phone/session/leave", status_code=204)
async def leave_phone(request: Request, actor: Volunteer) -> Response:
    """End the session."""
    return await _leave(request, Role.VOLUNTEER)


def _described(request: Request, actor: Actor) -> dict[str, str]:
    return {"role": actor.role, "id": actor.id, "agency": services(request).desk.agency}


async def _leave(request: Request, role: Role) -> Response:
    s = services(request)
    token = request.cookies[COOKIES[role]]
    await asyncio.to_thread(access.end_session, s.engine, token, s.clock.now())
    response = Response(status_code=204)
    response.delete_cookie(COOKIES[role])
    return response
