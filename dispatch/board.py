"""Board: the current picture of one agency's operations, folded from its log.

`apply` is the only way a board changes. It takes events as true (rules decided earlier, when they
were appended) but refuses a log whose events cannot follow each other. It returns the keys of the
entities it touched, which is all that views and the gateway need to push a change; the first is
the entity the event is about, and only that one counts as changed for stale screens.

The board holds operations, not people: a volunteer appears here only once something happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
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
    Alerting,
    Assignment,
    AssignmentId,
    AssignmentStatus,
    DoubtReason,
    Exclusion,
    Fix,
    Incident,
    IncidentId,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferId,
    OfferStatus,
    Pin,
    Plan,
    PlanId,
    VolunteerId,
    Zone,
    ZoneId,
    ZoneStatus,
)

Key = tuple[str, Any]
"""`(kind, id)` of an entity: incident, need, alerting, offer, assignment, zone, plan, person or
entry."""

ExclusionKey = tuple[VolunteerId, NeedId | None]

ENTRIES_KEPT: Final = 200
ALERTS_KEPT: Final = timedelta(days=7)
SHIFTS_KEPT: Final = timedelta(days=2)
RECORD_HALF_LIFE_DAYS: Final = 90.0
UNANSWERED_WEIGHT: Final = 0.5
"""What being asked weighs when the offer is withdrawn before it was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last change of an entity: what a stale screen is told."""

    seq: int
    event: str
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody was asked. It weighs half once it was withdrawn before it was answered."""

    at: datetime
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Record:
    """How often somebody was asked and said yes, as it counts at `counted_at`: older answers weigh
    less, and a question withdrawn before it was answered half."""

    accepted: float = 0.0
    asked: float = 0.0
    counted_at: datetime | None = None

    def at(self, now: datetime, half_life_days: float) -> tuple[float, float]:
        """Return `(accepted, asked)` as they count at `now`."""
        if self.counted_at is None:
            return 0.0, 0.0
        kept = 0.5 ** ((now - self.counted_at) / timedelta(days=1) / half_life_days)
        return self.accepted * kept, self.asked * kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What operations know of a volunteer.

    `alerts` are the offers of the last seven days; `record` their answers; `shifts` the
    `(start, end)` of time on task of the last two days, travel included; `fix` is where a person
    on duty checked in.
    """

    id: VolunteerId
    available: bool | None = None
    available_until: datetime | None = None
    on_duty: bool = False
    fix: Fix | None = None
    alerts: tuple[Alert, ...] = ()
    record: Record = Record()
    shifts: tuple[tuple[datetime, datetime], ...] = ()

    def alerts_within(self, span: timedelta, now: datetime) -> float:
        """How often they were asked within `span` up to `now`, by weight."""
        return sum(a.weight for a in self.alerts if now - a.at < span)


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
    closed: dict[IncidentId, int] = field(default_factory=dict)
    """Closed incidents, numbered from 1 in the order of closing."""
    needs_of: dict[IncidentId, list[NeedId]] = field(default_factory=dict)
    offers_of: dict[NeedId, list[OfferId]] = field(default_factory=dict)
    offers_to: dict[VolunteerId, list[OfferId]] = field(default_factory=dict)
    assignments_of: dict[VolunteerId, list[AssignmentId]] = field(default_factory=dict)
    assigned_to: dict[NeedId, list[AssignmentId]] = field(default_factory=dict)
    taken: dict[NeedId, int] = field(default_factory=dict)
    open_offers: set[OfferId] = field(default_factory=set)
    alerting: dict[NeedId, Alerting] = field(default_factory=dict)
    active: dict[VolunteerId, AssignmentId] = field(default_factory=dict)
    pins: dict[VolunteerId, Pin] = field(default_factory=dict)
    exclusions: dict[IncidentId, dict[ExclusionKey, Exclusion]] = field(default_factory=dict)

    def copy(self) -> Board:
        """Return a board that may be tried out: what is applied to one is not seen in the other."""
        values = {f.name: _copied(getattr(self, f.name)) for f in fields(self)}
        return Board(**values)

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

    def open_needs(self) -> list[Need]:
        """Published needs in id order."""
        published = (n for n in self.needs.values() if n.status is NeedStatus.PUBLISHED)
        return sorted(published, key=lambda n: n.id)

    def active_zones(self) -> tuple[Zone, ...]:
        """Hazard zones in force, in id order."""
        active = (z for z in self.zones.values() if z.status is ZoneStatus.ACTIVE)
        return tuple(sorted(active, key=lambda z: z.id))

    def pinned_to(self, need_id: NeedId) -> tuple[Pin, ...]:
        """The pins of a need, in the order of the volunteers' ids."""
        return tuple(self.pins[v] for v in sorted(self.pins) if self.pins[v].need_id == need_id)

    def excluded_from(self, need_id: NeedId) -> tuple[Exclusion, ...]:
        """Who is not to be asked for a need, those of its whole incident among them, oldest
        first."""
        stated = self.exclusions.get(self.needs[need_id].incident_id, {})
        return tuple(e for (_, of), e in stated.items() if of in (None, need_id))

    def person(self, volunteer_id: VolunteerId) -> Person:
        """The person's record, empty if nothing has happened yet."""
        return self.people.get(volunteer_id) or Person(id=volunteer_id)


