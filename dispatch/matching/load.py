"""What people carry already, as columns: what a trip costs them and how likely they say yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dispatch.board import Board, Person
from dispatch.matching.acceptance import AcceptanceModel, Features, History, daytime
from dispatch.matching.cost import People
from dispatch.matching.skills import Rows
from dispatch.model import FIX_FRESH_S, Severity, VolunteerId
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
) -> Load:
    """Return what these people carry at `now`, nothing for who is not on the board; `ids`, shape
    (n,), ascend."""
    n = len(ids)
    day, week, accepted, asked = (np.zeros(n) for _ in range(4))
    task_s, stale_s = np.zeros(n, np.int32), np.zeros(n, np.int32)
    after_shift, on_duty, declared = (np.zeros(n, np.bool_) for _ in range(3))
    for row, person in _on_board(board, ids):
        day[row] = sum(a.weight for a in person.alerts if now - a.at < _DAY)
        week[row] = sum(a.weight for a in person.alerts if now - a.at < 7 * _DAY)
        spans = [(max(start, now - _DAY), end) for start, end in person.shifts]
        task_s[row] = sum(max(0.0, (end - start).total_seconds()) for start, end in spans)
        after_shift[row] = any(
            (now - end).total_seconds() < limits.rest_s for _, end in person.shifts
        )
        on_duty[row] = person.on_duty
        declared[row] = bool(person.available) and (
            person.available_until is None or now < person.available_until
        )
        if person.fix is not None:
            age_s = (now - person.fix.taken_at).total_seconds()
            stale_s[row] = max(0, min(int(age_s) - FIX_FRESH_S, 2**30))
        accepted[row], asked[row] = person.record.at(now, model.half_life_days)
    return Load(
        day, week, task_s, after_shift, on_duty, declared, stale_s, History(accepted, asked)
    )


def _on_board(board: Board, ids: Ids) -> list[tuple[int, Person]]:
    if len(ids) < len(board.people):
        found = ((row, board.people.get(VolunteerId(v))) for row, v in enumerate(ids.tolist()))
        return [(row, person) for row, person in found if person is not None]
    at = np.searchsorted(ids, list(board.people)).tolist()
    people = zip(at, board.people.values(), strict=True)
    return [(row, p) for row, p in people if row < len(ids) and ids[row] == p.id]


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
