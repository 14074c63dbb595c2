"""Needs: add, update, publish, close."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    ACTIVE_ASSIGNMENT,
    IncidentStatus,
    Need,
    NeedId,
    NeedStatus,
)
from dispatch.rules.checks import (
    changed,
    check_publishable,
    checked_text,
    get_incident,
    get_need,
    require_fresh,
    withdraw_all,
)
from dispatch.rules.context import Context, Events
from dispatch.taxonomy import SKILLS

MAX_REACH_S: Final = 86_400
HORIZON: Final = timedelta(days=30)
"""Nothing is planned further ahead than this."""


def add_need(board: Board, a: act.AddNeed, ctx: Context) -> Events:
    incident = get_incident(board, a.incident_id)
    if incident.status is not IncidentStatus.OPEN:
        raise Rejected("INCIDENT_CLOSED", incident=incident.id)
    if a.skill not in SKILLS:
        raise Rejected("UNKNOWN_SKILL", skill=a.skill)
    need = Need(
        id=NeedId(ctx.id("need")),
        incident_id=incident.id,
        skill=a.skill,
        level=a.level,
        heads=a.heads,
        hazard=a.hazard or incident.hazard,
        site=a.site or incident.site,
        region=ctx.site_region or incident.region,
        deadline_at=a.deadline_at,
        ends_at=a.ends_at,
        reach_s=a.reach_s,
        verified=a.verified,
        risk_assessment=checked_text(a.risk_assessment, "risk_assessment", required=False),
        safety_plan=a.safety_plan,
        widened=False,
        note=checked_text(a.note, "note", required=False),
        status=NeedStatus.DRAFT,
        added_at=ctx.now,
    )
    _check_need(need, ctx.now)
    added = ev.NeedAdded(need=need)
    if not a.publish:
        return (added,)
    check_publishable(need)
    return (added, ev.NeedPublished(need_id=need.id))


def update_need(board: Board, a: act.UpdateNeed, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    require_fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedUpdated)
    for name in ("risk_assessment", "note"):
        if getattr(a, name) is not None:
            checked_text(getattr(a, name), name, required=False)
    names = (
        "heads",
        "deadline_at",
        "ends_at",
        "reach_s",
        "verified",
        "risk_assessment",
        "safety_plan",
        "widened",
        "note",
    )
    updated = changed(need, a, names)
    if updated == need:
        return ()
    _check_need(updated, ctx.now)
    if updated.status is NeedStatus.PUBLISHED:
        check_publishable(updated)
    taken = board.heads_taken(need.id)
    if updated.heads.maximum < taken:
        raise Rejected("HEADS_BELOW_TAKEN", taken=taken)
    _check_still_covered(board, updated)
    return (ev.NeedUpdated(need=updated),)


def _check_still_covered(board: Board, need: Need) -> None:
    """Nobody's cover may end before the work they accepted and the way home."""
    home_at = need.ends_at + timedelta(seconds=need.reach_s)
    short = [
        a.id
        for a in board.assignments_to(need.id)
        if a.status in ACTIVE_ASSIGNMENT and a.cover and a.cover.valid_until_at < home_at
    ]
    if short:
        raise Rejected("COVER_TOO_SHORT", assignments=short)


def publish_need(board: Board, a: act.PublishNeed, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    require_fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedPublished)
    _check_need(need, ctx.now)
    check_publishable(need)
    return (ev.NeedPublished(need_id=need.id),)


def close_need(board: Board, a: act.CloseNeed, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    require_fresh(board, ("need", need.id), a.seen_seq)
    lifecycle.step(lifecycle.NEED, need.status, ev.NeedClosed)
    closed = ev.NeedClosed(need_id=need.id, reason=checked_text(a.reason, "reason"))
    return (*withdraw_all(board, need.id, "NEED_CLOSED"), closed)


def _check_need(need: Need, now: datetime) -> None:
    if not 1 <= need.level <= 3:
        raise Rejected("BAD_LEVEL", level=need.level)
    if not 60 <= need.reach_s <= MAX_REACH_S:
        raise Rejected("BAD_REACH", reach_s=need.reach_s, least_s=60, most_s=MAX_REACH_S)
    if need.deadline_at <= now:
        raise Rejected("DEADLINE_PASSED", deadline_at=need.deadline_at)
    if need.ends_at < need.deadline_at:
        raise Rejected("ENDS_BEFORE_DEADLINE", ends_at=need.ends_at)
    if need.ends_at > now + HORIZON:
        raise Rejected("TOO_FAR_AHEAD", days=HORIZON.days)
