"""The alerting of a need as the board knows it: who was asked, who answered, who is on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from dispatch.board import Board
from dispatch.matching.acceptance import RATES
from dispatch.matching.alerting import AlertPolicy, Call, Hold, Promised, Silent
from dispatch.matching.fill import NOBODY
from dispatch.matching.replies import ReplyLaw
from dispatch.model import Assignment, AssignmentStatus, Need, Offer, OfferStatus
from dispatch.roster import Floats

_UNKNOWN_P: Final = RATES["mid"]
"""The chance of a yes where an offer does not say: one made by hand, or in an older log."""

_NO_SILENT: Final = Silent(NOBODY, NOBODY, NOBODY)
_NO_PROMISED: Final = Promised(NOBODY, NOBODY)

_BEFORE_ARRIVAL: Final = (
    AssignmentStatus.RESERVED,
    AssignmentStatus.ASSIGNED,
    AssignmentStatus.EN_ROUTE,
)


def call_of(board: Board, need: Need, now: datetime, *, law: ReplyLaw, show_up: float) -> Call:
    """Return the call of a need at `now`.

    People whom a commander asked by hand count like all others. Offers that were withdrawn tell
    nothing and do not count; who accepted and was stood down counts as declined.
    """
    offers = [board.offers[o] for o in board.offers_of[need.id]]
    held = list(board.assignments_to(need.id))
    gone = sum(a.status is AssignmentStatus.STOOD_DOWN for a in held)
    alerting = board.alerting.get(need.id)
    wave_at = alerting.wave_at if alerting else None
    return Call(
        heads=need.heads.desired,
        left_s=(need.deadline_at - now).total_seconds(),
        law=law,
        silent=_silent([o for o in offers if o.status is OfferStatus.OPEN], now),
        promised=_promised(
            [a for a in held if a.status is not AssignmentStatus.STOOD_DOWN], now, show_up
        ),
        declined=gone + sum(o.status is OfferStatus.DECLINED for o in offers),
        expired=sum(o.status is OfferStatus.EXPIRED for o in offers),
        waves=alerting.waves if alerting else 0,
        since_wave_s=_since_s(now, wave_at) if wave_at else 0.0,
        show_up=show_up,
    )


def rho_of(policy: AlertPolicy) -> float:
    """Return the correlation of answers to reckon with under a policy."""
    return policy.rho if isinstance(policy, Hold) else Hold().rho


def _silent(offers: Sequence[Offer], now: datetime) -> Silent:
    if not offers:
        return _NO_SILENT
    return Silent(
        p=_column([_UNKNOWN_P if o.accepts is None else o.accepts for o in offers]),
        travel_s=_column([o.travel.turnout_s + o.travel.eta_s for o in offers]),
        waited_s=_column([_since_s(now, o.made_at) for o in offers]),
    )


def _promised(held: Sequence[Assignment], now: datetime, show_up: float) -> Promised:
    if not held:
        return _NO_PROMISED
    coming = [a.status in _BEFORE_ARRIVAL for a in held]
    return Promised(
        travel_s=_column([_left_s(a, now) for a in held]),
        show_up=np.where(np.array(coming, np.bool_), show_up, 1.0),
    )


def _left_s(a: Assignment, now: datetime) -> float:
    """What is left of somebody's way. Who should have left or come by now is still coming."""
    if a.status not in _BEFORE_ARRIVAL:
        return 0.0
    if a.en_route_at is not None:
        return max(1.0, a.travel.eta_s - _since_s(now, a.en_route_at))
    return a.travel.eta_s + max(0.0, a.travel.turnout_s - _since_s(now, a.assigned_at))


def _since_s(now: datetime, at: datetime) -> float:
    return max(0.0, (now - at).total_seconds())


def _column(values: Sequence[float]) -> Floats:
    return np.array(values, np.float64)
