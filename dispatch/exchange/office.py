"""Bringing files in and taking them out: one call each for the page and for the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Engine

from dispatch import actions as act
from dispatch.board import Board
from dispatch.errors import ActionReused, Rejected
from dispatch.exchange import incidents, stations, zones
from dispatch.exchange.boundaries import region_index
from dispatch.exchange.incidents import incident_layer
from dispatch.exchange.layer import Layer
from dispatch.exchange.plans import plan_layer
from dispatch.exchange.reading import read_layer
from dispatch.exchange.rows import Line, Outcome, Read, Report
from dispatch.exchange.shapes import Reach
from dispatch.exchange.stations import station_layer
from dispatch.exchange.zones import zone_layer
from dispatch.geo.crs import Crs
from dispatch.geo.regions import RegionIndex
from dispatch.model import RegionCode, ZoneStatus
from dispatch.registry import catalogue, places
from dispatch.registry.engine import serialise, writing


class Kind(StrEnum):
    """What files hold."""

    INCIDENTS = "incidents"
    ZONES = "zones"
    STATIONS = "stations"
    PLANS = "plans"


IMPORTED: Final = (Kind.INCIDENTS, Kind.ZONES, Kind.STATIONS)
"""Plans are made here and nowhere else."""
_MOST: Final = {
    Kind.INCIDENTS: incidents.MOST,
    Kind.ZONES: zones.MOST,
    Kind.STATIONS: stations.MOST,
}


class Done(Protocol):
    """What the desk answers."""

    @property
    def repeated(self) -> bool:
        """Whether that action had been carried out before."""
        ...


Act = Callable[[str, act.Action], Awaitable[Done]]
"""Carries out an action under a key of its own; the same key is carried out once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a file is read against: where the agency works, and its regions."""

    reach: Reach
    regions: frozenset[RegionCode]
    index: RegionIndex


def place_of(engine: Engine, lon: float, lat: float) -> Place:
    """Return what files are read against, for an agency whose map opens at lon, lat."""
    codes = frozenset(region.code for region in catalogue.regions(engine))
    return Place(reach=Reach(lon, lat), regions=codes, index=region_index(engine))


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """A file that was read, but of which nothing is done yet. `mark` is the same for the same
    file read in the same way."""

    kind: Kind
    file: str
    mark: str
    read: Read
    notes: tuple[str, ...]


def take_out(kind: Kind, board: Board, engine: Engine) -> Layer:
    """Return what is there as features. Zones are those in force or announced; closed incidents
    are included."""
    match kind:
        case Kind.INCIDENTS:
            return incident_layer(board.incidents.values(), exercise=board.exercise)
        case Kind.ZONES:
            active = (z for z in board.zones.values() if z.status is ZoneStatus.ACTIVE)
            return zone_layer(active, exercise=board.exercise)
        case Kind.STATIONS:
            return station_layer(places.stations(engine), exercise=board.exercise)
        case Kind.PLANS:
            return plan_layer(board)


def bring_in(kind: Kind, path: Path, where: Place, crs: Crs | None = None) -> Brought:
    """Return what each feature of a file is to become.

    Args:
        kind: one of IMPORTED.
        crs: what the coordinates are in truth, where the file does not say it.

    Raises:
        BadInput: the file cannot be read.
    """
    layer = read_layer(path, crs=crs, most=_MOST[kind])
    match kind:
        case Kind.INCIDENTS:
            read = incidents.read_incidents(layer, where.reach)
        case Kind.ZONES:
            read = zones.read_zones(layer, where.reach)
        case _:
            read = stations.read_stations(layer, where.reach, where.regions, where.index.at)
    digest = hashlib.sha256(f"{kind}/{crs}/".encode() + path.read_bytes()).hexdigest()
    return Brought(kind, path.name, digest[:24], read, layer.notes)


def looked_at(brought: Brought) -> Report:
    """Return what would become of the file: a dry run."""
    lines = brought.read.lines
    return Report(file=brought.file, dry_run=True, lines=lines, notes=brought.notes)


def stored(brought: Brought, engine: Engine) -> Report:
    """Store the stations of a file together."""
    with writing(engine) as connection:
        serialise(connection, "import_stations")
        done = places.store_stations(connection, brought.read.made.values())
    lines = tuple(
        replace(line, done=done[brought.read.made[line.row].code].value)
        if line.row in brought.read.made
        else line
        for line in brought.read.lines
    )
    return Report(file=brought.file, dry_run=False, lines=lines, notes=brought.notes)


async def carried_out(brought: Brought, do: Act) -> Report:
    """Carry out the actions of a file one by one; what a rule refuses is told with its code.

    The same file brought in again does nothing again.

    Raises:
        Forbidden: the actor may not.
        StoreUnavailable: those told before it stopped were done; bring the file in again.
    """
    lines = []
    for line in brought.read.lines:
        action = brought.read.made.get(line.row)
        lines.append(line if action is None else await _carried_out(line, action, brought, do))
    return Report(file=brought.file, dry_run=False, lines=tuple(lines), notes=brought.notes)


async def _carried_out(line: Line, action: act.Action, brought: Brought, do: Act) -> Line:
    try:
        answer = await do(f"import-{brought.mark}-{line.row}", action)
    except Rejected as no:
        return replace(line, outcome=Outcome.REFUSED, code=no.code, field="", message=str(no))
    except ActionReused:
        told = "this row of this file was brought in before, by an earlier version"
        return replace(line, outcome=Outcome.REFUSED, code="ACTION_ID_REUSED", message=told)
    return replace(line, done="UNCHANGED" if answer.repeated else "ADDED")
