"""What a planner knows between plans: who is eligible by the roster alone, and road times.

Both change seldom and cost most of a plan's time. What the board says of people (busy, resting,
asked) changes with every event and is applied anew in each round, so one change costs little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import numpy as np

from dispatch.geo.nearest import NearestIndex
from dispatch.matching.cost import Seconds
from dispatch.matching.crews import Classes, classes_of
from dispatch.matching.eligibility import Columns, Eligibility
from dispatch.matching.facts import Facts
from dispatch.matching.gates import last_day
from dispatch.matching.ledger import Ledger
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.scarcity import Scarcity, scarcity_of
from dispatch.matching.skills import Rows, Service
from dispatch.model import CLEAR, Conditions, Need, NeedId
from dispatch.planner.travel import (
    BoundedRouter,
    Trip,
    distinct_sites,
    farthest_m,
    joined,
    least_s,
    trips,
)
from dispatch.roster import MODES, Bools, Floats, Roster

FORGET_AFTER: Final = 4
"""Rounds after which what no need asked for is forgotten."""
ROAMERS_MOST: Final = 0.02
"""Share of the roster beyond which a new index is cheaper than looking everybody up."""

WHOLE: Final = 1_000
"""A need with at most this many holders for each of the nearest it asks for is looked up whole."""
FAR_S: Final = 2**60
"""Nobody costs as much: everybody is known."""

_NOBODY: Final[Rows] = np.empty(0, np.intp)
NOBODY_NAMED: Final[Mapping[NeedId, Rows]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """Who holds a skill proven, and an index of those whose position is known, at `rows`."""

    service: Service
    rows: Rows
    index: NearestIndex


@dataclass(slots=True, eq=False)
class Explored:
    """The people of one need with a road time: `rows` ascend, `trip` is theirs, and `place` where
    they are in the service; the times are those under `conditions`. Everybody eligible by the
    roster alone whom the straight way may bring at less cost than `until_s` is among them, and the
    first `apart` of the memory's list."""

    holders: Holders
    rows: Rows
    trip: Trip
    place: Rows
    conditions: Conditions
    until_s: int = 0
    apart: int = 0
    used: int = 0

    def add(self, rows: Rows, trip: Trip) -> None:
        """Add people who are not there yet."""
        together = np.concatenate([self.rows, rows])
        order = np.argsort(together, kind="stable")
        self.rows, self.trip = together[order], joined(self.trip, trip, order)
        self.place = np.searchsorted(self.holders.service.rows, self.rows)

    def only(self, keep: Bools) -> None:
        """Keep the people where `keep`, shape (k,), is True."""
        self.rows, self.trip, self.place = self.rows[keep], self.trip.only(keep), self.place[keep]


