"""Builders of test data: people, contracts, needs and the rosters they make.

Everything has a default that passes every hard rule, so a test names only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from dispatch.matching.facts import Facts
from dispatch.matching.reasons import union
from dispatch.model import (
    HazardClass,
    Heads,
    IncidentId,
    Need,
    NeedId,
    NeedStatus,
    PolicyId,
    Reason,
    RegionCode,
    SafetyPlan,
    Site,
    Skill,
    Tier,
    TravelMode,
    VolunteerId,
    VolunteerStatus,
)
from dispatch.roster import FOREVER, MODES, NEVER, STATUSES, TIERS, Credentials, Policy, Roster
from dispatch.taxonomy import HAZARD_GATES, LANGUAGES, SKILLS

NOW = datetime(2026, 7, 20, 8, 0, tzinfo=UTC)
COUNTY = RegionCode("220524")
EPOCH = date(1970, 1, 1)


def day(on: date) -> int:
    """Return a date as the roster counts: days since 1970-01-01."""
    return (on - EPOCH).days


TODAY = day(NOW.date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A held skill; dates in roster days."""

    level: int = 1
    until: int = FOREVER
    verified: bool = True
    trained_until: int = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One row of a roster. By default a fit professional of 36 in a level-1 team, able to serve
    any hazard class, member of every contract (`covers` None)."""

    id: VolunteerId
    lon: float = 125.74
    lat: float = 42.28
    status: VolunteerStatus = VolunteerStatus.ACTIVE
    tier: Tier = Tier.PROFESSIONAL
    mode: TravelMode = TravelMode.CAR
    birth: date = date(1990, 1, 1)
    fit: bool = True
    guardian: bool = False
    consent: bool = True
    available: bool = True
    trained_until: int = FOREVER
    region: RegionCode | None = COUNTY
    team: int = 0
    team_level: int = 1
    turnout_s: int = 60
    served_h: int = 100
    languages: Sequence[str] = ("zh",)
    seats: int = 0
    covers: frozenset[PolicyId] | None = None
    waiting: frozenset[PolicyId] = frozenset()
    skills: Mapping[Skill, Proof] = field(default_factory=dict)


def person(
    number: int, skill: str = "LOG", proof: Proof | None = None, **columns: object
) -> Person:
    """Return a person holding one skill (more through `skills=`), with the columns named."""
    default: dict[str, object] = {"skills": {Skill(skill): proof or Proof()}}
    return Person(id=VolunteerId(number), **{**default, **columns})  # type: ignore[arg-type]


def contract(number: int = 1, **terms: object) -> Policy:
    """Return an insurance contract that covers anything anywhere in 2026, but for the `terms`."""
    top = HAZARD_GATES[HazardClass.H4]
    default: dict[str, object] = {
        "insurer": "Mutual",
        "clause": "A-1",
        "valid_from_at": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_until_at": datetime(2027, 1, 1, tzinfo=UTC),
        "hazards": frozenset(HazardClass),
        "territory": (),
        "exercises": True,
        "travel": True,
        "sudden_illness": True,
        "accident_sum": top.accident_sum,
        "medical_sum": top.medical_sum,
        "sudden_death_sum": top.sudden_death_sum,
        "third_party_sum": top.third_party_sum,
        "currency": "CNY",
        "used_up": False,
    }
    return Policy(id=PolicyId(number), **{**default, **terms})  # type: ignore[arg-type]


def need(number: int = 1, **columns: object) -> Need:
    """Return a published need for one LOG volunteer outdoors (H2) for the next four hours."""
    default: dict[str, object] = {
        "id": NeedId(f"n{number:03}"),
        "incident_id": IncidentId("i1"),
        "skill": Skill("LOG"),
        "level": 1,
        "heads": Heads(minimum=1, desired=1, maximum=1),
        "hazard": HazardClass.H2,
        "site": Site(lon=125.75, lat=42.28),
        "region": COUNTY,
        "deadline_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=4),
        "reach_s": 7_200,
        "verified": True,
        "risk_assessment": "done",
        "safety_plan": SafetyPlan(owner="Li", measures="life jackets"),
        "widened": False,
        "note": "",
        "status": NeedStatus.PUBLISHED,
        "added_at": NOW,
    }
    return Need(**{**default, **columns})  # type: ignore[arg-type]


def roster(people: Iterable[Person], policies: Sequence[Policy] | None = None) -> Roster:
    """Return the roster of these people, sorted by id, under `policies` (one for all if None)."""
    rows = sorted(people, key=lambda p: p.id)
    contracts = tuple([contract()] if policies is None else policies)
    regions = tuple(sorted({p.region for p in rows if p.region is not None}))
    return Roster(
        ids=np.array([p.id for p in rows], np.int64),
        lon=np.array([p.lon for p in rows], np.float64),
        lat=np.array([p.lat for p in rows], np.float64),
        status=np.array([STATUSES.index(p.status) for p in rows], np.uint8),
        tier=np.array([TIERS.index(p.tier) for p in rows], np.uint8),
        mode=np.array([MODES.index(p.mode) for p in rows], np.uint8),
        birth=np.array([day(p.birth) for p in rows], np.int32),
        fit=np.array([p.fit for p in rows], np.bool_),
        guardian=np.array([p.guardian for p in rows], np.bool_),
        consent=np.array([p.consent for p in rows], np.bool_),
        available=np.array([p.available for p in rows], np.bool_),
        trained_until=np.array([p.trained_until for p in rows], np.int32),
        region=np.array(
            [-1 if p.region is None else regions.index(p.region) for p in rows], np.int32
        ),
        team=np.array([p.team for p in rows], np.int32),
        team_level=np.array([p.team_level for p in rows], np.uint8),
        turnout_s=np.array([p.turnout_s for p in rows], np.int32),
        served_h=np.array([p.served_h for p in rows], np.int32),
        languages=np.array([_spoken(p.languages) for p in rows], np.uint64),
        seats=np.array([p.seats for p in rows], np.uint8),
        cover=_members([_covering(p, contracts) for p in rows], contracts),
        waiting=_members([p.waiting for p in rows], contracts),
        language_codes=tuple(LANGUAGES),
        regions=regions,
        policies=contracts,
        credentials={code: held for code in SKILLS if (held := _held(rows, code)) is not None},
    )


def facts(
    people: Roster,
    blocked: Mapping[int, Sequence[Reason]] | None = None,
    declined: Mapping[NeedId, Sequence[int]] | None = None,
    on_duty: Sequence[int] = (),
    excluded: Mapping[NeedId, Sequence[int]] | None = None,
) -> Facts:
    """Return facts of `people` by row: who is blocked why, has declined what or was excluded from
    it, is on duty."""
    bits = np.zeros(len(people), np.uint32)
    for row, reasons in (blocked or {}).items():
        bits[row] = union(*reasons)
    duty = np.zeros(len(people), np.bool_)
    duty[list(on_duty)] = True
    gone = {n: np.array(rows, np.intp) for n, rows in (declined or {}).items()}
    out = {n: np.array(rows, np.intp) for n, rows in (excluded or {}).items()}
    return Facts(blocked=bits, on_duty=duty, declined=gone, excluded=out)


def _covering(someone: Person, policies: Sequence[Policy]) -> frozenset[PolicyId]:
    every = frozenset(p.id for p in policies)
    return (every if someone.covers is None else someone.covers) - someone.waiting


def _members(held: Sequence[frozenset[PolicyId]], policies: Sequence[Policy]) -> np.ndarray:
    words = np.zeros((len(held), -(-len(policies) // 64)), np.uint64)
    for row, mine in enumerate(held):
        for p, policy in enumerate(policies):
            if policy.id in mine:
                words[row, p // 64] |= np.uint64(1 << p % 64)
    return words


def _spoken(codes: Sequence[str]) -> int:
    return sum(1 << at for at, code in enumerate(LANGUAGES) if code in codes)


def _held(people: Sequence[Person], code: Skill) -> Credentials | None:
    held = [(row, p.skills[code]) for row, p in enumerate(people) if code in p.skills]
    if not held:
        return None
    return Credentials(
        rows=np.array([row for row, _ in held], np.int32),
        level=np.array([proof.level for _, proof in held], np.uint8),
        until=np.array([proof.until for _, proof in held], np.int32),
        verified=np.array([proof.verified for _, proof in held], np.bool_),
        trained_until=np.array([proof.trained_until for _, proof in held], np.int32),
    )


UNPROVEN = Proof(verified=False)
UNTRAINED = Proof(trained_until=NEVER)
