"""A scenario as frozen values. `at_s` counts seconds from the start of its clock.

Names of incidents, needs, zones and units are the scenario's own (`ZZ-04`, `ZZ-04/BOAT`); `script`
says which ids the entities get in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import shapely

from dispatch.agency import Agency
from dispatch.model import (
    ON_LAND,
    Certainty,
    HazardClass,
    Heads,
    Line,
    Rain,
    RegionCode,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    TravelMode,
    ZoneForm,
    ZoneKind,
)
from dispatch.registry.population import Settlement
from dispatch.taxonomy import Names


class Fact(StrEnum):
    """How sure an event is: sourced with its time; sourced, hour or place inferred; invented."""

    FACT = "F"
    INFERENCE = "P"
    SYNTHESIS = "S"


class Placed(StrEnum):
    """How sure a coordinate is: out of a gazetteer; a known place, approximate; given in a source;
    invented inside the right district."""

    GAZETTEER = "G"
    KNOWN = "K"
    SOURCE = "F"
    SYNTHESIS = "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How sure a line is, and what it rests on. `placed` is None for a line without a place."""

    fact: Fact
    placed: Placed | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillClock:
    """When the drill begins, in UTC, how long it lasts, and by which time its people live."""

    starts_at: datetime
    length_s: int
    timezone: ZoneInfo

    @property
    def ends_at(self) -> datetime:
        return self.at(self.length_s)

    def at(self, at_s: int) -> datetime:
        """Return the instant so many seconds after the start."""
        return self.starts_at + timedelta(seconds=at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A polygon of the ground by its outer ring, WGS-84 degrees; the ring closes by itself."""

    ring: Line

    def holds(self, lon: float, lat: float) -> bool:
        """Return whether a place lies inside or on the border."""
        return self.meets(shapely.Point(lon, lat))

    def meets(self, shape: shapely.Geometry) -> bool:
        """Return whether any part of a shape in degrees lies inside or on the border."""
        return bool(_polygon(self.ring).intersects(shape))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = _polygon(self.ring).bounds
        return west, south, east, north


@lru_cache(maxsize=64)
def _polygon(ring: Line) -> shapely.Polygon:
    shape = shapely.Polygon(ring)
    shapely.prepare(shape)
    return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRecipe:
    """People to invent: `people` drawn of the `registered` of the real county.

    `zipf` and `shares` are those of `registry.population.Recipe`; the generator is given `seed`.
    """

    people: int
    registered: int
    teams: int
    seed: int
    settlements: tuple[Settlement, ...]
    cover: Mapping[HazardClass, float]
    zipf: float = 1.0
    shares: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFile:
    """People in a roster file, as `dispatch roster import` reads it."""

    file: Path
    provenance: Provenance


Roster = RosterRecipe | RosterFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """From then on: how it rains, in millimetres in the hour and as travel takes it, and how warm
    it is in degrees Celsius where that is known."""

    at_s: int
    rain_mm: float
    rain: Rain
    temperature_c: float | None
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalLaw:
    """When a professional unit is there: turnout lognormal around `turnout_s` (the median) with
    `spread` of its logarithm, then a way at `speed_mps` over `detour` times the straight line."""

    turnout_s: float
    spread: float
    speed_mps: float
    detour: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionalUnit:
    """Professionals whose arrival the volunteers' is compared with; nobody dispatches them."""

    id: str
    names: Names
    base: Site
    skills: frozenset[Skill]
    heads: int
    arrival: ArrivalLaw
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What counts how much: weight of a missing head and minute by severity, how soon a recalled
    area must be empty, and how late an arrival still counts for its need."""

    severity: Mapping[Severity, float]
    recall_s: int
    grace_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject:
    """Something that happens at `at_s`. `place` says where it stands: file and line."""

    id: str
    at_s: int
    provenance: Provenance
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Inject):
    """An incident comes to be known; needs name it by this inject's id."""

    kind: str
    titles: Names
    description: str
    site: Site
    region: RegionCode
    severity: Severity
    hazard: HazardClass


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedCreated(Inject):
    """A need is taken down. Not `verified`, it stays a draft until `NeedVerified`.

    `deadline_s` and `ends_s` count from the start of the clock. `duplicate_of` is the need it
    repeats, which nobody knows yet: `DuplicateFound` says so.
    """

    incident: str
    skill: Skill
    level: int
    heads: Heads
    hazard: HazardClass
    site: Site
    deadline_s: int
    ends_s: int
    reach_s: int
    verified: bool
    risk_assessment: str
    safety_plan: SafetyPlan | None
    note: str
    duplicate_of: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedVerified(Inject):
    """Somebody phoned back: the need is real, and is published."""

    need: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFound(Inject):
    """A need turns out to be another one told twice: it is closed, and its reason says of which."""

    need: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedClosed(Inject):
    need: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(Inject):
    incident: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardRaised(Inject):
    """An incident becomes more dangerous for those who help."""

    incident: str
    hazard: HazardClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDrawn(Inject):
    """A hazard or a closure on the ground; the fields are those of `model.Zone`."""

    zone_kind: ZoneKind
    name: str
    form: ZoneForm
    parts: tuple[tuple[Line, ...], ...]
    radius_m: float = 0.0
    blocks: tuple[TravelMode, ...] = ON_LAND
    pace: float = 1.0
    certainty: Certainty = Certainty.OBSERVED
    ends_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCleared(Inject):
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLost(Inject):
    """Phones in the area have no network: nothing reaches them, what their people do waits."""

    area: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRestored(Inject):
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Inject):
    """Everybody out of the area, and no more offers into it; empty within `within_s`."""

    area: Area
    within_s: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverLapsed(Inject):
    """A share of the holders of a skill lose the cover they have for its hazard class."""

    skill: Skill
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RedWarning(Inject):
    """A red warning: in a share of those available duty is raised, they check in where they are."""

    text: Names
    duty_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Inject):
    """A note in the log, of an incident or of the whole operation."""

    text: Names
    incident: str | None


TimelineInject = (
    IncidentOpened
    | NeedCreated
    | NeedVerified
    | DuplicateFound
    | NeedClosed
    | IncidentClosed
    | HazardRaised
    | ZoneDrawn
    | ZoneCleared
    | CellLost
    | CellRestored
    | Recall
    | CoverLapsed
    | RedWarning
    | Message
)

SEVERITY_WEIGHTS: Final[Mapping[Severity, float]] = {
    Severity.I: 8.0,
    Severity.II: 4.0,
    Severity.III: 2.0,
    Severity.IV: 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a drill replays. `timeline` is in order of time, then of the file.

    `digest` is of all its files: two runs with equal digests replay the same thing.
    """

    id: str
    names: Names
    folder: Path
    digest: str
    clock: DrillClock
    agency_file: Path
    agency: Agency
    area: Area
    roster: Roster
    weather: tuple[Weather, ...]
    timeline: tuple[TimelineInject, ...]
    units: tuple[ProfessionalUnit, ...]
    scoring: Scoring

    @property
    def roads(self) -> Path | None:
        """The folder of roads; without one times are estimated from the straight line, and the
        report says so."""
        return self.agency.roads
