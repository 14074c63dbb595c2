"""The board itself: entities by id, with the indexes the rules and views read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from dispatch.board.people import Person
from dispatch.model import (
    Actor,
    AgencyId,
    Alerting,
    Assignment,
    AssignmentId,
    Conditions,
    Exclusion,
    Incident,
    IncidentId,
    Need,
    NeedId,
    NeedStatus,
    Notice,
    NoticeId,
    Offer,
    OfferId,
    Pin,
    Plan,
    PlanId,
    Rain,
    ReachTest,
    TestId,
    VolunteerId,
    Zone,
    ZoneId,
    ZoneStatus,
)

Key = tuple[str, Any]
"""`(kind, id)` of an entity: incident, need, alerting, offer, assignment, zone, warning (by
the id of its zone), weather, plan, person, test, notice, seen (by the id of its notice: the person
it is for sees a change too) or entry."""


ExclusionKey = tuple[VolunteerId, NeedId | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last change of an entity: what a stale screen is told."""

    seq: int
    event: str
    actor: Actor
    at: datetime


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
    warned: dict[ZoneId, frozenset[VolunteerId]] = field(default_factory=dict)
    rain: Rain = Rain.NONE
    plans: dict[PlanId, Plan] = field(default_factory=dict)
    people: dict[VolunteerId, Person] = field(default_factory=dict)
    entries: deque[TimelineEntry] = field(default_factory=deque)
    changes: dict[Key, Change] = field(default_factory=dict)
    closed: dict[IncidentId, int] = field(default_factory=dict)
    """Closed incidents, numbered from 1 in the order of closing."""
    needs_of: dict[IncidentId, list[NeedId]] = field(default_factory=dict)
    offers_of: dict[NeedId, list[OfferId]] = field(default_factory=dict)
    offers_to: dict[VolunteerId, tuple[OfferId, ...]] = field(default_factory=dict)
    assignments_of: dict[VolunteerId, tuple[AssignmentId, ...]] = field(default_factory=dict)
    assigned_to: dict[NeedId, list[AssignmentId]] = field(default_factory=dict)
    taken: dict[NeedId, int] = field(default_factory=dict)
    open_offers: set[OfferId] = field(default_factory=set)
    alerting: dict[NeedId, Alerting] = field(default_factory=dict)
    active: dict[VolunteerId, AssignmentId] = field(default_factory=dict)
    pins: dict[VolunteerId, Pin] = field(default_factory=dict)
    exclusions: dict[IncidentId, dict[ExclusionKey, Exclusion]] = field(default_factory=dict)
    notices: dict[NoticeId, Notice] = field(default_factory=dict)
    live_notices: set[NoticeId] = field(default_factory=set)
    closing: list[tuple[datetime, NoticeId]] = field(default_factory=list)
    """A heap of the notices that only time closes."""
    tests: dict[TestId, ReachTest] = field(default_factory=dict)
    promised: dict[NeedId, dict[VolunteerId, OfferId]] = field(default_factory=dict)
    """Who said they can come later, by the offer they said it to, until they are asked again."""
    spent: dict[IncidentId, int] = field(default_factory=dict)
    """What messages about an incident have cost."""
    tally: dict[str, dict[str, int]] = field(default_factory=dict)
    """By need how many of its offers and assignments have which status, and of its offers, or by
    test of its notices, how many are told, delivered and seen."""

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

    def count(self, about: str, what: str, step: int = 1) -> None:
        """Count so many more of a need's or test's `what`."""
        counts = self.tally.setdefault(about, {})
        counts[what] = counts.get(what, 0) + step

    def counted(self, about: str, *what: str) -> int:
        """How many of a need's or test's are any of `what`."""
        counts = self.tally.get(about, {})
        return sum(counts.get(w, 0) for w in what)

    def open_needs(self) -> list[Need]:
        """Published needs in id order."""
        published = (n for n in self.needs.values() if n.status is NeedStatus.PUBLISHED)
        return sorted(published, key=lambda n: n.id)

    def conditions(self, now: datetime) -> Conditions:
        """What travel is like now."""
        zones = (z for z in self.zones.values() if z.in_force(now))
        return Conditions(zones=tuple(sorted(zones, key=lambda z: z.id)), rain=self.rain)

    def warned_of(self, volunteer_id: VolunteerId) -> tuple[Zone, ...]:
        """The active zones this person was told to be inside of, oldest first."""
        zones = (self.zones[z] for z, who in self.warned.items() if volunteer_id in who)
        return tuple(z for z in zones if z.status is ZoneStatus.ACTIVE)

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
    return value.copy() if isinstance(value, list | set | deque) else value
