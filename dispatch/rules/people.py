"""People, notes, zones.

What a person says of themselves is stored even when it changes nothing: only a stored action is
known when it comes again late, and an old word must not undo a newer one.
"""

from __future__ import annotations

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    Zone,
    ZoneId,
    ZoneStatus,
    usable,
)
from dispatch.rules.checks import checked_text, get_incident, who_is_meant
from dispatch.rules.context import Context, Events

# People, notes, zones. What a person says of themselves is stored even when it changes nothing:
# only a stored action is known when it comes again, and an old word must not undo a newer one.


def set_availability(board: Board, a: act.SetAvailability, ctx: Context) -> Events:
    if a.until_at is not None and a.until_at <= ctx.now:
        raise Rejected("DEADLINE_PASSED", deadline_at=a.until_at)
    volunteer_id = who_is_meant(ctx.actor, None)
    return (
        ev.AvailabilitySet(volunteer_id=volunteer_id, available=a.available, until_at=a.until_at),
    )


def check_in(board: Board, a: act.CheckIn, ctx: Context) -> Events:
    volunteer_id = who_is_meant(ctx.actor, a.volunteer_id)
    return (ev.CheckedIn(volunteer_id=volunteer_id, fix=usable(a.fix, ctx.now)),)


def check_out(board: Board, a: act.CheckOut, ctx: Context) -> Events:
    return (ev.CheckedOut(volunteer_id=who_is_meant(ctx.actor, a.volunteer_id)),)


def add_note(board: Board, a: act.AddNote, ctx: Context) -> Events:
    if a.incident_id is not None:
        get_incident(board, a.incident_id)
    return (ev.NoteAdded(text=checked_text(a.text, "text"), incident_id=a.incident_id),)


def draw_zone(board: Board, a: act.DrawZone, ctx: Context) -> Events:
    zone = Zone(
        id=ZoneId(ctx.id("zone")),
        kind=a.zone_kind,
        form=a.form,
        name=checked_text(a.name, "name", 200),
        parts=ctx.mended or a.parts,
        radius_m=a.radius_m,
        blocks=tuple(dict.fromkeys(a.blocks)),
        status=ZoneStatus.ACTIVE,
        drawn_at=ctx.now,
        pace=a.pace,
        certainty=a.certainty,
        starts_at=a.starts_at,
        ends_at=a.ends_at,
        repaired=ctx.mended is not None,
    )
    if not 0 < zone.pace <= 1:
        raise Rejected("BAD_PACE", pace=str(zone.pace))
    if zone.ends_at is not None and zone.ends_at <= max(zone.starts_at or ctx.now, ctx.now):
        raise Rejected("ENDS_BEFORE_IT_STARTS", ends_at=zone.ends_at.isoformat())
    return (ev.ZoneDrawn(zone=zone),)


def warn_people(board: Board, a: act.WarnPeople, ctx: Context) -> Events:
    zone = _get_zone(board, a.zone_id)
    told = board.warned.get(zone.id, frozenset())
    new = tuple(sorted(set(a.volunteer_ids) - told))
    if not new or zone.status is not ZoneStatus.ACTIVE:
        return ()
    return (ev.PeopleWarned(zone_id=zone.id, volunteer_ids=new),)


def set_rain(board: Board, a: act.SetRain, ctx: Context) -> Events:
    return (ev.RainSet(rain=a.rain),) if a.rain is not board.rain else ()


def _get_zone(board: Board, zone_id: ZoneId) -> Zone:
    if zone_id not in board.zones:
        raise Rejected("NOT_FOUND", entity="zone", id=zone_id)
    return board.zones[zone_id]


def clear_zone(board: Board, a: act.ClearZone, ctx: Context) -> Events:
    zone = _get_zone(board, a.zone_id)
    lifecycle.step(lifecycle.ZONE, zone.status, ev.ZoneCleared)
    return (ev.ZoneCleared(zone_id=zone.id),)
