"""Positions: last value wins, cut to boxes, coarse where exact is nobody's business."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from dispatch.alerts.positions import CELL_DEGREES, Positions, Rows
from dispatch.alerts.wire import Look
from dispatch.model import Fix, VolunteerId
from tests.play import T0

EVERYWHERE = Look(-180, -90, 180, 90)


def fix(lon: float, lat: float = 0.0, seconds: int = 0) -> Fix:
    return Fix(lon=lon, lat=lat, accuracy_m=5, taken_at=T0 + timedelta(seconds=seconds))


def shown(rows: Rows, box: Look = EVERYWHERE) -> dict[int, Any]:
    frame = rows.frame(box)
    if frame is None:
        return {}
    body = json.loads(frame[frame.index(b"{") :])
    return {f["volunteer_id"]: (f["lon"], f["lat"]) for f in body["fixes"]}


def test_the_last_taken_wins_whatever_the_order_of_arrival() -> None:
    positions = Positions()
    positions.take(VolunteerId(1), fix(2.0, seconds=2), "exact")
    positions.take(VolunteerId(1), fix(1.0, seconds=1), "exact")
    assert shown(positions.moved()) == {1: (2.0, 0.0)}
    assert shown(positions.moved()) == {}
    assert shown(positions.known()) == {1: (2.0, 0.0)}


def test_who_is_forgotten_is_not_shown() -> None:
    positions = Positions()
    positions.take(VolunteerId(1), fix(2.0), "exact")
    positions.forget(VolunteerId(1))
    positions.forget(VolunteerId(2))
    assert shown(positions.moved()) == shown(positions.known()) == {}
    assert positions.people() == []


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        (Look(0, 0, 10, 10), {1}),
        (Look(170, -10, -170, 10), {2, 3}),
        (Look(170, -10, 180, 10), {2}),
        (Look(20, 20, 30, 30), set()),
        (EVERYWHERE, {1, 2, 3}),
    ],
)
def test_boxes(box: Look, inside: set[int]) -> None:
    positions = Positions()
    for n, lon in enumerate((5.0, 175.0, -175.0), start=1):
        positions.take(VolunteerId(n), fix(lon, 5.0), "exact")
    assert set(shown(positions.known(), box)) == inside


def test_coarse_is_the_middle_of_a_cell_of_a_kilometre() -> None:
    positions = Positions()
    for n, lon in enumerate((-71.2468, -71.2499, -71.2501), start=1):
        positions.take(VolunteerId(n), fix(lon, -29.8935), "coarse")
    seen = shown(positions.known())
    assert seen[1] == seen[2] == (-71.245, -29.895)
    assert seen[3] == (-71.255, -29.895)
    assert abs(seen[1][0] + 71.2468) <= CELL_DEGREES
