"""Incidents in files. What people wrote about an incident stays here: it may name somebody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dispatch import actions as act
from dispatch.exchange.layer import Columns, Layer, points
from dispatch.exchange.rows import Aliases, Feature, Read, each, features
from dispatch.exchange.shapes import Reach, checked, place_of
from dispatch.model import HazardClass, Incident, RegionCode, Severity, Site
from dispatch.regions import plain_code
from dispatch.taxonomy import INCIDENT_KINDS

MOST: Final = 2_000
MOST_CORNERS: Final = 1

ALIASES: Final[Aliases] = {
    "title": ("title", "标题", "事件名称", "名称", "name"),
    "kind": ("kind", "类型", "事件类型", "incident_kind", "type"),
    "description": ("description", "描述", "事件描述", "说明"),
    "severity": ("severity", "级别", "响应级别", "等级"),
    "hazard": ("hazard", "危险等级", "风险等级"),
    "region": ("region", "区划代码", "行政区划", "行政区划代码"),
    "place": ("place", "地点", "位置", "地址", "site"),
}
SEVERITIES: Final = {
    "1": Severity.I, "2": Severity.II, "3": Severity.III, "4": Severity.IV,
    "red": Severity.I, "orange": Severity.II, "yellow": Severity.III, "blue": Severity.IV,
    "红色": Severity.I, "橙色": Severity.II, "黄色": Severity.III, "蓝色": Severity.IV,
}  # fmt: skip

KINDS: Final = {
    name.casefold(): code
    for code, kind in INCIDENT_KINDS.items()
    for name in (kind.names.zh, kind.names.en)
}


def read_incidents(layer: Layer, reach: Reach | None) -> Read:
    """Return the action that opens each incident, by row, and what is told of each.

    Without a region an incident gets that of its place, when it is opened.
    """
    return each(features(layer, ALIASES), lambda feature: _action(feature, reach), "title")


def incident_layer(incidents: Iterable[Incident], *, exercise: bool) -> Layer:
    """Return incidents as points, by number; without their descriptions. Times are UTC."""
    rows = sorted(incidents, key=lambda incident: incident.number)
    columns: Columns = {
        "id": [one.id for one in rows],
        "number": [one.number for one in rows],
        "title": [one.title for one in rows],
        "kind": [one.kind for one in rows],
        "status": [one.status.value for one in rows],
        "severity": [one.severity.value for one in rows],
        "hazard": [one.hazard.value for one in rows],
        "region": [one.region for one in rows],
        "place": [one.site.name or None for one in rows],
        "opened_at": [one.opened_at.isoformat() for one in rows],
        "closed_at": [one.closed_at and one.closed_at.isoformat() for one in rows],
        "exercise": [exercise] * len(rows),
    }
    at = [(one.site.lon, one.site.lat) for one in rows]
    return Layer("incidents", columns, points(at))


def _action(feature: Feature, reach: Reach | None) -> act.OpenIncident:
    lon, lat = place_of(checked(feature, MOST_CORNERS, reach))
    kind = feature.choice("kind", tuple(INCIDENT_KINDS), KINDS, "other")
    default = INCIDENT_KINDS[kind].hazard
    return act.OpenIncident(
        incident_kind=kind,
        title=feature.text("title"),
        description=feature.text("description", "", act.MAX_TEXT),
        site=Site(lon=lon, lat=lat, name=feature.text("place", "")),
        region=_region(feature),
        severity=feature.choice("severity", tuple(Severity), SEVERITIES, Severity.III),
        hazard=feature.choice("hazard", tuple(HazardClass), {}, default),
    )


def _region(feature: Feature) -> RegionCode | None:
    said = feature.text("region", "", 64)
    return plain_code(said) if said else None
