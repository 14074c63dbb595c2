"""The agency file: who this installation serves, its regions, its map and its roads."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from dispatch.alerts.ladder import DEFAULT, Limits, Step, Telling, Unless
from dispatch.errors import BadInput
from dispatch.geo.crs import Crs
from dispatch.geo.handoff import App
from dispatch.geo.layers import ROADS_ALONE, LayerKind, MapLayer, check_tiles
from dispatch.matching.acceptance import RATES, AcceptanceModel, model_of, plain_model, preset
from dispatch.matching.alerting.book import AlertBook, book_of
from dispatch.model import AgencyId, Medium, RegionCode, Urgency
from dispatch.registry.catalogue import Region
from dispatch.taxonomy import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFrame:
    """Where the map opens: centre (lon, lat) in WGS-84 degrees and zoom level."""

    center: tuple[float, float]
    zoom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEntry:
    """A map layer as written; see `geo.layers.MapLayer`."""

    id: str
    name_zh: str
    name_en: str
    kind: LayerKind
    file: str = ""
    urls: tuple[str, ...] = ()
    subdomains: str = ""
    crs: Crs = Crs.WGS84
    attribution: str = ""
    min_zoom: int = 0
    max_zoom: int = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry(MapFrame):
    """The map as written: its frame, its layers, and the apps a place can be handed to."""

    layers: tuple[LayerEntry, ...] = ()
    handoff: tuple[App, ...] = (App.GEO,)


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
class StepEntry:
    """A step of a ladder as written; see `alerts.ladder.Step`."""

    medium: Medium
    after_s: int = 0
    unless: Unless = Unless.ANSWERED
    follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderEntry:
    """The steps for one urgency, in place of the usual ones."""

    urgency: Urgency
    steps: tuple[StepEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesEntry:
    """How people are told, as written. `quiet` is two times of day, prices and the cap are in the
    smallest unit of the currency."""

    sign_zh: str = ""
    sign_en: str = ""
    quiet: tuple[str, str] | None = None
    cap: int | None = None
    prices: dict[Medium, int] = field(default_factory=dict)
    ladder: tuple[LadderEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFile:
    """The file as written; `roads` is relative to it, and a file of `acceptance` too.

    Without roads travel times are estimated from the straight line.
    """

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    map: MapEntry
    regions: tuple[RegionEntry, ...]
    roads: str = ""
    timezone: str = "UTC"
    acceptance: AcceptanceEntry = AcceptanceEntry()
    alerting: tuple[dict[str, Any], ...] = ()
    messages: MessagesEntry = MessagesEntry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """The agency as the program uses it: paths resolved, regions and layers checked.

    The first of the map's `layers` is the one shown at first; `handoff` are the apps offered to
    volunteers on their way.

    `timezone` says when it is night for its people; `acceptance` how likely they say yes, and
    `book` by which policies the desk asks them and how quickly they answer; `telling` how messages
    reach them.
    """

    id: AgencyId
    name_zh: str
    name_en: str
    exercise: bool
    currency: str
    roads: Path | None
    map: MapFrame
    layers: tuple[MapLayer, ...]
    handoff: tuple[App, ...]
    regions: tuple[Region, ...]
    timezone: ZoneInfo
    acceptance: AcceptanceModel
    book: AlertBook
    telling: Telling


def load_agency(path: Path, map_keys: Mapping[str, str] | None = None) -> Agency:
    """Return the agency described in a TOML file; `map_keys` fill `{key}` by layer id.

    Raises:
        BadInput: the file cannot be read, or a value is missing or wrong; names which.
    """
    try:
        found = msgspec.convert(read_toml(path), AgencyFile)
    except msgspec.ValidationError as exc:
        raise BadInput(f"{path}: {exc}") from None
    known = {entry.code for entry in found.regions}
    regions = tuple(_region(path, entry, known) for entry in found.regions)
    if not regions:
        raise BadInput(f"{path}: at least one region is needed")
    timezone = _timezone(path, found.timezone)
    return Agency(
        id=found.id,
        name_zh=found.name_zh,
        name_en=found.name_en,
        exercise=found.exercise,
        currency=found.currency,
        roads=path.parent / found.roads if found.roads else None,
        map=MapFrame(center=found.map.center, zoom=found.map.zoom),
        layers=_layers(path, found.map.layers, map_keys or {}),
        handoff=found.map.handoff,
        regions=regions,
        timezone=timezone,
        acceptance=_acceptance(path, found.acceptance.model),
        book=_book(path, found),
        telling=_telling(path, found, timezone),
    )


def _layers(
    path: Path, entries: tuple[LayerEntry, ...], keys: Mapping[str, str]
) -> tuple[MapLayer, ...]:
    """The layers as written, or the roads alone when none is."""
    layers = tuple(_layer(path, entry, keys.get(entry.id, "")) for entry in entries)
    ids = [layer.id for layer in layers]
    if len(set(ids)) < len(ids):
        raise BadInput(f"{path}: map.layers: two layers have the same id")
    return layers or (ROADS_ALONE,)


def _layer(path: Path, entry: LayerEntry, key: str) -> MapLayer:
    file = path.parent / entry.file if entry.file else None
    urls = entry.urls
    if key:
        urls = tuple(url.replace("{key}", quote(key, safe="")) for url in urls)
    try:
        if file is not None:
            check_tiles(file)
        return MapLayer(
            id=entry.id,
            names=Names(zh=entry.name_zh, en=entry.name_en),
            kind=entry.kind,
            attribution=entry.attribution,
            file=file,
            urls=urls,
            subdomains=entry.subdomains,
            crs=entry.crs,
            min_zoom=entry.min_zoom,
            max_zoom=entry.max_zoom,
        )
    except ValueError as exc:
        raise BadInput(f"{path}: map layer {entry.id!r}: {exc}") from None


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


def _telling(path: Path, found: AgencyFile, zone: ZoneInfo) -> Telling:
    """The usual ladder, but for the urgencies that have one of their own."""
    entry = found.messages
    try:
        own = {e.urgency: tuple(_step(s) for s in e.steps) for e in entry.ladder}
        quiet = entry.quiet and (_minute(entry.quiet[0]), _minute(entry.quiet[1]))
        limits = Limits(quiet=quiet, cap=entry.cap, prices=entry.prices)
    except ValueError as exc:
        raise BadInput(f"{path}: messages: {exc}") from None
    sign = {"zh": entry.sign_zh or found.name_zh, "en": entry.sign_en or found.name_en}
    return Telling(ladder=DEFAULT | own, limits=limits, zone=zone, sign=sign)


def _step(entry: StepEntry) -> Step:
    return Step(
        medium=entry.medium,
        after_s=entry.after_s,
        unless=entry.unless,
        follows=entry.follows,
    )


def _minute(text: str) -> int:
    """Minutes after midnight of a time such as 22:30."""
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day like 22:30") from None
    return at.hour * 60 + at.minute


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


def _region(path: Path, entry: RegionEntry, known: Collection[str]) -> Region:
    if entry.parent is not None and entry.parent not in known:
        raise BadInput(f"{path}: the parent {entry.parent} of region {entry.code} is not listed")
    return Region(
        code=entry.code,
        parent=entry.parent,
        level=entry.level,
        name_zh=entry.name_zh,
        name_en=entry.name_en,
    )
