"""What must hold after every event of a log, whoever wrote it (docs/explanation.md, invariants).

The checks count again from scratch rather than read what the board has counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dispatch import events as ev
from dispatch.board import Board, apply
from dispatch.events import Stored
from dispatch.model import (
    ACTIVE_ASSIGNMENT,
    AssignmentStatus,
    HazardClass,
    NeedId,
    VolunteerId,
)
from dispatch.taxonomy import DUTY_LIMITS
from dispatch.views import resting_until


@dataclass(slots=True)
class Watch:
    """Folds a log event by event and notes what must not be."""

    board: Board
    found: list[str] = field(default_factory=list)

    def take(self, stored: Stored) -> None:
        """Fold the next event.

        Raises:
            LogCorrupt: it cannot follow the ones before it.
        """
        before = self.board
        if stored.seq != before.seq + 1:
            self._note(stored, f"follows {before.seq}")
        if before.at is not None and stored.at < before.at:
            self._note(stored, f"is older than the event before it, of {before.at}")
        if not stored.exercise:
            self._note(stored, "is not marked Exercise")
        if isinstance(stored.event, ev.OfferMade):
            self._asked(stored, stored.event)
        touched = apply(self.board, stored)
        for kind, ident in touched:
            if kind == "need":
                self._need(stored, ident)
            elif kind == "person":
                self._person(stored, ident)

    def _note(self, stored: Stored, what: str) -> None:
        self.found.append(f"{stored.seq} {type(stored.event).__name__}: {what}")

    def _asked(self, stored: Stored, offer: ev.OfferMade) -> None:
        person = self.board.person(offer.volunteer_id)
        rest_until = resting_until(person)
        if rest_until is not None and stored.at < rest_until:
            self._note(stored, f"{person.id} rests until {rest_until}")
        day = person.alerts_within(timedelta(days=1), stored.at)
        week = person.alerts_within(timedelta(days=7), stored.at)
        if day >= DUTY_LIMITS.alerts_per_day or week >= DUTY_LIMITS.alerts_per_week:
            self._note(stored, f"{person.id} was asked {day} times in a day, {week} in a week")

    def _need(self, stored: Stored, need_id: NeedId) -> None:
        held = [
            a
            for a in self.board.assignments_to(need_id)
            if a.status is not AssignmentStatus.STOOD_DOWN
        ]
        need = self.board.needs[need_id]
        if len(held) > need.heads.maximum and isinstance(stored.event, ev.OfferAccepted):
            self._note(stored, f"{need_id} has {len(held)} of at most {need.heads.maximum}")
        if len(held) != self.board.heads_taken(need_id):
            self._note(stored, f"{need_id} counts {self.board.heads_taken(need_id)} heads wrongly")
        for a in held:
            offer = self.board.offers[a.offer_id]
            if offer.hazard is not HazardClass.H0 and a.cover is None:
                self._note(stored, f"{a.id} has no cover for {offer.hazard}")

    def _person(self, stored: Stored, volunteer_id: VolunteerId) -> None:
        mine = [self.board.assignments[a] for a in self.board.assignments_of.get(volunteer_id, ())]
        active = [a.id for a in mine if a.status in ACTIVE_ASSIGNMENT]
        if len(active) > 1:
            self._note(stored, f"{volunteer_id} holds {len(active)} assignments")
        known = self.board.active.get(volunteer_id)
        if (len(active) == 1 and known != active[0]) or (not active and known is not None):
            self._note(stored, f"the board is wrong about what {volunteer_id} holds")


def violations(log: Sequence[Stored], board: Board) -> tuple[str, ...]:
    """Return what in a log must not be; `board` is an empty one of its agency.

    Raises:
        LogCorrupt: the log cannot be folded.
    """
    watch = Watch(board)
    for stored in log:
        watch.take(stored)
    return tuple(watch.found)


def differences(one: Board, other: Board) -> Iterator[str]:
    """Yield the names of the parts in which two boards differ."""
    for name in Board.__slots__:
        if getattr(one, name) != getattr(other, name):
            yield name
