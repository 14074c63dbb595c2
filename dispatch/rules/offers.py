"""Plans and offers: dispatch, offer, withdraw, accept, decline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    AssignmentId,
    Need,
    NeedId,
    NeedStatus,
    Offer,
    OfferId,
    OfferStatus,
    PlanId,
    Reason,
    Verdict,
    VolunteerId,
    usable,
)
from dispatch.rules.checks import (
    checked_text,
    get_need,
    get_offer,
    own_offer,
    require_fresh,
    withdraw_all,
)
from dispatch.rules.context import Context, Events, Pair


def pairs_to_judge(board: Board, action: act.Action) -> tuple[Pair, ...]:
    """Return the (need, volunteer) pairs whose verdict `decide` will ask for."""
    match action:
        case act.MakeOffer() if action.need_id in board.needs:
            return tuple((action.need_id, v) for v in dict.fromkeys(action.volunteer_ids))
        case act.DispatchPlan() if action.plan_id in board.plans:
            return tuple(
                (p.need_id, p.volunteer_id)
                for p in board.plans[action.plan_id].proposals
                if action.need_ids is None or p.need_id in action.need_ids
            )
        case act.AcceptOffer() if action.offer_id in board.offers:
            offer = board.offers[action.offer_id]
            return ((offer.need_id, offer.volunteer_id),)
        case _:
            return ()


def make_plan(board: Board, a: act.MakePlan, ctx: Context) -> Events:
    """`ctx.plan` comes from the planner; without needs to plan the desk does not ask it."""
    if ctx.plan is None:
        raise Rejected("NOTHING_TO_PLAN")
    return (ev.PlanMade(plan=replace(ctx.plan, id=PlanId(ctx.id("plan")), made_at=ctx.now)),)


def dispatch_plan(board: Board, a: act.DispatchPlan, ctx: Context) -> Events:
    """People whose verdict changed since the plan are left out; with none left it is refused."""
    plan = board.plans.get(a.plan_id)
    if plan is None:
        raise Rejected("PLAN_SUPERSEDED", plan=a.plan_id)
    pairs = pairs_to_judge(board, a)
    room = {need_id: _room(board, need_id, ctx.now) for need_id, _ in pairs}
    offers: list[ev.Event] = []
    for need_id, volunteer_id in pairs:
        if room[need_id] > 0 and not ctx.verdicts[need_id, volunteer_id].reasons:
            room[need_id] -= 1
            offers.append(_offer(board, ctx, need_id, volunteer_id, plan.id, len(offers)))
    if not offers:
        raise Rejected("NOTHING_TO_OFFER", skipped=len(pairs))
    done = ev.PlanDispatched(plan_id=plan.id, offered=len(offers), skipped=len(pairs) - len(offers))
    return (*offers, done)


def make_offer(board: Board, a: act.MakeOffer, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    if need.status is not NeedStatus.PUBLISHED:
        raise Rejected("NEED_NOT_PUBLISHED", need=need.id, status=need.status)
    _not_over(need, ctx.now)
    pairs = pairs_to_judge(board, a)
    for pair in pairs:
        _require_eligible(ctx.verdicts[pair], pair[1])
    if not pairs:
        raise Rejected("NOTHING_TO_OFFER", skipped=0)
    return tuple(_offer(board, ctx, *pair, None, n) for n, pair in enumerate(pairs))


def _room(board: Board, need_id: NeedId, now: datetime) -> int:
    """Heads a plan may still ask for; 0 once the need is closed or over."""
    need = board.needs[need_id]
    wanted = need.status is NeedStatus.PUBLISHED and now < need.ends_at
    return board.heads_open(need_id) if wanted else 0


def _offer(
    board: Board,
    ctx: Context,
    need_id: NeedId,
    volunteer_id: VolunteerId,
    plan_id: PlanId | None,
    n: int,
) -> ev.OfferMade:
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
        plan_id=plan_id,
        hazard=need.hazard,
        cover=verdict.cover,
        travel=verdict.travel,
        origin=verdict.origin,
        expires_at=ctx.now + timedelta(seconds=ttl_s),
    )


def withdraw_offer(board: Board, a: act.WithdrawOffer, ctx: Context) -> Events:
    offer = get_offer(board, a.offer_id)
    lifecycle.step(lifecycle.OFFER, offer.status, ev.OfferWithdrawn)
    return (ev.OfferWithdrawn(offer_id=offer.id, reason=checked_text(a.reason, "reason")),)


def accept_offer(board: Board, a: act.AcceptOffer, ctx: Context) -> Events:
    offer = own_offer(board, a.offer_id, ctx.actor)
    _check_answerable(offer, ctx.now)
    need = board.needs[offer.need_id]
    _not_over(need, ctx.now)
    if a.seen_seq is not None:
        require_fresh(board, ("need", need.id), a.seen_seq)
        require_fresh(board, ("incident", need.incident_id), a.seen_seq)
    if offer.volunteer_id in board.active:
        raise Rejected("ALREADY_ASSIGNED", assignment=board.active[offer.volunteer_id])
    taken = board.heads_taken(need.id)
    if taken >= need.heads.maximum:
        raise Rejected("NEED_FULL", taken=taken, maximum=need.heads.maximum)
    verdict = ctx.verdicts[need.id, offer.volunteer_id]
    _require_eligible(verdict, offer.volunteer_id)
    accepted = ev.OfferAccepted(
        offer_id=offer.id,
        assignment_id=AssignmentId(ctx.id("assignment")),
        hazard=need.hazard,
        cover=verdict.cover,
        travel=verdict.travel or offer.travel,
        fix=usable(a.fix, ctx.now),
        comment=checked_text(a.comment, "comment", required=False),
    )
    full = taken + 1 == need.heads.maximum
    filled = withdraw_all(board, need.id, "FILLED", but=offer.id) if full else []
    return (accepted, *filled, *_withdraw_others(board, offer, {e.offer_id for e in filled}))


def decline_offer(board: Board, a: act.DeclineOffer, ctx: Context) -> Events:
    offer = own_offer(board, a.offer_id, ctx.actor)
    _check_answerable(offer, ctx.now)
    comment = checked_text(a.comment, "comment", required=False)
    return (ev.OfferDeclined(offer_id=offer.id, reason=a.reason, comment=comment),)


def _check_answerable(offer: Offer, now: datetime) -> None:
    if offer.status is OfferStatus.WITHDRAWN:
        raise Rejected("OFFER_WITHDRAWN", because=offer.withdrawn_because)
    if offer.status is OfferStatus.EXPIRED or (
        offer.status is OfferStatus.OPEN and now >= offer.expires_at
    ):
        raise Rejected("OFFER_EXPIRED", expires_at=offer.expires_at)
    if offer.status is not OfferStatus.OPEN:
        raise Rejected("OFFER_ANSWERED", status=offer.status)


def _not_over(need: Need, now: datetime) -> None:
    """Whoever still works on an overrun need has its end moved first: cover hangs on that date."""
    if now >= need.ends_at:
        raise Rejected("NEED_OVER", ends_at=need.ends_at)


def _require_eligible(verdict: Verdict, volunteer_id: VolunteerId) -> None:
    if verdict.reasons:
        raise Rejected("NOT_ELIGIBLE", volunteer=volunteer_id, reasons=list(verdict.reasons))


def _withdraw_others(board: Board, offer: Offer, done: set[OfferId]) -> Iterator[ev.Event]:
    """Who takes one offer cannot take another: their other open offers go back to the needs."""
    for offer_id in board.offers_to[offer.volunteer_id]:
        if offer_id in board.open_offers and offer_id != offer.id and offer_id not in done:
            yield ev.OfferWithdrawn(offer_id=offer_id, reason="TOOK_ANOTHER")
