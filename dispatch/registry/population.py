"""Drawing an invented population: pure arrays out of a recipe and a random generator.

One number per person, their commitment, ties things together the way they are in life: those who
train, are insured for dangerous work and belong to named teams are mostly the same people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.random import Generator

from dispatch.errors import BadInput
from dispatch.model import HazardClass, RegionCode, Skill, Tier, TravelMode, VolunteerStatus
from dispatch.registry.catalogue import Region, Team
from dispatch.roster import FOREVER, MODES, NEVER, STATUSES, TIERS, Bits, Bools, Floats, Ids, Ints
from dispatch.taxonomy import LANGUAGES, SKILLS

COMMON_FIRST: Final = tuple(
    Skill(code)
    for line in (
        "LOG TRAF GUIDE COOK CARE MED-1 INFO SHEL TRAN DRV-4 PSY",
        "DIS COMM PUMP FIRE-W ELEC DRV-H CHAIN MOTO CMD SAR-M UAV",
        "SAFE MED-2 SAR-W BOAT HVY SAR-C HAZ LAW MED-3 K9 DIVE",
    )
    for code in line.split(" ")
)
"""The skills by how many people hold them."""
MOST_SKILLS: Final = 5
MEDIAN_TURNOUT_S: Final = 105
"""Alert to moving, as volunteers of a German app-alerting region do it."""

NEWCOMER_H: Final = 20
SPOKEN: Final[Mapping[str, float]] = {
    "zh": 0.97, "zh-x-dongbei": 0.30, "en": 0.08, "zh-x-henan": 0.04, "ko": 0.03,
    "zh-x-sichuan": 0.02, "yue": 0.015, "wuu": 0.01, "nan": 0.005, "mn": 0.005, "csl": 0.004,
}  # fmt: skip
"""The share of people who speak each language, whatever else they speak."""
CAR_SEATS: Final = 3
USUAL_COVER: Final[Mapping[HazardClass, float]] = {
    HazardClass.H1: 0.60,
    HazardClass.H2: 0.25,
    HazardClass.H3: 0.10,
    HazardClass.H4: 0.04,
}

_METRES_PER_DEGREE: Final = 111_320.0
_YEAR_DAYS: Final = 365.2425
_ADULT_DAYS: Final = 6_575
_LEVELS: Final = (3, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Where people live: centre in WGS-84 degrees, inhabitants, and how far it reaches."""

    lon: float
    lat: float
    population: int
    radius_m: float
    region: RegionCode
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A county to invent. Shares are of all volunteers unless said otherwise.

    `cover` is nested: the share with a contract in force that lists the class, so whoever is
    covered for H4 counts in H1 to H3 too. `expired` is of all credentials, those without any
    expiry included. `verified` is of credentials, `seats` of those who come by car. `newcomers`
    have served less than NEWCOMER_H hours.
    """

    settlements: Sequence[Settlement]
    regions: Sequence[Region]
    volunteers: int = 54_393
    teams: int = 176
    currency: str = "CNY"
    cover: Mapping[HazardClass, float] = field(default_factory=lambda: USUAL_COVER)
    expired: float = 0.20
    verified: float = 0.95
    professional: float = 0.15
    spontaneous: float = 0.05
    fit: float = 0.85
    safety_course: float = 0.50
    active: float = 0.96
    available: float = 0.80
    consenting: float = 0.97
    newcomers: float = 0.30
    seats: float = 0.50
    zipf: float = 1.0

    def __post_init__(self) -> None:
        known = {region.code for region in self.regions}
        lost = sorted({one.region for one in self.settlements} - known)
        if lost:
            raise BadInput(f"settlements lie in unknown regions: {', '.join(lost)}")
        if not sum(one.population for one in self.settlements) > 0:
            raise BadInput("the recipe has no inhabited settlement")
        if self.volunteers < 1 or self.teams < 0:
            raise BadInput("the recipe needs at least one volunteer and no negative teams")


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """`n` people as columns; days since 1970. `cover` is the rank of the highest class covered,
    0 for none; `languages` has a bit per language of the taxonomy; `settlement` indexes the
    recipe's; `rank` is the commitment."""

    settlement: Ints
    lon: Floats
    lat: Floats
    birth: Ints
    status: Ints
    tier: Ints
    mode: Ints
    fit: Bools
    guardian: Bools
    available: Bools
    consent_dispatch: Bools
    consent_location: Bools
    trained_until: Ints
    cover: Ints
    turnout_s: Ints
    served_h: Ints
    languages: Bits
    seats: Ints
    rank: Floats

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def professional(self) -> Bools:
        is_one: Bools = self.tier == TIERS.index(Tier.PROFESSIONAL)
        return is_one


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """Credentials as columns: `person` indexes People, `skill` COMMON_FIRST; days since 1970."""

    person: Ints
    skill: Ints
    level: Ints
    issued: Ints
    expires: Ints
    trained_until: Ints
    verified: Bools


