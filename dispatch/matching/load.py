"""What people carry already, as columns: what a trip costs them and how likely they say yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dispatch.board import Board
from dispatch.matching.acceptance import AcceptanceModel, Features, History, daytime
from dispatch.matching.cost import People
from dispatch.matching.ledger import LONG_AGO, Ledger, since
from dispatch.matching.skills import Rows
from dispatch.model import FIX_FRESH_S, Severity
from dispatch.roster import Bools, Floats, Ids, Ints, Roster
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits

_DAY = timedelta(days=1)
SEVERITY: Final = {Severity.I: 3.0, Severity.II: 2.0, Severity.III: 1.0, Severity.IV: 0.0}
"""The figure that the acceptance model reads for each severity."""


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """Columns of the roster's length n. Alerts of the last day and week (one stood down before it
    was answered counts half); seconds on task within the last day; whether a shift ended less than
    a rest ago; on duty; declared available for now; how much older than fresh their position is in
    seconds; and the fading record of answers."""

    alerts_24h: Floats
    alerts_7d: Floats
    task_s: Ints
    after_shift: Bools
    on_duty: Bools
    declared: Bools
    stale_s: Ints
    history: History

    def people(self, roster: Roster) -> People:
        """Return the columns that the cost of a trip reads."""
        return People(
            turnout_s=roster.turnout_s,
            on_duty=self.on_duty,
            task_s=self.task_s,
            alerts=self.alerts_7d,
            stale_s=self.stale_s,
        )


def load_of(
    board: Board,
    ids: Ids,
    now: datetime,
    model: AcceptanceModel,
    limits: DutyLimits = DUTY_LIMITS,
    ledger: Ledger | None = None,
) -> Load:
    """Return what these people carry at `now`, nothing for who is not on the board; `ids`, shape
    (n,), ascend. `ledger` is that of these people, up to date."""
    ledger = ledger or Ledger.of(board, ids, limits)
    at = since(now)
    age_s = np.where(ledger.fixed_at > LONG_AGO, (at - ledger.fixed_at) // 1_000_000, 0)
    accepted, asked = ledger.record(now, model.half_life_days)
    return Load(
        alerts_24h=ledger.alerts_within(_DAY, now),
        alerts_7d=ledger.alerts_within(7 * _DAY, now),
        task_s=ledger.task_s(now),
        after_shift=at - ledger.shift_end < limits.rest_s * 1_000_000,
        on_duty=ledger.on_duty.copy(),
        declared=ledger.declared(now),
        stale_s=np.clip(age_s - FIX_FRESH_S, 0, 2**30).astype(np.int32),
        history=History(accepted, asked),
    )


def features(
    load: Load,
    rows: Rows,
    response_s: NDArray[np.signedinteger[Any]],
    substitute: Bools,
    severity: ArrayLike,
    hazard: ArrayLike,
    now: datetime,
    zone: tzinfo,
) -> Features:
    """Return what is known of an alert to each of these people now, before it is answered.

    `response_s` is turnout and travel; `severity` (see SEVERITY) and `hazard`, its rank, are one
    figure or one for each; `zone` is the agency's time zone, which says when it is night.
    """
    k = len(rows)
    local = now.astimezone(zone)
    night, commute = daytime(np.full(k, local.hour + local.minute / 60))
    return Features(
        eta_s=response_s.astype(np.float64),
        night=night,
        commute=commute,
        alerts_24h=load.alerts_24h[rows],
        alerts_7d=load.alerts_7d[rows],
        after_shift=load.after_shift[rows],
        on_duty=load.on_duty[rows],
        declared=load.declared[rows],
        severity=np.full(k, severity, np.float64),
        hazard=np.full(k, hazard, np.float64),
        skill_exact=~substitute,
        red_weather=np.zeros(k, np.bool_),
        history=History(load.history.accepted[rows], load.history.asked[rows]),
    )
