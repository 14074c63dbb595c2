"""The verdict on single people, by all hard rules 1 to 7: what offering and accepting ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np

from dispatch.board import Board
from dispatch.matching.cover import evidence
from dispatch.matching.eligibility import Eligibility, Stage
from dispatch.matching.facts import facts_of, origins_of
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.reasons import reasons_of
from dispatch.model import Fix, Reason, Verdict, VolunteerId
from dispatch.planner.travel import coarse, reach_bits, travels_of, trip_to
from dispatch.ports import Router
from dispatch.roster import Roster
from dispatch.rules import Pair

Fixes = Mapping[VolunteerId, Fix]
Judge = Callable[[Board, Roster, Sequence[Pair], datetime, Stage, Fixes], dict[Pair, Verdict]]
"""`judge` with router and policy already given."""


def judge(
    board: Board,
    roster: Roster,
    pairs: Sequence[Pair],
    now: datetime,
    stage: Stage,
    fixes: Fixes,
    *,
    router: Router,
    policy: MatchPolicy,
) -> dict[Pair, Verdict]:
    """Return the verdict on each (need, volunteer) pair at `now`, by all hard rules 1 to 7.

    `roster` holds at least the people named; who is missing from it gets STATUS. `fixes` are where
    people are right now, as far as known; else home or the place of duty counts.
    """
    facts = facts_of(board, roster, now)
    rules = Eligibility(roster, facts, now=now, exercise=board.exercise, policy=policy, stage=stage)
    row_of = {int(v): r for r, v in enumerate(roster.ids)}
    lon, lat = (origins.copy() for origins in origins_of(board, roster))
    for v in fixes.keys() & row_of.keys():
        lon[row_of[v]], lat[row_of[v]] = fixes[v].lon, fixes[v].lat
    conditions = board.conditions(now)
    verdicts: dict[Pair, Verdict] = {}
    for need_id in dict.fromkeys(need_id for need_id, _ in pairs):
        need = board.needs[need_id]
        people = [v for n, v in pairs if n == need_id]
        rows = np.array(sorted({row_of[v] for v in people if v in row_of}), np.intp)
        trip = trip_to(router, roster, lon, lat, rows, need, conditions)
        bits = rules.bits(need)[rows] | reach_bits(roster, rows, trip, need)
        sites = [need.site] * len(rows)
        travels = travels_of(router, roster, lon, lat, rows, sites, trip, conditions)
        at = {int(row): k for k, row in enumerate(rows)}
        for v in people:
            k = at[row_of[v]] if v in row_of else None
            verdicts[need_id, v] = (
                Verdict(reasons=(Reason.STATUS,))
                if k is None
                else Verdict(
                    reasons=reasons_of(bits[k]),
                    cover=evidence(roster, int(rows[k]), need, now=now, exercise=board.exercise),
                    travel=travels[k],
                    origin=coarse(lon[rows[k]], lat[rows[k]]),
                )
            )
    return verdicts
