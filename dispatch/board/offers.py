"""Offers and their answers, and how the desk asks by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import notices
from dispatch.board.fold import event_of, on
from dispatch.board.pairs import unpin
from dispatch.board.people import (
    ALERTS_KEPT,
    RECORD_HALF_LIFE_DAYS,
    UNANSWERED_WEIGHT,
    Alert,
    Record,
)
from dispatch.board.state import Board, Key
from dispatch.errors import LogCorrupt
from dispatch.events import Stored
from dispatch.model import (
    Alerting,
    Assignment,
    AssignmentStatus,
    DeclineReason,
    DoubtReason,
    NeedId,
    Offer,
    OfferId,
    OfferStatus,
)


@on(ev.OfferMade)
def _offer_made(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.OfferMade)
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
    board.offers_to[e.volunteer_id] = (*board.offers_to.get(e.volunteer_id, ()), e.offer_id)
    board.open_offers.add(e.offer_id)
    board.promised.get(e.need_id, {}).pop(e.volunteer_id, None)
    board.count(e.need_id, OfferStatus.OPEN)
    unpin(board, e.volunteer_id, e.need_id)
    person = board.person(e.volunteer_id)
    recent = tuple(a for a in person.alerts if s.at - a.at < ALERTS_KEPT)
    board.people[person.id] = replace(person, alerts=(*recent, Alert(s.at)))
    made = board.offers[e.offer_id]
    return _offer_keys(made) + notices.offer_made(board, made)


@on(ev.OfferAccepted)
def _offer_accepted(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.OfferAccepted)
    said = {"comment": e.comment, "ready_at": e.ready_at, "brings": e.brings}
    offer = _answer(board, s, e.offer_id, **said)
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
        ready_at=e.ready_at,
        brings=e.brings,
    )
    board.count(offer.need_id, AssignmentStatus.ASSIGNED)
    board.assigned_to[offer.need_id].append(e.assignment_id)
    earlier = board.assignments_of.get(offer.volunteer_id, ())
    board.assignments_of[offer.volunteer_id] = (*earlier, e.assignment_id)
    board.active[offer.volunteer_id] = e.assignment_id
    board.taken[offer.need_id] = board.heads_taken(offer.need_id) + 1
    if offer.need_id in board.alerting:
        board.alerting[offer.need_id] = replace(board.alerting[offer.need_id], doubted=None)
    told = notices.offer_answered(board, offer, s)
    return (*_offer_keys(offer), ("assignment", e.assignment_id), *told)


@on(ev.OfferDeclined)
def _offer_declined(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.OfferDeclined)
    said = {"comment": e.comment, "ready_at": e.ready_at, "brings": e.brings}
    offer = _answer(board, s, e.offer_id, decline_reason=e.reason, **said)
    if e.reason is DeclineReason.LATER:
        board.promised.setdefault(offer.need_id, {})[offer.volunteer_id] = offer.id
    return _offer_keys(offer) + notices.offer_answered(board, offer, s)


@on(ev.OfferExpired)
def _offer_expired(board: Board, s: Stored) -> tuple[Key, ...]:
    offer = _answer(board, s, event_of(s, ev.OfferExpired).offer_id)
    return _offer_keys(offer) + notices.offer_answered(board, offer, s)


@on(ev.OfferWithdrawn)
def _offer_withdrawn(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.OfferWithdrawn)
    offer = _answer(board, s, e.offer_id, withdrawn_because=e.reason)
    return _offer_keys(offer) + notices.offer_answered(board, offer, s)


@on(ev.AlertingStarted)
def _alerting_started(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.AlertingStarted)
    lifecycle.step(lifecycle.NEED, board.needs[e.need_id].status, ev.AlertingStarted)
    board.alerting[e.need_id] = Alerting(need_id=e.need_id, policy=e.policy, started_at=s.at)
    return _alerting_keys(e.need_id)


@on(ev.WaveMade)
def _wave_made(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.WaveMade)
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


@on(ev.FillDoubted)
def _fill_doubted(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.FillDoubted)
    board.alerting[e.need_id] = replace(board.alerting[e.need_id], doubted=e.because)
    return _alerting_keys(e.need_id)


@on(ev.AlertingStopped)
def _alerting_stopped(board: Board, s: Stored) -> tuple[Key, ...]:
    need_id = event_of(s, ev.AlertingStopped).need_id
    del board.alerting[need_id]
    return _alerting_keys(need_id)


def _offer_keys(offer: Offer) -> tuple[Key, ...]:
    return (("offer", offer.id), ("need", offer.need_id), ("person", offer.volunteer_id))


def _alerting_keys(need_id: NeedId) -> tuple[Key, ...]:
    """Views show it with its need, but who looks at the need's terms has not become stale."""
    return (("alerting", need_id), ("need", need_id))


def _answer(board: Board, s: Stored, offer_id: OfferId, **fields: Any) -> Offer:
    offer = board.offers[offer_id]
    status = lifecycle.step(lifecycle.OFFER, offer.status, type(s.event))
    board.count(offer.need_id, offer.status, -1)
    board.count(offer.need_id, status)
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