def _copied(value: Any) -> Any:
    """Entities are frozen and may be shared; what holds them may not, nor the lists within."""
    if isinstance(value, dict):
        nested = isinstance(next(iter(value.values()), None), list | dict)
        return {k: v.copy() for k, v in value.items()} if nested else value.copy()
    return value.copy() if isinstance(value, set | deque) else value


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
    board.closed[incident.id] = len(board.closed) + 1
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
    board.alerting.pop(need.id, None)
    for pin in board.pinned_to(need.id):
        del board.pins[pin.volunteer_id]
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
        accepts=e.accepts,
        skill=e.skill,
        wave=e.wave,
        replaces=e.replaces,
    )
    board.offers_of[e.need_id].append(e.offer_id)
    board.offers_to.setdefault(e.volunteer_id, []).append(e.offer_id)
    board.open_offers.add(e.offer_id)
    _unpin(board, e.volunteer_id, e.need_id)
    person = board.person(e.volunteer_id)
    recent = tuple(a for a in person.alerts if s.at - a.at < ALERTS_KEPT)
    board.people[person.id] = replace(person, alerts=(*recent, Alert(s.at)))
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
    if offer.need_id in board.alerting:
        board.alerting[offer.need_id] = replace(board.alerting[offer.need_id], doubted=None)
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


@_on(ev.AlertingStarted)
def _alerting_started(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.AlertingStarted)
    lifecycle.step(lifecycle.NEED, board.needs[e.need_id].status, ev.AlertingStarted)
    board.alerting[e.need_id] = Alerting(need_id=e.need_id, policy=e.policy, started_at=s.at)
    return _alerting_keys(e.need_id)


@_on(ev.WaveMade)
def _wave_made(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.WaveMade)
    alerting = board.alerting[e.need_id]
    planned_again = alerting.doubted is DoubtReason.PLANNER_DOWN
    board.alerting[e.need_id] = replace(
        alerting,
        doubted=None if planned_again else alerting.doubted,
        waves=e.number,
        wave_at=s.at,
        wave_seq=s.seq,
        fill_before=e.fill_before,
        fill=e.fill,
        because=e.because,
        eta_limit_s=e.eta_limit_s,
        levels_up=e.levels_up,
    )
    return _alerting_keys(e.need_id)


@_on(ev.FillDoubted)
def _fill_doubted(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.FillDoubted)
    board.alerting[e.need_id] = replace(board.alerting[e.need_id], doubted=e.because)
    return _alerting_keys(e.need_id)


