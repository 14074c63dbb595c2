"""Isochrones and coverage on the commander's map: areas and counts, never anybody's position."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request

from dispatch.api.services import services
from dispatch.api.session import Commander
from dispatch.errors import Rejected
from dispatch.model import HazardClass, NeedId, RegionCode, Site, Skill, TravelMode
from dispatch.planner.reach import MINUTES_MOST, coverage, reach
from dispatch.planner.sought import Sought
from dispatch.taxonomy import SKILLS

router = APIRouter(prefix="/api/command")

Longitude = Annotated[float, Query(ge=-180, le=180)]
Latitude = Annotated[float, Query(ge=-90, le=90)]
Level = Annotated[int, Query(ge=1, le=3)]


@router.get("/reach")
async def reached(
    request: Request,
    actor: Commander,
    lon: Longitude,
    lat: Latitude,
    mode: TravelMode = TravelMode.CAR,
    skill: str | None = None,
    level: Level = 1,
    hazard: HazardClass = HazardClass.H1,
    need_id: str | None = None,
) -> dict[str, Any]:
    """From where, and by how many people, a place is reached in 5, 10 and 20 minutes."""
    desk = services(request).desk
    sought = Sought(
        skill=_skill(skill),
        level=level,
        hazard=hazard,
        region=desk.index.at(lon, lat),
        need_id=None if need_id is None else NeedId(need_id),
    )
    asked = functools.partial(reach, site=Site(lon=lon, lat=lat), mode=mode, sought=sought)
    plain: dict[str, Any] = msgspec.to_builtins(await desk.ask(asked))
    return plain


@router.get("/coverage")
async def covered(
    request: Request,
    actor: Commander,
    west: Longitude,
    south: Latitude,
    east: Longitude,
    north: Latitude,
    skill: str | None = None,
    level: Level = 1,
    hazard: HazardClass = HazardClass.H1,
    region: str | None = None,
    widened: bool = False,
    minutes: Annotated[int, Query(ge=1, le=MINUTES_MOST)] = 20,
    tasked: bool = False,
) -> dict[str, Any]:
    """Where in this part of the map somebody who is free, qualified and insured could be, how soon,
    and where nobody could be in time."""
    desk = services(request).desk
    if region is not None and region not in desk.regions:
        raise Rejected("UNKNOWN_REGION", region=region)
    sought = Sought(
        skill=_skill(skill),
        level=level,
        hazard=hazard,
        region=None if region is None else RegionCode(region),
        widened=widened,
    )
    asked = functools.partial(
        coverage, box=(west, south, east, north), sought=sought, minutes=minutes, tasked=tasked
    )
    plain: dict[str, Any] = msgspec.to_builtins(await desk.ask(asked))
    return plain


def _skill(code: str | None) -> Skill | None:
    if code is not None and code not in SKILLS:
        raise Rejected("UNKNOWN_SKILL", skill=code)
    return None if code is None else Skill(code)
