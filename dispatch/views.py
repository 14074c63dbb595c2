"""Who may see what. An entity in a view is a plain JSON-ready dict; absent means hidden.

A view is a pure function of the board, so after every event the old view plus the pushed entities
equals a fresh view (the tests hold every rule to it). Times that pass by themselves (countdowns,
the end of a rest) are left to the screens: they get the instant, not the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from dispatch.board import Board, Key, Person, TimelineEntry
from dispatch.model import (
    Assignment,
    AssignmentId,
    AssignmentStatus,
    Incident,
    IncidentId,
    Need,
    NeedId,
    Offer,
    OfferId,
    OfferStatus,
    VolunteerId,
    Zone,
    ZoneStatus,
)
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits

Entity = dict[str, Any]
Exactness = Literal["exact", "coarse"]
View = dict[str, dict[Any, Entity]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """All commanders of an agency, or one volunteer of it."""

    volunteer_id: VolunteerId | None = None


COMMANDERS: Final = Audience()

CLOSED_SHOWN: Final = 20
"""Closed incidents that commanders still see with all that belongs to them; older ones fold away,
or every screen would carry the whole history of offers."""

_KINDS_OF_COMMANDER: Final = (
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
_KINDS_OF_VOLUNTEER: Final = ("me", "offer", "assignment", "warning")


def snapshot(board: Board, audience: Audience) -> View:
    """Return everything the audience may see now, as kind -> id -> entity."""
    view: View = {kind: {} for kind in kinds(audience)}
    for key in _all_keys(board, audience):
        found = entity(board, audience, key)
        if found is not None:
            view[key[0]][key[1]] = found
    return view


def kinds(audience: Audience) -> tuple[str, ...]:
    """The kinds of entity in this audience's view."""
    return _KINDS_OF_COMMANDER if audience == COMMANDERS else _KINDS_OF_VOLUNTEER


def entity(board: Board, audience: Audience, key: Key) -> Entity | None:
    """Return one entity as this audience sees it, or None when it does not."""
    if audience.volunteer_id is not None:
        return _volunteer_entity(board, audience.volunteer_id, key)
    return _commander_entity(board, key)


