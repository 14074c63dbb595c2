"""Reading a scenario's folder: the scenario, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import shapely

from dispatch.agency import Agency, load_agency
from dispatch.drills.scenario import schema as key
from dispatch.drills.scenario.fields import Field, Incomplete, Section
from dispatch.drills.scenario.injects import line_of, read_incidents, read_timeline
from dispatch.drills.scenario.model import (
    SEVERITY_WEIGHTS,
    Area,
    ArrivalLaw,
    DrillClock,
    ProfessionalUnit,
    Provenance,
    Roster,
    RosterFile,
    RosterRecipe,
    Scenario,
    Scoring,
    Weather,
)
from dispatch.drills.scenario.nodes import Fields, Items, Node, tree
from dispatch.drills.scenario.problems import Bad, BadScenario, Code, Place, Problems
from dispatch.drills.scenario.rehearsal import rehearse
from dispatch.drills.scenario.settlements import (
    COLUMNS,
    check_inhabited,
    names_of,
    settlements_of,
)
from dispatch.drills.scenario.sources import Folder, rows
from dispatch.drills.scenario.times import instant
from dispatch.drills.scenario.world import NeedDefaults, World
from dispatch.errors import BadInput
from dispatch.model import HazardClass, Line, Rain, SafetyPlan, Severity, Skill
from dispatch.registry.population import USUAL_COVER, Settlement
from dispatch.taxonomy import Names

FILE: Final = "scenario.yaml"
MAX_LINES: Final = 5_000
HEAVY_MM: Final = 7.6
"""Rain in an hour from which it is heavy (AMS Glossary of Meteorology, "rain": 0.30 inch)."""

INCIDENT_COLUMNS: Final = tuple(field.name for field in key.INCIDENT)


def load_scenario(folder: Path) -> Scenario:
    """Return the scenario of a folder.

    Raises:
        BadScenario: it cannot be used; holds every problem with file and line.
    """
    problems = Problems()
    scenario = None
    try:
        source = Folder(folder)
        root = tree(source.text(folder / FILE), str(folder / FILE))
        scenario = _Reading(source, root, problems).scenario()
    except Bad as bad:
        problems.add(bad.place or Place(file=str(folder / FILE)), bad.code, "", bad.message)
    except Incomplete:
        pass
    if scenario is not None and not problems:
        problems.extend(rehearse(scenario))
    if problems or scenario is None:
        raise BadScenario(problems)
    return scenario


def scenarios_in(folder: Path) -> tuple[Path, ...]:
    """Return the folders in a folder that hold a scenario, by name."""
    return tuple(sorted(path.parent for path in folder.glob(f"*/{FILE}")))


class _Reading:
    """One reading of one folder; each part notes its own problems, so that all are found."""

    def __init__(self, source: Folder, root: Node, problems: Problems) -> None:
        self._source, self._problems = source, problems
        self._top = Section(root, key.SCENARIO, problems)
        self._world = World(problems=problems)

    def scenario(self) -> Scenario:
        """Return the scenario.

        Raises:
            Incomplete: it cannot be used, and why was noted.
        """
        top, world = self._top, self._world
        if top.has(key.CRS):
            world.crs = top[key.CRS]
        world.clock = self._part(key.CLOCK, key.CLOCK_TABLE, self._clock)
        world.area = self._part(key.AREA, key.AREA_TABLE, self._area)
        agency_file, agency = self._agency()
        world.regions = None if agency is None else names_of(agency)
        world.defaults = self._part(key.NEEDS, key.NEEDS_TABLE, self._defaults)
        roster = self._part(key.ROSTER, key.ROSTER_TABLE, self._roster)
        self._incidents()
        read_timeline(self._items(key.TIMELINE), world)
        weather = tuple(self._each(key.WEATHER, key.WEATHER_TABLE, self._hour))
        units = tuple(self._each(key.UNITS, key.UNIT, self._unit))
        scoring = self._part(key.SCORING, key.SCORING_TABLE, self._scoring)
        if agency is None or world.clock is None or world.area is None:
            raise Incomplete
        if roster is None or scoring is None:
            raise Incomplete
        return Scenario(
            id=top[key.ID],
            names=Names(top[key.NAME_ZH], top[key.NAME_EN]),
            folder=self._source.root,
            digest=self._source.digest,
            clock=world.clock,
            agency_file=agency_file,
            agency=agency,
            area=world.area,
            roster=roster,
            weather=tuple(sorted(weather, key=lambda hour: hour.at_s)),
            timeline=tuple(sorted(world.made.values(), key=lambda inject: inject.at_s)),
            units=units,
            scoring=scoring,
        )

    # How parts are read

    def _part(self, field: Field[Any], table: Sequence[Field[Any]], make: Any) -> Any:
        """Return what a section is made to, None where it cannot be; a section left out that may
        be is read as an empty one."""
        if not self._top.has(field):
            return None
        node = self._top[field]
        empty = Fields(place=self._top.place, pairs=())
        try:
            return make(Section(empty if node is None else node, table, self._problems, field.name))
        except Incomplete:
            return None

    def _items(self, field: Field[Any]) -> Sequence[Node]:
        node = self._top[field] if self._top.has(field) else None
        if node is None:
            return ()
        if not isinstance(node, Items):
            self._top.problem(field, Code.BAD_VALUE, f"{field.name}: expected a list")
            return ()
        if len(node.items) > MAX_LINES:
            said = f"{field.name}: has more than {MAX_LINES:,} lines"
            self._top.problem(field, Code.OUT_OF_RANGE, said)
            return ()
        return node.items

    def _each(self, field: Field[Any], table: Sequence[Field[Any]], make: Any) -> Iterator[Any]:
        for node in self._items(field):
            try:
                yield make(Section(node, table, self._problems))
            except Incomplete:
                continue

    # The parts

    def _clock(self, section: Section) -> DrillClock:
        timezone = section[key.TIMEZONE]
        try:
            starts_at = instant(section[key.STARTS], timezone)
        except Bad as bad:
            section.problem(key.STARTS, bad.code, f"starts: {bad.message}")
            raise Incomplete from None
        length_s = round(3_600 * section[key.HOURS])
        return DrillClock(starts_at=starts_at, length_s=length_s, timezone=timezone)

    def _area(self, section: Section) -> Area:
        bounds, ring = section[key.BOUNDS], section[key.RING]
        field: Field[Any]
        if bounds is not None and ring is None:
            field, corners = key.BOUNDS, _box(bounds)
        elif ring is not None and bounds is None:
            field, corners = key.RING, line_of(ring)
        else:
            section.problem(key.RING, Code.BAD_SHAPE, "area: say bounds or ring")
            raise Incomplete
        shape = shapely.Polygon(corners)
        if not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in corners):
            said = f"area.{field.name}: expected degrees, lon -180..180, lat -90..90"
            section.problem(field, Code.OUT_OF_RANGE, said)
            raise Incomplete
        if not shape.is_valid or shape.area == 0 or (bounds and not _ordered(bounds)):
            said = f"area.{field.name}: encloses nothing, or crosses itself"
            section.problem(field, Code.BAD_SHAPE, said)
            raise Incomplete
        return Area(ring=self._world.degrees(corners))

    def _agency(self) -> tuple[Path, Agency | None]:
        top = self._top
        if not top.has(key.AGENCY):
            return self._source.root, None
        path = self._source.root / top[key.AGENCY]
        try:
            path = self._source.file(top[key.AGENCY])
            self._source.text(path)
            agency = load_agency(path)
        except Bad as bad:
            self._problems.add(bad.place or top.at(key.AGENCY), bad.code, "agency", bad.message)
            return path, None
        except BadInput as error:
            top.problem(key.AGENCY, Code.BAD_AGENCY, f"agency: {error}")
            return path, None
        self._check_agency(path, agency)
        return path, agency

    def _check_agency(self, path: Path, agency: Agency) -> None:
        if not agency.exercise:
            said = f"agency: {path.name} must say exercise = true"
            self._top.problem(key.AGENCY, Code.NO_EXERCISE, said)
        if agency.roads is not None and not (agency.roads / "meta.json").is_file():
            said = f"agency: its roads are no folder of roads: {agency.roads}"
            self._top.problem(key.AGENCY, Code.BAD_AGENCY, said)

    def _defaults(self, section: Section) -> NeedDefaults:
        return NeedDefaults(
            deadline_s=60 * section[key.DEADLINE],
            work_s=60 * section[key.WORK],
            reach_s=60 * section[key.REACH],
            risk_assessment=section[key.RISK],
            safety_plan=SafetyPlan(owner=section[key.OWNER], measures=section[key.MEASURES]),
        )

    def _roster(self, section: Section) -> Roster:
        provenance = Provenance(fact=section[key.FACT], placed=None, source=section[key.SOURCE])
        if section[key.ROSTER_FILE] is not None:
            file = self._named(section, key.ROSTER_FILE)
            self._source.text(file)
            return RosterFile(file=file, provenance=provenance)
        for field in (key.PEOPLE, key.SETTLEMENTS):
            if not section.said(field):
                section.problem(field, Code.MISSING, f"roster.{field.name}: is missing")
        settlements = self._settlements(section)
        people = section[key.PEOPLE]
        if people is None or not settlements:
            raise Incomplete
        registered = section[key.REGISTERED] or people
        if registered < people:
            said = f"roster.registered: {registered} are fewer than the {people} people drawn"
            section.problem(key.REGISTERED, Code.OUT_OF_RANGE, said)
        shares = {field.name: section[field] for field in key.SHARE_FIELDS}
        return RosterRecipe(
            people=people,
            registered=registered,
            teams=section[key.TEAMS],
            seed=section[key.SEED],
            settlements=settlements,
            cover=self._cover(section),
            zipf=section[key.ZIPF],
            shares={name: share for name, share in shares.items() if share is not None},
            provenance=provenance,
        )

    def _cover(self, section: Section) -> dict[HazardClass, float]:
        """The shares as said over those of an ordinary county; a higher class cannot have more."""
        said: Mapping[HazardClass, float] | None = section[key.COVER]
        cover = {**USUAL_COVER, **(said or {})}
        shares = [cover[hazard] for hazard in sorted(cover)]
        if sorted(shares, reverse=True) != shares:
            message = "roster.cover: a higher class cannot be covered more often than a lower one"
            section.problem(key.COVER, Code.OUT_OF_RANGE, message)
        return cover

    def _settlements(self, section: Section) -> tuple[Settlement, ...]:
        if section[key.SETTLEMENTS] is None:
            return ()
        path = self._named(section, key.SETTLEMENTS)
        try:
            found = settlements_of(rows(self._source, path, COLUMNS, self._problems), self._world)
        except Bad as bad:
            place = bad.place or section.at(key.SETTLEMENTS)
            self._problems.add(place, bad.code, "settlements", bad.message)
            return ()
        check_inhabited(found, Place(file=str(path)), self._problems)
        return found

    def _named(self, section: Section, field: Field[Any]) -> Path:
        try:
            return self._source.file(section[field])
        except Bad as bad:
            section.problem(field, bad.code, f"{field.name}: {bad.message}")
            raise Incomplete from None

    def _incidents(self) -> None:
        if not self._top.has(key.INCIDENTS) or self._top[key.INCIDENTS] is None:
            return
        try:
            path = self._named(self._top, key.INCIDENTS)
            found = rows(self._source, path, INCIDENT_COLUMNS, self._problems)
            read_incidents(found, self._world)
        except Bad as bad:
            place = bad.place or self._top.at(key.INCIDENTS)
            self._problems.add(place, bad.code, "incidents", bad.message)
            self._world.blind = True
        except Incomplete:
            self._world.blind = True

    def _hour(self, section: Section) -> Weather:
        rain_mm = section[key.RAIN]
        return Weather(
            at_s=self._world.at_s(section, key.AT),
            rain_mm=rain_mm,
            rain=rain_of(rain_mm),
            temperature_c=section[key.TEMPERATURE],
            provenance=Provenance(fact=section[key.FACT], placed=None, source=section[key.SOURCE]),
        )

    def _unit(self, section: Section) -> ProfessionalUnit:
        self._world.declare_section(section)
        names = Names(section[key.NAME_ZH], section[key.NAME_EN])
        skills: tuple[Skill, ...] = section[key.SKILLS_LIST]
        return ProfessionalUnit(
            id=section[key.ID],
            names=names,
            base=self._world.site(section, key.LON, key.LAT, names.zh, inside=False),
            skills=frozenset(skills),
            heads=section[key.HEADS],
            arrival=ArrivalLaw(
                turnout_s=60 * section[key.TURNOUT],
                spread=section[key.SPREAD],
                speed_mps=section[key.SPEED] / 3.6,
                detour=section[key.DETOUR],
            ),
            provenance=self._world.provenance(section, placed=True),
        )

    def _scoring(self, section: Section) -> Scoring:
        said: Mapping[Severity, float] = section[key.WEIGHTS]
        return Scoring(
            severity={**SEVERITY_WEIGHTS, **said},
            recall_s=60 * section[key.RECALL],
            grace_s=60 * section[key.GRACE],
        )


def rain_of(rain_mm: float) -> Rain:
    """Return how travel takes so much rain in an hour."""
    if rain_mm < 0.1:
        return Rain.NONE
    return Rain.HEAVY if rain_mm >= HEAVY_MM else Rain.RAIN


def _box(bounds: Sequence[float]) -> Line:
    west, south, east, north = bounds
    return ((west, south), (east, south), (east, north), (west, north))


def _ordered(bounds: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return west < east and south < north
