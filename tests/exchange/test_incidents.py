from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from dispatch import actions as act
from dispatch.exchange.incidents import incident_layer, read_incidents
from dispatch.exchange.layer import Format
from dispatch.exchange.reading import read_layer
from dispatch.exchange.rows import Code, Outcome
from dispatch.exchange.shapes import Reach
from dispatch.exchange.writing import write_layer
from dispatch.model import (
    HazardClass,
    Incident,
    IncidentId,
    IncidentStatus,
    RegionCode,
    Severity,
    Site,
)
from dispatch.taxonomy import INCIDENT_KINDS

from .made import HOLED, POINT, layer

REACH = Reach(125.0, 42.0)


def read(shape: shapely.Geometry | None, **said: Any) -> tuple[act.OpenIncident | None, Any]:
    found = read_incidents(layer([{"title": "堤坝", **said}], shape), REACH)
    return found.made.get(1), found.lines[0]


def test_what_a_feature_says() -> None:
    action, line = read(
        POINT, 类型=INCIDENT_KINDS["flood"].names.zh, 描述="渗水", 级别="红色", hazard="H3",
        区划代码=220524.0, 地点="柳河大桥",
    )  # fmt: skip
    assert action == act.OpenIncident(
        incident_kind="flood",
        title="堤坝",
        description="渗水",
        site=Site(lon=125.74, lat=42.28, name="柳河大桥"),
        region=RegionCode("220524"),
        severity=Severity.I,
        hazard=HazardClass.H3,
    )
    assert (line.outcome, line.name) == (Outcome.ACCEPTED, "堤坝")


def test_what_a_feature_leaves_out() -> None:
    action, _ = read(POINT)
    assert action is not None
    assert (action.incident_kind, action.severity, action.region) == ("other", Severity.III, None)
    assert action.hazard is INCIDENT_KINDS["other"].hazard


@pytest.mark.parametrize(
    ("shape", "said", "code", "field"),
    [
        (None, {}, Code.NO_GEOMETRY, "geometry"),
        (HOLED, {}, Code.TOO_MANY_CORNERS, "geometry"),
        (shapely.Point(42.28, 125.74), {}, Code.SWAPPED, "geometry"),
        (POINT, {"title": None}, Code.MISSING, "title"),
        (POINT, {"title": "x" * 201}, Code.BAD_VALUE, "title"),
        (POINT, {"kind": "picnic"}, Code.BAD_VALUE, "kind"),
        (POINT, {"severity": "V"}, Code.BAD_VALUE, "severity"),
        (POINT, {"hazard": "H9"}, Code.BAD_VALUE, "hazard"),
    ],
)
def test_what_cannot_be_an_incident(
    shape: shapely.Geometry | None, said: dict[str, Any], code: Code, field: str
) -> None:
    action, line = read(shape, **said)
    assert action is None
    assert (line.outcome, line.code, line.field) == (Outcome.REFUSED, code, field)


def incident(number: int, **changed: Any) -> Incident:
    values: dict[str, Any] = {
        "id": IncidentId(f"i{number}"),
        "number": number,
        "kind": "flood",
        "title": f"事件{number}",
        "description": "Reported by Wang Jiazi, +8613800000000",
        "site": Site(lon=125.0 + number / 10, lat=42.0, name="桥"),
        "region": RegionCode("220524"),
        "severity": Severity.II,
        "hazard": HazardClass.H2,
        "status": IncidentStatus.OPEN,
        "opened_at": datetime(2026, 7, 20, 12, tzinfo=UTC),
    }
    return Incident(**values | changed)


@pytest.mark.parametrize("kind", list(Format))
def test_incidents_come_back_without_what_people_wrote(tmp_path: Path, kind: Format) -> None:
    path = tmp_path / f"incidents.{kind}"
    found = [
        incident(2, region=RegionCode("04101")),
        incident(1, kind="other", site=Site(lon=125, lat=42)),
    ]
    write_layer(path, incident_layer(found, exercise=False), kind)
    content = path.read_bytes()
    assert b"Jiazi" not in content
    made = read_incidents(read_layer(path, most=9), REACH).made
    for action, one in zip(made.values(), sorted(found, key=lambda one: one.number), strict=True):
        assert (action.title, action.incident_kind) == (one.title, one.kind)
        for name in ("region", "severity", "hazard"):
            assert getattr(action, name) == getattr(one, name), name
        assert (action.site.lon, action.site.lat, action.site.name) == pytest.approx(
            (one.site.lon, one.site.lat, one.site.name)
        )
        assert action.description == ""
