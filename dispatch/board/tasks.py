"""The steps of an assignment, and what volunteers say of themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import notices
from dispatch.board.fold import event_of, on
from dispatch.board.people import (
    SHIFTS_KEPT,
)
from dispatch.board.state import Board, Key
from dispatch.events import Stored
from dispatch.model import ACTIVE_ASSIGNMENT, Assignment, AssignmentId


@on(ev.Departed)
def _departed(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.Departed)
    return _advance(board, s, e.assignment_id, fix=e.fix, en_route_at=s.at)


@on(ev.Arrived)
def _arrived(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.Arrived)
    return _advance(board, s, e.assignment_id, fix=e.fix, on_scene_at=s.at)


@on(ev.Released)
def _released(board: Board, s: Stored) -> tuple[Key, ...]:
    return _advance(board, s, event_of(s, ev.Released).assignment_id, released_at=s.at)


@on(ev.ReachedHome)
def _reached_home(board: Board, s: Stored) -> tuple[Key, ...]:
    return _advance(board, s, event_of(s, ev.ReachedHome).assignment_id, home_at=s.at)


@on(ev.StoodDown)
def _stood_down(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.StoodDown)
    keys = _advance(board, s, e.assignment_id, stood_down_at=s.at, stood_down_because=e.reason)
    return keys + notices.stood_down(board, board.assignments[e.assignment_id], s)


@on(ev.AvailabilitySet)
def _availability_set(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.AvailabilitySet)
    person = board.person(e.volunteer_id)
    board.people[person.id] = replace(person, available=e.available, available_until=e.until_at)
    return (("person", person.id),)


@on(ev.CheckedIn)
def _checked_in(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.CheckedIn)
    person = board.person(e.volunteer_id)
    board.people[person.id] = replace(person, on_duty=True, fix=e.fix)
    return (("person", person.id),)


@on(ev.CheckedOut)
def _checked_out(board: Board, s: Stored) -> tuple[Key, ...]:
    person = board.person(event_of(s, ev.CheckedOut).volunteer_id)
    board.people[person.id] = replace(person, on_duty=False, fix=None)
    return (("person", person.id),)


def _advance(
    board: Board, s: Stored, assignment_id: AssignmentId, **fields: Any
) -> tuple[Key, ...]:
    before = board.assignments[assignment_id]
    status = lifecycle.step(lifecycle.ASSIGNMENT, before.status, type(s.event))
    if fields.get("fix", ...) is None:
        del fields["fix"]
    after = replace(before, status=status, **fields)
    board.assignments[assignment_id] = after
    board.count(after.need_id, before.status, -1)
    board.count(after.need_id, status)
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
