"""Board: the current picture of one agency's operations, folded from its log.

`apply` is the only way a board changes. It takes events as true (rules decided earlier, when they
were appended) but refuses a log whose events cannot follow each other. It returns the keys of the
entities it touched, which is all that views and the gateway need to push a change; the first is
the entity the event is about, and only that one counts as changed for stale screens.

The board holds operations, not people: a volunteer appears here only once something happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.errors import LogCorrupt, Rejected
from dispatch.events import Stored
from dispatch.model import (
    ACTIVE_ASSIGNMENT,
    Actor,
    AgencyId,
    Assignment,
    AssignmentId,
    AssignmentStatus,
    Fix,
    Incident,
    IncidentId,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferId,
    OfferStatus,
    Plan,
    PlanId,
    VolunteerId,
    Zone,
    ZoneId,
    ZoneStatus,
)

Key = tuple[str, Any]
"""`(kind, id)` of an entity: incident, need, offer, assignment, zone, plan, person or entry."""

ENTRIES_KEPT: Final = 200
ALERTS_KEPT: Final = timedelta(days=7)
SHIFTS_KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last change of an entity: what a stale screen is told."""

    seq: int
    event: str
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What operations know of a volunteer.

    `alerts_at` are the offers of the last seven days; `shifts` the `(start, end)` of time on task
    of the last two, travel included; `fix` is where a person on duty checked in.
    """

    id: VolunteerId
    available: bool | None = None
    available_until: datetime | None = None
    on_duty: bool = False
    fix: Fix | None = None
    alerts_at: tuple[datetime, ...] = ()
    shifts: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One event as the timeline shows it."""

    id: int
    at: datetime
    event: str
    actor: Actor
    incident_id: IncidentId | None = None
    need_id: NeedId | None = None
    volunteer_id: VolunteerId | None = None
    text: str = ""


@dataclass(slots=True)
class Board:
    """Entities by id, with the indexes the rules and views read."""

    agency: AgencyId
    exercise: bool = False
    seq: int = 0
    at: datetime | None = None
    incidents: dict[IncidentId, Incident] = field(default_factory=dict)
    needs: dict[NeedId, Need] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    assignments: dict[AssignmentId, Assignment] = field(default_factory=dict)
    zones: dict[ZoneId, Zone] = field(default_factory=dict)
    plans: dict[PlanId, Plan] = field(default_factory=dict)
    people: dict[VolunteerId, Person] = field(default_factory=dict)
    entries: deque[TimelineEntry] = field(default_factory=deque)
    changes: dict[Key, Change] = field(default_factory=dict)
    needs_of: dict[IncidentId, list[NeedId]] = field(default_factory=dict)
    offers_of: dict[NeedId, list[OfferId]] = field(default_factory=dict)
    offers_to: dict[VolunteerId, list[OfferId]] = field(default_factory=dict)
    assignments_of: dict[VolunteerId, list[AssignmentId]] = field(default_factory=dict)
    assigned_to: dict[NeedId, list[AssignmentId]] = field(default_factory=dict)
    taken: dict[NeedId, int] = field(default_factory=dict)
    open_offers: set[OfferId] = field(default_factory=set)
    active: dict[VolunteerId, AssignmentId] = field(default_factory=dict)

    def open_offers_of(self, need_id: NeedId) -> Iterator[Offer]:
        """The unanswered offers of a need, oldest first."""
        for offer_id in self.offers_of.get(need_id, ()):
            if offer_id in self.open_offers:
                yield self.offers[offer_id]

    def assignments_to(self, need_id: NeedId) -> Iterator[Assignment]:
        """Every assignment ever made for a need, oldest first."""
        return (self.assignments[a] for a in self.assigned_to.get(need_id, ()))

    def heads_taken(self, need_id: NeedId) -> int:
        """How many accepted and were not stood down: the heads that count against the maximum."""
        return self.taken.get(need_id, 0)

    def heads_open(self, need_id: NeedId) -> int:
        """Desired heads that nobody has accepted or been asked for, never below 0."""
        need = self.needs[need_id]
        asked = sum(1 for _ in self.open_offers_of(need_id))
        return max(0, need.heads.desired - self.heads_taken(need_id) - asked)

    def open_needs(self) -> list[Need]:
        """Published needs in id order."""
        published = (n for n in self.needs.values() if n.status is NeedStatus.PUBLISHED)
        return sorted(published, key=lambda n: n.id)

    def active_zones(self) -> tuple[Zone, ...]:
        """Hazard zones in force, in id order."""
        active = (z for z in self.zones.values() if z.status is ZoneStatus.ACTIVE)
        return tuple(sorted(active, key=lambda z: z.id))

    def person(self, volunteer_id: VolunteerId) -> Person:
        """The person's record, empty if nothing has happened yet."""
        return self.people.get(volunteer_id) or Person(id=volunteer_id)


