"""What commanders see: everything about operations, closed ones for a while."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from dispatch.board import Board, Key
from dispatch.board.notices import STAGES, of_offer, of_recall
from dispatch.model import (
    AssignmentStatus,
    Incident,
    IncidentId,
    Need,
    NoticeId,
    NoticeKind,
    OfferStatus,
    ReachTest,
)
from dispatch.views.people import Entity, instant, person_entity, plain

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
    "test",
    "entry",
)


SHOWN_IN: Final = {
    NoticeKind.OFFER: "offer",
    NoticeKind.RECALL: "assignment",
    NoticeKind.TEST: "test",
}
"""The kinds of entity that say how far their notice came."""


def shown_with(board: Board, notice_id: NoticeId) -> Key | None:
    """Return the key of the entity that says how far a notice came; None where none does."""
    notice = board.notices[notice_id]
    kind = SHOWN_IN.get(notice.kind)
    return None if kind is None else (kind, notice.subject)


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
            return plain(board.offers[ident]) | _told(board, of_offer(ident))
        case "assignment":
            assignment = board.assignments[ident]
            origin = plain(board.offers[assignment.offer_id].origin)
            on_it = board.active.get(assignment.volunteer_id) == assignment.id
            inside = on_it and bool(board.warned_of(assignment.volunteer_id))
            told = _told(board, of_recall(ident))
            return plain(assignment) | {"origin": origin, "inside": inside} | told
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
        case "test":
            return _test(board, board.tests[ident])
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
    """Read from the board's own count: a need may have thousands of offers."""
    done = (AssignmentStatus.RELEASED, AssignmentStatus.HOME)
    return {
        "asked": board.counted(need.id, OfferStatus.OPEN),
        "declined": board.counted(need.id, OfferStatus.DECLINED),
        "expired": board.counted(need.id, OfferStatus.EXPIRED),
        "accepted": board.counted(need.id, AssignmentStatus.ASSIGNED),
        "en_route": board.counted(need.id, AssignmentStatus.EN_ROUTE),
        "on_scene": board.counted(need.id, AssignmentStatus.ON_SCENE),
        "released": board.counted(need.id, *done),
        "later": len(board.promised.get(need.id, ())),
        **_stages(board, need.id),
    }


def _stages(board: Board, about: str) -> dict[str, int]:
    return {stage: board.counted(about, stage) for stage in STAGES}


def _told(board: Board, notice_id: NoticeId) -> Entity:
    """How far a notice came; nothing yet where there is none."""
    notice = board.notices.get(notice_id)
    if notice is None:
        return {"told": [], "seen_at": None, "seen_by": None}
    told = [
        {"medium": medium, "status": d.status, "at": instant(d.at), "because": d.because}
        for medium, d in notice.deliveries.items()
    ]
    return {"told": told, "seen_at": instant(notice.seen_at), "seen_by": notice.seen_by}


def _test(board: Board, test: ReachTest) -> Entity:
    whole = plain(test)
    people = len(whole.pop("volunteer_ids"))
    return whole | {"people": people, **_stages(board, test.id)}


def _entry(board: Board, seq: int) -> Entity | None:
    entries = board.entries
    place = bisect_left(entries, seq, key=lambda e: e.id)
    if place == len(entries) or entries[place].id != seq:
        return None
    return plain(entries[place])
