"""The agency file: who this installation serves, its regions, its map and its roads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dispatch.errors import BadInput
from dispatch.model import AgencyId, RegionCode
from dispatch.registry.catalogue import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFrame:
    """Where the map opens: centre (lon, lat) in WGS-84 degrees and zoom level."""

    center: tuple[float, float]
    zoom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionEntry:
    code: RegionCode
    level: int
    name_zh: str
    name_en: str
    parent: RegionCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFile:
    """The file as written; `roads` is relative to it."""

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    roads: str
    map: MapFrame
    regions: tuple[RegionEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """The agency as the program uses it: paths resolved, regions checked."""

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    roads: Path
    map: MapFrame
    regions: tuple[Region, ...]


def load_agency(path: Path) -> Agency:
    """Return the agency described in a TOML file.

    Raises:
        BadInput: the file cannot be read, or a value is missing or wrong; names which.
    """
    try:
        found = msgspec.convert(_toml(path), AgencyFile)
    except msgspec.ValidationError as exc:
        raise BadInput(f"{path}: {exc}") from None
    regions = tuple(_region(path, entry) for entry in found.regions)
    if not regions:
        raise BadInput(f"{path}: at least one region is needed")
    return Agency(
        id=found.id,
        name_zh=found.name_zh,
        name_en=found.name_en,
        exercise=found.exercise,
        currency=found.currency,
        roads=path.parent / found.roads,
        map=found.map,
        regions=regions,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadInput(f"cannot read the agency file {path}: {exc.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BadInput(f"{path}: {exc}") from None


def _region(path: Path, entry: RegionEntry) -> Region:
    # Jurisdiction is decided by prefixes, so a code that does not begin with its parent's would
    # quietly keep people out of their own district.
    if entry.parent is not None and not entry.code.startswith(entry.parent):
        raise BadInput(f"{path}: region {entry.code} does not begin with its parent {entry.parent}")
    return Region(
        code=entry.code,
        parent=entry.parent,
        level=entry.level,
        name_zh=entry.name_zh,
        name_en=entry.name_en,
    )
