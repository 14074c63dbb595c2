"""What commanders see: everything about operations, closed ones for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dispatch.board import Board, Key, TimelineEntry
from dispatch.model import AssignmentStatus, Incident, IncidentId, Need, OfferStatus
from dispatch.views.people import Entity, person_entity, plain

CLOSED_SHOWN: Final = 20
"""Closed incidents that commanders still see with all that belongs to them; older ones fold away,
or every screen would carry the whole history of offers."""


KINDS: Final = (
    "incident",
    "need",
    "offer",
    "assignment",
    "zone",
    "weather",
    "plan",
    "person",
    "entry",
)


def folded(board: Board, incident_id: IncidentId) -> bool:
    """Whether commanders see an incident no more: closed long ago, and nobody is out for it."""
    number = board.closed.get(incident_id)
    if number is None or number > len(board.closed) - CLOSED_SHOWN:
        return False
    tasks = (a for n in board.needs_of[incident_id] for a in board.assignments_to(n))
    return not any(board.active.get(a.volunteer_id) == a.id for a in tasks)


def folding(board: Board, keys: Iterable[Key]) -> Iterator[Key]:
    """What leaves the commanders' view because a newer incident closed, or the last came home."""
    for kind, ident in keys:
        if kind == "incident" and board.closed.get(ident, 0) > CLOSED_SHOWN:
            yield from _keys_of(board, list(board.closed)[board.closed[ident] - CLOSED_SHOWN - 1])
        elif kind == "assignment" and folded(board, board.assignments[ident].incident_id):
            yield from _keys_of(board, board.assignments[ident].incident_id)


def _keys_of(board: Board, incident_id: IncidentId) -> Iterator[Key]:
    """An incident and everything under it."""
    yield ("incident", incident_id)
    for need_id in board.needs_of[incident_id]:
        yield ("need", need_id)
        yield from (("offer", o) for o in board.offers_of[need_id])
        yield from (("assignment", a.id) for a in board.assignments_to(need_id))


def _incident_of(board: Board, key: Key) -> IncidentId | None:
    kind, ident = key
    match kind:
        case "incident":
            return IncidentId(ident)
        case "need":
            return board.needs[ident].incident_id
        case "offer":
            return board.offers[ident].incident_id
        case "assignment":
            return board.assignments[ident].incident_id
    return None


def entity(board: Board, key: Key) -> Entity | None:
    about = _incident_of(board, key)
    if about is not None and folded(board, about):
        return None
    return _operation(board, key) if about is not None else _surroundings(board, key)


def _operation(board: Board, key: Key) -> Entity | None:
    """What belongs to an incident."""
    kind, ident = key
    match kind:
        case "incident":
            changed = board.changes[key].seq
            return _incident(board, board.incidents[ident]) | {"changed_seq": changed}
        case "need":
            return _need(board, board.needs[ident])
        case "offer":
            return plain(board.offers[ident])
        case "assignment":
            assignment = board.assignments[ident]
            origin = plain(board.offers[assignment.offer_id].origin)
            inside = bool(board.warned_of(assignment.volunteer_id))
            return plain(assignment) | {"origin": origin, "inside": inside}
    return None


def _surroundings(board: Board, key: Key) -> Entity | None:
    """What belongs to none."""
    kind, ident = key
    match kind:
        case "zone":
            return plain(board.zones[ident]) | {"warned": len(board.warned.get(ident, ()))}
        case "weather":
            return {"id": ident, "rain": board.rain}
        case "plan":
            return plain(board.plans[ident]) if ident in board.plans else None
        case "person":
            return person_entity(board, ident)
        case "entry":
            return _entry(board, ident)
    return None


def _incident(board: Board, incident: Incident) -> Entity:
    return plain(incident) | {"exercise": board.exercise}


def _need(board: Board, need: Need) -> Entity:
    changed = board.changes["need", need.id].seq
    return plain(need) | {
        "changed_seq": changed,
        "counts": _counts(board, need),
        "alerting": _alerting(board, need),
        "pinned": [plain(pin) for pin in board.pinned_to(need.id)],
        "excluded": [plain(exclusion) for exclusion in board.excluded_from(need.id)],
    }


def _alerting(board: Board, need: Need) -> Entity | None:
    """The desk's own asking, with the figures of its last wave: they fade while time passes."""
    if need.id not in board.alerting:
        return None
    shown = plain(board.alerting[need.id])
    for internal in ("need_id", "wave_seq"):
        del shown[internal]
    return shown


def _counts(board: Board, need: Need) -> dict[str, int]:
    offers = [board.offers[o].status for o in board.offers_of[need.id]]
    assigned = [a.status for a in board.assignments_to(need.id)]
    return {
        "asked": offers.count(OfferStatus.OPEN),
        "declined": offers.count(OfferStatus.DECLINED),
        "expired": offers.count(OfferStatus.EXPIRED),
        "accepted": assigned.count(AssignmentStatus.ASSIGNED),
        "en_route": assigned.count(AssignmentStatus.EN_ROUTE),
        "on_scene": assigned.count(AssignmentStatus.ON_SCENE),
        "released": assigned.count(AssignmentStatus.RELEASED)
        + assigned.count(AssignmentStatus.HOME),
    }


def _entry(board: Board, seq: int) -> Entity | None:
    if not board.entries or not board.entries[0].id <= seq <= board.entries[-1].id:
        return None
    entry: TimelineEntry = board.entries[seq - board.entries[0].id]
    return plain(entry)
