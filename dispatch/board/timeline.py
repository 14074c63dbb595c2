"""The timeline: one entry per event that is news, the last few hundred."""

from __future__ import annotations

from typing import Final

from dispatch import events as ev
from dispatch.board.state import Board, Key, TimelineEntry
from dispatch.events import Stored
from dispatch.model import IncidentId, NeedId, VolunteerId

ENTRIES_KEPT: Final = 200

SILENT: Final = (ev.NoticesSent, ev.NoticesDelivered, ev.NoticesSeen)
"""Events of which there are too many for a timeline."""


def add_entry(board: Board, s: Stored) -> tuple[Key, ...]:
    need, incident, volunteer = _subject(board, s.event)
    if incident is None and need is not None:
        incident = board.needs[need].incident_id
    entry = TimelineEntry(
        id=s.seq,
        at=s.at,
        event=type(s.event).__name__,
        actor=s.actor,
        incident_id=incident,
        need_id=need,
        volunteer_id=volunteer,
        text=_text(s.event),
    )
    board.entries.append(entry)
    keys: tuple[Key, ...] = (("entry", entry.id),)
    if len(board.entries) > ENTRIES_KEPT:
        keys += (("entry", board.entries.popleft().id),)
    return keys


def _subject(
    board: Board, event: ev.Event
) -> tuple[NeedId | None, IncidentId | None, VolunteerId | None]:
    """An event names its need, incident and person, or the offer or assignment that does."""
    match event:
        case ev.IncidentOpened() | ev.IncidentUpdated():
            return None, event.incident.id, None
        case ev.NeedAdded() | ev.NeedUpdated():
            return event.need.id, None, None
    about: object = event
    if hasattr(event, "offer_id"):
        about = board.offers[event.offer_id]
    elif hasattr(event, "assignment_id"):
        about = board.assignments[event.assignment_id]
    need_id, incident_id, volunteer_id = (
        getattr(about, name, None) for name in ("need_id", "incident_id", "volunteer_id")
    )
    return need_id, incident_id, volunteer_id


def _text(event: ev.Event) -> str:
    match event:
        case ev.NoteAdded():
            return event.text
        case ev.IncidentClosed() | ev.NeedClosed() | ev.OfferWithdrawn() | ev.StoodDown():
            return event.reason
        case ev.PairExcluded():
            return event.reason
        case ev.OfferDeclined() | ev.AlertingStopped():
            return event.reason
        case ev.WaveMade() | ev.FillDoubted():
            return event.because
        case ev.ZoneDrawn():
            return event.zone.name
        case ev.PeopleWarned():
            return str(len(event.volunteer_ids))
        case ev.RainSet():
            return event.rain
        case ev.ReachTestStarted():
            return event.test.name
        case _:
            return ""
