"""Plans and waves: how proposals become offers, by a commander's word or by the desk's own.

While a need's alerting stands, the desk asks more people as answers and silence come in. It rests
while the desired heads are taken and goes on when one falls out; it ends when a commander stops it
or the need is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    Alerting,
    AssignmentStatus,
    Fill,
    NeedId,
    NeedStatus,
    OfferStatus,
    Plan,
    PlanId,
    Proposal,
    WaveReason,
)
from dispatch.rules.checks import check_not_over, checked_text, get_need
from dispatch.rules.context import Context, Events
from dispatch.rules.offers import may_leave, offer_to, pairs_to_judge, stopped_by


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
    rounds = _Rounds(board, ctx, plan)
    for need_id in plan.need_ids:
        if (a.need_ids is None or need_id in a.need_ids) and wanting(board, need_id, ctx.now):
            alerting = board.alerting.get(need_id)
            if alerting is None and a.alert:
                alerting = rounds.start(need_id)
            rounds.ask(need_id, alerting, WaveReason.PLAN, plan_id=plan.id)
    proposed = len(pairs_to_judge(board, a))
    if not rounds.offered:
        raise Rejected("NOTHING_TO_OFFER", skipped=proposed)
    skipped = proposed - rounds.offered
    done = ev.PlanDispatched(plan_id=plan.id, offered=rounds.offered, skipped=skipped)
    return (*rounds.events, done)


def make_wave(board: Board, a: act.MakeWave, ctx: Context) -> Events:
    """Ask whom the planner found. A need whose heads were taken, or for which another desk asked
    people, since the plan was made is left for the next beat."""
    if ctx.plan is None:
        return ()
    rounds = _Rounds(board, ctx, ctx.plan)
    for need_id in a.need_ids:
        alerting = board.alerting.get(need_id)
        if alerting is not None and rounds.still_fits(alerting):
            rounds.ask(need_id, alerting, _because(board, alerting))
    return tuple(rounds.events)


def start_alerting(board: Board, a: act.StartAlerting, ctx: Context) -> Events:
    """Under the same policy it simply goes on; under another it starts from the first wave."""
    events: list[ev.Event] = []
    for need_id in dict.fromkeys(a.need_ids):
        need = get_need(board, need_id)
        lifecycle.step(lifecycle.NEED, need.status, ev.AlertingStarted)
        check_not_over(need, ctx.now)
        alerting, policy = board.alerting.get(need_id), ctx.policies[need_id]
        if alerting is None or alerting.policy != policy:
            events.append(ev.AlertingStarted(need_id=need_id, policy=policy))
    return tuple(events)


def stop_alerting(board: Board, a: act.StopAlerting, ctx: Context) -> Events:
    need = get_need(board, a.need_id)
    if need.id not in board.alerting:
        raise Rejected("NOT_ALERTING", need=need.id)
    return (ev.AlertingStopped(need_id=need.id, reason=checked_text(a.reason, "reason")),)


def doubt_fill(board: Board, a: act.DoubtFill, ctx: Context) -> Events:
    """Said once; said again only after somebody accepted in between."""
    alerting = board.alerting.get(a.need_id)
    if alerting is None or alerting.doubted is not None:
        return ()
    return (
        ev.FillDoubted(need_id=a.need_id, because=a.because, fill=a.fill, waves=alerting.waves),
    )


class _Rounds:
    """The rounds of offers that one plan makes, in the order they are asked for."""

    def __init__(self, board: Board, ctx: Context, plan: Plan) -> None:
        self.events: list[ev.Event] = []
        self.offered = 0
        self._board, self._ctx, self._plan = board, ctx, plan
        self._fills: Mapping[NeedId, Fill] = {f.need_id: f for f in plan.fills}
        self._proposals: dict[NeedId, list[Proposal]] = {}
        for p in plan.proposals:
            self._proposals.setdefault(p.need_id, []).append(p)

    def start(self, need_id: NeedId) -> Alerting:
        policy = self._ctx.policies[need_id]
        self.events.append(ev.AlertingStarted(need_id=need_id, policy=policy))
        return Alerting(need_id=need_id, policy=policy, started_at=self._ctx.now)

    def still_fits(self, alerting: Alerting) -> bool:
        """Whether the plan was made for the need as it is now."""
        need_id = alerting.need_id
        if alerting.wave_seq > self._plan.basis_seq:
            return False
        open_ = self._board.needs[need_id].heads.desired - self._board.heads_taken(need_id)
        planned = self._fills.get(need_id)
        return wanting(self._board, need_id, self._ctx.now) and (
            planned is None or planned.open == open_
        )

    def ask(
        self,
        need_id: NeedId,
        alerting: Alerting | None,
        because: WaveReason,
        plan_id: PlanId | None = None,
    ) -> None:
        number = alerting.waves + 1 if alerting else 0
        before = self.offered
        for p in self._proposals.get(need_id, ()):
            leaving = may_leave(self._board, p.volunteer_id, p.replaces)
            verdict = self._ctx.verdicts[need_id, p.volunteer_id]
            if not stopped_by(verdict, leaving=leaving):
                replaces = p.replaces if leaving else None
                self._offer(p, plan_id=plan_id, wave=number, replaces=replaces)
        asked = self.offered - before
        if alerting and asked:
            self.events.append(self._wave(need_id, number, asked, because))

    def _offer(self, p: Proposal, **more: Any) -> None:
        more |= {"accepts": p.accepts, "skill": p.skill}
        self.events.append(
            offer_to(self._board, self._ctx, p.need_id, p.volunteer_id, self.offered, **more)
        )
        self.offered += 1

    def _wave(self, need_id: NeedId, number: int, asked: int, because: WaveReason) -> ev.WaveMade:
        fill = self._fills.get(need_id)
        return ev.WaveMade(
            need_id=need_id,
            number=number,
            asked=asked,
            because=because,
            fill_before=fill.before if fill else None,
            fill=fill.fill if fill else None,
            eta_limit_s=fill.eta_limit_s if fill else 0,
            levels_up=fill.levels_up if fill else 0,
        )


def wanting(board: Board, need_id: NeedId, now: datetime) -> bool:
    """Return whether more people may be asked for a need: published, not over, not filled."""
    need = board.needs[need_id]
    open_ = need.status is NeedStatus.PUBLISHED and now < need.ends_at
    return open_ and board.heads_taken(need_id) < need.heads.desired


def _because(board: Board, alerting: Alerting) -> WaveReason:
    """What happened since the last wave, the plainest first."""
    since = alerting.wave_at
    if since is None:
        return WaveReason.STARTED
    offers = [board.offers[o] for o in board.offers_of[alerting.need_id]]
    answered = {o.status for o in offers if o.answered_at is not None and o.answered_at >= since}
    if OfferStatus.DECLINED in answered:
        return WaveReason.DECLINED
    held = board.assignments_to(alerting.need_id)
    if any(
        a.status is AssignmentStatus.STOOD_DOWN and a.stood_down_at and a.stood_down_at >= since
        for a in held
    ):
        return WaveReason.STOOD_DOWN
    return WaveReason.EXPIRED if OfferStatus.EXPIRED in answered else WaveReason.SILENCE
