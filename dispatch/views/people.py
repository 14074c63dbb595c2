"""What screens say of one person: status, rest, how exactly their position shows; and entities as
plain values."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from dispatch.board import Board, Person
from dispatch.model import AssignmentStatus, VolunteerId
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits

Entity = dict[str, Any]


Exactness = Literal["exact", "coarse"]


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


def person_entity(board: Board, volunteer_id: VolunteerId) -> Entity:
    person = board.person(volunteer_id)
    return {
        "id": volunteer_id,
        "status": status_of(board, volunteer_id),
        "available": person.available,
        "available_until": instant(person.available_until),
        "on_duty": person.on_duty,
        "resting_until": instant(resting_until(person)),
    }


def plain(value: object) -> Entity:
    found: Entity = msgspec.to_builtins(value)
    return found


def instant(at: datetime | None) -> str | None:
    found: str | None = msgspec.to_builtins(at)
    return found
