"""Bodies as they come from a device: strict, and in the system they declare."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dispatch.api.bodies import CommanderBody, VolunteerBody

# Zhengzhou by gcoord 1.0.7: WGS-84, GCJ-02, BD-09.
WGS84 = (113.656079, 34.758866)
GCJ02 = (113.66216745, 34.757742117)
BD09 = (113.668610555, 34.763873387)


def fix(at: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {
        "lon": at[0], "lat": at[1], "accuracy_m": 5, "taken_at": "2026-11-22T00:00:00Z"
    } | more  # fmt: skip


def departs(position: dict[str, Any]) -> VolunteerBody:
    action = {"kind": "assignment.depart", "assignment_id": "a-1", "fix": position}
    return VolunteerBody.model_validate({"action_id": "12345678", "action": action})


@pytest.mark.parametrize(
    ("at", "declared"),
    [(WGS84, {}), (WGS84, {"crs": "wgs84"}), (GCJ02, {"crs": "gcj02"}), (BD09, {"crs": "bd09"})],
)
def test_a_fix_is_taken_in_the_system_it_declares(
    at: tuple[float, float], declared: dict[str, str]
) -> None:
    found = departs(fix(at, **declared)).action.fix
    assert (found.lon, found.lat) == pytest.approx(WGS84, abs=1e-8)


def test_a_site_too() -> None:
    action = {
        "kind": "incident.open", "incident_kind": "flood", "title": "River", "region": "41",
        "site": {"lon": GCJ02[0], "lat": GCJ02[1], "crs": "gcj02"}, "severity": "I", "hazard": "H1",
    }  # fmt: skip
    body = CommanderBody.model_validate({"action_id": "12345678", "action": action})
    assert (body.action.site.lon, body.action.site.lat) == pytest.approx(WGS84, abs=1e-8)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"crs": "utm"}, "crs is not one of wgs84, gcj02, bd09"),
        ({"crs": ["gcj02"]}, "crs is not one of"),
        ({"crs": "gcj02", "lon": "far"}, "lon"),
        ({"crs": "gcj02", "lat": 91}, "lat out of range"),
        ({"crs": "gcj02", "lat": 1e300}, "lat out of range"),
        ({"system": "gcj02"}, "system"),
    ],
)
def test_what_is_not_clear_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        departs(fix(GCJ02, **wrong))
