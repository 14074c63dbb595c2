"""One function per action: (board, action, context) -> events, or Rejected.

Rules are pure. What they need of the world comes in the context: the instant, the actor, and for
offers and acceptances the verdict on each person, made by `matching.eligibility` at that moment.
Ids of new entities are made from the action's id, so a repeated action makes the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from dispatch import actions as act
from dispatch import events as ev
from dispatch.board import Board
from dispatch.errors import Forbidden
from dispatch.model import Role
from dispatch.rules.assignments import arrive, depart, reach_home, release, stand_down
from dispatch.rules.context import Context, Events, Pair
from dispatch.rules.incidents import close_incident, open_incident, update_incident
from dispatch.rules.needs import add_need, close_need, publish_need, update_need
from dispatch.rules.notices import (
    end_reach_test,
    receive_reports,
    record_sent,
    see_notices,
    start_reach_test,
)
from dispatch.rules.offers import (
    accept_offer,
    check_answerable,
    decline_offer,
    make_offer,
    pairs_to_judge,
    promise_later,
    withdraw_offer,
)
from dispatch.rules.pairs import exclude_pair, free_pair, pin_pair
from dispatch.rules.people import (
    add_note,
    check_in,
    check_out,
    clear_zone,
    draw_zone,
    set_availability,
    set_rain,
    warn_people,
)
from dispatch.rules.plans import (
    dispatch_plan,
    doubt_fill,
    make_plan,
    make_wave,
    start_alerting,
    stop_alerting,
    wanting,
)

__all__ = [
    "Context",
    "Events",
    "Pair",
    "check_answerable",
    "decide",
    "pairs_to_judge",
    "tick",
    "wanting",
]

Rule = Callable[[Board, Any, Context], Events]


def decide(board: Board, action: act.Action, ctx: Context) -> Events:
    """Return the events that carry out `action` now; empty when it changes nothing.

    Raises:
        Rejected: a rule says no.
        Forbidden: this actor may not.
    """
    rule, roles = _RULES[type(action)]
    if ctx.actor.role not in roles:
        raise Forbidden(f"{ctx.actor.role} may not {action.kind}")
    return rule(board, action, ctx)


def tick(board: Board, now: datetime) -> Events:
    """Return what time alone makes happen: open offers past their deadline expire, and reach tests
    end."""
    late = (board.offers[o] for o in board.open_offers)
    expired = sorted((o for o in late if now >= o.expires_at), key=lambda o: (o.expires_at, o.id))
    over = (t.id for t in board.tests.values() if t.ended_at is None and now >= t.ends_at)
    return (
        *(ev.OfferExpired(offer_id=o.id) for o in expired),
        *(ev.ReachTestEnded(test_id=test_id) for test_id in over),
    )


_COMMANDER: Final = frozenset({Role.COMMANDER})
_VOLUNTEER: Final = frozenset({Role.VOLUNTEER})
_SYSTEM: Final = frozenset({Role.SYSTEM})
_BOTH: Final = frozenset({Role.COMMANDER, Role.VOLUNTEER})

_RULES: Final[Mapping[type[act.Action], tuple[Rule, frozenset[Role]]]] = {
    act.OpenIncident: (open_incident, _COMMANDER),
    act.UpdateIncident: (update_incident, _COMMANDER),
    act.CloseIncident: (close_incident, _COMMANDER),
    act.AddNeed: (add_need, _COMMANDER),
    act.UpdateNeed: (update_need, _COMMANDER),
    act.PublishNeed: (publish_need, _COMMANDER),
    act.CloseNeed: (close_need, _COMMANDER),
    act.MakePlan: (make_plan, _COMMANDER),
    act.DispatchPlan: (dispatch_plan, _COMMANDER),
    act.StartAlerting: (start_alerting, _COMMANDER),
    act.StopAlerting: (stop_alerting, _COMMANDER),
    act.MakeWave: (make_wave, _SYSTEM),
    act.DoubtFill: (doubt_fill, _SYSTEM),
    act.MakeOffer: (make_offer, _COMMANDER),
    act.WithdrawOffer: (withdraw_offer, _COMMANDER),
    act.AcceptOffer: (accept_offer, _VOLUNTEER),
    act.PromiseLater: (promise_later, _VOLUNTEER),
    act.DeclineOffer: (decline_offer, _VOLUNTEER),
    act.Depart: (depart, _VOLUNTEER),
    act.Arrive: (arrive, _VOLUNTEER),
    act.Release: (release, _BOTH),
    act.ReachHome: (reach_home, _VOLUNTEER),
    act.StandDown: (stand_down, _BOTH),
    act.SetAvailability: (set_availability, _VOLUNTEER),
    act.CheckIn: (check_in, _BOTH),
    act.CheckOut: (check_out, _BOTH),
    act.PinPair: (pin_pair, _COMMANDER),
    act.ExcludePair: (exclude_pair, _COMMANDER),
    act.FreePair: (free_pair, _COMMANDER),
    act.AddNote: (add_note, _COMMANDER),
    act.DrawZone: (draw_zone, _COMMANDER),
    act.WarnPeople: (warn_people, _SYSTEM),
    act.ClearZone: (clear_zone, _COMMANDER),
    act.SetRain: (set_rain, _COMMANDER),
    act.RecordSent: (record_sent, _SYSTEM),
    act.ReceiveReports: (receive_reports, _SYSTEM),
    act.SeeNotices: (see_notices, _VOLUNTEER),
    act.StartReachTest: (start_reach_test, _COMMANDER),
    act.EndReachTest: (end_reach_test, _COMMANDER),
}