def apply(board: Board, stored: Stored) -> tuple[Key, ...]:
    """Fold one event into the board and return the keys of the entities it touched.

    Raises:
        LogCorrupt: the event is out of order, or cannot follow the ones before it.
    """
    if stored.seq != board.seq + 1:
        raise LogCorrupt(f"event {stored.seq} after {board.seq}")
    try:
        keys = _HANDLERS[type(stored.event)](board, stored)
    except (KeyError, Rejected) as exc:
        raise LogCorrupt(f"event {stored.seq} {type(stored.event).__name__}: {exc}") from exc
    board.seq = stored.seq
    board.at = stored.at
    change = Change(
        seq=stored.seq, event=type(stored.event).__name__, actor=stored.actor, at=stored.at
    )
    if keys:
        board.changes[keys[0]] = change
    return keys + _add_entry(board, stored)


E = TypeVar("E", bound=ev.Event)
Handler = Callable[[Board, Any], tuple[Key, ...]]
_HANDLERS: Final[dict[type[ev.Event], Handler]] = {}


def _on(event: type[ev.Event]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        _HANDLERS[event] = handler
        return handler

    return register


@_on(ev.IncidentOpened)
def _incident_opened(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = _event(s, ev.IncidentOpened).incident
    board.incidents[incident.id] = incident
    board.needs_of[incident.id] = []
    return (("incident", incident.id),)


@_on(ev.IncidentUpdated)
def _incident_updated(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = _event(s, ev.IncidentUpdated).incident
    lifecycle.step(lifecycle.INCIDENT, board.incidents[incident.id].status, ev.IncidentUpdated)
    board.incidents[incident.id] = incident
    return (("incident", incident.id),)


@_on(ev.IncidentClosed)
def _incident_closed(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = board.incidents[_event(s, ev.IncidentClosed).incident_id]
    status = lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentClosed)
    board.incidents[incident.id] = replace(incident, status=status, closed_at=s.at)
    return (("incident", incident.id),)


@_on(ev.NeedAdded)
def _need_added(board: Board, s: Stored) -> tuple[Key, ...]:
    need = _event(s, ev.NeedAdded).need
    board.needs_of[need.incident_id].append(need.id)
    board.needs[need.id] = need
    board.offers_of[need.id] = []
    board.assigned_to[need.id] = []
    return (("need", need.id),)


@_on(ev.NeedUpdated)
def _need_updated(board: Board, s: Stored) -> tuple[Key, ...]:
    need = _event(s, ev.NeedUpdated).need
    lifecycle.step(lifecycle.NEED, board.needs[need.id].status, ev.NeedUpdated)
    board.needs[need.id] = need
    return (("need", need.id),)


@_on(ev.NeedPublished)
def _need_published(board: Board, s: Stored) -> tuple[Key, ...]:
    need = board.needs[_event(s, ev.NeedPublished).need_id]
    status = lifecycle.step(lifecycle.NEED, need.status, ev.NeedPublished)
    board.needs[need.id] = replace(need, status=status, published_at=s.at)
    return (("need", need.id),)


@_on(ev.NeedClosed)
def _need_closed(board: Board, s: Stored) -> tuple[Key, ...]:
    need = board.needs[_event(s, ev.NeedClosed).need_id]
    status = lifecycle.step(lifecycle.NEED, need.status, ev.NeedClosed)
    board.needs[need.id] = replace(need, status=status)
    return (("need", need.id),)


@_on(ev.PlanMade)
def _plan_made(board: Board, s: Stored) -> tuple[Key, ...]:
    """A new plan replaces the one before: only the last can be dispatched, or shown."""
    plan = _event(s, ev.PlanMade).plan
    gone: tuple[Key, ...] = tuple(("plan", plan_id) for plan_id in board.plans)
    for key in gone:
        board.changes.pop(key, None)
    board.plans = {plan.id: plan}
    return (("plan", plan.id), *gone)


@_on(ev.PlanDispatched)
def _plan_dispatched(board: Board, s: Stored) -> tuple[Key, ...]:
    plan = board.plans[_event(s, ev.PlanDispatched).plan_id]
    status = lifecycle.step(lifecycle.PLAN, plan.status, ev.PlanDispatched)
    board.plans[plan.id] = replace(plan, status=status)
    return (("plan", plan.id),)


@_on(ev.OfferMade)
def _offer_made(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.OfferMade)
    lifecycle.step(lifecycle.NEED, board.needs[e.need_id].status, ev.OfferMade)
    board.offers[e.offer_id] = Offer(
        id=e.offer_id,
        need_id=e.need_id,
        incident_id=e.incident_id,
        volunteer_id=e.volunteer_id,
        plan_id=e.plan_id,
        hazard=e.hazard,
        cover=e.cover,
        travel=e.travel,
        origin=e.origin,
        status=OfferStatus.OPEN,
        made_at=s.at,
        expires_at=e.expires_at,
    )
    board.offers_of[e.need_id].append(e.offer_id)
    board.offers_to.setdefault(e.volunteer_id, []).append(e.offer_id)
    board.open_offers.add(e.offer_id)
    person = board.person(e.volunteer_id)
    recent = tuple(at for at in person.alerts_at if s.at - at < ALERTS_KEPT)
    board.people[person.id] = replace(person, alerts_at=(*recent, s.at))
    return _offer_keys(board.offers[e.offer_id])


@_on(ev.OfferAccepted)
def _offer_accepted(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.OfferAccepted)
    offer = _answer(board, s, e.offer_id, comment=e.comment)
    if offer.volunteer_id in board.active:
        raise LogCorrupt(f"volunteer {offer.volunteer_id} would hold two assignments")
    board.assignments[e.assignment_id] = Assignment(
        id=e.assignment_id,
        offer_id=offer.id,
        need_id=offer.need_id,
        incident_id=offer.incident_id,
        volunteer_id=offer.volunteer_id,
        status=AssignmentStatus.ASSIGNED,
        cover=e.cover,
        travel=e.travel,
        assigned_at=s.at,
        fix=e.fix,
    )
    board.assigned_to[offer.need_id].append(e.assignment_id)
    board.assignments_of.setdefault(offer.volunteer_id, []).append(e.assignment_id)
    board.active[offer.volunteer_id] = e.assignment_id
    board.taken[offer.need_id] = board.heads_taken(offer.need_id) + 1
    return (*_offer_keys(offer), ("assignment", e.assignment_id))


@_on(ev.OfferDeclined)
def _offer_declined(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.OfferDeclined)
    return _offer_keys(_answer(board, s, e.offer_id, decline_reason=e.reason, comment=e.comment))


@_on(ev.OfferExpired)
def _offer_expired(board: Board, s: Stored) -> tuple[Key, ...]:
    return _offer_keys(_answer(board, s, _event(s, ev.OfferExpired).offer_id))


@_on(ev.OfferWithdrawn)
def _offer_withdrawn(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.OfferWithdrawn)
    return _offer_keys(_answer(board, s, e.offer_id, withdrawn_because=e.reason))


@_on(ev.Departed)
def _departed(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.Departed)
    return _advance(board, s, e.assignment_id, fix=e.fix, en_route_at=s.at)


@_on(ev.Arrived)
def _arrived(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.Arrived)
    return _advance(board, s, e.assignment_id, fix=e.fix, on_scene_at=s.at)


@_on(ev.Released)
def _released(board: Board, s: Stored) -> tuple[Key, ...]:
    return _advance(board, s, _event(s, ev.Released).assignment_id, released_at=s.at)


@_on(ev.ReachedHome)
def _reached_home(board: Board, s: Stored) -> tuple[Key, ...]:
    return _advance(board, s, _event(s, ev.ReachedHome).assignment_id, home_at=s.at)


@_on(ev.StoodDown)
def _stood_down(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.StoodDown)
    return _advance(board, s, e.assignment_id, stood_down_at=s.at, stood_down_because=e.reason)


@_on(ev.AvailabilitySet)
def _availability_set(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.AvailabilitySet)
    person = board.person(e.volunteer_id)
    board.people[person.id] = replace(person, available=e.available, available_until=e.until_at)
    return (("person", person.id),)


@_on(ev.CheckedIn)
def _checked_in(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.CheckedIn)
    person = board.person(e.volunteer_id)
    board.people[person.id] = replace(person, on_duty=True, fix=e.fix)
    return (("person", person.id),)


@_on(ev.CheckedOut)
def _checked_out(board: Board, s: Stored) -> tuple[Key, ...]:
    person = board.person(_event(s, ev.CheckedOut).volunteer_id)
    board.people[person.id] = replace(person, on_duty=False, fix=None)
    return (("person", person.id),)


@_on(ev.NoteAdded)
def _note_added(board: Board, s: Stored) -> tuple[Key, ...]:
    return ()


@_on(ev.ZoneDrawn)
def _zone_drawn(board: Board, s: Stored) -> tuple[Key, ...]:
    zone = _event(s, ev.ZoneDrawn).zone
    board.zones[zone.id] = zone
    return (("zone", zone.id),)


@_on(ev.ZoneCleared)
def _zone_cleared(board: Board, s: Stored) -> tuple[Key, ...]:
    zone = board.zones[_event(s, ev.ZoneCleared).zone_id]
    status = lifecycle.step(lifecycle.ZONE, zone.status, ev.ZoneCleared)
    board.zones[zone.id] = replace(zone, status=status, cleared_at=s.at)
    return (("zone", zone.id),)


def _event(stored: Stored, cls: type[E]) -> E:
    assert isinstance(stored.event, cls)
    return stored.event


def _offer_keys(offer: Offer) -> tuple[Key, ...]:
    return (("offer", offer.id), ("need", offer.need_id), ("person", offer.volunteer_id))


def _answer(board: Board, s: Stored, offer_id: OfferId, **fields: Any) -> Offer:
    offer = board.offers[offer_id]
    status = lifecycle.step(lifecycle.OFFER, offer.status, type(s.event))
    offer = replace(offer, status=status, answered_at=s.at, **fields)
    board.offers[offer_id] = offer
    board.open_offers.discard(offer_id)
    return offer


def _advance(
    board: Board, s: Stored, assignment_id: AssignmentId, **fields: Any
) -> tuple[Key, ...]:
    before = board.assignments[assignment_id]
    status = lifecycle.step(lifecycle.ASSIGNMENT, before.status, type(s.event))
    if fields.get("fix", ...) is None:
        del fields["fix"]
    after = replace(before, status=status, **fields)
    board.assignments[assignment_id] = after
    if before.status in ACTIVE_ASSIGNMENT and status not in ACTIVE_ASSIGNMENT:
        board.active.pop(after.volunteer_id, None)
    if isinstance(s.event, ev.StoodDown):
        board.taken[after.need_id] -= 1
    if isinstance(s.event, ev.Released) or (
        isinstance(s.event, ev.StoodDown) and after.en_route_at
    ):
        _close_shift(board, after, s.at)
    return (
        ("assignment", after.id),
        ("need", after.need_id),
        ("person", after.volunteer_id),
    )


def _close_shift(board: Board, assignment: Assignment, at: datetime) -> None:
    person = board.person(assignment.volunteer_id)
    start = assignment.en_route_at or assignment.on_scene_at or assignment.assigned_at
    recent = tuple(shift for shift in person.shifts if at - shift[1] < SHIFTS_KEPT)
    board.people[person.id] = replace(person, shifts=(*recent, (start, at)))


def _add_entry(board: Board, s: Stored) -> tuple[Key, ...]:
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
    match event:
        case ev.IncidentOpened() | ev.IncidentUpdated():
            return None, event.incident.id, None
        case ev.IncidentClosed() | ev.NoteAdded():
            return None, event.incident_id, None
        case ev.NeedAdded() | ev.NeedUpdated():
            return event.need.id, None, None
        case ev.NeedPublished() | ev.NeedClosed():
            return event.need_id, None, None
        case ev.AvailabilitySet() | ev.CheckedIn() | ev.CheckedOut():
            return None, None, event.volunteer_id
        case ev.OfferMade() | ev.OfferAccepted() | ev.OfferDeclined():
            offer = board.offers[event.offer_id]
            return offer.need_id, None, offer.volunteer_id
        case ev.OfferExpired() | ev.OfferWithdrawn():
            offer = board.offers[event.offer_id]
            return offer.need_id, None, offer.volunteer_id
        case ev.Departed() | ev.Arrived() | ev.Released() | ev.ReachedHome() | ev.StoodDown():
            assignment = board.assignments[event.assignment_id]
            return assignment.need_id, None, assignment.volunteer_id
        case _:
            return None, None, None


def _text(event: ev.Event) -> str:
    match event:
        case ev.NoteAdded():
            return event.text
        case ev.IncidentClosed() | ev.NeedClosed() | ev.OfferWithdrawn() | ev.StoodDown():
            return event.reason
        case ev.OfferDeclined():
            return event.reason
        case ev.ZoneDrawn():
            return event.zone.name
        case _:
            return ""
