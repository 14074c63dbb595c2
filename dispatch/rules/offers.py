"""Offers: offer, withdraw, accept, decline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    AssignmentId,
    AssignmentStatus,
    DeclineReason,
    Fix,
    Means,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferId,
    OfferStatus,
    Plan,
    Reason,
    Travel,
    Verdict,
    VolunteerId,
    usable,
)
from dispatch.rules.checks import (
    check_not_over,
    checked_text,
    get_need,
    get_offer,
    own_offer,
    require_fresh,
)
from dispatch.rules.context import Context, Events, Pair


def pairs_to_judge(board: Board, action: act.Action, plan: Plan | None = None) -> tuple[Pair, ...]:
    """Return the (need, volunteer) pairs whose verdict `decide` will ask for; `plan` is the one
    the context will hold."""
    match action:
        case act.MakeOffer() if action.need_id in board.needs:
            return tuple((action.need_id, v) for v in dict.fromkeys(action.volunteer_ids))
        case act.DispatchPlan() if action.plan_id in board.plans:
            return tuple(
                (p.need_id, p.volunteer_id)
                for p in board.plans[action.plan_id].proposals
                if action.need_ids is None or p.need_id in action.need_ids
            )
        case act.MakeWave() if plan is not None:
            return tuple((p.need_id, p.volunteer_id) for p in plan.proposals)
        case act.AcceptOffer() | act.PromiseLater() if action.offer_id in board.offers:
            offer = board.offers[action.offer_id]
            return ((offer.need_id, offer.volunteer_id),)
        case _:
            return ()


def make_offer(board: Board, a: act.MakeOffer, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    if need.status is not NeedStatus.PUBLISHED:
        raise Rejected("NEED_NOT_PUBLISHED", need=need.id, status=need.status)
    check_not_over(need, ctx.now)
    pairs = pairs_to_judge(board, a)
    for pair in pairs:
        _require_eligible(ctx.verdicts[pair], pair[1])
    if not pairs:
        raise Rejected("NOTHING_TO_OFFER", skipped=0)
    return tuple(offer_to(board, ctx, *pair, n) for n, pair in enumerate(pairs))


def offer_to(
    board: Board,
    ctx: Context,
    need_id: NeedId,
    volunteer_id: VolunteerId,
    n: int,
    **more: Any,
) -> ev.OfferMade:
    """The action's n-th offer; `more` is what only offers of a plan or wave say."""
    need = board.needs[need_id]
    verdict = ctx.verdicts[need_id, volunteer_id]
    if verdict.travel is None or verdict.origin is None:
        raise Rejected("NOT_ELIGIBLE", volunteer=volunteer_id, reasons=[Reason.REACH])
    ttl_s = ctx.offer_ttl_s[board.incidents[need.incident_id].severity]
    return ev.OfferMade(
        offer_id=OfferId(ctx.id("offer", n)),
        need_id=need.id,
        incident_id=need.incident_id,
        volunteer_id=volunteer_id,
        hazard=need.hazard,
        cover=verdict.cover,
        travel=verdict.travel,
        origin=verdict.origin,
        expires_at=ctx.now + timedelta(seconds=ttl_s),
        **{"plan_id": None, **more},
    )


def withdraw_offer(board: Board, a: act.WithdrawOffer, ctx: Context) -> Events:
    offer = get_offer(board, a.offer_id)
    lifecycle.step(lifecycle.OFFER, offer.status, ev.OfferWithdrawn)
    return (ev.OfferWithdrawn(offer_id=offer.id, reason=checked_text(a.reason, "reason")),)


def accept_offer(board: Board, a: act.AcceptOffer, ctx: Context) -> Events:
    offer = own_offer(board, a.offer_id, ctx.actor)
    check_answerable(offer, ctx.now)
    need = board.needs[offer.need_id]
    check_not_over(need, ctx.now)
    if a.seen_seq is not None:
        require_fresh(board, ("need", need.id), a.seen_seq)
        require_fresh(board, ("incident", need.incident_id), a.seen_seq)
    travel = _travel_from(a.ready_in_s, _travel_of(offer, ctx))
    if a.ready_in_s and not _in_time(need, travel, ctx.now):
        raise Rejected("TOO_LATE", deadline_at=need.deadline_at)
    fix = usable(a.fix, ctx.now)
    return _accepted(
        board, offer, ctx, travel, a.ready_in_s, comment=a.comment, brings=a.brings, fix=fix
    )


def promise_later(board: Board, a: act.PromiseLater, ctx: Context) -> Events:
    """Taken as a yes where they would still be in time; else others are asked now, and they may be
    asked again when they can set out."""
    offer = own_offer(board, a.offer_id, ctx.actor)
    check_answerable(offer, ctx.now)
    need = board.needs[offer.need_id]
    travel = _travel_from(a.ready_in_s, _travel_of(offer, ctx))
    if _in_time(need, travel, ctx.now):
        return _accepted(
            board, offer, ctx, travel, a.ready_in_s, comment=a.comment, brings=a.brings
        )
    promise = ev.OfferDeclined(
        offer_id=offer.id,
        reason=DeclineReason.LATER,
        comment=checked_text(a.comment, "comment", required=False),
        ready_at=ctx.now + timedelta(seconds=a.ready_in_s),
        brings=_each_once(a.brings),
    )
    return (promise,)


