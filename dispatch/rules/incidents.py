"""Incidents: open, update, close, and what a graver danger means."""

from __future__ import annotations

from dataclasses import replace

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    HazardClass,
    Incident,
    IncidentId,
    IncidentStatus,
    NeedStatus,
)
from dispatch.rules.checks import (
    changed,
    checked_text,
    get_incident,
    is_publishable,
    require_fresh,
    stand_down_all,
    withdraw_all,
)
from dispatch.rules.context import Context, Events
from dispatch.taxonomy import INCIDENT_KINDS


def open_incident(board: Board, a: act.OpenIncident, ctx: Context) -> Events:
    if a.incident_kind not in INCIDENT_KINDS:
        raise Rejected("UNKNOWN_KIND", kind=a.incident_kind)
    region = a.region or ctx.site_region
    if region is None:
        raise Rejected("NO_REGION", lon=a.site.lon, lat=a.site.lat)
    if region not in ctx.regions:
        raise Rejected("UNKNOWN_REGION", region=region)
    incident = Incident(
        id=IncidentId(ctx.id("incident")),
        number=len(board.incidents) + 1,
        kind=a.incident_kind,
        title=checked_text(a.title, "title", 200),
        description=checked_text(a.description, "description", required=False),
        site=a.site,
        region=region,
        severity=a.severity,
        hazard=a.hazard,
        status=IncidentStatus.OPEN,
        opened_at=ctx.now,
    )
    return (ev.IncidentOpened(incident=incident),)


def update_incident(board: Board, a: act.UpdateIncident, ctx: Context) -> Events:
    incident = get_incident(board, a.incident_id)
    require_fresh(board, ("incident", incident.id), a.seen_seq)
    lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentUpdated)
    if a.title is not None:
        checked_text(a.title, "title", 200)
    if a.description is not None:
        checked_text(a.description, "description", required=False)
    names = ("title", "description", "site", "severity", "hazard")
    updated = changed(incident, a, names)
    if updated == incident:
        return ()
    raised = updated.hazard.rank > incident.hazard.rank
    consequences = _raise_hazard(board, incident, updated.hazard) if raised else []
    return (ev.IncidentUpdated(incident=updated), *consequences)


def _raise_hazard(board: Board, incident: Incident, hazard: HazardClass) -> list[ev.Event]:
    """What a graver danger means for the needs that shared the incident's class.

    They get the new class. Open offers are withdrawn and whoever is not there yet is stood down:
    neither gates nor cover were checked for this danger. A need that may not be published at the
    new class (hard rule 8) is closed.
    """
    events: list[ev.Event] = []
    for need_id in board.needs_of[incident.id]:
        need = board.needs[need_id]
        if need.status is NeedStatus.CLOSED or need.hazard is not incident.hazard:
            continue
        events += withdraw_all(board, need_id, "HAZARD_RAISED")
        events += stand_down_all(board, need_id, "HAZARD_RAISED")
        raised = replace(need, hazard=hazard)
        events.append(ev.NeedUpdated(need=raised))
        if need.status is NeedStatus.PUBLISHED and not is_publishable(raised):
            events.append(ev.NeedClosed(need_id=need_id, reason="HAZARD_RAISED"))
    return events


def close_incident(board: Board, a: act.CloseIncident, ctx: Context) -> Events:
    incident = get_incident(board, a.incident_id)
    require_fresh(board, ("incident", incident.id), a.seen_seq)
    lifecycle.step(lifecycle.INCIDENT, incident.status, ev.IncidentClosed)
    reason = checked_text(a.reason, "reason")
    events: list[ev.Event] = []
    for need_id in board.needs_of[incident.id]:
        events += withdraw_all(board, need_id, "INCIDENT_CLOSED")
        events += stand_down_all(board, need_id, "INCIDENT_CLOSED")
        if board.needs[need_id].status is not NeedStatus.CLOSED:
            events.append(ev.NeedClosed(need_id=need_id, reason="INCIDENT_CLOSED"))
    return (*events, ev.IncidentClosed(incident_id=incident.id, reason=reason))