def draw_people(recipe: Recipe, today: int, rng: Generator) -> People:
    """Return the recipe's volunteers; `today` in days since 1970."""
    n = recipe.volunteers
    # A stream of its own: what a seed drew before these columns came it draws still.
    apart = rng.spawn(1)[0]
    weights = np.array([one.population for one in recipe.settlements], dtype=np.float64)
    places = np.arange(len(weights), dtype=np.int32)
    settlement = rng.permutation(np.repeat(places, apportion(weights, n)))
    lon, lat = _scatter(recipe.settlements, settlement, rng)
    age = _ages(n, rng)
    rank = rng.standard_normal(n) - 3.0 * (age < _ADULT_DAYS) - 1.5 * (age > 55 * _YEAR_DAYS)
    status, tier, mode = _statuses(recipe, rng), _tiers(recipe, rank, rng), _modes(age, rng)
    return People(
        settlement=settlement,
        lon=lon,
        lat=lat,
        birth=(today - age).astype(np.int32),
        status=status,
        tier=tier,
        mode=mode,
        fit=top(rank + rng.standard_normal(n), recipe.fit),
        guardian=(age < _ADULT_DAYS) & (rng.random(n) < 0.9),
        available=top(rng.random(n), recipe.available),
        consent_dispatch=top(rng.random(n), recipe.consenting),
        consent_location=top(rng.random(n), recipe.consenting),
        trained_until=_courses(
            top(rank + rng.standard_normal(n), recipe.safety_course), today, rng
        ),
        cover=_cover_ranks(recipe, rank, rng),
        turnout_s=_turnouts(n, rng),
        served_h=_served(recipe, rank, apart),
        languages=_languages(n, apart),
        seats=_seats(recipe, mode, apart),
        rank=rank,
    )


def draw_proofs(recipe: Recipe, people: People, today: int, rng: Generator) -> Proofs:
    """Return everybody's credentials, by person, each skill once."""
    person, skill = _holdings(recipe, people, rng)
    n = len(person)
    validity = np.array([SKILLS[code].validity_days or 0 for code in COMMON_FIRST])[skill]
    issued, expires = _periods(validity, round(recipe.expired * n), today, rng)
    return Proofs(
        person=person,
        skill=skill,
        level=rng.choice(np.array([1, 2, 3], dtype=np.int32), n, p=[0.6, 0.3, 0.1]),
        issued=issued,
        expires=expires,
        trained_until=_skill_courses(skill, today, rng),
        verified=top(rng.random(n), recipe.verified),
    )


def draw_teams(
    recipe: Recipe, people: People, rng: Generator
) -> tuple[list[Team], Ints, list[tuple[int, int]]]:
    """Return the teams, everybody's team id (0 for none), and (team id, person) of the leaders.

    Teams go to regions by their volunteers, a quarter of them as named teams with a level; these
    take the professionals. Walk-ins have no team.
    """
    codes = sorted({one.region for one in recipe.settlements})
    at = np.array([codes.index(one.region) for one in recipe.settlements])[people.settlement]
    each = apportion(np.bincount(at, minlength=len(codes)).astype(np.float64), recipe.teams)
    names = {region.code: region.name_zh for region in recipe.regions}
    walk_in = people.tier == TIERS.index(Tier.SPONTANEOUS)
    teams: list[Team] = []
    team = np.zeros(len(people), dtype=np.int32)
    for here, code in enumerate(codes):
        new = _region_teams(code, names[code], len(teams) + 1, int(each[here]))
        teams += new
        named = [one.id for one in new if one.level]
        plain = [one.id for one in new if not one.level]
        local = (at == here) & ~walk_in
        _enlist(team, local & people.professional, named or plain, rng)
        _enlist(team, local & ~people.professional, plain or named, rng)
    return teams, team, _leaders(team, people.rank)


def top(score: Floats, share: float) -> Bools:
    """Return who is among the given share with the highest scores: `round(share * n)` people."""
    chosen = np.zeros(len(score), dtype=np.bool_)
    chosen[np.argsort(-score, kind="stable")[: round(share * len(score))]] = True
    return chosen