@dataclass(slots=True, kw_only=True, eq=False)
class Memory:
    """The memory of one roster and one router; answers never depend on what it remembers.

    `idle_s` is the least that anybody costs beside turnout and travel, but for the people `apart`
    whom a round names.
    """

    roster: Roster
    router: BoundedRouter
    policy: MatchPolicy
    idle_s: int = 0
    columns: Columns = field(default_factory=Columns)
    ledger: Ledger = field(init=False)
    _round: int = 0
    _conditions: Conditions = CLEAR
    _lon: Floats = field(default_factory=lambda: np.empty(0))
    _lat: Floats = field(default_factory=lambda: np.empty(0))
    _apart: Rows = field(default_factory=lambda: _NOBODY)
    _moved: int = 0
    _holders: dict[object, Holders] = field(default_factory=dict)
    _explored: dict[object, Explored] = field(default_factory=dict)
    _rules: Eligibility = field(init=False)
    _day: date | None = None
    _scarcity: Scarcity = field(init=False)
    _classes: Classes = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.roster.ids)

    def scarcity(self, today: date) -> tuple[Scarcity, Classes]:
        """Return how rare skills are today, and who leads, watches over safety, is a newcomer."""
        if self._day != today:
            self._scarcity = scarcity_of(self.roster, today, self.policy)
            self._classes = classes_of(self.roster, today, self.policy.crew)
            self._day = today
        return self._scarcity, self._classes

    def forget(self) -> None:
        """Forget everything about needs, not what was worked out from the roster."""
        self._explored.clear()

    def begin(
        self,
        lon: Floats,
        lat: Floats,
        now: datetime,
        exercise: bool,
        conditions: Conditions,
        apart: Rows | None = None,
    ) -> None:
        """Start a round with people at these positions; who moved is looked up again. Under other
        conditions than before everybody known gets a new time, when a need asks for them.

        `apart` are the people who may cost less than `idle_s` beside turnout and travel.
        """
        self._round += 1
        self._conditions = conditions
        self._forget()
        self._rules = Eligibility(
            self.roster, _nothing(self.roster), now=now, exercise=exercise, policy=self.policy,
            columns=self.columns,
        )  # fmt: skip
        if len(self._lon) == len(lon) and self._lon is not lon:
            same = ((self._lon == lon) & (self._lat == lat)) | (np.isnan(self._lon) & np.isnan(lon))
            self._move(np.flatnonzero(~same))
        self._lon, self._lat = lon, lat
        if apart is not None:
            self._apart = np.concatenate([self._apart, np.setdiff1d(apart, self._apart)])

    def _move(self, rows: Rows) -> None:
        """Indexes still hold these people where they were, so from now on they are apart: every
        need looks them up; with too many of those the indexes are made anew."""
        if not rows.size:
            return
        self._moved += len(rows)
        if self._moved > ROAMERS_MOST * len(self.roster):
            self._holders.clear()
            self._explored.clear()
            self._apart, self._moved = _NOBODY, 0
            return
        # Everybody who moves goes to the end of the list, so that all needs look them up again.
        self._apart = np.concatenate([self._apart, rows])
        for known in self._explored.values():
            known.only(~np.isin(known.rows, rows))

    def explored(
        self,
        needs: Sequence[Need],
        count: Mapping[NeedId, int],
        named: Mapping[NeedId, Rows] = NOBODY_NAMED,
    ) -> dict[NeedId, Explored]:
        """Return what is known of each need's people: at least `count` of the nearest eligible, and
        those `named` who are eligible by the roster."""
        found = {need.id: self._known(need) for need in needs}
        self._bring_up_to_date(needs, found)
        few: dict[int, list[Need]] = {}
        many: dict[int, list[Need]] = {}
        for need in needs:
            known = found[need.id]
            if known.until_s < FAR_S and len(known.rows) < count[need.id]:
                whole = len(known.holders.rows) <= WHOLE * count[need.id]
                (few if whole else many).setdefault(id(known.holders), []).append(need)
        for group in few.values():
            self._explore_whole(group, found)
        until_s: dict[NeedId, int] = {}
        for group in many.values():
            until_s |= self._near_s(group, found[group[0].id].holders, count)
        self.widen(found, until_s, [n for n in needs if n.id in until_s])
        rows: dict[NeedId, Rows] = {}
        for need in needs:
            known, also = found[need.id], named.get(need.id, _NOBODY)
            if known.apart < len(self._apart) or also.size:
                rows[need.id] = self._named(need, known, also)
                known.apart = len(self._apart)
        self._look_up(found, rows, needs)
        return found

    def _known(self, need: Need) -> Explored:
        key = (*self._question(need), need.site)
        if key not in self._explored:
            self._explored[key] = Explored(
                self._holders_of(need), _NOBODY, Trip.blank(0), _NOBODY, self._conditions
            )
        known = self._explored[key]
        known.used = self._round
        return known

    def _bring_up_to_date(self, needs: Sequence[Need], found: Mapping[NeedId, Explored]) -> None:
        """Ask anew for times that are those under other conditions. Who was looked up stays: how
        far to look follows from the straight line, which no condition shortens."""
        stale = {n.id: n for n in needs if found[n.id].conditions != self._conditions}
        for need_id, trip in self._trips({n: found[n].rows for n in stale}, stale).items():
            found[need_id].trip, found[need_id].conditions = trip, self._conditions

    def _trips(
        self, rows: Mapping[NeedId, Rows], needs: Mapping[NeedId, Need]
    ) -> dict[NeedId, Trip]:
        return trips(
            self.router, self.roster, self._lon, self._lat, rows, needs, self._conditions
        )  # fmt: skip

    def _explore_whole(self, needs: Sequence[Need], found: Mapping[NeedId, Explored]) -> None:
        """Look up all holders for these needs, who ask for the same: where they are few, that is
        quicker than finding out who is near."""
        roster, rows = self.roster, found[needs[0].id].holders.service.rows
        sites, site = distinct_sites(needs)
        found_trips = [Trip.blank(len(rows)) for _ in needs]
        for m, mode in enumerate(MODES):
            mine = np.flatnonzero(roster.mode[rows] == m)
            if mine.size:
                points = np.column_stack([self._lon[rows[mine]], self._lat[rows[mine]]])
                matrix = self.router.eta_matrix(points, sites, mode, self._conditions)
                for trip, j in zip(found_trips, site.tolist(), strict=True):
                    trip.fill(mine, matrix, j)
        for need, trip in zip(needs, found_trips, strict=True):
            known, may = found[need.id], self._rules.admits(need, rows)
            known.rows, known.trip, known.place = rows, trip, np.arange(len(rows))
            known.only(may)
            known.until_s, known.apart = FAR_S, len(self._apart)

    def _named(self, need: Need, known: Explored, also: Rows) -> Rows:
        """Those of `also` and of the people apart not yet looked up who are eligible."""
        wanted = np.union1d(self._apart[known.apart :], also)
        rows = np.intersect1d(wanted, known.holders.service.rows, assume_unique=True)
        return rows[self._rules.admits(need, rows)]

    def _near_s(
        self, needs: Sequence[Need], holders: Holders, count: Mapping[NeedId, int]
    ) -> dict[NeedId, int]:
        """How far to look to find `count` whom the roster's rules admit, or all there are."""
        found: dict[NeedId, int] = {}
        left, asked = list(needs), 4 * max(count[n.id] for n in needs)
        while left:
            lon, lat = _places(left).T
            near, metres = holders.index.closest(lon, lat, min(asked, len(holders.rows)))
            for need, places, crow_m in zip(left, near, metres, strict=True):
                rows = holders.rows[places]
                may, most = self._rules.admits(need, rows), count[need.id]
                if may.sum() >= most:
                    quick_s = least_s(self.router, self.roster, rows[may], crow_m[may])
                    found[need.id] = int(np.partition(quick_s, most - 1)[most - 1]) + 1
                elif asked >= len(holders.rows):
                    found[need.id] = FAR_S
            left = [n for n in left if n.id not in found]
            asked *= 2
        return {need_id: until_s + self.idle_s for need_id, until_s in found.items()}

    def widen(
        self,
        found: Mapping[NeedId, Explored],
        until_s: Mapping[NeedId, int],
        needs: Sequence[Need],
    ) -> None:
        """Look up everybody who may come at less cost than `until_s`."""
        groups: dict[int, list[Need]] = {}
        for need in needs:
            known = found[need.id]
            if until_s[need.id] > known.until_s:
                known.until_s = until_s[need.id]
                groups.setdefault(id(known.holders), []).append(need)
        rows: dict[NeedId, Rows] = {}
        for group in groups.values():
            holders = found[group[0].id].holders
            rows |= self._within(holders, group, np.array([until_s[n.id] for n in group]))
        self._look_up(found, rows, needs)

    def _within(
        self, holders: Holders, needs: Sequence[Need], until_s: Seconds
    ) -> dict[NeedId, Rows]:
        """Whom the straight way may bring at less cost than this, by need."""
        left_s = until_s - self.idle_s
        quickest_s = self.roster.turnout_s[holders.rows].min(initial=2**30)
        radius_m = farthest_m(self.router, left_s - quickest_s)
        found: dict[NeedId, Rows] = {}
        lon, lat = _places(needs).T
        around = holders.index.around(lon, lat, radius_m)
        for need, most_s, near in zip(needs, left_s.tolist(), around, strict=True):
            rows = holders.rows[near]
            crow_m = holders.index.distance_m(need.site, near)
            rows = rows[least_s(self.router, self.roster, rows, crow_m) < most_s]
            found[need.id] = np.sort(rows[self._rules.admits(need, rows)])
        return found

    def _look_up(
        self,
        found: Mapping[NeedId, Explored],
        rows: Mapping[NeedId, Rows],
        needs: Sequence[Need],
    ) -> None:
        """Give these people road times, those of them who have none yet."""
        new = {n: np.setdiff1d(some, found[n].rows, assume_unique=True) for n, some in rows.items()}
        new = {need_id: some for need_id, some in new.items() if some.size}
        for need_id, trip in self._trips(new, {n.id: n for n in needs}).items():
            found[need_id].add(new[need_id], trip)

    def _holders_of(self, need: Need) -> Holders:
        """Who holds the skill for such needs; kept while the day and the roster last."""
        key = self._rules.asked(need)
        if key not in self._holders:
            service = self._rules.holders(need)
            placed = np.isfinite(self._lon[service.rows]) & np.isfinite(self._lat[service.rows])
            rows = service.rows[placed]
            index = NearestIndex(self._lon[rows], self._lat[rows])
            self._holders[key] = Holders(service, rows, index)
        return self._holders[key]

    def _question(self, need: Need) -> tuple[object, ...]:
        """What eligibility by the roster alone reads of a need and of the time."""
        now = self._rules.now
        words = self._rules.answering(need)
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


def _places(needs: Sequence[Need]) -> Floats:
    """The sites of these needs, shape (m, 2)."""
    return np.array([(n.site.lon, n.site.lat) for n in needs], np.float64).reshape(-1, 2)


def _nothing(roster: Roster) -> Facts:
    """The facts of a day on which nothing has happened."""
    n = len(roster)
    return Facts(blocked=np.zeros(n, np.uint32), on_duty=np.zeros(n, np.bool_), declined={})
