from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from dispatch import actions as act
from dispatch.exchange.layer import Format
from dispatch.exchange.reading import read_layer
from dispatch.exchange.rows import Code, Outcome
from dispatch.exchange.shapes import Reach
from dispatch.exchange.writing import write_layer
from dispatch.exchange.zones import read_zones, zone_layer
from dispatch.geo import zones as geo
from dispatch.model import Certainty, TravelMode, Zone, ZoneForm, ZoneId, ZoneKind, ZoneStatus

from .made import BOWTIE, HOLED, LINE, POINT, TWO, layer
from .test_shapes import circle

REACH = Reach(125.0, 42.0)
NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


def read(shape: shapely.Geometry | None, **said: Any) -> tuple[act.DrawZone | None, Any]:
    found = read_zones(layer([{"name": "柳河", **said}], shape), REACH)
    return found.made.get(1), found.lines[0]


def test_what_a_feature_says() -> None:
    action, line = read(
        TWO, 类型="洪水", 半径="50", blocks="汽车;foot", 速度系数=0.5, certainty="很可能",
        开始时间="2026-07-20T20:00:00+08:00", ends_at="2026-07-21T12:00:00Z",
    )  # fmt: skip
    assert action is not None
    assert (action.zone_kind, action.name, action.form) == (ZoneKind.FLOOD, "柳河", ZoneForm.AREA)
    assert [len(part) for part in action.parts] == [2, 1]
    assert action.radius_m == 50
    assert action.blocks == (TravelMode.CAR, TravelMode.FOOT)
    assert (action.pace, action.certainty) == (0.5, Certainty.LIKELY)
    assert (action.starts_at, action.ends_at) == (NOON, NOON.replace(day=21))
    assert (line.outcome, line.name) == (Outcome.ACCEPTED, "柳河")


def test_what_a_feature_leaves_out() -> None:
    action, _ = read(LINE)
    assert action == act.DrawZone(
        zone_kind=ZoneKind.OTHER,
        name="柳河",
        form=ZoneForm.LINE,
        parts=((((125.0, 42.0), (125.1, 42.1), (125.3, 42.1)),),),
        blocks=(TravelMode.CAR, TravelMode.MOTORCYCLE, TravelMode.FOOT),
    )
    assert read(POINT, blocks="-")[0].blocks == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("shape", "said", "code", "field"),
    [
        (None, {}, Code.NO_GEOMETRY, "geometry"),
        (HOLED, {"name": ""}, Code.MISSING, "name"),
        (HOLED, {"kind": "storm"}, Code.BAD_VALUE, "kind"),
        (HOLED, {"blocks": "car;tank"}, Code.BAD_VALUE, "blocks"),
        (HOLED, {"radius_m": "wide"}, Code.BAD_VALUE, "radius_m"),
        (HOLED, {"radius_m": -1}, "BAD_RADIUS", "radius_m"),
        (HOLED, {"starts_at": "noon"}, Code.BAD_VALUE, "starts_at"),
        (shapely.box(120, 38, 130, 46), {}, "TOO_LARGE", "geometry"),
        (shapely.GeometryCollection([POINT, LINE]), {}, Code.WRONG_GEOMETRY, "geometry"),
        (shapely.transform(HOLED, lambda at: at[:, ::-1]), {}, Code.SWAPPED, "geometry"),
        (circle(100_001), {}, Code.TOO_MANY_CORNERS, "geometry"),
    ],
)
def test_what_cannot_be_a_zone(
    shape: shapely.Geometry | None, said: dict[str, Any], code: str, field: str
) -> None:
    action, line = read(shape, **said)
    assert action is None
    assert (line.outcome, line.code, line.field) == (Outcome.REFUSED, code, field)
    assert line.message


def test_a_crossing_outline_goes_to_the_desk_as_it_is_and_is_told() -> None:
    """The desk mends it, so that the log says that it was."""
    action, line = read(BOWTIE)
    assert action is not None
    assert geo.repaired(action.form, action.parts)[1]
    assert (line.outcome, line.code) == (Outcome.REPAIRED, Code.MENDED)


def test_many_corners_become_as_many_as_a_zone_may_have() -> None:
    action, line = read(circle(50_000))
    assert action is not None
    assert sum(len(ring) for part in action.parts for ring in part) <= geo.MAX_CORNERS
    assert (line.outcome, line.code) == (Outcome.REPAIRED, Code.SIMPLIFIED)
    assert "tolerance" in line.message


def zone(number: int, **changed: Any) -> Zone:
    values: dict[str, Any] = {
        "id": ZoneId(f"z{number}"),
        "kind": ZoneKind.FLOOD,
        "name": f"洪水区{number}",
        "form": ZoneForm.AREA,
        "blocks": (TravelMode.CAR, TravelMode.FOOT),
        "status": ZoneStatus.ACTIVE,
        "drawn_at": NOON,
    }
    return Zone(**values | changed)


RINGS = (
    (
        ((125.0, 42.0), (125.4, 42.0), (125.4, 42.4), (125.0, 42.4)),
        ((125.1, 42.1), (125.1, 42.2), (125.2, 42.2), (125.2, 42.1)),
    ),
    (((126.0, 42.0), (126.1, 42.0), (126.1, 42.1)),),
)
WAY = (((125.0, 42.0), (125.1, 42.1), (125.3, 42.1)),)
ZONES = (
    zone(1, parts=RINGS, radius_m=12.5, starts_at=NOON, ends_at=NOON.replace(hour=18)),
    zone(2, form=ZoneForm.LINE, parts=(WAY,), kind=ZoneKind.CLOSED, blocks=(), pace=0.25),
    zone(3, form=ZoneForm.POINT, parts=((((125.7, 42.2),),),), kind=ZoneKind.FIRE, radius_m=300.0,
         certainty=Certainty.POSSIBLE, blocks=tuple(TravelMode)),
)  # fmt: skip


@pytest.mark.parametrize("kind", list(Format))
def test_zones_come_back_as_they_went_out(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"zones.{kind}"
    write_layer(path, zone_layer(ZONES, exercise=True), kind)
    found = read_layer(path, most=9)
    assert {str(v).casefold() in ("true", "1") for v in found.columns["exercise"]} == {True}
    made = read_zones(found, REACH).made
    back = {action.name: action for action in made.values()}
    for one in ZONES:
        action = back[one.name]
        for name in ("form", "radius_m", "pace", "certainty", "starts_at", "ends_at"):
            assert getattr(action, name) == getattr(one, name), name
        assert action.zone_kind is one.kind
        assert set(action.blocks) == set(one.blocks)
        assert geo.shape(action.form, action.parts, 0.0).equals(geo.shape(one.form, one.parts, 0.0))