def apportion(weights: Floats, seats: int) -> Ids:
    """Return how many of `seats` each weight gets, by largest remainder; they add up exactly."""
    quota = weights / weights.sum() * seats
    shares: Ids = np.floor(quota).astype(np.int64)
    order = np.argsort(shares - quota, kind="stable")
    shares[order[: seats - int(shares.sum())]] += 1
    return shares


def _region_teams(code: RegionCode, name: str, first_id: int, count: int) -> list[Team]:
    named = 0 if count < 2 else max(1, round(count / 4))
    return [
        Team(
            id=first_id + at,
            name=f"{name}{'专业' if at < named else '志愿'}第{first_id + at}队",
            region=code,
            level=_LEVELS[at % len(_LEVELS)] if at < named else 0,
        )
        for at in range(count)
    ]


def _enlist(team: Ints, who: Bools, ids: Sequence[int], rng: Generator) -> None:
    """Spread these people over these teams, in place."""
    if ids:
        team[who] = rng.choice(np.array(ids, dtype=np.int32), int(who.sum()))


def _leaders(team: Ints, rank: Floats) -> list[tuple[int, int]]:
    order = np.argsort(-rank, kind="stable")
    ids, first = np.unique(team[order], return_index=True)
    return [(int(i), int(order[at])) for i, at in zip(ids, first, strict=True) if i]


def _scatter(
    settlements: Sequence[Settlement], settlement: Ints, rng: Generator
) -> tuple[Floats, Floats]:
    """Return lon, lat: gaussian around each centre with half the radius, cut off at the radius."""
    n = len(settlement)
    cut = 1.0 - np.exp(-2.0)
    radius = np.array([one.radius_m for one in settlements])[settlement]
    away_m = radius / 2 * np.sqrt(-2.0 * np.log1p(-cut * rng.random(n)))
    bearing = 2 * np.pi * rng.random(n)
    lat0 = np.array([one.lat for one in settlements])[settlement]
    lon0 = np.array([one.lon for one in settlements])[settlement]
    lat = lat0 + away_m * np.cos(bearing) / _METRES_PER_DEGREE
    lon = lon0 + away_m * np.sin(bearing) / (_METRES_PER_DEGREE * np.cos(np.radians(lat0)))
    return lon.round(6), lat.round(6)


def _ages(n: int, rng: Generator) -> Ids:
    """Return ages in days: 16 to 75 completed years, most around 40."""
    years = 16.0 + 60.0 * rng.beta(2.0, 3.0, n)
    # The margins keep leap days from making anybody 15 or 76.
    age: Ids = np.clip((years * _YEAR_DAYS).astype(np.int64), 5_846, 27_755)
    return age


def _statuses(recipe: Recipe, rng: Generator) -> Ints:
    rest = (1.0 - recipe.active) / 4
    odds = {
        VolunteerStatus.ACTIVE: recipe.active,
        VolunteerStatus.PENDING: 2 * rest,
        VolunteerStatus.SUSPENDED: rest,
        VolunteerStatus.EXITED: rest,
    }
    codes = rng.choice(len(STATUSES), recipe.volunteers, p=[odds[one] for one in STATUSES])
    return codes.astype(np.int32)


def _tiers(recipe: Recipe, rank: Floats, rng: Generator) -> Ints:
    score = rank + 0.5 * rng.standard_normal(len(rank))
    tier = np.full(len(rank), TIERS.index(Tier.TEMPORARY), dtype=np.int32)
    tier[top(score, recipe.professional)] = TIERS.index(Tier.PROFESSIONAL)
    tier[top(-score, recipe.spontaneous)] = TIERS.index(Tier.SPONTANEOUS)
    return tier


def _modes(age: Ids, rng: Generator) -> Ints:
    odds = {TravelMode.CAR: 0.55, TravelMode.MOTORCYCLE: 0.25, TravelMode.FOOT: 0.20}
    mode = rng.choice(len(MODES), len(age), p=[odds.get(one, 0.0) for one in MODES])
    return np.where(age < _ADULT_DAYS, MODES.index(TravelMode.FOOT), mode).astype(np.int32)


def _courses(done: Bools, today: int, rng: Generator) -> Ints:
    """Return the last valid day of the safety course, NEVER where it was not done."""
    left = rng.integers(30, 1_095, len(done))
    return np.where(done, today + left, NEVER).astype(np.int32)