@_on(ev.AlertingStopped)
def _alerting_stopped(board: Board, s: Stored) -> tuple[Key, ...]:
    need_id = _event(s, ev.AlertingStopped).need_id
    del board.alerting[need_id]
    return _alerting_keys(need_id)


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


@_on(ev.PairPinned)
def _pair_pinned(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.PairPinned)
    need = board.needs[e.need_id]
    lifecycle.step(lifecycle.NEED, need.status, ev.PairPinned)
    before = board.pins.get(e.volunteer_id)
    board.pins[e.volunteer_id] = Pin(
        need_id=need.id, volunteer_id=e.volunteer_id, by=s.actor, at=s.at
    )
    needs = [need.id] if before is None else [need.id, before.need_id]
    return _pair_keys(board, e.volunteer_id, needs)


@_on(ev.PairExcluded)
def _pair_excluded(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.PairExcluded)
    needs = board.needs_of[e.incident_id] if e.need_id is None else [e.need_id]
    stated = board.exclusions.setdefault(e.incident_id, {})
    stated[e.volunteer_id, e.need_id] = Exclusion(
        incident_id=e.incident_id,
        need_id=e.need_id,
        volunteer_id=e.volunteer_id,
        reason=e.reason,
        by=s.actor,
        at=s.at,
    )
    for need_id in needs:
        _unpin(board, e.volunteer_id, need_id)
    return _pair_keys(board, e.volunteer_id, needs)


@_on(ev.PairFreed)
def _pair_freed(board: Board, s: Stored) -> tuple[Key, ...]:
    e = _event(s, ev.PairFreed)
    needs = board.needs_of[e.incident_id] if e.need_id is None else [e.need_id]
    board.exclusions.get(e.incident_id, {}).pop((e.volunteer_id, e.need_id), None)
    for need_id in needs:
        if e.need_id is not None:
            _unpin(board, e.volunteer_id, need_id)
    return _pair_keys(board, e.volunteer_id, needs)


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


def _alerting_keys(need_id: NeedId) -> tuple[Key, ...]:
    """Views show it with its need, but who looks at the need's terms has not become stale."""
    return (("alerting", need_id), ("need", need_id))


def _pair_keys(board: Board, volunteer_id: VolunteerId, needs: Sequence[NeedId]) -> tuple[Key, ...]:
    """The person first: a word on somebody makes no screen of the need stale."""
    board.people[volunteer_id] = board.person(volunteer_id)
    return (("person", volunteer_id), *(("need", need_id) for need_id in needs))


def _unpin(board: Board, volunteer_id: VolunteerId, need_id: NeedId) -> None:
    pin = board.pins.get(volunteer_id)
    if pin is not None and pin.need_id == need_id:
        del board.pins[volunteer_id]


def _answer(board: Board, s: Stored, offer_id: OfferId, **fields: Any) -> Offer:
    offer = board.offers[offer_id]
    status = lifecycle.step(lifecycle.OFFER, offer.status, type(s.event))
    offer = replace(offer, status=status, answered_at=s.at, **fields)
    board.offers[offer_id] = offer
    board.open_offers.discard(offer_id)
    _remember(board, offer, s.at)
    return offer


def _remember(board: Board, offer: Offer, at: datetime) -> None:
    """An answer, or none, goes into the person's record; a withdrawn question tired them less."""
    person = board.person(offer.volunteer_id)
    accepted, asked = person.record.at(at, RECORD_HALF_LIFE_DAYS)
    withdrawn = offer.status is OfferStatus.WITHDRAWN
    asked += UNANSWERED_WEIGHT if withdrawn else 1.0
    accepted += offer.status is OfferStatus.ACCEPTED
    alerts = list(person.alerts)
    if withdrawn and Alert(offer.made_at) in alerts:
        alerts[alerts.index(Alert(offer.made_at))] = Alert(offer.made_at, UNANSWERED_WEIGHT)
    record = Record(accepted, asked, at)
    board.people[person.id] = replace(person, alerts=tuple(alerts), record=record)


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
        case _:
            return ""
