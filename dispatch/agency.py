"""The agency file: who this installation serves, its regions, its map and its roads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from dispatch.errors import BadInput
from dispatch.matching.acceptance import RATES, AcceptanceModel, model_of, plain_model, preset
from dispatch.matching.alerting.book import AlertBook, book_of
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
class AcceptanceEntry:
    """How people answer: a preset's name or a file that `dispatch fit` wrote, and how quickly."""

    model: str = "mid"
    replies: str = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFile:
    """The file as written; `roads` is relative to it, and a file of `acceptance` too."""

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    roads: str
    map: MapFrame
    regions: tuple[RegionEntry, ...]
    timezone: str = "UTC"
    acceptance: AcceptanceEntry = AcceptanceEntry()
    alerting: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """The agency as the program uses it: paths resolved, regions checked.

    `timezone` says when it is night for its people; `acceptance` how likely they say yes, and
    `book` by which policies the desk asks them and how quickly they answer.
    """

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    roads: Path
    map: MapFrame
    regions: tuple[Region, ...]
    timezone: ZoneInfo
    acceptance: AcceptanceModel
    book: AlertBook


def load_agency(path: Path) -> Agency:
    """Return the agency described in a TOML file.

    Raises:
        BadInput: the file cannot be read, or a value is missing or wrong; names which.
    """
    try:
        found = msgspec.convert(read_toml(path), AgencyFile)
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
        timezone=_timezone(path, found.timezone),
        acceptance=_acceptance(path, found.acceptance.model),
        book=_book(path, found),
    )


def _timezone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"{path}: timezone {name!r} is not known; expected one like America/Santiago"
        ) from None


def _acceptance(path: Path, name: str) -> AcceptanceModel:
    """The model by its preset's name, or from the file next to this one."""
    if name in RATES:
        # As plain values, so that the planner's process can be handed it.
        return model_of(plain_model(preset(name)))
    file = path.parent / name
    try:
        return model_of(msgspec.json.decode(file.read_bytes(), type=dict[str, Any]))
    except OSError as exc:
        presets = ", ".join(RATES)
        raise BadInput(
            f"{path}: acceptance.model is neither {presets} nor a file: {file}: {exc.strerror}"
        ) from None
    except (ValueError, msgspec.DecodeError) as exc:
        raise BadInput(f"{file}: {exc}") from None


def _book(path: Path, found: AgencyFile) -> AlertBook:
    try:
        return book_of(found.alerting, found.acceptance.replies)
    except ValueError as exc:
        raise BadInput(f"{path}: {exc}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        BadInput: the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadInput(f"cannot read {path}: {exc.strerror}") from None
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