def _cover_ranks(recipe: Recipe, rank: Floats, rng: Generator) -> Ints:
    score = rank + 0.4 * rng.standard_normal(len(rank))
    cover = np.zeros(len(rank), dtype=np.int32)
    for hazard in sorted(recipe.cover):
        cover[top(score, recipe.cover[hazard])] = hazard.rank
    return cover


def _turnouts(n: int, rng: Generator) -> Ints:
    seconds = rng.lognormal(np.log(MEDIAN_TURNOUT_S), 0.6, n)
    return np.clip(seconds.round(), 15, 3_600).astype(np.int32)


def _served(recipe: Recipe, rank: Floats, rng: Generator) -> Ints:
    """Return hours served before: half of the experienced more than 80, the committed sooner."""
    experienced = top(rank + rng.standard_normal(len(rank)), 1.0 - recipe.newcomers)
    many = NEWCOMER_H + rng.lognormal(np.log(60.0), 1.0, len(rank)).clip(0.0, 5_000.0)
    few = rng.integers(NEWCOMER_H, size=len(rank))
    return np.where(experienced, many, few).astype(np.int32)


def _languages(n: int, rng: Generator) -> Bits:
    spoken = np.zeros(n, dtype=np.uint64)
    for at, code in enumerate(LANGUAGES):
        spoken[rng.random(n) < SPOKEN.get(code, 0.0)] |= np.uint64(1 << at)
    return spoken


def _seats(recipe: Recipe, mode: Ints, rng: Generator) -> Ints:
    drives = mode == MODES.index(TravelMode.CAR)
    takes = drives & (rng.random(len(mode)) < recipe.seats)
    return np.where(takes, CAR_SEATS, 0).astype(np.int32)


def _holdings(recipe: Recipe, people: People, rng: Generator) -> tuple[Ints, Ints]:
    """Return person and skill of each credential, by person.

    Sets of skills are drawn apart from people, so their counts follow Zipf's law; then the sets
    for dangerous work go to the committed.
    """
    n = len(people)
    weights = 1.0 / np.arange(1, len(COMMON_FIRST) + 1) ** recipe.zipf
    # The k earliest of exponential arrivals are a weighted draw without repetition.
    drawn = np.argsort(rng.exponential(size=(n, len(weights))) / weights, axis=1)[:, :MOST_SKILLS]
    count = np.minimum(1 + rng.poisson(1.0, n), MOST_SKILLS)
    held = np.arange(MOST_SKILLS) < count[:, None]
    danger = np.array([SKILLS[code].max_hazard.rank for code in COMMON_FIRST])[drawn]
    demand = np.where(held, danger, 0).max(axis=1) + 0.7 * rng.standard_normal(n)
    owner = np.empty(n, dtype=np.int64)
    owner[np.argsort(demand, kind="stable")] = np.argsort(
        people.rank + 0.3 * rng.standard_normal(n), kind="stable"
    )
    person, skill = np.repeat(owner, count), drawn[held]
    order = np.lexsort((skill, person))
    return person[order].astype(np.int32), skill[order].astype(np.int32)


def _periods(validity: Ids, expired: int, today: int, rng: Generator) -> tuple[Ints, Ints]:
    """Return issue and expiry days; `expired` of those that can expire have done so."""
    dated = np.flatnonzero(validity)
    over = np.zeros(len(validity), dtype=np.bool_)
    over[rng.permutation(dated)[:expired]] = True
    age = (np.where(validity, validity, 1_500) * 0.9 * rng.random(len(validity))).astype(np.int64)
    since = rng.integers(1, 701, len(validity))
    issued = np.where(over, today - since - validity, today - age)
    expires = np.where(validity, issued + validity, FOREVER)
    return issued.astype(np.int32), expires.astype(np.int32)


def _skill_courses(skill: Ints, today: int, rng: Generator) -> Ints:
    """Return the last valid day of each skill's course: nine in ten in date, half of the rest
    lapsed, the others and skills without a course NEVER."""
    asked = np.array([SKILLS[code].needs_training for code in COMMON_FIRST])[skill]
    luck = rng.random(len(skill))
    in_date = today + rng.integers(30, 900, len(skill))
    lapsed = today - rng.integers(1, 400, len(skill))
    until = np.where(luck < 0.90, in_date, np.where(luck < 0.95, lapsed, NEVER))
    return np.where(asked, until, NEVER).astype(np.int32)
