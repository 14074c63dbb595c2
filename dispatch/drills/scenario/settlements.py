"""Where the people of a drill live: the weights they are drawn by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dispatch.agency import Agency
from dispatch.drills.scenario import schema as key
from dispatch.drills.scenario.fields import Incomplete, Section
from dispatch.drills.scenario.nodes import Fields
from dispatch.drills.scenario.problems import Bad, BadScenario, Code, Place, Problems
from dispatch.drills.scenario.sources import Folder, rows
from dispatch.drills.scenario.world import World
from dispatch.model import RegionCode
from dispatch.registry.population import Settlement

COLUMNS: Final = tuple(field.name for field in key.SETTLEMENT)


def read_settlements(path: Path, agency: Agency) -> tuple[Settlement, ...]:
    """Return the settlements of a CSV file.

    Raises:
        BadScenario: the file or a line cannot be used; says which, all of them.
    """
    problems = Problems()
    world = World(problems=problems, regions=names_of(agency))
    found: tuple[Settlement, ...] = ()
    try:
        found = settlements_of(rows(Folder(path.parent), path, COLUMNS, problems), world)
    except Bad as bad:
        problems.add(bad.place or Place(file=str(path)), bad.code, "", bad.message)
    if problems:
        raise BadScenario(problems)
    return found


def names_of(agency: Agency) -> dict[RegionCode, str]:
    """Return the English name of each of an agency's regions by its code."""
    return {region.code: region.name_en for region in agency.regions}


def settlements_of(found: Iterable[Fields], world: World) -> tuple[Settlement, ...]:
    """Return the settlements of those rows that can be used; what is wrong is noted."""
    made: list[Settlement] = []
    for row in found:
        section = Section(row, key.SETTLEMENT, world.problems)
        try:
            made.append(_settlement(section, world))
        except Incomplete:
            continue
    return tuple(made)


def _settlement(section: Section, world: World) -> Settlement:
    site = world.site(section, key.LON, key.LAT, "", inside=False)
    if section[key.TOWN] is None:
        region = world.region(section, key.HOME_REGION)
    else:
        region = world.region_called(section, key.TOWN)
    return Settlement(
        lon=site.lon,
        lat=site.lat,
        population=section[key.POPULATION],
        radius_m=section[key.RADIUS],
        region=region,
        name=section[key.PLACE_NAME] or section[key.STREET] or "",
    )


def check_inhabited(found: Iterable[Settlement], place: Place, problems: Problems) -> None:
    """Note settlements in which nobody lives: nobody could be drawn."""
    if not sum(one.population for one in found):
        message = "settlements: nobody lives in any of them"
        problems.add(place, Code.BAD_VALUE, "settlements", message)
