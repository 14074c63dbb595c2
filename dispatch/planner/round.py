"""One planning round: who may, who is near, how many to ask, and the proven match.

Candidates. Per need, the nearest eligible people by straight line (k-d tree) get road times and
go into the flow. Its prices then say who else could improve the plan: nobody whose turnout and
straight-line time at top speed already cost as much as the need's price. Those who might are
looked up and the flow is solved again, until nobody is left: the plan is the best over everybody
eligible, and most people never need a road time. (Column generation by bounds on reduced cost;
Ahuja, Magnanti, Orlin 1993, ch. 9 and 16.)

How many. Not everybody says yes, so the need's alert policy says how many of its best people to
ask; those beyond the open heads are spare heads of the flow, which settles who is asked when
several needs want the same people.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board
from dispatch.matching import Match, improve
from dispatch.matching.acceptance import AcceptanceModel, preset, probability
from dispatch.matching.alerting import Call, Limits
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.alerting.calls import call_of
from dispatch.matching.cost import Seconds
from dispatch.matching.crews import Crew, classes_of, crew_posts
from dispatch.matching.eligibility import FACT_BITS, Eligibility
from dispatch.matching.facts import Facts, facts_of, origins_of
from dispatch.matching.load import Load, features, load_of
from dispatch.matching.problem import Candidates, Indices, Problem, open_heads
from dispatch.matching.prune import cheapest, likely
from dispatch.matching.reasons import BIT, Mask, reasons_of
from dispatch.matching.scarcity import Scarcity, scarcity_of
from dispatch.matching.skills import Rows, Service
from dispatch.matching.verify import Prices
from dispatch.model import (
    AssignmentId,
    AssignmentStatus,
    Fill,
    Need,
    NeedId,
    OfferStatus,
    Pin,
    Reason,
    UnkeptPin,
)
from dispatch.planner.held import Held, with_stayers
from dispatch.planner.memory import Explored, Memory
from dispatch.planner.travel import reach_bits
from dispatch.roster import Bools, Ints, Roster

NEAREST_LEAST: Final = 64
NEAREST_PER_HEAD: Final = 8
"""How many of the nearest get a road time at first, per need."""
FURTHER: Final = 1.6
"""How much further than the last person to be asked to look before solving."""
LAST_WAVE: Final = 30
"""From here on a wave looks everywhere."""

_NOBODY: Final = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a planner believes of people: how likely they accept, which policy asks how many, and
    what time of day it is where they live."""

    book: AlertBook = field(default_factory=AlertBook)
    model: AcceptanceModel = field(default_factory=lambda: preset("mid"))
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Size:
    """How many to ask for a need, and the limits of the wave that asks them."""

    asks: int
    limits: Limits


