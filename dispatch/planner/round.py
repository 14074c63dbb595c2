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

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board
from dispatch.matching import Match, improve, resume
from dispatch.matching.acceptance import AcceptanceModel, preset, probability
from dispatch.matching.alerting import Call, Limits, Ranked, fill
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.alerting.calls import call_of, rho_of
from dispatch.matching.cost import Seconds, Trips, equivalent_s
from dispatch.matching.crews import Crew, crew_posts, has_special
from dispatch.matching.eligibility import FACT_BITS, Eligibility
from dispatch.matching.facts import Facts, facts_of, origins_of
from dispatch.matching.load import SEVERITY, Load, features, load_of
from dispatch.matching.problem import (
    Candidates,
    Indices,
    Post,
    PostKind,
    Posts,
    Problem,
    open_heads,
)
from dispatch.matching.prune import NEARLY_S, cheapest, likely
from dispatch.matching.reasons import BIT, Mask, reasons_of
from dispatch.matching.skills import Rows, Service
from dispatch.matching.verify import Prices
from dispatch.model import (
    AssignmentId,
    AssignmentStatus,
    Fill,
    Kept,
    Need,
    NeedId,
    OfferStatus,
    Pin,
    Reason,
    Severity,
    Travel,
    UnkeptPin,
)
from dispatch.planner.held import Held, with_asked, with_stayers
from dispatch.planner.memory import FAR_S, Explored, Memory
from dispatch.planner.pool import Pool
from dispatch.planner.travel import Trip, reach_bits, travels_of
from dispatch.regions import levels_up
from dispatch.roster import Bools, Bytes, Floats, Ints, Roster

T = TypeVar("T", bound=np.generic)

NEAREST_LEAST: Final = 24
NEAREST_PER_HEAD: Final = 4
"""How many of the nearest get a road time at first, per need."""
FURTHER: Final = 1.25
"""How much further than the last person to be asked to look before solving."""
LAST_WAVE: Final = 30
"""From here on a wave looks everywhere."""

