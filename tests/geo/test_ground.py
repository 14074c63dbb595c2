"""The ground of an agency, with roads and without."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dispatch.errors import BadInput
from dispatch.geo.ground import ground_of
from dispatch.model import TravelMode, Zone, ZoneForm, ZoneId, ZoneKind, ZoneStatus
from tests.town import AGENCY_FILE

ROADS = AGENCY_FILE.parent / "roads"
CENTER = (-71.292, -29.945)
FLOOD = Zone(
    id=ZoneId("z"),
    kind=ZoneKind.FLOOD,
    name="flood",
    form=ZoneForm.POINT,
    parts=((((-71.2520, -29.9027),),),),
    radius_m=500,
    blocks=(TravelMode.CAR,),
    status=ZoneStatus.ACTIVE,
    drawn_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def estimated(ground: object) -> bool:
    origins, site = np.array([(-71.25, -29.90)]), np.array([(-71.34, -29.95)])
    matrix = ground.router.eta_matrix(origins, site, TravelMode.CAR)  # type: ignore[attr-defined]
    return bool(matrix.estimated.all())


def test_roads_give_times_a_map_and_what_zones_close() -> None:
    ground = ground_of(ROADS, CENTER)
    assert not estimated(ground)
    assert ground.bounds == pytest.approx((-71.3566, -30.0790, -71.1644, -29.8296), abs=1e-4)
    assert "OpenStreetMap" in ground.attribution
    assert len(ground.features()["features"]) > 5
    assert ground.closures([FLOOD])["features"]


def test_without_roads_times_are_estimated_and_the_map_is_empty() -> None:
    ground = ground_of(None, CENTER)
    assert estimated(ground)
    assert ground.bounds == pytest.approx((-71.792, -30.445, -70.792, -29.445))
    assert ground.attribution == ""
    assert ground.features()["features"] == ground.closures([FLOOD])["features"] == []


def test_roads_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder of roads"):
        ground_of(tmp_path / "none", CENTER)
