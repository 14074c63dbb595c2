"""Whom a question about reach and coverage is about: whom a need would find, if there were one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.geo.measure import Floats, crow_m
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.facts import facts_of, origins_of
from dispatch.matching.reasons import union
from dispatch.matching.skills import Rows
from dispatch.model import (
    UNREACHABLE,
    Conditions,
    HazardClass,
    Heads,
    IncidentId,
    Need,
    NeedId,
    NeedStatus,
    Reason,
    RegionCode,
    Site,
    Skill,
)
from dispatch.planner.plan import Planner
from dispatch.planner.travel import least_s, trip_to
from dispatch.roster import MODES, Bools, Roster
from dispatch.taxonomy import SKILLS

WORK: Final = timedelta(hours=8)
"""How long a need lasts that nobody has stated yet: proofs and cover must hold until then."""

Seconds = NDArray[np.int64]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Whom one looks for: holders of a skill at a level, or of any skill; who may enter a hazard
    class, for the agency's whole region unless one is named. The need stands for all of them."""

    skill: Skill | None = None
    level: int = 1
    hazard: HazardClass = HazardClass.H1
    region: RegionCode | None = None
    widened: bool = False
    need_id: NeedId | None = None


class People:
    """Who is sought: eligible by all hard rules but reach, and where they start from."""

    def __init__(
        self,
        planner: Planner,
        board: Board,
        now: datetime,
        sought: Sought,
        site: Site,
        *,
        tasked: bool = False,
    ) -> None:
        self._router, self._roster = planner.router, planner.roster
        self._need = _need(board, planner.roster, now, sought, site)
        facts = facts_of(board, planner.roster, now)
        if tasked:
            busy = union(Reason.BUSY, Reason.OFFERED)
            facts = replace(facts, blocked=facts.blocked & ~busy)
        rules = Eligibility(
            planner.roster, facts, now=now, exercise=board.exercise, policy=planner.policy
        )
        every = sought.skill is None and sought.need_id is None
        skills = sorted(SKILLS) if every else [self._need.skill]
        self._holders = {s: rules.eligible(replace(self._need, skill=s)).rows for s in skills}
        self.rows: Rows = np.unique(np.concatenate(list(self._holders.values())))
        self._lon, self._lat = origins_of(board, planner.roster)

    def by_skill(self, some: Bools) -> dict[Skill, int]:
        """Return how many of some of the people, a mask of shape (k,), hold each skill sought."""
        rows = self.rows[some]
        counts = {
            s: int(np.isin(h, rows, assume_unique=True).sum()) for s, h in self._holders.items()
        }
        return {skill: count for skill, count in counts.items() if count}

    def response_s(self, site: Site, within_s: int, conditions: Conditions) -> Seconds:
        """Return turnout and travel of each to the site, shape (k,); UNREACHABLE beyond `within_s`,
        or without a way."""
        found = np.full(len(self.rows), UNREACHABLE, np.int64)
        away_m = crow_m(self._lon[self.rows], self._lat[self.rows], site.lon, site.lat)
        near = np.flatnonzero(self._least_s(away_m) <= within_s)
        rows, need = self.rows[near], replace(self._need, site=site)
        trip = trip_to(self._router, self._roster, self._lon, self._lat, rows, need, conditions)
        there = trip.eta_s < UNREACHABLE
        found[near[there]] = (
            trip.eta_s[there].astype(np.int64) + self._roster.turnout_s[rows[there]]
        )
        return found

    def first_s(
        self,
        sites: Floats,
        box: Box,
        within_s: int,
        conditions: Conditions,
    ) -> Seconds:
        """Return when the first of them could be at each of m sites in the box, shape (m,);
        what takes longer than `within_s` may come out longer still."""
        middle, (west, south, _, north) = middle_of(box), box
        half_m = crow_m(west, [south, north], middle.lon, middle.lat).max()
        away_m = crow_m(self._lon[self.rows], self._lat[self.rows], middle.lon, middle.lat)
        near = self.rows[self._least_s(np.maximum(away_m - half_m, 0.0)) <= within_s]
        first = np.full(len(sites), UNREACHABLE, np.int64)
        for m in np.unique(self._roster.mode[near]).tolist():
            rows = near[self._roster.mode[near] == m]
            points = np.column_stack([self._lon[rows], self._lat[rows]])
            turnout_s = self._roster.turnout_s[rows]
            found = self._router.first_s(points, sites, MODES[m], turnout_s, conditions)
            first = np.minimum(first, found)
        return first

    def _least_s(self, away_m: Floats) -> Floats:
        """Return what their responses take at least; for ever from a place nobody knows."""
        known_m = np.nan_to_num(away_m, nan=np.inf)
        return least_s(self._router, self._roster, self.rows, known_m)


def _need(board: Board, roster: Roster, now: datetime, sought: Sought, site: Site) -> Need:
    """Return the need that stands for the question, to be asked of the same rules as any other."""
    if sought.need_id is not None:
        need = board.needs.get(sought.need_id)
        if need is None:
            raise Rejected("NOT_FOUND", entity="need", id=sought.need_id)
        return need
    return Need(
        id=NeedId(""),
        incident_id=IncidentId(""),
        skill=sought.skill or Skill(""),
        level=sought.level,
        heads=Heads(minimum=1, desired=1, maximum=1),
        hazard=sought.hazard,
        site=site,
        region=sought.region or _widest(roster),
        deadline_at=now,
        ends_at=now + WORK,
        reach_s=3_600,
        verified=True,
        risk_assessment="",
        safety_plan=None,
        widened=sought.widened,
        note="",
        status=NeedStatus.PUBLISHED,
        added_at=now,
    )


def _widest(roster: Roster) -> RegionCode:
    known = roster.tree.parents or dict.fromkeys(roster.regions)
    return min(known, key=lambda code: (roster.tree.depth(code), code), default=RegionCode(""))


def middle_of(box: Box) -> Site:
    """Return the middle of a box."""
    west, south, east, north = box
    return Site(lon=(west + east) / 2, lat=(south + north) / 2)
