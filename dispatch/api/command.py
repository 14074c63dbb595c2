"""What commanders read and do."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from dispatch import views
from dispatch.api.bodies import AnswerBody, CommanderBody, action_key
from dispatch.api.requests import note
from dispatch.api.services import services
from dispatch.api.session import Commander
from dispatch.errors import Rejected
from dispatch.model import NeedId, VolunteerId
from dispatch.planner.choices import SHOWN_MOST, alternatives, why
from dispatch.planner.plan import Planner
from dispatch.registry import people, viewport

router = APIRouter(prefix="/api/command")

MAX_PEOPLE = 500


@router.post("/actions")
async def actions(request: Request, actor: Commander, body: CommanderBody) -> AnswerBody:
    """Carry out an action; see the list in docs/reference/http.md."""
    note(request, action=body.action.kind)
    key = action_key(actor, body.action_id)
    answer = await services(request).desk.act(actor, key, body.action)
    note(request, seq=answer.seq, repeated=answer.repeated)
    return AnswerBody.of(answer)


@router.get("/meta")
async def meta(request: Request, actor: Commander) -> dict[str, Any]:
    """Names, tables and the map's frame."""
    return services(request).meta


@router.get("/volunteers")
async def volunteers(
    request: Request,
    actor: Commander,
    west: Annotated[float, Query(ge=-180, le=180)],
    south: Annotated[float, Query(ge=-90, le=90)],
    east: Annotated[float, Query(ge=-180, le=180)],
    north: Annotated[float, Query(ge=-90, le=90)],
    zoom: Annotated[float, Query(ge=0, le=24)],
) -> dict[str, Any]:
    """Who lives in this part of the map: coarse positions when zoomed in and not too many, counts
    per cell else."""
    s = services(request)
    box = viewport.Box(west=west, south=south, east=east, north=north)
    found = None
    if zoom >= viewport.PEOPLE_ZOOM:
        found = await asyncio.to_thread(viewport.people_in, s.engine, box)
    if found is None:
        cells = await asyncio.to_thread(viewport.cells, s.engine, box, zoom)
        return {"cells": cells, "people": []}
    for person in found:
        person["status"] = _shown_status(s.desk.board, person["id"], person.pop("available"))
        person["inside"] = bool(s.desk.board.warned_of(person["id"]))
    return {"cells": [], "people": found}


@router.get("/closures")
async def closures(request: Request, actor: Commander) -> dict[str, Any]:
    """The roads that the hazards now in force close or slow, as GeoJSON."""
    s = services(request)
    zones = s.desk.board.conditions(s.clock.now()).zones
    return await asyncio.to_thread(s.closures, zones)


@router.get("/relief")
async def relief(request: Request, actor: Commander) -> dict[str, Any]:
    """Who takes over from whom in needs that run longer than their people may, over the day ahead.

    A proposal: whoever is to come is offered the shift when it is time to tell them.
    """
    plan = await services(request).desk.ask(Planner.relieve)
    return {"plan": None if plan is None else {**msgspec.to_builtins(plan), "gap": plan.gap}}


@router.get("/people")
async def who(request: Request, actor: Commander, ids: str) -> dict[str, Any]:
    """Names and numbers of people, looked up by id; the look is recorded."""
    try:
        wanted = sorted({_volunteer_id(part) for part in ids.split(",") if part})
    except ValueError:
        raise Rejected("NOT_FOUND", entity="volunteer", id=ids[:50]) from None
    if len(wanted) > MAX_PEOPLE:
        raise Rejected("TOO_MANY", most=MAX_PEOPLE)
    s = services(request)
    found = await asyncio.to_thread(people.people, s.engine, wanted, actor, s.clock.now())
    return {"people": msgspec.to_builtins(found)}


@router.get("/people/search")
async def search(
    request: Request,
    actor: Commander,
    start: Annotated[str, Query(min_length=2, max_length=100)],
) -> dict[str, Any]:
    """The first people whose name, number or phone starts so; the look is recorded."""
    s = services(request)
    found = await asyncio.to_thread(people.search, s.engine, start, actor, s.clock.now())
    return {"people": msgspec.to_builtins(found)}


@router.get("/explain")
async def explain(
    request: Request,
    actor: Commander,
    need_id: str,
    volunteer_id: Annotated[int, Query(ge=1, lt=2**31)],
) -> dict[str, Any]:
    """Every hard rule for this person and need with what was read, and why the best plan has them
    there or not."""
    asked = functools.partial(why, need_id=NeedId(need_id), volunteer_id=VolunteerId(volunteer_id))
    plain: dict[str, Any] = msgspec.to_builtins(await services(request).desk.ask(asked))
    return {"eligible": not plain["verdict"]["reasons"], **plain}


@router.get("/alternatives")
async def others(
    request: Request,
    actor: Commander,
    need_id: str,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=SHOWN_MOST)] = 20,
) -> dict[str, Any]:
    """Who else may be asked for this need, by what it costs the whole plan."""
    asked = functools.partial(alternatives, need_id=NeedId(need_id), after=after, limit=limit)
    plain: dict[str, Any] = msgspec.to_builtins(await services(request).desk.ask(asked))
    return plain


def _volunteer_id(text: str) -> VolunteerId:
    number = int(text)
    if not 0 < number < 2**31:
        raise ValueError(text)
    return VolunteerId(number)


def _shown_status(board: Any, volunteer_id: VolunteerId, available: bool) -> str:
    status = views.status_of(board, volunteer_id)
    declared = board.person(volunteer_id).available
    return "UNAVAILABLE" if status == "AVAILABLE" and declared is None and not available else status
