"""The shortfalls of a plan, and for each what would close it, tried out.

Per rule that can be mended: of the people whom this rule alone stops, the nearest by straight line
get a road time; the cheapest of those are mended, idle ones first, and the plan is solved again
with them (`matching.remedies`). How scarce a skill is and how many are asked beyond the heads
count as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dispatch.geo.measure import crow_m
from dispatch.matching import Match, explain
from dispatch.matching.flow import solve
from dispatch.matching.problem import SPARE, Candidates, Indices, Problem, Solution
from dispatch.matching.reasons import BIT, Mask
from dispatch.matching.remedies import MENDABLE, Situation, mended
from dispatch.matching.skills import Rows, Service
from dispatch.matching.stakes import Stakes, around, with_pairs
from dispatch.model import Need, NeedId, Reason, Remedy, Shortfall, VolunteerId
from dispatch.planner.memory import Memory
from dispatch.planner.round import Round
from dispatch.planner.travel import Trip, least_s, trips
from dispatch.roster import Bools, Floats, Ints

SOME_MORE: Final = 3
"""People tried beyond the missing heads, because some may be of more use elsewhere."""
LOOKED_UP: Final = 4
"""People who get a road time for each who is tried."""
REACH_MOST_S: Final = 86_400
"""No need waits longer than a day for somebody to arrive."""


def shortfalls(
    round_: Round, problem: Problem, found: Match, memory: Memory, *, remedies: bool = True
) -> tuple[Shortfall, ...]:
    """Return the shortfalls of the round's match, with what would close each unless told not to.

    People a commander pinned count as asked already, those who accepted and stay as no refusal.
    """
    pinned = np.concatenate([np.empty(0, np.intp), *round_.kept.values()])
    bits: dict[NeedId, Mask] = {}

    def stopped(need_id: NeedId) -> Mask:
        mask = round_.bits(need_id)
        mask[pinned] |= BIT[Reason.OFFERED]
        held = round_.held[need_id]
        mask[held.candidates.rows[held.stays]] = 0
        bits[need_id] = mask
        return mask

    short = explain.shortfalls(problem, found.solution, stopped)
    if not short or not remedies:
        return short
    closing = _Closing(round_, problem, found, memory)
    return tuple(replace(s, remedies=tuple(closing.remedies(s, bits[s.need_id]))) for s in short)


@dataclass(frozen=True, slots=True, eq=False)
class _Helpers:
    """People whom one mended rule makes eligible for a need: `rows` ascend, with their travel and
    the skill they would serve with; `situation` is theirs, mended."""

    situation: Situation
    rows: Rows
    eta_s: Ints
    service: Service

    @property
    def need(self) -> Need:
        return self.situation.need

    def only(self, at: Indices) -> _Helpers:
        """Return the people at these places."""
        at = np.sort(at)
        keep = np.isin(np.arange(len(self.rows)), at)
        return _Helpers(
            self.situation.only(at), self.rows[at], self.eta_s[at], self.service.only(keep)
        )


class _Closing:
    """What would close the shortfalls of one match."""

    def __init__(self, round_: Round, problem: Problem, found: Match, memory: Memory) -> None:
        self._round, self._problem, self._memory = round_, problem, memory
        self._solution = found.solution
        self._stakes = Stakes(problem, found)
        self._ids = np.array(problem.posts.need_ids)
        self._rows_of: dict[NeedId, Rows] = {}

    def remedies(self, short: Shortfall, stopped: Mask) -> Iterator[Remedy]:
        """Return what would help, in the order of the rules; nothing that would not."""
        for reason in MENDABLE:
            rows = self._nearest_alone(short, stopped, reason)
            remedy = self._tried(short, reason, rows) if rows.size else None
            if remedy is not None:
                yield remedy

    def _nearest_alone(self, short: Shortfall, stopped: Mask, reason: Reason) -> Rows:
        """The nearest whom only this rule stops, ascending."""
        need = self._round.needs[short.need_id]
        alone = stopped == BIT[reason]
        if reason is Reason.REACH:
            # Nobody looked up those who are too far even as the crow flies.
            alone |= stopped == 0
            alone[self._candidates_of(need.id)] = False
        rows = np.flatnonzero(alone)
        least_s = self._least_s(rows, need)
        count = LOOKED_UP * (short.missing + SOME_MORE)
        order = np.argsort(least_s, kind="stable")[:count]
        return np.sort(rows[order[np.isfinite(least_s[order])]])

    def _tried(self, short: Shortfall, reason: Reason, rows: Rows) -> Remedy | None:
        """Mend the best of these people, as many as are missing; a few more where others want
        them."""
        most = short.missing + SOME_MORE
        helpers = self._helpers(self._round.needs[short.need_id], reason, rows, most)
        order = self._best_first(helpers)[:most]
        if not order.size:
            return None
        ranked = helpers.rows[order]
        pairs = self._pairs([helpers.only(order), *self._elsewhere(reason, helpers.only(order))])
        remedy = self._planned_again(short, reason, helpers, pairs, ranked[: short.missing])
        closed = 0 if remedy is None else remedy.closes
        if closed == min(short.missing, len(ranked)) or len(ranked) <= short.missing:
            return remedy
        more = self._planned_again(short, reason, helpers, pairs, ranked)
        return more if more is not None and more.closes > closed else remedy

    def _helpers(self, need: Need, reason: Reason, rows: Rows, count: int) -> _Helpers:
        """Those of them who are in reach, mended; for REACH the nearest `count`, whose last one
        sets the limit."""
        trip = self._trips({need.id: rows})[need.id]
        most_s = REACH_MOST_S if reason is Reason.REACH else need.reach_s
        response_s = trip.eta_s.astype(np.int64) + self._round.roster.turnout_s[rows]
        near = ~trip.cut_off & (response_s <= min(most_s, self._round.policy.reach_max_s))
        if reason is Reason.REACH:
            near &= response_s <= np.sort(response_s[near])[:count].max(initial=0)
        rows, eta_s = rows[near], trip.eta_s[near]
        limit_s = -(-int(response_s[near].max(initial=need.reach_s)) // 60) * 60
        situation = mended(self._situation(need, rows), reason, limit_s)
        held = situation.rules().eligible(situation.need)
        at = held.rows
        there = Service(rows[at], held.bits, held.option, held.steps, held.skills)
        return _Helpers(situation.only(at), rows[at], eta_s[at], there)

    def _best_first(self, helpers: _Helpers) -> Indices:
        """The places of the helpers: who fills a missing post first, then the idle, then the
        cheapest."""
        pairs = self._pairs([helpers])
        fits = self._fits_missing(pairs)[pairs.post]
        used = self._stakes.used(pairs.row)
        order = np.lexsort((pairs.row, pairs.cost_s, used, ~fits))
        at = np.searchsorted(helpers.rows, pairs.row[order])
        _, first = np.unique(at, return_index=True)
        best: Indices = at[np.sort(first)]
        return best

    def _fits_missing(self, pairs: Problem) -> Bools:
        """Which posts are short, or fall to one that is; shape (m,)."""
        here = self._ids == pairs.posts.need_ids[0]
        short = self._solution.unfilled[here, :SPARE].sum(axis=1) > 0
        return pairs.posts.widest(short.astype(np.int64)) > 0

    def _planned_again(
        self, short: Shortfall, reason: Reason, helpers: _Helpers, pairs: Problem, chosen: Rows
    ) -> Remedy | None:
        """Solve the plan again with the `chosen` helpers and their `pairs`, and see who of them is
        used."""
        part = self._under(
            helpers.need, self._stakes.part(chosen, self._least_worth_s(helpers.need))
        )
        mended_ones = pairs.only(np.flatnonzero(np.isin(pairs.row, chosen)))
        again = around(with_pairs(part, mended_ones), short.need_id)
        solution = solve(again)
        here = np.array(again.posts.need_ids) == short.need_id
        closes = short.missing - int(solution.unfilled[here, :SPARE].sum())
        used = self._newly_used(again, solution)
        mine = np.searchsorted(helpers.rows, [row for row in chosen.tolist() if row in used])
        if closes <= 0 or not mine.size:
            return None
        return Remedy(
            reason=reason,
            volunteer_ids=tuple(
                VolunteerId(int(v)) for v in self._round.roster.ids[helpers.rows[mine]]
            ),
            closes=closes,
            reach_s=self._limit_s(helpers, mine) if reason is Reason.REACH else None,
        )

    def _newly_used(self, problem: Problem, solution: Solution) -> set[int]:
        """The rows of those who are used where they could not be used before."""
        return {
            row
            for post, row in zip(
                problem.post[solution.chosen].tolist(),
                problem.row[solution.chosen].tolist(),
                strict=True,
            )
            if row not in self._candidates_of(problem.posts.need_ids[post])
        }

    def _elsewhere(self, reason: Reason, some: _Helpers) -> Iterator[_Helpers]:
        """The same people at the other needs they have become eligible for, where a head is worth
        as much as here. A need that is widened, or waits longer, changes nothing elsewhere."""
        if reason in (Reason.JURISDICTION, Reason.REACH):
            return
        rules = some.situation.rules()
        found: dict[NeedId, Service] = {}
        for need_id in self._stakes.worth(self._least_worth_s(some.need)):
            if need_id != some.need.id:
                held = rules.eligible(self._round.needs[need_id])
                new = ~np.isin(some.rows[held.rows], self._candidates_of(need_id))
                if new.any():
                    found[need_id] = held.only(new)
        trips_to = self._trips({n: some.rows[held.rows] for n, held in found.items()})
        for need_id, held in found.items():
            at, need = held.rows, self._round.needs[need_id]
            there = Service(some.rows[at], held.bits, held.option, held.steps, held.skills)
            situation = replace(some.situation, need=need)
            yield _Helpers(situation, some.rows[at], trips_to[need_id].eta_s, there)

    def _pairs(self, helpers: Iterable[_Helpers]) -> Problem:
        """The helpers' pairs with the posts that their needs have in this round."""
        sized = [self._sized(h) for h in helpers]
        return Problem.build(sized, self._round.people, self._round.policy, self._round.reserve)

    def _least_worth_s(self, need: Need) -> int:
        """What a head elsewhere must be worth to compete with one of this need."""
        severity = self._round.board.incidents[need.incident_id].severity
        _, desired_s, _ = self._round.policy.unfilled_s(severity)
        return desired_s - self._round.policy.dearest_pair_s

    def _under(self, need: Need, part: Problem) -> Problem:
        """The part without those whom the need as it became stops: who waits longer asks for
        longer cover."""
        if need.reach_s == self._round.needs[need.id].reach_s:
            return part
        here = (np.array(part.posts.need_ids) == need.id)[part.post]
        rows = np.unique(part.row[here])
        situation = replace(self._situation(need, rows), need=need)
        may = rows[situation.rules().eligible(need).rows]
        held = self._round.held[need.id]
        fine = np.union1d(may, held.candidates.rows[held.stays])
        return part.only(np.flatnonzero(~here | np.isin(part.row, fine)))

    def _situation(self, need: Need, rows: Rows) -> Situation:
        """These people as they are, `rows` ascending; who may be moved is not busy."""
        round_ = self._round
        facts = round_.facts.only(rows)
        movable = np.isin(rows, list(round_.movable))
        blocked = facts.blocked & ~np.where(movable, BIT[Reason.BUSY], np.uint32(0))
        return Situation(
            people=round_.roster.only(rows),
            facts=replace(facts, blocked=blocked),
            need=need,
            now=round_.now,
            exercise=round_.board.exercise,
            policy=round_.policy,
        )

    def _sized(self, helpers: _Helpers) -> Candidates:
        """The helpers as candidates for the posts their need has in this round."""
        need = helpers.need
        candidates = self._round.candidates(need, helpers.rows, helpers.eta_s, helpers.service)
        return self._round.sized(need.id, replace(self._round.held[need.id], candidates=candidates))

    def _candidates_of(self, need_id: NeedId) -> Rows:
        if need_id not in self._rows_of:
            self._rows_of[need_id] = self._problem.row[(self._ids == need_id)[self._problem.post]]
        return self._rows_of[need_id]

    def _trips(self, wanted: Mapping[NeedId, Rows]) -> Mapping[NeedId, Trip]:
        round_ = self._round
        return trips(
            self._memory.router, round_.roster, round_.lon, round_.lat, wanted, round_.needs,
            round_.conditions,
        ) if wanted else {}  # fmt: skip

    def _least_s(self, rows: Rows, need: Need) -> Floats:
        """Turnout and the quickest way as far as the straight line, shape (k,)."""
        round_ = self._round
        away_m = crow_m(round_.lon[rows], round_.lat[rows], need.site.lon, need.site.lat)
        return least_s(self._memory.router, round_.roster, rows, away_m)

    def _limit_s(self, helpers: _Helpers, at: Indices) -> int:
        """The whole minutes within which these helpers can be there."""
        response_s = helpers.eta_s[at] + self._round.roster.turnout_s[helpers.rows[at]]
        return -(-int(response_s.max()) // 60) * 60
