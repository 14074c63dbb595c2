"""What one volunteer sees: themselves, their offers and assignments, and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from dispatch.board import Board, Key
from dispatch.board.notices import of_offer, of_recall, of_test, of_thanks, of_warning
from dispatch.model import (
    Assignment,
    AssignmentId,
    Need,
    NeedId,
    NoticeId,
    NoticeKind,
    Offer,
    OfferId,
    ReachTest,
    VolunteerId,
    Zone,
    ZoneStatus,
)
from dispatch.views.people import Entity, instant, person_entity, plain

KINDS: Final = ("me", "offer", "assignment", "warning", "test")

SHOWN_IN: Final = {
    NoticeKind.OFFER: "offer",
    NoticeKind.STOOD_DOWN: "offer",
    NoticeKind.RECALL: "assignment",
    NoticeKind.WARNING: "warning",
    NoticeKind.TEST: "test",
}


def shown_with(board: Board, notice_id: NoticeId) -> Key:
    """Return the key of the entity that shows a notice to its person."""
    notice = board.notices[notice_id]
    return SHOWN_IN[notice.kind], notice.subject


def face(board: Board, need_id: NeedId) -> Entity:
    """Return what volunteers see of a need and its incident; while it stays, no view changes."""
    return _task(board, board.needs[need_id])


def needs_seen(board: Board, mine: VolunteerId) -> Iterator[NeedId]:
    """Yield the needs that a volunteer's view shows."""
    yield from (board.offers[o].need_id for o in _shown_offers(board, mine))
    yield from (board.assignments[a].need_id for a in _shown_assignments(board, mine))


def entity(board: Board, mine: VolunteerId, key: Key) -> Entity | None:
    kind, ident = key
    match kind:
        case "me" if ident == mine:
            return person_entity(board, mine)
        case "offer" if ident in _shown_offers(board, mine):
            return _volunteer_offer(board, board.offers[ident])
        case "assignment" if ident in _shown_assignments(board, mine):
            return _volunteer_assignment(board, board.assignments[ident])
        case "warning":
            return _warning(board, mine, board.zones[ident])
        case "test":
            return _test(board, mine, board.tests[ident])
    return None


def _warning(board: Board, mine: VolunteerId, zone: Zone) -> Entity | None:
    """A zone for somebody inside it: without its outline, which a phone does not need."""
    if zone.status is not ZoneStatus.ACTIVE or mine not in board.warned.get(zone.id, ()):
        return None
    shown = ("id", "kind", "name", "drawn_at", "ends_at", "certainty")
    # The outline may have thousands of corners, and this is made for each of thousands of people.
    said = plain({name: getattr(zone, name) for name in shown})
    seen = _seen(board, of_warning(zone.id, mine))
    return {"exercise": board.exercise} | said | seen


def _test(board: Board, mine: VolunteerId, test: ReachTest) -> Entity | None:
    notice_id = of_test(test.id, mine)
    if test.ended_at is not None or notice_id not in board.notices:
        return None
    shown = {"id": test.id, "name": test.name, "ends_at": instant(test.ends_at)}
    return shown | {"exercise": board.exercise} | _seen(board, notice_id)


def _seen(board: Board, *notice_ids: NoticeId) -> Entity:
    """The first of the notices that there is, and since when its person has seen it."""
    notice = next((board.notices[i] for i in notice_ids if i in board.notices), None)
    if notice is None:
        return {"notice_id": None, "seen_at": None}
    return {"notice_id": notice.id, "seen_at": instant(notice.seen_at)}


def offer_keys(board: Board, mine: VolunteerId) -> Iterator[Key]:
    return (("offer", o) for o in board.offers_to.get(mine, ()))


def assignment_keys(board: Board, mine: VolunteerId) -> Iterator[Key]:
    return (("assignment", a) for a in board.assignments_of.get(mine, ()))


def _shown_offers(board: Board, mine: VolunteerId) -> set[OfferId]:
    """The open offers, and the last one that was answered."""
    offers = board.offers_to.get(mine, ())
    shown = {o for o in offers if o in board.open_offers}
    if len(shown) < len(offers):
        shown.add(max(answered(board, mine))[1])
    return shown


def answered(board: Board, mine: VolunteerId) -> Iterator[tuple[datetime, OfferId]]:
    """The offers that are not open any more, with when that was."""
    for offer_id in board.offers_to.get(mine, ()):
        offer = board.offers[offer_id]
        if offer_id not in board.open_offers:
            yield offer.answered_at or offer.made_at, offer_id


def _shown_assignments(board: Board, mine: VolunteerId) -> set[AssignmentId]:
    """The active assignment, and the last one that ended."""
    assignments = board.assignments_of.get(mine, ())
    shown = set(assignments[-1:])
    if mine in board.active:
        shown.add(board.active[mine])
    return shown


def keys_about(board: Board, mine: VolunteerId, kind: str, ident: Any) -> Iterator[Key]:
    field = f"{kind}_id"
    for offer_id in sorted(_shown_offers(board, mine)):
        if getattr(board.offers[offer_id], field) == ident:
            yield ("offer", offer_id)
    for assignment_id in sorted(_shown_assignments(board, mine)):
        if getattr(board.assignments[assignment_id], field) == ident:
            yield ("assignment", assignment_id)


def people_of(board: Board, need_id: NeedId) -> Iterator[VolunteerId]:
    """Who sees a need now: not everybody who was ever asked for it."""
    for offer_id in board.offers_of[need_id]:
        mine = board.offers[offer_id].volunteer_id
        if offer_id in board.open_offers or offer_id in _shown_offers(board, mine):
            yield mine
    for assignment in board.assignments_to(need_id):
        if assignment.id in _shown_assignments(board, assignment.volunteer_id):
            yield assignment.volunteer_id


def _volunteer_offer(board: Board, offer: Offer) -> Entity:
    shown = plain(offer)
    hidden = ("plan_id", "origin", "need_id", "incident_id", "volunteer_id", "accepts", "wave")
    for private in hidden:
        del shown[private]
    seen = _seen(board, of_thanks(offer.id), of_offer(offer.id))
    return shown | _task(board, board.needs[offer.need_id]) | seen


def _volunteer_assignment(board: Board, assignment: Assignment) -> Entity:
    shown = plain(assignment)
    for private in ("need_id", "incident_id", "volunteer_id"):
        del shown[private]
    seen = _seen(board, of_recall(assignment.id))
    return shown | _task(board, board.needs[assignment.need_id]) | seen


def _task(board: Board, need: Need) -> Entity:
    incident = plain(board.incidents[need.incident_id])
    fields = (
        "number",
        "kind",
        "title",
        "description",
        "site",
        "severity",
        "hazard",
        "status",
    )
    whole = plain(need)
    shown = (
        "id",
        "skill",
        "level",
        "hazard",
        "site",
        "heads",
        "deadline_at",
        "ends_at",
        "note",
        "safety_plan",
        "status",
    )
    return {
        "exercise": board.exercise,
        "incident": {f: incident[f] for f in fields},
        "need": {f: whole[f] for f in shown} | {"filled": board.heads_taken(need.id)},
    }
