"""Needs out of a GeoJSON file: one Point per need, its properties checked one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from dispatch.errors import BadInput
from dispatch.model import HazardClass, Heads, RegionCode, SafetyPlan, Severity, Site, Skill
from dispatch.roster import Floats
from dispatch.rules.needs import HORIZON, MAX_REACH_S
from dispatch.standalone.geojson import read_features, site_of
from dispatch.taxonomy import INCIDENT_KINDS

Instant = Annotated[datetime, msgspec.Meta(tz=True)]

WORK: Final = timedelta(hours=4)
"""How long work lasts where the file does not say."""
ROOM: Final = 1.0
"""Degrees around the roster's homes in which a need is taken to lie where it says."""


class Properties(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The properties of a feature as written; those with a default may be left out or null."""

    skill: Skill
    region: Annotated[RegionCode, msgspec.Meta(min_length=1, max_length=64)]
    id: object = None
    incident: str | int | None = None
    kind: str = "other"
    severity: Severity = Severity.III
    hazard: HazardClass | None = None
    level: int = 1
    minimum: int = 1
    desired: int | None = None
    maximum: int | None = None
    deadline_at: Instant | None = None
    ends_at: Instant | None = None
    reach_s: Annotated[int, msgspec.Meta(ge=60, le=MAX_REACH_S)] = 7_200
    verified: bool = True
    widened: bool = False
    risk_assessment: str = ""
    safety_plan_owner: str = ""
    safety_plan_measures: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNeed:
    """A need as a file states it, defaults filled in. `place` names file and feature in messages;
    needs of one `incident` share kind, severity and region."""

    id: str
    place: str
    incident: str
    kind: str
    severity: Severity
    region: RegionCode
    hazard: HazardClass
    skill: Skill
    level: int
    heads: Heads
    site: Site
    deadline_at: datetime
    ends_at: datetime
    reach_s: int
    verified: bool
    widened: bool
    risk_assessment: str
    safety_plan: SafetyPlan | None
    note: str


def read_needs(path: Path, now: datetime) -> tuple[FileNeed, ...]:
    """Return the needs of a FeatureCollection in its order; times left out count from `now`.

    Raises:
        BadInput: the file cannot be read or is none, or a feature is not as documented; names
            the feature, the property and what was expected.
    """
    features = read_features(path)
    found = tuple(_need(path, n, f, now) for n, f in enumerate(features, start=1))
    _check_ids(found)
    _check_incidents(found)
    return found


def check_places(needs: Sequence[FileNeed], lon: Floats, lat: Floats) -> None:
    """Refuse a site that lies among the homes `lon, lat` only once its two numbers are swapped.

    Raises:
        BadInput: such a site.
    """
    if not len(lon):
        return
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()

    def near(x: float, y: float) -> bool:
        return bool(west - ROOM <= x <= east + ROOM and south - ROOM <= y <= north + ROOM)

    for need in needs:
        x, y = need.site.lon, need.site.lat
        if not near(x, y) and near(y, x):
            raise BadInput(
                f"{need.place} coordinates: [{x}, {y}] lies far from every home of the roster, "
                f"[{y}, {x}] does not: expected lon, lat"
            )


def _need(path: Path, number: int, feature: Any, now: datetime) -> FileNeed:
    place = f"{path}: feature {number}"
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise BadInput(f"{place} type: expected a GeoJSON Feature")
    stated = _stated(place, feature.get("properties"))
    name = _id(place, feature.get("id"), stated.get("id"))
    place = f"{place} ({name})"
    given = _properties(place, stated)
    deadline_at = given.deadline_at or now + timedelta(seconds=given.reach_s)
    # Beyond the horizon a rule refuses the deadline; adding to it might leave the calendar.
    work = WORK if deadline_at < now + HORIZON else timedelta()
    return FileNeed(
        id=name,
        place=place,
        incident=name if given.incident is None else _name(place, "incident", given.incident),
        kind=given.kind,
        severity=given.severity,
        region=given.region,
        hazard=given.hazard or _hazard(place, given.kind),
        skill=given.skill,
        level=given.level,
        heads=_heads(place, given),
        site=site_of(place, feature.get("geometry")),
        deadline_at=deadline_at,
        ends_at=given.ends_at or deadline_at + work,
        reach_s=given.reach_s,
        verified=given.verified,
        widened=given.widened,
        risk_assessment=given.risk_assessment,
        safety_plan=_safety_plan(place, given),
        note=given.note,
    )


_AT: Final = re.compile(r"(?P<reason>.*?)(?: - at `\$\.(?P<field>[^`]*)`)?", re.DOTALL)
_NAMED: Final = re.compile(r"Object .*`(?P<field>[^`]*)`")


def _stated(place: str, properties: Any) -> dict[str, Any]:
    if not isinstance(properties, dict):
        raise BadInput(f"{place} properties: expected an object")
    return {name: value for name, value in properties.items() if value is not None}


def _properties(place: str, stated: Mapping[str, Any]) -> Properties:
    try:
        return msgspec.convert(stated, Properties)
    except msgspec.ValidationError as error:
        raise BadInput(f"{place} {_explained(str(error), stated)}") from None


def _explained(message: str, stated: Mapping[str, Any]) -> str:
    """Return a message of msgspec as `field: reason`, with the value as written."""
    if named := _NAMED.fullmatch(message):
        verb = "is not a documented property" if "unknown" in message else "is missing"
        return f"{named['field']}: {verb}"
    at = _AT.fullmatch(message)
    if at is None or at["field"] is None:
        return f"properties: {message}"
    return f"{at['field']}: {at['reason']}, value {json.dumps(stated.get(at['field']))[:80]}"


def _id(place: str, *stated: Any) -> str:
    names = {_name(place, "id", one) for one in stated if one is not None}
    if len(names) > 1:
        raise BadInput(f"{place} id: the feature's and its properties' differ")
    if not names:
        raise BadInput(f"{place} id: is missing")
    return names.pop()


def _name(place: str, field: str, value: Any) -> str:
    name = str(value)
    if type(value) not in (str, int) or not name.isprintable() or not 0 < len(name.strip()) <= 64:
        raise BadInput(f"{place} {field}: expected a text of 1 to 64 characters, or a whole number")
    return name


def _hazard(place: str, kind: str) -> HazardClass:
    if kind not in INCIDENT_KINDS:
        raise BadInput(f"{place} kind: {kind!r} is none of {', '.join(INCIDENT_KINDS)}")
    return INCIDENT_KINDS[kind].hazard


def _heads(place: str, given: Properties) -> Heads:
    desired = given.minimum if given.desired is None else given.desired
    maximum = desired if given.maximum is None else given.maximum
    try:
        return Heads(minimum=given.minimum, desired=desired, maximum=maximum)
    except ValueError as error:
        raise BadInput(f"{place} minimum, desired, maximum: {error}") from None


def _safety_plan(place: str, given: Properties) -> SafetyPlan | None:
    owner, measures = given.safety_plan_owner, given.safety_plan_measures
    if not owner.strip() and not measures.strip():
        return None
    try:
        return SafetyPlan(owner=owner, measures=measures)
    except ValueError as error:
        raise BadInput(f"{place} safety_plan_owner, safety_plan_measures: {error}") from None


def _check_ids(needs: Sequence[FileNeed]) -> None:
    first: dict[str, FileNeed] = {}
    for need in needs:
        if need.id in first:
            raise BadInput(f"{need.place} id: comes twice, see {first[need.id].place}")
        first[need.id] = need


def _check_incidents(needs: Sequence[FileNeed]) -> None:
    first: dict[str, FileNeed] = {}
    for need in needs:
        one = first.setdefault(need.incident, need)
        for field in ("kind", "severity", "region"):
            mine, theirs = getattr(need, field), getattr(one, field)
            if mine != theirs:
                raise BadInput(
                    f"{need.place} {field}: is {mine}, but {one.place}, of the same incident, "
                    f"has {theirs}"
                )
