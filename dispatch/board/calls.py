"""Incidents, needs, plans and notes."""

from __future__ import annotations

from dataclasses import replace

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board.fold import event_of, on
from dispatch.board.state import Board, Key
from dispatch.events import Stored


@on(ev.IncidentOpened)
def _incident_opened(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = event_of(s, ev.IncidentOpened).incident
    board.incidents[incident.id] = incident
    board.needs_of[incident.id] = []
    return (("incident", incident.id),)


@on(ev.IncidentUpdated)
def _incident_updated(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = event_of(s, ev.IncidentUpdated).incident
    lifecycle.step(lifecycle.INCIDENT, board.incidents[incident.id].status, ev.IncidentUpdated)
    board.incidents[incident.id] = incident
    return (("incident", incident.id),)


@on(ev.IncidentClosed)
def _incident_closed(board: Board, s: Stored) -> tuple[Key, ...]:
    incident = board.incidents[event_of(s, ev.IncidentClosed).incident_id]
    status = lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentClosed)
    board.incidents[incident.id] = replace(incident, status=status, closed_at=s.at)
    board.closed[incident.id] = len(board.closed) + 1
    return (("incident", incident.id),)


@on(ev.NeedAdded)
def _need_added(board: Board, s: Stored) -> tuple[Key, ...]:
    need = event_of(s, ev.NeedAdded).need
    board.needs_of[need.incident_id].append(need.id)
    board.needs[need.id] = need
    board.offers_of[need.id] = []
    board.assigned_to[need.id] = []
    return (("need", need.id),)


@on(ev.NeedUpdated)
def _need_updated(board: Board, s: Stored) -> tuple[Key, ...]:
    need = event_of(s, ev.NeedUpdated).need
    lifecycle.step(lifecycle.NEED, board.needs[need.id].status, ev.NeedUpdated)
    board.needs[need.id] = need
    return (("need", need.id),)


@on(ev.NeedPublished)
def _need_published(board: Board, s: Stored) -> tuple[Key, ...]:
    need = board.needs[event_of(s, ev.NeedPublished).need_id]
    status = lifecycle.step(lifecycle.NEED, need.status, ev.NeedPublished)
    board.needs[need.id] = replace(need, status=status, published_at=s.at)
    return (("need", need.id),)


@on(ev.NeedClosed)
def _need_closed(board: Board, s: Stored) -> tuple[Key, ...]:
    need = board.needs[event_of(s, ev.NeedClosed).need_id]
    status = lifecycle.step(lifecycle.NEED, need.status, ev.NeedClosed)
    board.needs[need.id] = replace(need, status=status)
    board.alerting.pop(need.id, None)
    for pin in board.pinned_to(need.id):
        del board.pins[pin.volunteer_id]
    return (("need", need.id),)


@on(ev.PlanMade)
def _plan_made(board: Board, s: Stored) -> tuple[Key, ...]:
    """A new plan replaces the one before: only the last can be dispatched, or shown."""
    plan = event_of(s, ev.PlanMade).plan
    gone: tuple[Key, ...] = tuple(("plan", plan_id) for plan_id in board.plans)
    for key in gone:
        board.changes.pop(key, None)
    board.plans = {plan.id: plan}
    return (("plan", plan.id), *gone)


@on(ev.PlanDispatched)
def _plan_dispatched(board: Board, s: Stored) -> tuple[Key, ...]:
    plan = board.plans[event_of(s, ev.PlanDispatched).plan_id]
    status = lifecycle.step(lifecycle.PLAN, plan.status, ev.PlanDispatched)
    board.plans[plan.id] = replace(plan, status=status)
    return (("plan", plan.id),)


@on(ev.NoteAdded)
def _note_added(board: Board, s: Stored) -> tuple[Key, ...]:
    return ()
