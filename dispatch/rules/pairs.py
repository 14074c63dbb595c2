"""A commander's word on one person and one need: pin, exclude, free."""

from __future__ import annotations

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import Need, VolunteerId
from dispatch.rules.checks import checked_text, get_need
from dispatch.rules.context import Context, Events


def pin_pair(board: Board, a: act.PinPair, ctx: Context) -> Events:
    """Whether the person is eligible is the next plan's question: it says why a pin failed."""
    need = get_need(board, a.need_id)
    lifecycle.step(lifecycle.NEED, need.status, ev.PairPinned)
    if any(e.volunteer_id == a.volunteer_id for e in board.excluded_from(need.id)):
        raise Rejected("PAIR_EXCLUDED", need=need.id, volunteer=a.volunteer_id)
    pin = board.pins.get(a.volunteer_id)
    if pin is not None and pin.need_id == need.id:
        return ()
    return (ev.PairPinned(need_id=need.id, volunteer_id=a.volunteer_id),)


def exclude_pair(board: Board, a: act.ExcludePair, ctx: Context) -> Events:
    """Open offers are withdrawn. Who has accepted stays until a commander stands them down: that
    tells the person, and this does not."""
    need = get_need(board, a.need_id)
    lifecycle.step(lifecycle.NEED, need.status, ev.PairExcluded)
    excluded = ev.PairExcluded(
        incident_id=need.incident_id,
        need_id=None if a.whole_incident else need.id,
        volunteer_id=a.volunteer_id,
        reason=checked_text(a.reason, "reason"),
    )
    stated = board.exclusions.get(need.incident_id, {})
    if (a.volunteer_id, excluded.need_id) in stated:
        return ()
    return (*_withdrawn(board, need, a.volunteer_id, a.whole_incident), excluded)


def free_pair(board: Board, a: act.FreePair, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    where = None if a.whole_incident else need.id
    pin = board.pins.get(a.volunteer_id)
    pinned = pin is not None and pin.need_id == where
    if not pinned and (a.volunteer_id, where) not in board.exclusions.get(need.incident_id, {}):
        raise Rejected("NOTHING_TO_FREE", need=need.id, volunteer=a.volunteer_id)
    freed = ev.PairFreed(incident_id=need.incident_id, need_id=where, volunteer_id=a.volunteer_id)
    return (freed,)


def _withdrawn(
    board: Board, need: Need, volunteer_id: VolunteerId, whole_incident: bool
) -> list[ev.OfferWithdrawn]:
    needs = board.needs_of[need.incident_id] if whole_incident else [need.id]
    return [
        ev.OfferWithdrawn(offer_id=offer.id, reason="EXCLUDED")
        for need_id in needs
        for offer in board.open_offers_of(need_id)
        if offer.volunteer_id == volunteer_id
    ]