NO_PRICES: Final[Mapping[tuple[NeedId, str], int]] = MappingProxyType({})

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
    move to where they are needed more. `before` are an earlier match's prices by need and post,
    which tell how far to look.
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
        before: Mapping[tuple[NeedId, str], int] = NO_PRICES,
    ) -> None:
        self.roster: Roster = memory.roster
        self.board, self.now = board, now
        self.needs: dict[NeedId, Need] = {n.id: n for n in sorted(needs, key=lambda n: n.id)}
        self._order: tuple[Need, ...] = tuple(self.needs.values())
        self._memory, self._asking, self.policy = memory, asking, memory.policy
        self.conditions = board.conditions(now)
        ledger = memory.ledger
        ledger.update(board)
        self.facts: Facts = facts_of(board, self.roster, now, ledger=ledger)
        self.rules = Eligibility(
            self.roster, self.facts, now=now, exercise=board.exercise, policy=self.policy,
            columns=memory.columns,
        )  # fmt: skip
        self._load: Load = load_of(board, self.roster.ids, now, asking.model, ledger=ledger)
        self.people = self._load.people(self.roster)
        self._scarcity, self._classes = memory.scarcity(now.date())
        self._wave = not moving
        self.movable: dict[int, AssignmentId] = self._movable() if moving else {}
        self._moving_ids = frozenset(self.movable.values())
        self._stays: dict[NeedId, Rows] = self._stayers()
        self.lon, self.lat = origins_of(board, self.roster, ledger)
        self._least_s, apart = self._least()
        memory.begin(self.lon, self.lat, now, board.exercise, self.conditions, apart)
        self._pins = {n.id: self._pinned(n) for n in self._order}
        self._before = before
        count = {n.id: max(nearest, NEAREST_PER_HEAD * self._open(n)) for n in self._order}
        self.explored: dict[NeedId, Explored] = memory.explored(self._order, count, self._pins)
        self.free: Bools = (self.facts.blocked & FACT_BITS) == 0
        self.kept: dict[NeedId, Rows] = {n.id: self._keep(n) for n in self._order}
        self.free[np.concatenate([_NOBODY, *self.kept.values()])] = False
        self.reserve = self._scarcity.reserve(self.free, self.policy)
        self.calls = [self._call(n) for n in self._order]
        self.policies = [asking.book.policy_for(board, n) for n in self._order]
        self.held: Mapping[NeedId, Held] = _Views(self)
        # Nobody who could cost this much or more is in the pool.
        self._until_s: Seconds = self._first_until(count)
        self._near: dict[NeedId, _Near] = {}
        self.pool: Pool = self._gather()
        self.sizes: dict[NeedId, Size] = {}
        self._settle_sizes()

    def solve(self) -> tuple[Problem, Match]:
        """Return the problem and its best match, proven over everybody eligible.

        Raises:
            SolverFailed: no match that `verify` vouches for.
        """
        problem, self.places = self._problem()
        found = improve(problem, _first_look(problem, self._before))
        while True:
            price_s = problem.posts.widest(found.prices.post_s)
            until_s = np.zeros(len(self._order), np.int64)
            np.maximum.at(until_s, self._of, price_s)
            if not self._widen(np.minimum(until_s, self._furthest_s())):
                return problem, found
            part, (problem, self.places) = problem, self._problem()
            found = resume(part, found, problem)

    def fills(self, found: Match) -> tuple[Fill, ...]:
        """Return how sure each need is with the people chosen."""
        chosen = self.chosen(found)
        cut = np.searchsorted(chosen, self.pool.start)
        return tuple(
            self._fill(need, j, chosen[cut[j] : cut[j + 1]]) for j, need in enumerate(self._order)
        )

    def _fill(self, need: Need, j: int, at: Indices) -> Fill:
        call, rho, kept = self.calls[j], rho_of(self.policies[j]), len(self.kept[need.id])
        asked = with_asked(call, self.pool.trips.accepts[at], self.pool.response_s[at])
        limits = self.sizes[need.id].limits
        return Fill(
            need_id=need.id,
            open=call.open_heads,
            asked=len(call.silent) - kept,
            asking=len(at) + kept,
            before=round(fill(call, rho=rho), 4),
            fill=round(fill(asked, rho=rho), 4),
            eta_limit_s=min(limits.eta_s, self._reach_s(need.id)),
            levels_up=limits.levels_up,
        )

    def chosen(self, found: Match) -> Indices:
        """Return the places in the pool of the people newly chosen, ascending."""
        places = np.sort(self.places[found.solution.chosen])
        return places[~self.pool.trips.stays[places]]

    def need_of(self, place: int) -> Need:
        """Return whose need a place of the pool is of."""
        return self._order[int(self.pool.need[place])]

    def service(self, need_id: NeedId) -> Service:
        """Return who holds what a need asks for, and the skill each serves with."""
        return self.explored[need_id].holders.service

    def travels(self, needs: Sequence[Need], rows: Rows) -> list[Travel]:
        """Return the journeys of k people looked up, each for the need beside them."""
        trip = Trip.blank(len(rows))
        places: dict[NeedId, list[int]] = {}
        for k, need in enumerate(needs):
            places.setdefault(need.id, []).append(k)
        for need_id, at in places.items():
            mine, known = np.array(at, np.intp), self.explored[need_id]
            trip.put(mine, known.trip.only(np.searchsorted(known.rows, rows[mine])))
        return travels_of(
            self._memory.router, self.roster, self.lon, self.lat, rows,
            [need.site for need in needs], trip, self.conditions,
        )  # fmt: skip

    def reserves(self, problem: Problem, found: Match) -> tuple[Kept, ...]:
        """Return what stays of each scarce skill for the next incident."""
        chosen = problem.row[found.solution.chosen]
        return self._scarcity.kept(self.free, chosen, self.policy)

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
        bits = self.rules.bits(need)
        bits[known.rows] |= reach_bits(self.roster, known.rows, known.trip, need)
        bits[self._moving_rows()] &= ~BIT[Reason.BUSY]
        return bits

    def _least(self) -> tuple[Seconds, Rows]:
        """The least that each person costs beside travel, shape (n,), and the people whom the
        memory's `idle_s` does not hold for: on duty, declared available, or quick to say yes."""
        load = self._load
        known = self._memory.ledger.people()
        apart = known[
            load.on_duty[known] | load.declared[known] | (load.history.accepted[known] > 0)
        ]
        least_s = self.roster.turnout_s + np.int64(self._memory.idle_s)
        least_s[apart] -= self._memory.idle_s
        return least_s, apart

    def _furthest_s(self) -> Seconds:
        """What nobody in reach can cost at least, by need."""
        return np.array(
            [self._reach_s(n.id) + 1 + self._memory.idle_s for n in self._order], np.int64
        )

    def _first_until(self, count: Mapping[NeedId, int]) -> Seconds:
        """How far to look at first: as far as the earlier prices say, else as far as the memory
        looked, or at the nearest `count` where it knows everybody."""
        until_s = self._furthest_s()
        priced: dict[NeedId, int] = {}
        for (need_id, _), price in self._before.items():
            priced[need_id] = max(priced.get(need_id, 0), price + NEARLY_S)
        for j, need in enumerate(self._order):
            known, most = self.explored[need.id], count[need.id]
            if need.id in priced:
                until_s[j] = min(until_s[j], priced[need.id])
            elif known.until_s < FAR_S:
                until_s[j] = min(until_s[j], known.until_s)
            elif len(known.rows) > most:
                least_s = self._least_s[known.rows] + known.trip.eta_s
                until_s[j] = min(until_s[j], np.partition(least_s, most)[most] + 1)
        return until_s

    def _sure_s(self) -> Seconds:
        """Everybody who may cost less than this is in the pool, by need."""
        known = np.array([self.explored[n.id].until_s for n in self._order], np.int64)
        return np.minimum(known, self._until_s)

    def _widen(self, until_s: Seconds) -> bool:
        """Have everybody in the pool who may cost less than this; return whether it grew."""
        short = np.flatnonzero(until_s > self._sure_s())
        if not short.size:
            return False
        needs = [self._order[j] for j in short.tolist()]
        until = {n.id: s for n, s in zip(needs, until_s[short].tolist(), strict=True)}
        self._memory.widen(self.explored, until, needs)
        self._until_s[short] = until_s[short]
        for need in needs:
            del self._near[need.id]
        self.pool = self._gather()
        return True

    def _gather(self) -> Pool:
        """Everybody looked up who may be asked and may cost less than `_until_s`."""
        need, row, eta_s, steps, rarity = self._who_may()
        stays = np.zeros(len(row), np.bool_)
        if self.movable:
            need, row, stays, at = self._with_stayers(need, row)
            eta_s = _spread(eta_s, at, len(row))
            steps, rarity = _spread(steps, at, len(row)), _spread(rarity, at, len(row))
        response_s = eta_s.astype(np.int64) + self.roster.turnout_s[row]
        moves = np.zeros(len(self.roster), np.bool_)
        moves[self._moving_rows()] = True
        trips = Trips(
            row=row,
            eta_s=eta_s,
            late_s=np.maximum(0, response_s - self._late_after_s()[need]),
            steps=steps,
            surplus=self._scarcity.surplus(row, rarity),
            moved=moves[row] & ~stays,
            stays=stays,
            accepts=np.where(stays, 1.0, self._accepts(need, row, response_s, steps)),
        )
        return Pool(
            start=np.searchsorted(need, np.arange(len(self._order) + 1)),
            need=need,
            trips=trips,
            response_s=response_s,
            cost_s=equivalent_s(trips, self.people, self.policy),
        )

    def _who_may(self) -> tuple[Indices, Rows, Ints, Bytes, Bytes]:
        """Need, row, travel, steps and rarity of the skill served with of everybody looked up who
        may be asked, by need and row."""
        asked = self.free.copy()
        asked[self._moving_rows()] = True
        for j, need in enumerate(self._order):
            if need.id not in self._near:
                self._near[need.id] = self._near_of(need, int(self._until_s[j]), asked)
        near = [self._near[need.id] for need in self._order]
        need_of = np.repeat(np.arange(len(near)), [len(some.rows) for some in near])
        return (
            need_of,
            np.concatenate([_NOBODY, *(some.rows for some in near)]),
            np.concatenate([np.empty(0, np.int32), *(some.eta_s for some in near)]),
            np.concatenate([np.empty(0, np.uint8), *(some.steps for some in near)]),
            np.concatenate([np.empty(0, np.uint8), *(some.rarity for some in near)]),
        )

    def _near_of(self, need: Need, until_s: int, asked: Bools) -> _Near:
        known, refused = self.explored[need.id], self._refused(need)
        at = np.flatnonzero(self._least_s[known.rows] + known.trip.eta_s < until_s)
        rows = known.rows[at]
        may = asked[rows] & ~known.trip.cut_off[at]
        if refused.size:
            may &= ~np.isin(rows, refused)
        at = at[may]
        steps, rarity = self._serving(known.holders.service, known.place[at])
        return _Near(rows[may], known.trip.eta_s[at], steps, rarity)

    def _serving(self, service: Service, places: Rows) -> tuple[Bytes, Bytes]:
        """How far the skill each of a service serves with is from the one asked for, and how rare
        it is."""
        rarity = np.array([self._scarcity.skill.get(s, 0) for s in service.skills], np.uint8)
        return service.steps[places], rarity[service.option[places]]

    def _with_stayers(self, need: Indices, row: Rows) -> tuple[Indices, Rows, Bools, Indices]:
        """The same columns with those who accepted a need, who of them stays, and where the others
        are."""
        n = len(self.roster)
        own = [j * n + self._stays.get(need_.id, _NOBODY) for j, need_ in enumerate(self._order)]
        staying = np.concatenate([_NOBODY, *own])
        keys = need * n + row
        together = np.union1d(keys, staying)
        at = np.searchsorted(together, keys)
        return together // n, together % n, np.isin(together, staying), at

    def _accepts(self, need: Indices, row: Rows, response_s: Seconds, steps: Bytes) -> Floats:
        """How likely each accepts."""
        severity = np.array([SEVERITY[self._severity(n)] for n in self._order])
        hazard = np.array([float(n.hazard.rank) for n in self._order])
        known = features(
            self._load, row, response_s, steps > 0, severity[need], hazard[need], self.now,
            self._asking.zone,
        )  # fmt: skip
        return probability(known, self._asking.model)

    def _late_after_s(self) -> Seconds:
        """The time left to each need's deadline, nothing after it."""
        left = [round((n.deadline_at - self.now).total_seconds()) for n in self._order]
        return np.maximum(0, np.array(left, np.int64))

    def _settle_sizes(self) -> None:
        """Settle how many to ask for each need: its best people, as many as its policy says.

        Whoever might be among those is in the pool first, so that the size does not depend on who
        happens to be known.
        """
        unsettled = list(range(len(self._order)))
        while unsettled:
            order, levels = self.pool.cheapest_first(), self._levels_up()
            sure_s = self._sure_s()
            until_s = sure_s.copy()
            for j in unsettled:
                at = order[self.pool.of(j)]
                until_s[j] = self._settle(j, at[~self.pool.trips.stays[at]], levels)
            short = until_s > sure_s
            # Rivals will make heads dearer than this; look a little further at once.
            ahead = np.minimum(np.rint(until_s * FURTHER).astype(np.int64), self._furthest_s())
            self._widen(np.where(short, np.maximum(until_s, ahead), 0))
            unsettled = np.flatnonzero(short).tolist()

    def _settle(self, j: int, at: Indices, levels: NDArray[np.int8]) -> int:
        """Settle one need's size given its people, cheapest first; return up to which cost
        everybody must be in the pool for it to hold."""
        need, call, policy = self._order[j], self.calls[j], self.policies[j]
        reach_s, sure_s = self._reach_s(need.id) + 1, int(self._sure_s_of(j))
        response_s = self.pool.response_s[at]
        for wave in range(call.waves, LAST_WAVE + 1):
            limits = policy.growth.limits(wave)
            limit_s = reach_s if wave == LAST_WAVE else min(reach_s, limits.eta_s + 1)
            near = response_s < limit_s
            if wave < LAST_WAVE:
                near &= levels[at] <= limits.levels_up
            if near.sum() >= call.open_heads or limit_s == reach_s:
                break
            if sure_s < limit_s + self._memory.idle_s:
                return limit_s + self._memory.idle_s
        ranked = Ranked(self.pool.trips.accepts[at[near]], response_s[near].astype(np.float64))
        asks = policy.more(call, ranked)
        # Heads that nobody is left for are asked for all the same: they are the shortfall.
        bare = call.open_heads - len(call.silent)
        self.sizes[need.id] = Size(max(asks, bare), limits)
        everybody_s = limit_s + self._memory.idle_s
        if 0 < asks < len(ranked):
            return min(everybody_s, int(self.pool.cost_s[at[near][asks - 1]]) + 1)
        return everybody_s

    def _sure_s_of(self, j: int) -> int:
        return min(self.explored[self._order[j].id].until_s, int(self._until_s[j]))

    def _problem(self) -> tuple[Problem, Indices]:
        """The problem of this round's pool and sizes, and each pair's place in the pool."""
        pool = self.pool
        crews = [self._posts(j) for j in range(len(self._order))]
        reach_s = np.array([self._reach_s(n.id) for n in self._order], np.int64)
        near = (pool.response_s <= reach_s[pool.need]) | pool.trips.stays
        posts = Posts.of(
            [(n.id, self._severity(n), c) for n, c in zip(self._order, crews, strict=True)],
            self.policy,
        )
        self._of = np.repeat(np.arange(len(crews)), [len(crew) for crew in crews])
        # Nobody is a candidate of a need without open heads.
        enters = [
            post.enters if any_open else np.zeros_like(post.enters)
            for crew in crews
            for any_open in [any(post.heads.any() for post in crew)]
            for post in crew
        ]
        return pool.problem(posts, enters, self._of, near, self.reserve)

    def _posts(self, j: int) -> tuple[Post, ...]:
        pairs = self.pool.of(j)
        stay = int(self.pool.trips.stays[pairs].sum()) if self.movable else 0
        return self._crew_posts(self._order[j], self.pool.trips.row[pairs], stay)

    def _call(self, need: Need) -> Call:
        """The need's alerting so far, as if the pinned people had just been asked."""
        asking = self._asking
        call = call_of(
            self.board, need, self.now, law=asking.book.law, show_up=asking.model.show_up
        )
        if not self.kept[need.id].size:
            return call
        pinned = self.pinned_candidates(need)
        assert pinned.accepts is not None
        turnout_s = self.roster.turnout_s[pinned.rows]
        return with_asked(call, pinned.accepts, pinned.eta_s.astype(np.int64) + turnout_s)

    def view(self, need_id: NeedId) -> Held:
        """Return a need with everybody looked up who may be asked, all its heads open, everybody
        in one post."""
        need, j = self.needs[need_id], self._index(need_id)
        rows, trip = self.explored[need_id].rows, self.explored[need_id].trip
        asked = self.free.copy()
        asked[self._moving_rows()] = True
        may = asked[rows] & ~trip.cut_off & ~np.isin(rows, self._refused(need))
        candidates = self.candidates(need, rows[may], trip.eta_s[may], self.service(need_id))
        together, stays = with_stayers(candidates, self._stays.get(need_id, _NOBODY))
        turnout_s = self.roster.turnout_s[together.rows]
        return Held(together, stays, turnout_s, self.calls[j], self.policies[j])

    def candidates(self, need: Need, rows: Rows, eta_s: Ints, service: Service) -> Candidates:
        """Return these people as candidates; `rows` ascend and serve as `service` says."""
        steps, rarity = self._serving(service, np.searchsorted(service.rows, rows))
        severity = self._severity(need)
        response_s = eta_s.astype(np.int64) + self.roster.turnout_s[rows]
        known = features(
            self._load, rows, response_s, steps > 0, SEVERITY[severity], need.hazard.rank,
            self.now, self._asking.zone,
        )  # fmt: skip
        return Candidates(
            need=need,
            severity=severity,
            taken=self._taken(need),
            rows=rows,
            eta_s=eta_s,
            steps=steps,
            accepts=probability(known, self._asking.model),
            surplus=self._scarcity.surplus(rows, rarity),
            moved=np.isin(rows, self._moving_rows()),
            late_after_s=round((need.deadline_at - self.now).total_seconds()),
        )

    def _refused(self, need: Need) -> Rows:
        """Who declined, who was excluded; in a wave also whose offer ran out unanswered, and who
        accepted and was stood down: asking them again in the same breath gains nothing."""
        out = [self.facts.declined.get(need.id, _NOBODY), self.facts.excluded.get(need.id, _NOBODY)]
        if self._wave:
            offers = map(self.board.offers.__getitem__, self.board.offers_of[need.id])
            gone = [o.volunteer_id for o in offers if o.status is OfferStatus.EXPIRED]
            gone += [
                a.volunteer_id
                for a in self.board.assignments_to(need.id)
                if a.status is AssignmentStatus.STOOD_DOWN
            ]
            out.append(self.roster.rows(gone))
        return np.concatenate(out)

    def _pinned(self, need: Need) -> Rows:
        """The rows of the people a commander pinned to this need, ascending."""
        pins = self.board.pinned_to(need.id)
        return np.sort(self.roster.rows([p.volunteer_id for p in pins])) if pins else _NOBODY

    def _keep(self, need: Need) -> Rows:
        """Who of them can be kept: free, eligible, in reach, and no more than may come at most."""
        rows = self._pins[need.id]
        if not rows.size:
            return rows
        known, trip = self.explored[need.id].rows, self.explored[need.id].trip
        may = self.free[known] & ~trip.cut_off & ~np.isin(known, self._refused(need))
        may &= trip.eta_s + self.roster.turnout_s[known] <= self._reach_s(need.id)
        room = max(0, need.heads.maximum - self.board.heads_taken(need.id))
        return np.intersect1d(rows, known[may])[:room]

    def pinned_candidates(self, need: Need) -> Candidates:
        """Return the pinned people that are kept, as candidates."""
        rows, known = self.kept[need.id], self.explored[need.id]
        eta_s = known.trip.eta_s[np.searchsorted(known.rows, rows)]
        return self.candidates(need, rows, eta_s, self.service(need.id))

    def _stayers(self) -> dict[NeedId, Rows]:
        """By need the rows of people who accepted it and may yet be moved, ascending."""
        found: dict[NeedId, list[int]] = {}
        for row in sorted(self.movable):
            found.setdefault(self.board.assignments[self.movable[row]].need_id, []).append(row)
        return {need_id: np.array(rows, np.intp) for need_id, rows in found.items()}

    def _moving_rows(self) -> Rows:
        return np.array(sorted(self.movable), np.intp)

    def _index(self, need_id: NeedId) -> int:
        return bisect_left(self._order, need_id, key=lambda n: n.id)

    def _severity(self, need: Need) -> Severity:
        return self.board.incidents[need.incident_id].severity

    def _taken(self, need: Need) -> int:
        taken = self.board.heads_taken(need.id) - len(self._stays.get(need.id, ()))
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

    def sized(self, need_id: NeedId, held: Held) -> Candidates:
        """The candidates with as many heads as people are to be asked, dealt to posts."""
        c = held.candidates
        posts = self._crew_posts(self.needs[need_id], c.rows, int(held.stays.sum()))
        return replace(c, posts=posts)

    def _crew_posts(self, need: Need, rows: Rows, stay: int) -> tuple[Post, ...]:
        """The posts of as many heads as people are to be asked and `stay`, for these people."""
        left, heads = self.sizes[need.id].asks + stay, []
        for open_ in open_heads(need.heads, self._taken(need)):
            heads.append(min(left, open_))
            left -= heads[-1]
        tiers, crew = np.array([*heads, left], np.int64), self._crew(need)
        if not has_special(tiers, crew, need.hazard, self.policy.crew):
            return (Post(PostKind.ANY, tiers, np.ones(len(rows), np.bool_)),)
        return crew_posts(tiers, crew, self._classes.only(rows), need.hazard, self.policy.crew)

    def _crew(self, need: Need) -> Crew:
        """Who of the need's people counts as leader, officer, newcomer; not those who may move."""
        there = [
            a.volunteer_id
            for a in self.board.assignments_to(need.id)
            if a.status is not AssignmentStatus.STOOD_DOWN and a.id not in self._moving_ids
        ]
        if not there and not self.kept[need.id].size:
            return Crew()
        rows = np.union1d(self.roster.rows(there), self.kept[need.id])
        classes = self._classes.only(rows)
        return Crew(
            heads=len(rows),
            leaders=int(classes.leader.sum()),
            safety=int(classes.safety.sum()),
            newcomers=int((~classes.experienced).sum()),
        )

    def _levels_up(self) -> NDArray[np.int8]:
        """How many levels up the region tree from the need's each pair's person is at home."""
        needs = list(dict.fromkeys(n.region for n in self._order))
        up = np.array(
            [levels_up(region, self.roster.regions, self.roster.tree) for region in needs], np.int8
        )
        at = np.array([needs.index(n.region) for n in self._order], np.intp)
        region = self.roster.region[self.pool.trips.row]
        return np.asarray(up[at[self.pool.need], region])


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """The people of one need who are in the pool."""

    rows: Rows
    eta_s: Ints
    steps: Bytes
    rarity: Bytes


class _Views(dict[NeedId, Held]):
    """The needs of a round one by one, made when asked for."""

    def __init__(self, round_: Round) -> None:
        super().__init__()
        self._round = round_

    def __missing__(self, need_id: NeedId) -> Held:
        self[need_id] = self._round.view(need_id)
        return self[need_id]


def _spread(column: NDArray[T], at: Indices, size: int) -> NDArray[T]:
    """A longer column with this one at these places, else zero."""
    wide = np.zeros(size, column.dtype)
    wide[at] = column
    return wide


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