def _accepted(
    board: Board,
    offer: Offer,
    ctx: Context,
    travel: Travel,
    ready_in_s: int,
    *,
    comment: str,
    brings: tuple[Means, ...],
    fix: Fix | None = None,
) -> Events:
    """What a yes makes happen, if they may."""
    need = board.needs[offer.need_id]
    check_not_over(need, ctx.now)
    left = board.active.get(offer.volunteer_id)
    if left is not None and not may_leave(board, offer.volunteer_id, offer.replaces):
        raise Rejected("ALREADY_ASSIGNED", assignment=left)
    taken = board.heads_taken(need.id)
    if taken >= need.heads.maximum:
        raise Rejected("NEED_FULL", taken=taken, maximum=need.heads.maximum)
    verdict = ctx.verdicts[need.id, offer.volunteer_id]
    _require_eligible(verdict, offer.volunteer_id, leaving=left is not None)
    accepted = ev.OfferAccepted(
        offer_id=offer.id,
        assignment_id=AssignmentId(ctx.id("assignment")),
        hazard=need.hazard,
        cover=verdict.cover,
        travel=travel,
        fix=fix,
        comment=checked_text(comment, "comment", required=False),
        ready_at=ctx.now + timedelta(seconds=ready_in_s) if ready_in_s else None,
        brings=_each_once(brings),
    )
    filled = tuple(_stand_down_asked(board, offer, taken + 1))
    moved = () if left is None else (ev.StoodDown(assignment_id=left, reason="MOVED"),)
    others = _withdraw_others(board, offer, {e.offer_id for e in filled})
    return (*moved, accepted, *filled, *others)


def _travel_of(offer: Offer, ctx: Context) -> Travel:
    """As it is known now, or was when they were asked."""
    return ctx.verdicts[offer.need_id, offer.volunteer_id].travel or offer.travel


def _travel_from(ready_in_s: int, travel: Travel) -> Travel:
    """Who says when they set out has that time from alert to moving."""
    return replace(travel, turnout_s=ready_in_s) if ready_in_s else travel


def _in_time(need: Need, travel: Travel, now: datetime) -> bool:
    response_s = travel.turnout_s + travel.eta_s
    return response_s <= need.reach_s and now + timedelta(seconds=response_s) <= need.deadline_at


def _each_once(brings: tuple[Means, ...]) -> tuple[Means, ...]:
    return tuple(dict.fromkeys(brings))


def may_leave(board: Board, volunteer_id: VolunteerId, assignment_id: AssignmentId | None) -> bool:
    """Return whether somebody may be called away from this assignment: it is theirs, and they have
    not left for it."""
    if assignment_id is None or board.active.get(volunteer_id) != assignment_id:
        return False
    return board.assignments[assignment_id].status is AssignmentStatus.ASSIGNED


def _stand_down_asked(board: Board, accepted: Offer, taken: int) -> Iterator[ev.OfferWithdrawn]:
    """With the desired heads filled, whoever was asked by plan or wave is thanked and stood down;
    whom a commander asked by hand may still come until the maximum."""
    heads = board.needs[accepted.need_id].heads
    for offer in board.open_offers_of(accepted.need_id):
        by_hand = offer.plan_id is None and offer.wave == 0
        if offer.id != accepted.id and taken >= (heads.maximum if by_hand else heads.desired):
            yield ev.OfferWithdrawn(offer_id=offer.id, reason="FILLED")


def decline_offer(board: Board, a: act.DeclineOffer, ctx: Context) -> Events:
    offer = own_offer(board, a.offer_id, ctx.actor)
    check_answerable(offer, ctx.now)
    comment = checked_text(a.comment, "comment", required=False)
    return (ev.OfferDeclined(offer_id=offer.id, reason=a.reason, comment=comment),)


def check_answerable(offer: Offer, now: datetime) -> None:
    """Refuse what is no longer open.

    Raises:
        Rejected: `OFFER_WITHDRAWN`, `OFFER_EXPIRED`, `OFFER_ANSWERED`.
    """
    if offer.status is OfferStatus.WITHDRAWN:
        raise Rejected("OFFER_WITHDRAWN", because=offer.withdrawn_because)
    if offer.status is OfferStatus.EXPIRED or (
        offer.status is OfferStatus.OPEN and now >= offer.expires_at
    ):
        raise Rejected("OFFER_EXPIRED", expires_at=offer.expires_at)
    if offer.status is not OfferStatus.OPEN:
        raise Rejected("OFFER_ANSWERED", status=offer.status)


def stopped_by(verdict: Verdict, *, leaving: bool = False) -> tuple[Reason, ...]:
    """Return the reasons that count; somebody who leaves an assignment for it is not too busy."""
    return tuple(r for r in verdict.reasons if not (leaving and r is Reason.BUSY))


def _require_eligible(
    verdict: Verdict, volunteer_id: VolunteerId, *, leaving: bool = False
) -> None:
    reasons = stopped_by(verdict, leaving=leaving)
    if reasons:
        raise Rejected("NOT_ELIGIBLE", volunteer=volunteer_id, reasons=list(reasons))


def _withdraw_others(board: Board, offer: Offer, done: set[OfferId]) -> Iterator[ev.Event]:
    """Who takes one offer cannot take another: their other open offers go back to the needs."""
    for offer_id in board.offers_to[offer.volunteer_id]:
        if offer_id in board.open_offers and offer_id != offer.id and offer_id not in done:
            yield ev.OfferWithdrawn(offer_id=offer_id, reason="TOOK_ANOTHER")