class Round:
    """Who may be asked for which need now, and the best match of them.

    `nearest` is the least number of people per need that get a road time at once; it changes how
    long a plan takes, never the plan's cost. `moving` lets people who accepted but have not left
    move to where they are needed more.
    """

    def __init__(
        self,
        memory: Memory,
        asking: Asking,
        board: Board,
        now: datetime,
        needs: Sequence[Need],
        *,
        nearest: int = NEAREST_LEAST,
        moving: bool = True,
    ) -> None:
        self.roster: Roster = memory.roster
        self.board, self.now, self.needs = board, now, {n.id: n for n in needs}
        self._memory, self._asking, self.policy = memory, asking, memory.policy
        self.zones = board.active_zones()
        self.facts: Facts = facts_of(board, self.roster, now)
        self._load: Load = load_of(board, self.roster.ids, now, asking.model)
        self.people = self._load.people(self.roster)
        self._scarcity: Scarcity = scarcity_of(self.roster, now.date(), self.policy)
        self._wave = not moving
        self.movable: dict[int, AssignmentId] = self._movable() if moving else {}
        self._moving_ids = frozenset(self.movable.values())
        self._moves = np.zeros(len(self.roster), np.bool_)
        self._moves[list(self.movable)] = True
        self._classes = classes_of(self.roster, now.date(), self.policy.crew)
        self.lon, self.lat = origins_of(board, self.roster)
        memory.begin(self.lon, self.lat)
        count = {n.id: max(nearest, NEAREST_PER_HEAD * self._open(n)) for n in needs}
        self._pins = {n.id: self._pinned(n) for n in needs}
        self.explored: dict[NeedId, Explored] = memory.explored(
            needs, self.zones, now, board.exercise, count, self._pins
        )
        self.free: Bools = (self.facts.blocked & FACT_BITS) == 0
        self.kept: dict[NeedId, Rows] = {n.id: self._keep(n) for n in needs}
        self.free[np.concatenate([_NOBODY, *self.kept.values()])] = False
        self.reserve = self._scarcity.reserve(self.free, self.policy)
        self.held: dict[NeedId, Held] = {n.id: self._hold(n) for n in needs}
        self.sizes: dict[NeedId, Size] = {}
        self._settle_sizes()

    def solve(self, before: Mapping[tuple[NeedId, str], int]) -> tuple[Problem, Match]:
        """Return the problem and its best match, proven over everybody eligible.

        `before` are an earlier match's prices by need and post, which tell the solver where to
        look first.

        Raises:
            SolverFailed: no match that `verify` vouches for.
        """
        while True:
            problem = self._problem()
            found = improve(problem, _first_look(problem, before))
            before = by_name(problem, found.prices)
            price_s = problem.posts.widest(found.prices.post_s)
            until_s = dict.fromkeys(self.needs, 0)
            for need_id, price in zip(problem.posts.need_ids, price_s.tolist(), strict=True):
                until_s[need_id] = max(until_s[need_id], min(price, self._reach_s(need_id) + 1))
            if not self._widen(until_s):
                return problem, found

    def fills(self, problem: Problem, found: Match) -> tuple[Fill, ...]:
        """Return how sure each need is with the people chosen."""
        return tuple(
            Fill(
                need_id=need_id,
                open=held.call.open_heads,
                asked=len(held.call.silent) - len(self.kept[need_id]),
                asking=len(chosen) + len(self.kept[need_id]),
                before=round(held.fill(_NOBODY), 4),
                fill=round(held.fill(chosen), 4),
                eta_limit_s=self.sizes[need_id].limits.eta_s,
                levels_up=self.sizes[need_id].limits.levels_up,
            )
            for need_id, held in self.held.items()
            for chosen in [self._chosen(problem, found, need_id)]
        )

    def unkept(self) -> tuple[UnkeptPin, ...]:
        """Return the pins that cannot be kept, and the rules that stop the person; none where there
        is no room for more."""
        return tuple(
            self._unkept(pin)
            for need_id, rows in self.kept.items()
            for pin in self.board.pinned_to(need_id)
            if not np.isin(self.roster.rows([pin.volunteer_id]), rows).any()
        )

    def _unkept(self, pin: Pin) -> UnkeptPin:
        row = self.roster.rows([pin.volunteer_id])
        reasons = reasons_of(self.bits(pin.need_id)[row[0]]) if row.size else (Reason.STATUS,)
        return UnkeptPin(need_id=pin.need_id, volunteer_id=pin.volunteer_id, reasons=reasons)

    def bits(self, need_id: NeedId) -> Mask:
        """Return every rule's bits for the whole roster, with REACH and CUT_OFF of those looked
        up, shape (n,)."""
        need, known = self.needs[need_id], self.explored[need_id]
        rules = Eligibility(
            self.roster, self.facts, now=self.now, exercise=self.board.exercise,
            policy=self.policy,
        )  # fmt: skip
        bits = rules.bits(need)
        far = reach_bits(self.roster, known.rows, known.trip, need)
        bits[known.rows] |= far
        movable = np.array(sorted(self.movable), np.intp)
        bits[movable] &= ~BIT[Reason.BUSY]
        return bits

    def _widen(self, until_s: Mapping[NeedId, int]) -> tuple[NeedId, ...]:
        """Look up everybody who may respond sooner than this; return where anyone was new."""
        news = self._memory.widen(
            self.explored, until_s, [self.needs[n] for n in sorted(until_s)], self.zones
        )
        for need_id in news:
            self.held[need_id] = self._hold(self.needs[need_id])
        return news

    def _settle_sizes(self) -> None:
        """Settle how many to ask for each need: its best people, as many as its policy says.

        Whoever might be among those is looked up first, so that the size does not depend on who
        happens to be known.
        """
        unsettled = set(self.held)
        while unsettled:
            plain = Problem.build(
                [self.held[n].candidates for n in unsettled], self.people, self.policy, self.reserve
            )
            starts = plain.starts()
            until_s: dict[NeedId, int] = {}
            for j, need_id in enumerate(plain.posts.need_ids):
                pairs = np.arange(starts[j], starts[j + 1])
                order = pairs[np.argsort(plain.cost_s[pairs], kind="stable")]
                until_s[need_id] = self._settle(need_id, plain.row[order], plain.cost_s[order])
            unsettled = set(self._widen(until_s)) | (unsettled - set(self.sizes))

    def _settle(self, need_id: NeedId, rows: Rows, cost_s: Seconds) -> int:
        """Settle one need's size given its people, cheapest first; return up to which response
        everybody must be known for it to hold."""
        held, reach_s = self.held[need_id], self._reach_s(need_id) + 1
        at = np.searchsorted(held.candidates.rows, rows)
        at, cost_s = at[~held.stays[at]], cost_s[~held.stays[at]]
        levels_up, response_s = self._levels_up(held)[at], held.response_s(at)
        for wave in range(held.call.waves, LAST_WAVE + 1):
            limits = held.policy.growth.limits(wave)
            limit_s = reach_s if wave == LAST_WAVE else min(reach_s, limits.eta_s + 1)
            near = (response_s < limit_s) & ((levels_up <= limits.levels_up) | (wave == LAST_WAVE))
            if near.sum() >= held.call.open_heads or limit_s == reach_s:
                break
            if self.explored[need_id].until_s < limit_s:
                return limit_s
        asks = held.policy.more(held.call, held.ranked(at[near]))
        # Heads that nobody is left for are asked for all the same: they are the shortfall.
        bare = held.call.open_heads - len(held.call.silent)
        self.sizes[need_id] = Size(max(asks, bare), limits)
        if asks and asks < near.sum():
            # Rivals will make heads dearer than this; look a little further at once.
            return min(reach_s, round(int(cost_s[near][asks - 1]) * FURTHER) + 1)
        return limit_s

    def _problem(self) -> Problem:
        sized = [self.sized(n, h) for n, h in self.held.items()]
        return Problem.build(sized, self.people, self.policy, self.reserve)

    def _hold(self, need: Need) -> Held:
        """The candidates of a need with all its heads open, everybody in one post."""
        known, asking = self.explored[need.id], self._asking
        may = self._who_may(need, known)
        rows, eta_s = known.rows[may], known.trip.eta_s[may]
        candidates = self.candidates(need, rows, eta_s, known.holders.service)
        call = call_of(
            self.board, need, self.now, law=asking.book.law, show_up=asking.model.show_up
        )
        policy = asking.book.policy_for(self.board, need)
        together, stays = with_stayers(candidates, self._stayers(need))
        held = Held(together, stays, self.roster.turnout_s[together.rows], call, policy)
        return (
            held if not self.kept[need.id].size else replace(held, call=self._with_pins(need, held))
        )

    def candidates(self, need: Need, rows: Rows, eta_s: Ints, service: Service) -> Candidates:
        """Return these people as candidates; `rows` ascend and serve as `service` says."""
        severity = self.board.incidents[need.incident_id].severity
        at = np.searchsorted(service.rows, rows)
        steps, asking = service.steps[at], self._asking
        rarity = np.array([self._scarcity.skill.get(s, 0) for s in service.skills], np.uint8)
        return Candidates(
            need=need,
            severity=severity,
            taken=self._taken(need),
            rows=rows,
            eta_s=eta_s,
            steps=steps,
            accepts=probability(features(
                self._load, rows, eta_s.astype(np.int64) + self.roster.turnout_s[rows],
                steps > 0, severity, need.hazard, self.now, asking.zone,
            ), asking.model),
            surplus=self._scarcity.surplus(rows, rarity[service.option[at]]),
            moved=self._moves[rows],
            late_after_s=round((need.deadline_at - self.now).total_seconds()),
        )  # fmt: skip

    def _who_may(self, need: Need, known: Explored) -> Bools:
        """Who of the people looked up may be asked for this need now, shape (k,)."""
        may = (self.free[known.rows] | self._moves[known.rows]) & ~known.trip.cut_off
        may[np.isin(known.rows, self._refused(need))] = False
        return may

    def _refused(self, need: Need) -> Rows:
        """Who declined, who was excluded, and in a wave also whose offer ran out unanswered."""
        silent = [
            o.volunteer_id
            for o in map(self.board.offers.__getitem__, self.board.offers_of[need.id])
            if self._wave and o.status is OfferStatus.EXPIRED
        ]
        return np.concatenate(
            [
                self.facts.declined.get(need.id, _NOBODY),
                self.facts.excluded.get(need.id, _NOBODY),
                self.roster.rows(silent),
            ]
        )

    def _pinned(self, need: Need) -> Rows:
        """The rows of the people a commander pinned to this need, ascending."""
        return np.sort(self.roster.rows([p.volunteer_id for p in self.board.pinned_to(need.id)]))

    def _keep(self, need: Need) -> Rows:
        """Who of them can be kept: free, eligible, in reach, and no more than may come at most."""
        known, rows = self.explored[need.id], self._pins[need.id]
        if not rows.size:
            return rows
        may = self.free[known.rows] & ~known.trip.cut_off
        may &= known.trip.eta_s + self.roster.turnout_s[known.rows] <= self._reach_s(need.id)
        may[np.isin(known.rows, self._refused(need))] = False
        room = max(0, need.heads.maximum - self.board.heads_taken(need.id))
        return np.intersect1d(rows, known.rows[may])[:room]

    def _with_pins(self, need: Need, held: Held) -> Call:
        """The call as if the pinned people had just been asked."""
        pinned = self.pinned_candidates(need)
        aside = replace(held, candidates=pinned, turnout_s=self.roster.turnout_s[pinned.rows])
        return aside.with_asked(np.arange(len(pinned.rows)))

    def pinned_candidates(self, need: Need) -> Candidates:
        """Return the pinned people that are kept, as candidates."""
        known, rows = self.explored[need.id], self.kept[need.id]
        eta_s = known.trip.eta_s[np.searchsorted(known.rows, rows)]
        return self.candidates(need, rows, eta_s, known.holders.service)

    def _stayers(self, need: Need) -> Rows:
        """The rows of people who accepted this need and may yet be moved, ascending."""
        mine = self.board.assignments
        rows = [r for r, a in self.movable.items() if mine[a].need_id == need.id]
        return np.array(sorted(rows), np.intp)

    def _taken(self, need: Need) -> int:
        taken = self.board.heads_taken(need.id) - len(self._stayers(need))
        return taken + len(self.kept[need.id])

    def _open(self, need: Need) -> int:
        return max(0, need.heads.desired - self.board.heads_taken(need.id))

    def _reach_s(self, need_id: NeedId) -> int:
        return min(self.needs[need_id].reach_s, self.policy.reach_max_s)

    def _movable(self) -> dict[int, AssignmentId]:
        """Roster row -> assignment of everybody who accepted but has not left."""
        board = self.board
        waiting = [
            a for a in board.active.values()
            if board.assignments[a].status is AssignmentStatus.ASSIGNED
        ]  # fmt: skip
        rows = {a: self.roster.rows([board.assignments[a].volunteer_id]) for a in waiting}
        return {
            int(row[0]): a
            for a, row in rows.items()
            if row.size
            and board.assignments[a].need_id in self.needs
            and self.facts.blocked[row[0]] == BIT[Reason.BUSY]
        }

    def _chosen(self, problem: Problem, found: Match, need_id: NeedId) -> Indices:
        """The places among the need's candidates of the people newly chosen, ascending."""
        held = self.held[need_id]
        ids = problem.posts.need_ids
        first, last = bisect_left(ids, need_id), bisect_right(ids, need_id)
        chosen = found.solution.chosen
        low, high = np.searchsorted(problem.post[chosen], (first, last))
        at = np.sort(np.searchsorted(held.candidates.rows, problem.row[chosen[low:high]]))
        new: Indices = at[~held.stays[at]]
        return new

    def sized(self, need_id: NeedId, held: Held) -> Candidates:
        """The candidates with as many heads as people are to be asked, dealt to posts."""
        need, c = self.needs[need_id], held.candidates
        asks, stay = self.sizes[need_id].asks, int(held.stays.sum())
        left, heads = asks + stay, []
        for open_ in open_heads(need.heads, c.taken):
            heads.append(min(left, open_))
            left -= heads[-1]
        posts = crew_posts(
            np.array([*heads, left], np.int64),
            self._crew(need),
            self._classes.only(c.rows),
            need.hazard,
            self.policy.crew,
        )
        return replace(c, posts=posts)

    def _crew(self, need: Need) -> Crew:
        """Who of the need's people counts as leader, officer, newcomer; not those who may move."""
        there = [
            a.volunteer_id
            for a in self.board.assignments_to(need.id)
            if a.status is not AssignmentStatus.STOOD_DOWN and a.id not in self._moving_ids
        ]
        rows = np.union1d(self.roster.rows(there), self.kept[need.id])
        classes = self._classes.only(rows)
        return Crew(
            heads=len(rows),
            leaders=int(classes.leader.sum()),
            safety=int(classes.safety.sum()),
            newcomers=int((~classes.experienced).sum()),
        )

    def _levels_up(self, held: Held) -> NDArray[np.int64]:
        """How many levels up the region tree from the need's each candidate is at home, (k,)."""
        region = held.candidates.need.region
        above = [r for r in sorted(self.roster.regions, key=len, reverse=True)
                 if region.startswith(r)]  # fmt: skip
        up = np.array(
            [next((n for n, a in enumerate(above) if r.startswith(a)), len(above))
             for r in self.roster.regions] + [len(above)]
        )  # fmt: skip
        levels: NDArray[np.int64] = up[self.roster.region[held.candidates.rows]]
        return levels


def _first_look(problem: Problem, before: Mapping[tuple[NeedId, str], int]) -> Indices:
    """The pairs to show the solver first: those that look worth it at earlier prices, and the
    cheapest where there are none."""
    names = zip(problem.posts.need_ids, problem.posts.kinds, strict=True)
    price_s = np.array([before.get(name, -1) for name in names], np.int64)
    return np.union1d(likely(problem, price_s), cheapest(problem, price_s < 0))


def by_name(problem: Problem, prices: Prices) -> dict[tuple[NeedId, str], int]:
    """Return the prices by need and kind of post."""
    names = zip(problem.posts.need_ids, problem.posts.kinds, strict=True)
    return dict(zip(names, prices.post_s.tolist(), strict=True))
