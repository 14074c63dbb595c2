"""Hazard zones, who was warned of them, and the rain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import notices
from dispatch.board.fold import event_of, on
from dispatch.board.state import Board, Key
from dispatch.events import Stored
from dispatch.model import VolunteerId, ZoneId


@on(ev.ZoneDrawn)
def _zone_drawn(board: Board, s: Stored) -> tuple[Key, ...]:
    zone = event_of(s, ev.ZoneDrawn).zone
    board.zones[zone.id] = zone
    return (("zone", zone.id),)


@on(ev.ZoneCleared)
def _zone_cleared(board: Board, s: Stored) -> tuple[Key, ...]:
    zone = board.zones[event_of(s, ev.ZoneCleared).zone_id]
    status = lifecycle.step(lifecycle.ZONE, zone.status, ev.ZoneCleared)
    board.zones[zone.id] = replace(zone, status=status, cleared_at=s.at)
    warned = board.warned.get(zone.id, frozenset())
    told = notices.zone_cleared(board, zone.id, sorted(warned), s.at)
    return _warning_keys(board, zone.id, warned) + told


@on(ev.PeopleWarned)
def _people_warned(board: Board, s: Stored) -> tuple[Key, ...]:
    event = event_of(s, ev.PeopleWarned)
    earlier = board.warned.get(event.zone_id, frozenset())
    board.warned[event.zone_id] = earlier | frozenset(event.volunteer_ids)
    zone = board.zones[event.zone_id]
    told = notices.people_warned(board, zone, event.volunteer_ids, s.at)
    return _warning_keys(board, zone.id, event.volunteer_ids) + told


def _warning_keys(
    board: Board, zone_id: ZoneId, people: Collection[VolunteerId]
) -> tuple[Key, ...]:
    """Views mark those of these people who are on a task."""
    tasks = sorted(board.active[v] for v in people if v in board.active)
    return (("zone", zone_id), ("warning", zone_id), *(("assignment", a) for a in tasks))


@on(ev.RainSet)
def _rain_set(board: Board, s: Stored) -> tuple[Key, ...]:
    board.rain = event_of(s, ev.RainSet).rain
    return (("weather", 1),)
