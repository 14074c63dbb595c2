"""From board, roster and roads to a proven plan.

Candidates. Per need, the nearest eligible people by straight line (k-d tree) get road times and
go into the flow. Its prices then say who else could improve the plan: nobody whose turnout and
straight-line time at top speed already cost as much as the need's price. Those who might are
added and the flow solved again, until nobody is left: the plan is the best over everybody
eligible, and most people never need a road time. (Column generation by bounds on reduced cost;
Ahuja, Magnanti, Orlin 1993, ch. 9 and 16.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import numpy as np

from dispatch.board import Board
from dispatch.geo.nearest import NearestIndex
from dispatch.matching import Match, match
from dispatch.matching.cover import evidence
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.explain import shortfalls
from dispatch.matching.facts import Facts, facts_of, origins_of
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import Candidates, Problem, Solution
from dispatch.matching.reasons import Mask
from dispatch.matching.skills import Rows, Service
from dispatch.matching.verify import lower_bound, prices, verify
from dispatch.model import (
    Need,
    NeedId,
    Plan,
    PlanId,
    PlanStatus,
    Proposal,
    TravelMode,
    VolunteerId,
)
from dispatch.planner.travel import Trip, coarse, reach_bits, travel_of, trips
from dispatch.ports import Router
from dispatch.roster import MODES, Roster

NEAREST_LEAST: Final = 64
NEAREST_PER_HEAD: Final = 8
"""How many of the nearest get a road time at first, per need."""


class BoundedRouter(Router, Protocol):
    """A router that knows its top speed: `eta_s >= crow_m / vmax_mps` for every way."""

    def vmax_mps(self, mode: TravelMode) -> float: ...


@dataclass(slots=True, kw_only=True, eq=False)
class Planner:
    """Plans one agency's open needs over its whole roster.

    `timer` gives seconds for the plan's `solve_ms`. It is the only thing in a plan that differs
    from run to run, so drills hand in one that stands still.
    """

    roster: Roster
    router: BoundedRouter
    policy: MatchPolicy
    timer: Callable[[], float] = time.perf_counter
    nearest: int = NEAREST_LEAST

    def plan(self, board: Board, now: datetime) -> Plan | None:
        """Return the best plan for all open needs, None when no head is open.

        Raises:
            SolverFailed: no plan that `verify` vouches for.
        """
        started = self.timer()
        needs = [n for n in board.open_needs() if board.heads_open(n.id) and now < n.ends_at]
        if not needs:
            return None
        round_ = Round(self.roster, self.router, self.policy, board, now, needs, self.nearest)
        problem, found = round_.solve()
        short = shortfalls(problem, found.solution, round_.bits)
        return Plan(
            id=PlanId(""),
            basis_seq=board.seq,
            need_ids=tuple(n.id for n in needs),
            proposals=round_.proposals(problem, found),
            shortfalls=short,
            objective_s=found.objective_s,
            bound_s=found.bound_s,
            gap=found.gap,
            solve_ms=round((self.timer() - started) * 1_000),
            status=PlanStatus.PROPOSED,
            made_at=now,
        )


class Round:
    """One planning round: who may, who is near, what it costs.

    `nearest` is the least number of people per need that get a road time at once; it changes how
    long a plan takes, never the plan's cost.
    """

    def __init__(
        self,
        roster: Roster,
        router: BoundedRouter,
        policy: MatchPolicy,
        board: Board,
        now: datetime,
        needs: Sequence[Need],
        nearest: int = NEAREST_LEAST,
    ) -> None:
        self._least = nearest
        self._roster, self._router, self._policy = roster, router, policy
        self._board, self._now = board, now
        self._needs = {n.id: n for n in needs}
        self._facts: Facts = facts_of(board, roster, now)
        self._rules = Eligibility(
            roster, self._facts, now=now, exercise=board.exercise, policy=policy
        )
        self._lon, self._lat = origins_of(board, roster)
        self._known = np.isfinite(self._lon) & np.isfinite(self._lat)
        self._eligible = {n.id: self._rules.eligible(n) for n in needs}
        self._speed = np.array([router.vmax_mps(mode) for mode in MODES])
        self._indexes: dict[bytes, tuple[Rows, NearestIndex]] = {}
        self._near = {n.id: self._nearest(n) for n in needs}
        self._found: dict[NeedId, Trip] = {}

    def solve(self) -> tuple[Problem, Match]:
        """Return the problem and its best match, proven over everybody eligible."""
        self._ask_router(list(self._needs))
        problem = self._problem()
        found = match(problem)
        while True:
            price_s = prices(problem, found.solution)
            grown = [n for n, p in zip(problem.need_ids, price_s.tolist(), strict=True)
                     if self._grow(n, p)]  # fmt: skip
            if not grown:
                return problem, found
            self._ask_router(grown)
            wider = self._problem()
            if lower_bound(wider, price_s) == found.objective_s:
                # The newcomers' real times change nothing: at these prices nobody improves it.
                return wider, _carried(problem, found, wider)
            problem, found = wider, match(wider)

    def bits(self, need_id: NeedId) -> Mask:
        """The reason bits of everybody for one need, REACH and CUT_OFF of candidates included."""
        need = self._needs[need_id]
        bits = self._rules.bits(need)
        rows, trip = self._near[need_id], self._found[need_id]
        bits[rows] |= reach_bits(self._roster, rows, trip, need)
        return bits

    def proposals(self, problem: Problem, found: Match) -> tuple[Proposal, ...]:
        """The chosen pairs as proposals, by need then volunteer."""
        return tuple(
            self._proposal(problem.need_ids[problem.need[p]], int(problem.row[p]), problem, p)
            for p in found.solution.chosen.tolist()
        )

    def _proposal(self, need_id: NeedId, row: int, problem: Problem, p: int) -> Proposal:
        need = self._needs[need_id]
        held: Service = self._eligible[need_id]
        trip_at = int(np.searchsorted(self._near[need_id], row))
        return Proposal(
            need_id=need_id,
            volunteer_id=VolunteerId(int(self._roster.ids[row])),
            travel=travel_of(self._roster, row, self._found[need_id], trip_at),
            origin=coarse(self._lon[row], self._lat[row]),
            cover=evidence(self._roster, row, need, now=self._now, exercise=self._board.exercise),
            skill=held.skill(int(np.searchsorted(held.rows, row))),
            cost_s=int(problem.cost_s[p]),
        )

    def _nearest(self, need: Need) -> Rows:
        rows, index = self._index(self._eligible[need.id].rows)
        count = max(self._least, NEAREST_PER_HEAD * self._board.heads_open(need.id))
        found, _ = index.nearest(need.site, count)
        near: Rows = np.sort(rows[found])
        return near

    def _index(self, eligible: Rows) -> tuple[Rows, NearestIndex]:
        """The index over these people; needs that ask for the same people share it."""
        key = eligible.tobytes()
        if key not in self._indexes:
            rows = eligible[self._known[eligible]]
            self._indexes[key] = rows, NearestIndex(self._lon[rows], self._lat[rows])
        return self._indexes[key]

    def _grow(self, need_id: NeedId, price_s: int) -> bool:
        """Add everybody who might improve the plan at this price; return whether there were any."""
        need = self._needs[need_id]
        rows, index = self._index(self._eligible[need_id].rows)
        reach_s = min(need.reach_s, self._policy.reach_max_s)
        radius_m = min(price_s, reach_s) * float(self._speed.max())
        found, crow_m = index.within(need.site, radius_m)
        close = rows[found]
        least_s = self._roster.turnout_s[close] + crow_m / self._speed[self._roster.mode[close]]
        better = close[(least_s < price_s) & (least_s <= reach_s)]
        known = self._near[need_id]
        new = np.setdiff1d(better, known, assume_unique=True)
        if new.size:
            self._near[need_id] = np.sort(np.concatenate([known, new]))
        return bool(new.size)

    def _ask_router(self, need_ids: Sequence[NeedId]) -> None:
        zones = self._board.active_zones()
        wanted = {n: self._near[n] for n in need_ids}
        self._found |= trips(
            self._router, self._roster, self._lon, self._lat, wanted, self._needs, zones
        )

    def _problem(self) -> Problem:
        return Problem.build(
            [self._candidates(need) for need in self._needs.values()],
            turnout_s=self._roster.turnout_s,
            on_duty=self._facts.on_duty,
            policy=self._policy,
        )

    def _candidates(self, need: Need) -> Candidates:
        held = self._eligible[need.id]
        rows, trip = self._near[need.id], self._found[need.id]
        return Candidates(
            need=need,
            severity=self._board.incidents[need.incident_id].severity,
            taken=need.heads.desired - self._board.heads_open(need.id),
            rows=rows,
            eta_s=trip.eta_s,
            steps=held.steps[np.searchsorted(held.rows, rows)],
        )


def _carried(problem: Problem, found: Match, wider: Problem) -> Match:
    """The same match in a problem that holds all of its pairs and more."""
    width = max(int(p.row.max(initial=0)) for p in (problem, wider)) + 1
    chosen = problem.need[found.solution.chosen] * width + problem.row[found.solution.chosen]
    at = np.searchsorted(wider.need * width + wider.row, chosen)
    solution = Solution(at, found.solution.unfilled, found.solution.objective_s)
    verify(wider, solution)
    return Match(solution, found.objective_s, found.bound_s)
