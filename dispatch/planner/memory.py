"""What a planner knows between plans: who is eligible by the roster alone, and road times.

Both change seldom and cost most of a plan's time. What the board says of people (busy, resting,
asked) changes with every event and is applied anew in each round, so one change costs little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from dispatch.geo.nearest import NearestIndex
from dispatch.matching.cover import answering
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.facts import Facts
from dispatch.matching.gates import last_day
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.skills import Rows, Service, asked_of
from dispatch.model import Need, NeedId, Zone
from dispatch.planner.travel import Trip, joined, trips
from dispatch.ports import Router
from dispatch.roster import Bools, Floats, Roster

FORGET_AFTER: Final = 4
"""Rounds after which what no need asked for is forgotten."""
ROAMERS_MOST: Final = 0.02
"""Share of the roster beyond which a new index is cheaper than looking everybody up."""


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """Who holds a skill proven, and an index of those whose position is known, at `rows`."""

    service: Service
    rows: Rows
    index: NearestIndex

    def among(self, rows: Rows) -> Rows:
        """Return who of these holds it."""
        held = self.service.rows
        return np.intersect1d(rows, held, assume_unique=True) if rows.size else rows


@dataclass(slots=True, eq=False)
class Explored:
    """The people of one need with a road time: `rows` ascend, `trip` is theirs. Everybody eligible
    by the roster alone whose turnout and straight way at top speed take less than `until_s` is
    among them."""

    holders: Holders
    rows: Rows
    trip: Trip
    until_s: int = 0
    used: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Memory:
    """The memory of one roster and one router; answers never depend on what it remembers."""

    roster: Roster
    router: Router
    policy: MatchPolicy
    speed_mps: Floats
    _round: int = 0
    _lon: Floats = field(default_factory=lambda: np.empty(0))
    _lat: Floats = field(default_factory=lambda: np.empty(0))
    _roamers: Rows = field(default_factory=lambda: np.empty(0, np.intp))
    _holders: dict[object, Holders] = field(default_factory=dict)
    _explored: dict[object, Explored] = field(default_factory=dict)
    _rules: Eligibility = field(init=False)

    def begin(self, lon: Floats, lat: Floats) -> None:
        """Start a round with people at these positions; who moved is looked up again."""
        self._round += 1
        self._forget()
        if len(self._lon) == len(lon):
            same = ((self._lon == lon) & (self._lat == lat)) | (np.isnan(self._lon) & np.isnan(lon))
            self._move(np.flatnonzero(~same))
        self._lon, self._lat = lon, lat

    def _move(self, rows: Rows) -> None:
        """Indexes still hold these people where they were, so from now on they are roamers, whom
        every need looks up; with too many of those the indexes are made anew."""
        if not rows.size:
            return
        self._roamers = np.union1d(self._roamers, rows)
        if len(self._roamers) > ROAMERS_MOST * len(self.roster):
            self._holders.clear()
            self._explored.clear()
            self._roamers = np.empty(0, np.intp)
        for known in self._explored.values():
            there = ~np.isin(known.rows, rows)
            known.rows, known.trip = known.rows[there], known.trip.only(there)

    def explored(
        self,
        needs: Sequence[Need],
        zones: Sequence[Zone],
        now: datetime,
        exercise: bool,
        count: Mapping[NeedId, int],
        also: Mapping[NeedId, Rows],
    ) -> dict[NeedId, Explored]:
        """Return what is known of each need's people: the `count` nearest eligible at least, and
        those of `also` who are eligible by the roster."""
        self._rules = Eligibility(
            self.roster, _nothing(self.roster), now=now, exercise=exercise, policy=self.policy
        )
        found: dict[NeedId, Explored] = {}
        new: dict[NeedId, Rows] = {}
        for need in needs:
            key = (*self._question(need, now, exercise), need.site, tuple(zones))
            if key not in self._explored:
                self._explored[key] = Explored(
                    self._holders_of(need, now), np.empty(0, np.intp), _no_trip()
                )
            known = self._explored[key]
            known.used = self._round
            found[need.id] = known
            near = np.empty(0, np.intp)
            if len(known.rows) < min(count[need.id], len(known.holders.rows)):
                near = self._nearest(known.holders, need, count[need.id])
            named = known.holders.among(np.union1d(self._roamers, also[need.id]))
            new[need.id] = np.union1d(near, named[self._rules.admits(need, named)])
        self._look_up(found, new, needs, zones)
        return found

    def _nearest(self, holders: Holders, need: Need, count: int) -> Rows:
        """The nearest `count` whom the roster's rules admit, or all there are."""
        asked = count
        while True:
            asked *= 2
            near, _ = holders.index.nearest(need.site, asked)
            rows = holders.rows[near]
            admitted: Rows = rows[self._rules.admits(need, rows)]
            if len(admitted) >= count or asked >= len(holders.rows):
                return np.sort(admitted[:count])

    def widen(
        self,
        found: Mapping[NeedId, Explored],
        until_s: Mapping[NeedId, int],
        needs: Sequence[Need],
        zones: Sequence[Zone],
    ) -> tuple[NeedId, ...]:
        """Look up everybody whose response may take less than `until_s`; return the needs for which
        anyone new was found."""
        new = {
            n.id: self._within(found[n.id].holders, n, until_s[n.id])
            for n in needs
            if until_s[n.id] > found[n.id].until_s
        }
        for need_id in new:
            found[need_id].until_s = until_s[need_id]
        return self._look_up(found, new, needs, zones)

    def _within(self, holders: Holders, need: Need, until_s: int) -> Rows:
        near = holders.index.inside(need.site, until_s * float(self.speed_mps.max()))
        close = holders.rows[near]
        crow_m = holders.index.distance_m(need.site, near)
        least_s = self.roster.turnout_s[close] + crow_m / self.speed_mps[self.roster.mode[close]]
        within: Rows = close[least_s < until_s]
        return within[self._rules.admits(need, within)]

    def _look_up(
        self,
        found: Mapping[NeedId, Explored],
        rows: Mapping[NeedId, Rows],
        needs: Sequence[Need],
        zones: Sequence[Zone],
    ) -> tuple[NeedId, ...]:
        wanted = {
            need_id: np.setdiff1d(some, found[need_id].rows, assume_unique=True)
            for need_id, some in rows.items()
        }
        wanted = {need_id: some for need_id, some in wanted.items() if some.size}
        by_id = {n.id: n for n in needs}
        looked_up = trips(
            self.router, self.roster, self._lon, self._lat, wanted, by_id, zones
        ) if wanted else {}  # fmt: skip
        for need_id, trip in looked_up.items():
            known = found[need_id]
            together = np.concatenate([known.rows, wanted[need_id]])
            order = np.argsort(together)
            known.rows, known.trip = together[order], joined(known.trip, trip, order)
        return tuple(wanted)

    def _holders_of(self, need: Need, now: datetime) -> Holders:
        """Who holds the skill for such needs; kept while the day and the roster last."""
        key = asked_of(need, now, self.policy.credential_grace_days)
        if key not in self._holders:
            service = self._rules.holders(need)
            placed = np.isfinite(self._lon[service.rows]) & np.isfinite(self._lat[service.rows])
            rows = service.rows[placed]
            index = NearestIndex(self._lon[rows], self._lat[rows])
            self._holders[key] = Holders(service, rows, index)
        return self._holders[key]

    def _question(self, need: Need, now: datetime, exercise: bool) -> tuple[object, ...]:
        """What eligibility by the roster alone reads of a need and of the time."""
        words = answering(self.roster.policies, need, now=now, exercise=exercise)
        return (
            need.id,
            need.skill,
            need.level,
            need.hazard,
            now.date(),
            last_day(need, now),
            words.tobytes(),
            need.region,
            need.widened,
        )

    def _forget(self) -> None:
        limit = self._round - FORGET_AFTER
        self._explored = {k: e for k, e in self._explored.items() if e.used > limit}


def _nothing(roster: Roster) -> Facts:
    """The facts of a day on which nothing has happened."""
    n = len(roster)
    return Facts(blocked=np.zeros(n, np.uint32), on_duty=np.zeros(n, np.bool_), declined={})


def _no_trip() -> Trip:
    none = np.empty(0, np.int32)
    nobody: Bools = np.empty(0, np.bool_)
    return Trip(none, none, nobody, nobody)
