from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from dispatch.exchange.layer import Format
from dispatch.exchange.plans import plan_layer
from dispatch.exchange.reading import read_layer
from dispatch.exchange.writing import write_layer
from tests.play import SITE, Play, eligible


def test_proposals_and_people_on_their_way_are_lines_by_id() -> None:
    play = Play()
    assert len(plan_layer(play.board)) == 0
    need_id = play.need().id
    on_the_way = play.accepted(need_id, 7)
    plan = play.plan(need_id, 9, 8)
    found = plan_layer(play.board)
    rows = list(zip(*(found.columns[n] for n in ("state", "volunteer", "plan_id")), strict=True))
    assert rows == [
        ("ASSIGNED", 7, None),
        ("PROPOSED", 8, plan.id),
        ("PROPOSED", 9, plan.id),
    ]
    assert found.columns["eta_s"] == [600, 600, 600]
    assert found.columns["exercise"] == [False] * 3
    for line in found.shapes:
        assert line.coords[-1] == (SITE.lon, SITE.lat)
    assert on_the_way.volunteer_id == 7


def test_where_people_live_does_not_leave_the_system() -> None:
    play = Play()
    play.accepted(play.need().id, 7)
    home = eligible().origin
    assert home is not None
    ((lon, lat),) = [line.coords[0] for line in plan_layer(play.board).shapes]
    assert (lon, lat) == (-71.245, -29.905), "the middle of a cell of a hundredth of a degree"
    assert (lon, lat) != (home.lon, home.lat)
    assert max(abs(lon - home.lon), abs(lat - home.lat)) <= 0.00501


@pytest.mark.parametrize("kind", list(Format))
def test_plans_can_be_written(tmp_path: Path, kind: Format) -> None:
    play = Play()
    need_id = play.need().id
    play.accepted(need_id, 7)
    play.plan(need_id, 8)
    layer = plan_layer(play.board)
    path = tmp_path / f"plans.{kind}"
    write_layer(path, layer, kind)
    found = read_layer(path, most=9)
    assert sorted(map(int, found.columns["volunteer"])) == [7, 8]
    assert set(found.columns["state"]) == {"ASSIGNED", "PROPOSED"}
    assert [shape.geom_type for shape in found.shapes] == ["LineString"] * 2
    assert shapely.get_coordinates(found.shapes) == pytest.approx(
        shapely.get_coordinates(layer.shapes)
    )