def touched(board: Board, audience: Audience, keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return the keys of this audience's view that a change of the board's `keys` may alter."""
    wanted = dict.fromkeys(keys)
    if audience.volunteer_id is None:
        shown = (key for key in wanted if key[0] in _KINDS_OF_COMMANDER)
        return tuple(dict.fromkeys((*shown, *_folding(board, wanted))))
    mine = audience.volunteer_id
    found: dict[Key, None] = {}
    for kind, ident in wanted:
        match kind:
            case "person" if ident == mine:
                found[("me", mine)] = None
            case "offer" if board.offers[ident].volunteer_id == mine:
                found["offer", ident] = None
            case "assignment" if board.assignments[ident].volunteer_id == mine:
                found.update(dict.fromkeys(_assignment_keys(board, mine)))
                found["me", mine] = None
            case "warning" if mine in board.warned.get(ident, ()):
                found["warning", ident] = None
            case "need" | "incident":
                found.update(dict.fromkeys(_keys_about(board, mine, kind, ident)))
    offers = sum(kind == "offer" for kind, _ in found)
    # The last answered offer leaves the view when newer ones are answered, as many as are touched.
    left = sorted(_answered(board, mine), reverse=True)[: offers + 1] if offers else ()
    return (*found, *(key for _, o in left if (key := ("offer", o)) not in found))


def audiences(board: Board, keys: Iterable[Key]) -> set[VolunteerId]:
    """Return the volunteers whose view a change of these keys may alter."""
    found: set[VolunteerId] = set()
    for kind, ident in keys:
        match kind:
            case "person":
                found.add(ident)
            case "offer":
                found.add(board.offers[ident].volunteer_id)
            case "assignment":
                found.add(board.assignments[ident].volunteer_id)
            case "need":
                found.update(_people_of(board, ident))
            case "warning":
                found.update(board.warned.get(ident, ()))
            case "incident":
                for need_id in board.needs_of[ident]:
                    found.update(_people_of(board, need_id))
    return found


def face(board: Board, need_id: NeedId) -> Entity:
    """Return what volunteers see of a need and its incident; while it stays, no view changes."""
    return _task(board, board.needs[need_id])


def needs_seen(board: Board, audience: Audience) -> Iterator[NeedId]:
    """Yield the needs that a volunteer's view shows."""
    mine = audience.volunteer_id
    assert mine is not None
    yield from (board.offers[o].need_id for o in _shown_offers(board, mine))
    yield from (board.assignments[a].need_id for a in _shown_assignments(board, mine))


def position_shown(board: Board, volunteer_id: VolunteerId) -> Exactness | None:
    """Return how exactly commanders may see where somebody is; None when not at all.

    Where somebody on a task is, is for all commanders; somebody on duty lets themselves be found,
    which takes no more than the neighbourhood before they have accepted something.
    """
    active = board.active.get(volunteer_id)
    if active is not None and board.assignments[active].status is not AssignmentStatus.RESERVED:
        return "exact"
    return "coarse" if board.person(volunteer_id).on_duty else None


def resting_until(person: Person, limits: DutyLimits = DUTY_LIMITS) -> datetime | None:
    """Return when the person may be asked again, None if no rest is due (hard rule 6).

    Eight hours after a shift, or after the shift with which twelve hours on task within a day were
    reached.
    """
    if not person.shifts:
        return None
    start, end = person.shifts[-1]
    day = [s for s in person.shifts if s[1] > end - timedelta(days=1)]
    on_task_s = sum((s[1] - s[0]).total_seconds() for s in day)
    if (end - start).total_seconds() < limits.shift_min_s and on_task_s < limits.max_task_s:
        return None
    return end + timedelta(seconds=limits.rest_s)


def status_of(board: Board, volunteer_id: VolunteerId) -> str:
    """Return AVAILABLE, OFFERED, UNAVAILABLE, or the status of the active assignment."""
    if volunteer_id in board.active:
        return board.assignments[board.active[volunteer_id]].status
    if any(o in board.open_offers for o in board.offers_to.get(volunteer_id, ())):
        return "OFFERED"
    return "UNAVAILABLE" if board.person(volunteer_id).available is False else "AVAILABLE"


def _all_keys(board: Board, audience: Audience) -> Iterator[Key]:
    mine = audience.volunteer_id
    if mine is not None:
        yield ("me", mine)
        yield from _offer_keys(board, mine)
        yield from _assignment_keys(board, mine)
        yield from (("warning", zone.id) for zone in board.warned_of(mine))
        return
    tables: tuple[tuple[str, Iterable[Any]], ...] = (
        ("incident", board.incidents),
        ("need", board.needs),
        ("offer", board.offers),
        ("assignment", board.assignments),
        ("zone", board.zones),
        ("weather", (1,)),
        ("plan", board.plans),
        ("person", board.people),
        ("entry", (e.id for e in board.entries)),
    )
    for kind, ids in tables:
        for ident in ids:
            yield (kind, ident)


def folded(board: Board, incident_id: IncidentId) -> bool:
    """Whether commanders see an incident no more: closed long ago, and nobody is out for it."""
    number = board.closed.get(incident_id)
    if number is None or number > len(board.closed) - CLOSED_SHOWN:
        return False
    tasks = (a for n in board.needs_of[incident_id] for a in board.assignments_to(n))
    return not any(board.active.get(a.volunteer_id) == a.id for a in tasks)


def _folding(board: Board, keys: Iterable[Key]) -> Iterator[Key]:
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


def _commander_entity(board: Board, key: Key) -> Entity | None:
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
            return _plain(board.offers[ident])
        case "assignment":
            assignment = board.assignments[ident]
            origin = _plain(board.offers[assignment.offer_id].origin)
            inside = bool(board.warned_of(assignment.volunteer_id))
            return _plain(assignment) | {"origin": origin, "inside": inside}
    return None


def _surroundings(board: Board, key: Key) -> Entity | None:
    """What belongs to none."""
    kind, ident = key
    match kind:
        case "zone":
            return _plain(board.zones[ident]) | {"warned": len(board.warned.get(ident, ()))}
        case "weather":
            return {"id": ident, "rain": board.rain}
        case "plan":
            return _plain(board.plans[ident]) if ident in board.plans else None
        case "person":
            return _person(board, ident)
        case "entry":
            return _entry(board, ident)
    return None


def _incident(board: Board, incident: Incident) -> Entity:
    return _plain(incident) | {"exercise": board.exercise}


def _need(board: Board, need: Need) -> Entity:
    changed = board.changes["need", need.id].seq
    return _plain(need) | {
        "changed_seq": changed,
        "counts": _counts(board, need),
        "alerting": _alerting(board, need),
        "pinned": [_plain(pin) for pin in board.pinned_to(need.id)],
        "excluded": [_plain(exclusion) for exclusion in board.excluded_from(need.id)],
    }


def _alerting(board: Board, need: Need) -> Entity | None:
    """The desk's own asking, with the figures of its last wave: they fade while time passes."""
    if need.id not in board.alerting:
        return None
    shown = _plain(board.alerting[need.id])
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


def _person(board: Board, volunteer_id: VolunteerId) -> Entity:
    person = board.person(volunteer_id)
    return {
        "id": volunteer_id,
        "status": status_of(board, volunteer_id),
        "available": person.available,
        "available_until": _instant(person.available_until),
        "on_duty": person.on_duty,
        "resting_until": _instant(resting_until(person)),
    }


def _entry(board: Board, seq: int) -> Entity | None:
    if not board.entries or not board.entries[0].id <= seq <= board.entries[-1].id:
        return None
    entry: TimelineEntry = board.entries[seq - board.entries[0].id]
    return _plain(entry)


def _volunteer_entity(board: Board, mine: VolunteerId, key: Key) -> Entity | None:
    kind, ident = key
    match kind:
        case "me" if ident == mine:
            return _person(board, mine)
        case "offer" if ident in _shown_offers(board, mine):
            return _volunteer_offer(board, board.offers[ident])
        case "assignment" if ident in _shown_assignments(board, mine):
            return _volunteer_assignment(board, board.assignments[ident])
        case "warning":
            return _warning(board, mine, board.zones[ident])
    return None


def _warning(board: Board, mine: VolunteerId, zone: Zone) -> Entity | None:
    """A zone for somebody inside it: without its outline, which a phone does not need."""
    if zone.status is not ZoneStatus.ACTIVE or mine not in board.warned.get(zone.id, ()):
        return None
    plain = _plain(zone)
    shown = ("id", "kind", "name", "drawn_at", "ends_at", "certainty")
    return {"exercise": board.exercise} | {name: plain[name] for name in shown}


def _offer_keys(board: Board, mine: VolunteerId) -> Iterator[Key]:
    return (("offer", o) for o in board.offers_to.get(mine, ()))


def _assignment_keys(board: Board, mine: VolunteerId) -> Iterator[Key]:
    return (("assignment", a) for a in board.assignments_of.get(mine, ()))


def _shown_offers(board: Board, mine: VolunteerId) -> set[OfferId]:
    """The open offers, and the last one that was answered."""
    offers = board.offers_to.get(mine, ())
    shown = {o for o in offers if o in board.open_offers}
    if len(shown) < len(offers):
        shown.add(max(_answered(board, mine))[1])
    return shown


def _answered(board: Board, mine: VolunteerId) -> Iterator[tuple[datetime, OfferId]]:
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


def _keys_about(board: Board, mine: VolunteerId, kind: str, ident: Any) -> Iterator[Key]:
    field = f"{kind}_id"
    for offer_id in sorted(_shown_offers(board, mine)):
        if getattr(board.offers[offer_id], field) == ident:
            yield ("offer", offer_id)
    for assignment_id in sorted(_shown_assignments(board, mine)):
        if getattr(board.assignments[assignment_id], field) == ident:
            yield ("assignment", assignment_id)


def _people_of(board: Board, need_id: NeedId) -> Iterator[VolunteerId]:
    """Who sees a need now: not everybody who was ever asked for it."""
    for offer_id in board.offers_of[need_id]:
        mine = board.offers[offer_id].volunteer_id
        if offer_id in board.open_offers or offer_id in _shown_offers(board, mine):
            yield mine
    for assignment in board.assignments_to(need_id):
        if assignment.id in _shown_assignments(board, assignment.volunteer_id):
            yield assignment.volunteer_id


def _volunteer_offer(board: Board, offer: Offer) -> Entity:
    shown = _plain(offer)
    hidden = ("plan_id", "origin", "need_id", "incident_id", "volunteer_id", "accepts", "wave")
    for private in hidden:
        del shown[private]
    return shown | _task(board, board.needs[offer.need_id])


def _volunteer_assignment(board: Board, assignment: Assignment) -> Entity:
    shown = _plain(assignment)
    for private in ("need_id", "incident_id", "volunteer_id"):
        del shown[private]
    return shown | _task(board, board.needs[assignment.need_id])


def _task(board: Board, need: Need) -> Entity:
    incident = _plain(board.incidents[need.incident_id])
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
    plain = _plain(need)
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
        "need": {f: plain[f] for f in shown} | {"filled": board.heads_taken(need.id)},
    }


def _plain(value: object) -> Entity:
    plain: Entity = msgspec.to_builtins(value)
    return plain


def _instant(at: datetime | None) -> str | None:
    plain: str | None = msgspec.to_builtins(at)
    return plain
