"""Hazard zones in files: what a feature says, and the action it becomes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import shapely

from dispatch import actions as act
from dispatch.exchange.layer import Columns, Layer
from dispatch.exchange.rows import Aliases, Code, Feature, Read, Refused, each, features
from dispatch.exchange.shapes import Reach, checked, mended, parts_of, simplified
from dispatch.geo import zones as geo
from dispatch.model import Certainty, TravelMode, Zone, ZoneKind

MOST: Final = 2_000
MOST_CORNERS: Final = 100_000
"""Of one outline as a file brings it; it is simplified to what a zone may have."""

ALIASES: Final[Aliases] = {
    "name": ("name", "名称", "区域名称", "title"),
    "kind": ("kind", "类型", "灾害类型", "zone_kind", "type"),
    "radius_m": ("radius_m", "半径", "影响半径"),
    "blocks": ("blocks", "阻断", "禁行方式"),
    "pace": (
        "pace",
        "速度系数",
    ),
    "certainty": ("certainty", "可信度", "确定性"),
    "starts_at": ("starts_at", "开始时间", "生效时间"),
    "ends_at": ("ends_at", "结束时间", "失效时间"),
}
KINDS: Final = {
    "洪水": ZoneKind.FLOOD, "内涝": ZoneKind.FLOOD, "火灾": ZoneKind.FIRE, "山火": ZoneKind.FIRE,
    "滑坡": ZoneKind.LANDSLIDE, "泥石流": ZoneKind.LANDSLIDE, "桥梁": ZoneKind.BRIDGE,
    "桥梁垮塌": ZoneKind.BRIDGE, "隧道": ZoneKind.TUNNEL, "封闭": ZoneKind.CLOSED,
    "道路封闭": ZoneKind.CLOSED, "其他": ZoneKind.OTHER,
}  # fmt: skip
CERTAINTIES: Final = {
    "已观测": Certainty.OBSERVED, "很可能": Certainty.LIKELY, "可能": Certainty.POSSIBLE,
    "不太可能": Certainty.UNLIKELY,
}  # fmt: skip
MODES: Final = {
    "汽车": TravelMode.CAR, "摩托车": TravelMode.MOTORCYCLE, "步行": TravelMode.FOOT,
    "船": TravelMode.BOAT,
}  # fmt: skip
ON_LAND: Final = tuple(mode for mode in TravelMode if mode is not TravelMode.BOAT)


def read_zones(layer: Layer, reach: Reach | None) -> Read:
    """Return the action that draws each zone, by row, and what is told of each."""
    return each(features(layer, ALIASES), lambda feature: _action(feature, reach))


def zone_layer(zones: Iterable[Zone], *, exercise: bool) -> Layer:
    """Return zones as features, in id order; times are UTC."""
    rows = sorted(zones, key=lambda zone: zone.id)
    columns: Columns = {
        "id": [zone.id for zone in rows],
        "name": [zone.name for zone in rows],
        "kind": [zone.kind.value for zone in rows],
        "status": [zone.status.value for zone in rows],
        "radius_m": [float(zone.radius_m) for zone in rows],
        "blocks": [";".join(zone.blocks) or "-" for zone in rows],
        "pace": [float(zone.pace) for zone in rows],
        "certainty": [zone.certainty.value for zone in rows],
        "starts_at": [zone.starts_at and zone.starts_at.isoformat() for zone in rows],
        "ends_at": [zone.ends_at and zone.ends_at.isoformat() for zone in rows],
        "drawn_at": [zone.drawn_at.isoformat() for zone in rows],
        "exercise": [exercise] * len(rows),
    }
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [_alone(geo.shape(zone.form, zone.parts, 0.0)) for zone in rows]
    return Layer("zones", columns, shapes)


def _alone(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _action(feature: Feature, reach: Reach | None) -> act.DrawZone:
    shape = checked(feature, MOST_CORNERS, reach)
    if shapely.get_num_coordinates(shape) > geo.MAX_CORNERS:
        shape = simplified(feature, mended(feature, shape), geo.MAX_CORNERS)
    form, parts = parts_of(shape)
    action = act.DrawZone(
        zone_kind=feature.choice("kind", tuple(ZoneKind), KINDS, ZoneKind.OTHER),
        name=feature.text("name"),
        form=form,
        parts=parts,
        radius_m=feature.number("radius_m", 0.0),
        blocks=_blocks(feature),
        pace=feature.number("pace", 1.0),
        certainty=feature.choice("certainty", tuple(Certainty), CERTAINTIES, Certainty.OBSERVED),
        starts_at=feature.instant("starts_at"),
        ends_at=feature.instant("ends_at"),
    )
    # The desk mends what crosses itself, and the log says so; here it is only told.
    sound, crossed = geo.repaired(form, parts)
    problem = geo.zone_problem(form, sound, action.radius_m)
    if problem is not None:
        field = "radius_m" if problem is geo.ZoneProblem.BAD_RADIUS else "geometry"
        raise Refused(problem, field, f"cannot be a zone: {problem}")
    if crossed:
        feature.mended.append((Code.MENDED, "an outline that crosses itself is mended"))
    return action


def _blocks(feature: Feature) -> tuple[TravelMode, ...]:
    """Modes with `;` or `,` between them; "-" for none, everybody on land where nothing is said."""
    said = feature.text("blocks", "")
    if said in ("", "-"):
        return () if said else ON_LAND
    words = [word for word in said.replace(",", ";").replace("；", ";").split(";") if word.strip()]
    one_by_one = (Feature(feature.row, None, {"blocks": word}) for word in words)
    return tuple(one.choice("blocks", tuple(TravelMode), MODES) for one in one_by_one)
