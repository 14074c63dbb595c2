"""What volunteers read and do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request

from dispatch.api.bodies import AnswerBody, VolunteerBody, action_key
from dispatch.api.requests import note
from dispatch.api.services import Services, services
from dispatch.api.session import Volunteer
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    Actor,
    AssignmentId,
    Fix,
    Reason,
    Site,
    VolunteerId,
    VolunteerStatus,
)
from dispatch.registry import people
from dispatch.registry.people import Profile
from dispatch.roster import Roster

router = APIRouter(prefix="/api/phone")


@router.post("/actions")
async def actions(request: Request, actor: Volunteer, body: VolunteerBody) -> AnswerBody:
    """Carry out an action; see the list in docs/reference/http.md."""
    note(request, action=body.action.kind)
    key = action_key(actor, body.action_id)
    answer = await services(request).desk.act(actor, key, body.action)
    note(request, seq=answer.seq, repeated=answer.repeated)
    return AnswerBody.of(answer)


@router.get("/meta")
async def meta(request: Request, actor: Volunteer) -> dict[str, Any]:
    """Names, tables and the map's frame."""
    return services(request).meta


@router.get("/me")
async def me(request: Request, actor: Volunteer) -> dict[str, Any]:
    """One's own record, and what is missing to be dispatchable."""
    s, now = services(request), services(request).clock.now()
    found = await asyncio.to_thread(people.profile, s.engine, _own(actor), now)
    row = await asyncio.to_thread(s.desk.rows, [_own(actor)])
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain | {"missing": list(_missing(found, row, now))}


@router.get("/route")
async def route(request: Request, actor: Volunteer, assignment_id: str) -> dict[str, Any]:
    """The way from where one accepted to the site."""
    s = services(request)
    board = s.desk.board
    assignment = board.assignments.get(AssignmentId(assignment_id))
    if assignment is None:
        raise Rejected("NOT_FOUND", entity="assignment", id=assignment_id)
    if assignment.volunteer_id != _own(actor):
        raise Forbidden("that assignment is someone else's")
    origin = _start(s, assignment.fix, _own(actor))
    site = board.needs[assignment.need_id].site
    way = await asyncio.to_thread(
        s.router.route, origin, site, assignment.travel.mode, board.conditions(s.clock.now())
    )
    if way is None:
        raise Rejected("NO_WAY", site=site.name)
    plain: dict[str, Any] = msgspec.to_builtins(way)
    return plain


def _missing(profile: Profile, row: Roster, now: datetime) -> Iterator[Reason]:
    """What keeps this person from most offers, whatever the need."""
    today = (now - datetime(1970, 1, 1, tzinfo=UTC)).days
    if profile.status is not VolunteerStatus.ACTIVE:
        yield Reason.STATUS
    if any(skill.expired or not skill.verified for skill in profile.skills):
        yield Reason.CREDENTIAL
    if row.trained_until[0] < today:
        yield Reason.TRAINING
    if not any(cover.in_force for cover in profile.covers):
        yield Reason.COVER
    if not row.consent[0]:
        yield Reason.CONSENT


def _own(actor: Actor) -> VolunteerId:
    assert actor.volunteer_id is not None, "the session check lets only volunteers in here"
    return actor.volunteer_id


def _start(s: Services, known: Fix | None, volunteer_id: VolunteerId) -> Site:
    if known is not None:
        return Site(lon=known.lon, lat=known.lat)
    row = s.desk.rows([volunteer_id])
    return Site(lon=float(row.lon[0]), lat=float(row.lat[0]))
