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
        name=checked_text(a.name, "name", 200),
        ring=a.ring,
        blocks=tuple(dict.fromkeys(a.blocks)),
        status=ZoneStatus.ACTIVE,
        drawn_at=ctx.now,
    )
    return (ev.ZoneDrawn(zone=zone),)


def clear_zone(board: Board, a: act.ClearZone, ctx: Context) -> Events:
    zone = board.zones.get(a.zone_id)
    if zone is None:
        raise Rejected("NOT_FOUND", entity="zone", id=a.zone_id)
    lifecycle.step(lifecycle.ZONE, zone.status, ev.ZoneCleared)
    return (ev.ZoneCleared(zone_id=zone.id),)
