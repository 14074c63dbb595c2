"""What lines are read against: the clock, the area, the regions, and what other lines declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import shapely

from dispatch.drills.scenario.fields import Field, Incomplete, Section
from dispatch.drills.scenario.model import (
    Area,
    DrillClock,
    Inject,
    Placed,
    Provenance,
    TimelineInject,
)
from dispatch.drills.scenario.problems import Bad, Code, Place, Problems
from dispatch.drills.scenario.schema import COORD, FACT, ID, REGION, SOURCE
from dispatch.drills.scenario.times import Moment
from dispatch.exchange.layer import Shape
from dispatch.exchange.rows import Feature, Refused
from dispatch.exchange.shapes import checked
from dispatch.geo.crs import Crs, to_wgs84
from dispatch.geo.measure import EARTH_RADIUS_M
from dispatch.geo.zones import MAX_CORNERS, repaired, zone_problem
from dispatch.model import Line, RegionCode, SafetyPlan, Site, ZoneForm

T = TypeVar("T", bound=Inject)
Parts = tuple[tuple[Line, ...], ...]

CIRCLE_CORNERS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedDefaults:
    """What holds for needs that do not say otherwise."""

    deadline_s: int
    work_s: int
    reach_s: int
    risk_assessment: str
    safety_plan: SafetyPlan


@dataclass(slots=True, kw_only=True)
class World:
    """None is what could not be read; lines that hang on it are then read no further.

    `declared` are all names, `made` what could be made of them, `torn` incidents whose needs cannot
    be read; `blind` says that a whole file of them could not.
    """

    problems: Problems
    clock: DrillClock | None = None
    area: Area | None = None
    crs: Crs = Crs.WGS84
    regions: Mapping[RegionCode, str] | None = None
    defaults: NeedDefaults | None = None
    declared: dict[str, Place] = field(default_factory=dict)
    torn: set[str] = field(default_factory=set)
    blind: bool = False
    made: dict[str, TimelineInject] = field(default_factory=dict)

    def declare(self, name: str, place: Place) -> None:
        """Note that a name is taken; a second time is a problem."""
        first = self.declared.setdefault(name, place)
        if first is not place:
            message = f"id: {name!r} is taken, see {first}"
            self.problems.add(place, Code.TWICE, "id", message)

    def declare_section(self, section: Section) -> None:
        """Note the name of a section, if it has a readable one."""
        if section.said(ID) and section.has(ID):
            self.declare(section[ID], section.at(ID))

    def target(self, section: Section, key: Field[Any], kind: type[T], at_s: int) -> T:
        """Return what a section is about, which must have happened by then.

        Raises:
            Incomplete: it has not, there is no such thing, or it could not be read.
        """
        name = section[key]
        found = self.made.get(name)
        torn = self.blind or name in self.declared or name.rpartition("/")[0] in self.torn
        if found is None and torn:
            raise Incomplete
        if not isinstance(found, kind):
            what = _WORDS.get(kind.__name__, kind.__name__)
            section.problem(key, Code.UNKNOWN_NAME, f"{key.name}: {name!r} is no {what}")
            raise Incomplete
        if found.at_s > at_s:
            said = f"{key.name}: {name!r} happens only later, see {found.place}"
            section.problem(key, Code.TOO_EARLY, said)
            raise Incomplete
        return found

    def at_s(self, section: Section, key: Field[Any]) -> int:
        """Return the seconds after the start that a section names.

        Raises:
            Incomplete: it lies outside the drill, or the clock could not be read.
        """
        found = self.seconds(section, key, section[key])
        if self.clock is not None and found > self.clock.length_s:
            section.problem(key, Code.AFTER_END, f"{key.name}: is after the drill ends")
            raise Incomplete
        return found

    def seconds(self, section: Section, key: Field[Any], moment: Moment) -> int:
        """Return the seconds after the start of a moment that may be after the end.

        Raises:
            Incomplete: it is before the start, or the clock could not be read.
        """
        if self.clock is None:
            raise Incomplete
        try:
            found = moment.seconds(self.clock)
        except Bad as bad:
            section.problem(key, bad.code, f"{key.name}: {bad.message}")
            raise Incomplete from None
        if found < 0:
            minutes = -(found // 60)
            said = f"{key.name}: is {minutes} minutes before the drill begins"
            section.problem(key, Code.BEFORE_START, said)
            raise Incomplete
        return found

    def provenance(self, section: Section, *, placed: bool) -> Provenance:
        """Return how sure a section is; with a place it says how sure that is too.

        Raises:
            Incomplete: it does not say.
        """
        fact, source = section[FACT], section[SOURCE]
        coord: Placed | None = section[COORD]
        if placed and coord is None:
            section.problem(COORD, Code.BAD_PROVENANCE, "coord: a place says how sure it is")
            raise Incomplete
        return Provenance(fact=fact, placed=coord if placed else None, source=source)

    def region(self, section: Section, key: Field[Any] = REGION) -> RegionCode:
        """Return the region a section names.

        Raises:
            Incomplete: the agency does not have it.
        """
        code: RegionCode | None = section[key]
        if self.regions is None:
            raise Incomplete
        if code is None:
            section.problem(key, Code.MISSING, f"{key.name}: is missing")
            raise Incomplete
        if code not in self.regions:
            raise self._unknown_region(section, key, self.regions)
        return code

    def region_called(self, section: Section, key: Field[Any]) -> RegionCode:
        """Return the region whose English name a section says.

        Raises:
            Incomplete: the agency does not have it.
        """
        if self.regions is None:
            raise Incomplete
        found = [code for code, name in self.regions.items() if name == section[key]]
        if not found:
            raise self._unknown_region(section, key, list(self.regions.values()))
        return found[0]

    def _unknown_region(
        self, section: Section, key: Field[Any], known: Iterable[str]
    ) -> Incomplete:
        said = f"{key.name}: {section[key]!r} is none of the agency's: {', '.join(known)}"
        section.problem(key, Code.UNKNOWN_REGION, said)
        return Incomplete()

    def site(
        self, section: Section, lon: Field[Any], lat: Field[Any], name: str, *, inside: bool = True
    ) -> Site:
        """Return the place a section names, in WGS-84.

        Raises:
            Incomplete: it is none, its numbers are swapped, or it lies outside the area.
        """
        at = self.degrees(((section[lon], section[lat]),))
        self._check(section, lon, shapely.Point(at[0]), inside=inside)
        return Site(lon=at[0][0], lat=at[0][1], name=name)

    def parts(
        self, section: Section, key: Field[Any], form: ZoneForm, line: Line, radius_m: float
    ) -> Parts:
        """Return the shape a section draws, in WGS-84, as a zone has it; crossings are mended.

        Raises:
            Incomplete: it is none, its numbers are swapped, or it lies outside the area.
        """
        at = self.degrees(line)
        self._check(section, key, shapely.MultiPoint(at), inside=True)
        parts, _ = repaired(form, ((at,),))
        problem = zone_problem(form, parts, radius_m)
        if problem is not None:
            section.problem(key, Code.BAD_SHAPE, f"{key.name}: cannot be drawn: {problem}")
            raise Incomplete
        return parts

    def degrees(self, line: Line) -> Line:
        """Return points in WGS-84; numbers that are no degrees stay as they are."""
        points = np.array(line, np.float64).reshape(-1, 2)
        if (np.abs(points) > (180, 90)).any():
            return line
        moved = to_wgs84(points, self.crs)
        return tuple((float(lon), float(lat)) for lon, lat in moved.tolist())

    def _check(self, section: Section, key: Field[Any], shape: Shape, *, inside: bool) -> None:
        try:
            checked(Feature(0, shape, {}), MAX_CORNERS, self.area)
        except Refused as no:
            section.problem(key, Code(no.code), f"{key.name}: {no.message}")
            raise Incomplete from None
        if not inside:
            return
        if self.area is None:
            raise Incomplete
        if not self.area.meets(shape):
            lon, lat = shape.centroid.x, shape.centroid.y
            west, south, east, north = self.area.bounds
            said = (
                f"{key.name}: {lon:.5f}, {lat:.5f} lies outside the area, which reaches from "
                f"{west:g}, {south:g} to {east:g}, {north:g}"
            )
            section.problem(key, Code.OUTSIDE_AREA, said)
            raise Incomplete


_WORDS: Final = {
    "IncidentOpened": "incident",
    "NeedCreated": "need",
    "ZoneDrawn": "zone",
    "CellLost": "cell_lost",
}


def circle(lon: float, lat: float, radius_m: float) -> Line:
    """Return the corners of a circle around a place, counterclockwise from the east."""
    turns = np.linspace(0.0, 2 * np.pi, CIRCLE_CORNERS, endpoint=False)
    north = np.degrees(radius_m / EARTH_RADIUS_M)
    east = north / np.cos(np.radians(lat))
    corners = np.stack([lon + east * np.cos(turns), lat + north * np.sin(turns)], axis=1).round(7)
    return tuple((float(x), float(y)) for x, y in corners.tolist())
