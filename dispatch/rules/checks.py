"""What several rules ask: does it exist, is it mine, is it fresh, is it safe to publish."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    Actor,
    Assignment,
    AssignmentId,
    HazardClass,
    Incident,
    IncidentId,
    Need,
    NeedId,
    Offer,
    OfferId,
    Role,
    VolunteerId,
)
from dispatch.taxonomy import RISK_ASSESSMENT_HEADS


def get_incident(board: Board, incident_id: IncidentId) -> Incident:
    if incident_id not in board.incidents:
        raise Rejected("NOT_FOUND", entity="incident", id=incident_id)
    return board.incidents[incident_id]


def get_need(board: Board, need_id: NeedId) -> Need:
    if need_id not in board.needs:
        raise Rejected("NOT_FOUND", entity="need", id=need_id)
    return board.needs[need_id]


def get_offer(board: Board, offer_id: OfferId) -> Offer:
    if offer_id not in board.offers:
        raise Rejected("NOT_FOUND", entity="offer", id=offer_id)
    return board.offers[offer_id]


def own_offer(board: Board, offer_id: OfferId, actor: Actor) -> Offer:
    offer = get_offer(board, offer_id)
    if offer.volunteer_id != actor.volunteer_id:
        raise Forbidden("that offer is someone else's")
    return offer


def own_assignment(board: Board, assignment_id: AssignmentId, actor: Actor) -> Assignment:
    """The assignment, for its volunteer or for a commander."""
    assignment = board.assignments.get(assignment_id)
    if assignment is None:
        raise Rejected("NOT_FOUND", entity="assignment", id=assignment_id)
    if actor.role is Role.VOLUNTEER and assignment.volunteer_id != actor.volunteer_id:
        raise Forbidden("that assignment is someone else's")
    return assignment


def who_is_meant(actor: Actor, named: VolunteerId | None) -> VolunteerId:
    own = actor.volunteer_id
    if own is not None:
        if named not in (None, own):
            raise Forbidden("volunteers act for themselves")
        return own
    if named is None:
        raise Rejected("NOT_FOUND", entity="volunteer", id=None)
    return named


def require_fresh(board: Board, key: tuple[str, str], seen_seq: int) -> None:
    change = board.changes[key]
    if seen_seq > board.seq:
        raise Rejected("SEEN_AHEAD", seen_seq=seen_seq, head=board.seq)
    if change.seq > seen_seq:
        raise Rejected(
            "STALE",
            changed={
                "entity": key[0],
                "id": key[1],
                "event": change.event,
                "actor": {"role": change.actor.role, "id": change.actor.id},
                "at": change.at,
            },
        )


def changed(entity: Any, action: Any, names: tuple[str, ...]) -> Any:
    given = {n: getattr(action, n) for n in names if getattr(action, n) is not None}
    return replace(entity, **given)


def checked_text(text: str, name: str, limit: int = act.MAX_TEXT, *, required: bool = True) -> str:
    if required and not text.strip():
        raise Rejected("TEXT_EMPTY", field=name)
    if len(text) > limit:
        raise Rejected("TEXT_TOO_LONG", field=name, most=limit)
    return text


def check_not_over(need: Need, now: datetime) -> None:
    """Whoever still works on an overrun need has its end moved first: cover hangs on that date."""
    if now >= need.ends_at:
        raise Rejected("NEED_OVER", ends_at=need.ends_at)


def withdraw_all(board: Board, need_id: NeedId, reason: str) -> list[ev.OfferWithdrawn]:
    return [ev.OfferWithdrawn(offer_id=o.id, reason=reason) for o in board.open_offers_of(need_id)]


def stand_down_all(board: Board, need_id: NeedId, reason: str) -> list[ev.StoodDown]:
    return [
        ev.StoodDown(assignment_id=x.id, reason=reason)
        for x in board.assignments_to(need_id)
        if ev.StoodDown in lifecycle.ASSIGNMENT[x.status]
    ]


def check_publishable(need: Need) -> None:
    """Hard rule 8 (county rules on risk assessment and safety plan; Order 685 art. 13)."""
    if not need.verified:
        raise Rejected("UNVERIFIED", need=need.id)
    if need.hazard.rank < HazardClass.H2.rank and need.heads.maximum < RISK_ASSESSMENT_HEADS:
        return
    if not need.risk_assessment.strip():
        raise Rejected("NO_RISK_ASSESSMENT", need=need.id)
    if need.safety_plan is None:
        raise Rejected("NO_SAFETY_PLAN", need=need.id)


def is_publishable(need: Need) -> bool:
    try:
        check_publishable(need)
    except Rejected:
        return False
    return True
