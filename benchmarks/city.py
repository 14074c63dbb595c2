"""A city: 2.39 million volunteers in 38 districts, 1,000 incidents, about 10,000 heads wanted.

The roster is made of columns straight away, with numpy; travel is along straight lines. The peer
knows who may serve where beforehand, as we do: it asks a k-d tree of those people for the nearest
so many per head of every need and gives the pairs to the flow kernel. It weighs nothing but travel,
proves nothing about the pairs it leaves out and explains nothing.
`python -m benchmarks.city` prints what one process measures, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from dispatch.board import Board
from dispatch.geo.nearest import NearestIndex
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.eligibility import Eligibility
from dispatch.matching.explain import shortfalls
from dispatch.matching.facts import Facts
from dispatch.matching.flow import solve
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.matching.problem import Posts, Problem
from dispatch.model import (
    AgencyId,
    HazardClass,
    Heads,
    Incident,
    IncidentId,
    IncidentStatus,
    Need,
    NeedId,
    NeedStatus,
    PolicyId,
    RegionCode,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    Tier,
    TravelMode,
    VolunteerStatus,
)
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.roster import FOREVER, MODES, STATUSES, TIERS, Credentials, Policy, Roster
from dispatch.taxonomy import HAZARD_GATES, SKILLS

PEOPLE: Final = 2_390_000
INCIDENTS: Final = 1_000
DISTRICTS: Final = 38
NEAREST: Final = 20
"""Pairs per head that the peer takes."""
RUNS: Final = 5
EXACTLY: Final = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
WITHOUT_CREWS: Final = CrewPolicy(from_heads=10_000, buddy_from=None)
NOW: Final = datetime(2026, 7, 20, 8, 0, tzinfo=UTC)

_COMMONEST, _RAREST = 0.3, 0.001
_KM: Final = 1 / 111.2
"""Degrees of latitude, and about as much of longitude, in a kilometre."""


def roster(people: int = PEOPLE, seed: int = 1) -> Roster:
    """Return a city of that many people, most of them active, insured and trained."""
    rng = np.random.default_rng(seed)
    centres, weights = _districts()
    district = rng.choice(DISTRICTS, people, p=weights)
    lon, lat = (centres[district] + rng.normal(0, 8 * _KM, (people, 2))).T
    contracts = _contracts()
    tiers = rng.choice([TIERS.index(t) for t in (Tier.PROFESSIONAL, Tier.TEMPORARY)], people)
    active, left = STATUSES.index(VolunteerStatus.ACTIVE), STATUSES.index(VolunteerStatus.EXITED)
    return Roster(
        ids=np.arange(1, people + 1),
        lon=lon,
        lat=lat,
        status=np.where(rng.random(people) < 0.95, active, left).astype(np.uint8),
        tier=tiers.astype(np.uint8),
        mode=rng.choice(
            [MODES.index(m) for m in (TravelMode.CAR, TravelMode.MOTORCYCLE, TravelMode.FOOT)],
            people,
            p=[0.5, 0.2, 0.3],
        ).astype(np.uint8),
        birth=rng.integers(-4_000, 12_000, people).astype(np.int32),
        fit=rng.random(people) < 0.9,
        guardian=np.zeros(people, np.bool_),
        consent=np.ones(people, np.bool_),
        available=rng.random(people) < 0.7,
        trained_until=np.where(rng.random(people) < 0.8, FOREVER, 0).astype(np.int32),
        region=district.astype(np.int32),
        team=np.zeros(people, np.int32),
        team_level=np.zeros(people, np.uint8),
        turnout_s=rng.integers(60, 900, people).astype(np.int32),
        served_h=rng.integers(0, 200, people).astype(np.int32),
        languages=np.ones(people, np.uint64),
        seats=np.zeros(people, np.uint8),
        cover=rng.integers(0, 2 ** len(contracts), (people, 1), np.uint64),
        waiting=np.zeros((people, 1), np.uint64),
        language_codes=("zh",),
        regions=tuple(_region(d) for d in range(DISTRICTS)),
        policies=contracts,
        credentials=_credentials(people, rng),
    )


def board(incidents: int = INCIDENTS, seed: int = 2) -> Board:
    """Return as many incidents all over the city, 2.45 needs each on average, 4 heads each."""
    rng = np.random.default_rng(seed)
    centres, weights = _districts()
    city = Board(agency=AgencyId("city"))
    for n in range(incidents):
        district = int(rng.choice(DISTRICTS, p=weights))
        lon, lat = (centres[district] + rng.normal(0, 6 * _KM, 2)).tolist()
        incident = Incident(
            id=IncidentId(f"i{n:05}"),
            number=n,
            kind="flood",
            title="",
            description="",
            site=Site(lon=lon, lat=lat),
            region=_region(district),
            severity=list(Severity)[int(rng.integers(4))],
            hazard=HazardClass.H2,
            status=IncidentStatus.OPEN,
            opened_at=NOW,
        )
        city.incidents[incident.id] = incident
        for k in range(int(rng.integers(1, 4)) + int(rng.random() < 0.45)):
            need = _need(incident, k, rng)
            city.needs[need.id] = need
            city.offers_of[need.id] = []
            city.needs_of.setdefault(incident.id, []).append(need.id)
    return city


class Peer:
    """K-d trees of who may serve, by what needs ask, made beforehand; then queries and the flow."""

    def __init__(self, people: Roster, needs: list[Need]) -> None:
        n = len(people)
        nothing = Facts(np.zeros(n, np.uint32), np.zeros(n, np.bool_), {})
        rules = Eligibility(people, nothing, now=NOW, exercise=False, policy=MatchPolicy())
        self._roster = people
        self._rows: dict[object, np.ndarray[Any, np.dtype[np.intp]]] = {}
        self._trees: dict[object, NearestIndex] = {}
        for need in needs:
            if self._key(need) not in self._rows:
                rows = rules.eligible(replace(need, widened=True)).rows
                rows = rows[people.available[rows]]
                self._rows[self._key(need)] = rows
                self._trees[self._key(need)] = NearestIndex(people.lon[rows], people.lat[rows])

    def fill(self, needs: list[Need], severity: Mapping[IncidentId, Severity]) -> Problem:
        """Return the problem of the nearest pairs after the kernel has solved it."""
        groups: dict[object, list[int]] = {}
        for j, need in enumerate(needs):
            groups.setdefault(self._key(need), []).append(j)
        rows: list[Any] = [None] * len(needs)
        eta_s: list[Any] = [None] * len(needs)
        for key, members in groups.items():
            lon = np.array([needs[j].site.lon for j in members])
            lat = np.array([needs[j].site.lat for j in members])
            most = max(NEAREST * needs[j].heads.desired for j in members)
            near, metres = self._trees[key].closest(lon, lat, most)
            for j, places, distance_m in zip(members, near, metres, strict=True):
                count = min(NEAREST * needs[j].heads.desired, len(self._rows[key]))
                row = self._rows[key][places[:count]]
                order = np.argsort(row)
                rows[j] = row[order]
                eta_s[j] = (distance_m[:count][order] / 8.0).astype(np.int32)
        policy = MatchPolicy()
        heads = np.array([[n.heads.minimum, n.heads.desired - n.heads.minimum] for n in needs])
        prices = [policy.unfilled_s(severity[n.incident_id])[:2] for n in needs]
        row, eta = np.concatenate(rows), np.concatenate(eta_s)
        problem = Problem(
            posts=Posts.plain([n.id for n in needs], heads, np.array(prices, np.int64)),
            post=np.repeat(np.arange(len(needs)), [len(r) for r in rows]),
            row=row,
            cost_s=self._roster.turnout_s[row].astype(np.int64) + eta,
            eta_s=eta,
        )
        solve(problem)
        return problem

    @staticmethod
    def _key(need: Need) -> object:
        return need.skill, need.hazard


def measure(people: int = PEOPLE, incidents: int = INCIDENTS, runs: int = RUNS) -> dict[str, Any]:
    """Return the seconds of ours and the peer's, how much memory this process took, and how good
    the plan is. Ours has planned for other incidents before, so its trees stand as the peer's do.
    """
    folk, city = roster(people), board(incidents)
    needs = city.open_needs()
    severity = {i.id: i.severity for i in city.incidents.values()}
    policy = MatchPolicy(crew=WITHOUT_CREWS)
    before = board(incidents, seed=3)
    planner = Planner(roster=folk, router=StraightLineRouter(), policy=policy, asking=EXACTLY)
    began = time.perf_counter()
    planner.round(before, NOW)
    first_s = time.perf_counter() - began
    ours: list[tuple[float, float]] = []
    made = None
    for _ in range(runs):
        planner.forget()
        began, busy = time.perf_counter(), time.process_time()
        made = planner.round(city, NOW)
        assert made is not None
        round_, problem, found = made
        short = shortfalls(problem, found.solution, round_.bits)
        ours.append((time.perf_counter() - began, time.process_time() - busy))
    assert made is not None
    most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    peer = Peer(folk, needs)
    trees_s = time.perf_counter() - began
    theirs: list[tuple[float, float]] = []
    for _ in range(runs):
        began, busy = time.perf_counter(), time.process_time()
        pairs = peer.fill(needs, severity)
        theirs.append((time.perf_counter() - began, time.process_time() - busy))
    return {
        "people": people,
        "needs": len(needs),
        "heads": sum(n.heads.desired for n in needs),
        "ours_s": [s for s, _ in ours],
        "ours_cpu_s": [s for _, s in ours],
        "first_s": first_s,
        "gap": made[2].gap,
        "empty": sum(s.missing for s in short),
        "most_mib": most_kb / 1024,
        "peer_s": [s for s, _ in theirs],
        "peer_cpu_s": [s for _, s in theirs],
        "peer_trees_s": trees_s,
        "peer_pairs": len(pairs.post),
    }


def _districts() -> tuple[Any, Any]:
    """Where the districts are, and their shares of the people: a few are crowded."""
    rng = np.random.default_rng(0)
    centres = np.column_stack(
        [rng.uniform(105.5, 109.5, DISTRICTS), rng.uniform(28.5, 31.5, DISTRICTS)]
    )
    weights = 1 / np.arange(1, DISTRICTS + 1) ** 0.6
    return centres, weights / weights.sum()


def _region(district: int) -> RegionCode:
    return RegionCode(f"50{district + 101:04}")


def _contracts() -> tuple[Policy, ...]:
    """Eight contracts: of each hazard class upwards, two."""
    return tuple(
        Policy(
            id=PolicyId(k + 1),
            insurer="Mutual",
            clause=f"A-{k}",
            valid_from_at=NOW - timedelta(days=30),
            valid_until_at=NOW + timedelta(days=300),
            hazards=frozenset(h for h in HazardClass if h.rank <= 1 + k % 4),
            territory=(),
            exercises=True,
            travel=True,
            sudden_illness=True,
            accident_sum=HAZARD_GATES[HazardClass.H4].accident_sum,
            medical_sum=HAZARD_GATES[HazardClass.H4].medical_sum,
            sudden_death_sum=HAZARD_GATES[HazardClass.H4].sudden_death_sum,
            third_party_sum=HAZARD_GATES[HazardClass.H4].third_party_sum,
            currency="CNY",
            used_up=False,
        )
        for k in range(8)
    )


def _credentials(people: int, rng: np.random.Generator) -> dict[Skill, Credentials]:
    """Every skill, from one in three to one in a thousand."""
    found = {}
    for skill, share in _shares().items():
        rows = np.flatnonzero(rng.random(people) < share).astype(np.int32)
        k = len(rows)
        found[skill] = Credentials(
            rows=rows,
            level=rng.integers(1, 4, k).astype(np.uint8),
            until=np.full(k, FOREVER, np.int32),
            verified=rng.random(k) < 0.95,
            trained_until=np.full(k, FOREVER, np.int32),
        )
    return found


def _shares() -> dict[Skill, float]:
    names = sorted(SKILLS, key=lambda s: (SKILLS[s].max_hazard.rank, s))
    shares = np.geomspace(_COMMONEST, _RAREST, len(names)).tolist()
    return dict(zip(names, shares, strict=True))


def _need(incident: Incident, k: int, rng: np.random.Generator) -> Need:
    skills = list(_shares())[:26]  # all but the very rarest
    skill = skills[int(rng.integers(len(skills)))]
    hazard = min(SKILLS[skill].max_hazard, HazardClass.H3, key=lambda h: h.rank)
    desired = int(rng.integers(1, 8))
    return Need(
        id=NeedId(f"{incident.id}-{k}"),
        incident_id=incident.id,
        skill=skill,
        level=1,
        heads=Heads(minimum=max(1, desired // 2), desired=desired, maximum=desired + 2),
        hazard=hazard,
        site=incident.site,
        region=incident.region,
        deadline_at=NOW + timedelta(hours=1),
        ends_at=NOW + timedelta(hours=6),
        reach_s=3_600,
        verified=True,
        risk_assessment="known",
        safety_plan=SafetyPlan(owner="Li", measures="pairs"),
        widened=False,
        note="",
        status=NeedStatus.PUBLISHED,
        added_at=NOW,
    )


if __name__ == "__main__":
    print(json.dumps(measure(*(int(word) for word in sys.argv[1:]))))
