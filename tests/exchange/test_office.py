from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dispatch import actions as act
from dispatch.board import Board
from dispatch.errors import ActionReused, BadInput, Rejected
from dispatch.exchange.boundaries import import_regions
from dispatch.exchange.layer import Format
from dispatch.exchange.office import (
    IMPORTED,
    Kind,
    Place,
    bring_in,
    carried_out,
    looked_at,
    place_of,
    stored,
    take_out,
)
from dispatch.exchange.rows import Outcome
from dispatch.exchange.writing import write_layer
from dispatch.model import AgencyId, ZoneId, ZoneStatus
from dispatch.registry.places import stations
from tests.play import COMMANDER, Play

from .made import BOWTIE, HOLED, LINE, POINT, foreign
from .test_boundaries import COUNTY
from .test_zones import zone


@pytest.fixture
def where(engine: Engine, tmp_path: Path) -> Place:
    path = foreign(tmp_path / "regions.gpkg", [COUNTY], code=["220524"], name=["柳河县"])
    import_regions(engine, path)
    return place_of(engine, 125.7, 42.3)


@dataclass
class _Done:
    repeated: bool


class Desk:
    """Carries actions out on a board, each key once, and refuses what rules refuse."""

    def __init__(self) -> None:
        self.play, self.done = Play(), dict[str, act.Action]()

    async def __call__(self, key: str, action: act.Action) -> _Done:
        if key in self.done:
            if self.done[key] != action:
                raise ActionReused(key)
            return _Done(repeated=True)
        self.play.act(COMMANDER, action)
        self.done[key] = action
        return _Done(repeated=False)


@pytest.fixture
def zones_file(tmp_path: Path) -> Path:
    return foreign(
        tmp_path / "zones.gpkg", [HOLED, BOWTIE, None, LINE],
        name=["洪水", "交叉", "无", "路"], kind=["flood", "fire", "flood", "closed"],
    )  # fmt: skip


async def test_accepted_features_become_actions_and_the_report_says_so(
    where: Place, zones_file: Path
) -> None:
    desk = Desk()
    brought = bring_in(Kind.ZONES, zones_file, where)
    report = await carried_out(brought, desk)
    assert [(x.row, x.name, x.outcome.value, x.code, x.done) for x in report.lines] == [
        (1, "洪水", "ACCEPTED", "", "ADDED"),
        (2, "交叉", "REPAIRED", "MENDED", "ADDED"),
        (3, "无", "REFUSED", "NO_GEOMETRY", ""),
        (4, "路", "ACCEPTED", "", "ADDED"),
    ]
    assert [one.name for one in desk.play.board.zones.values()] == ["洪水", "交叉", "路"]


async def test_the_same_file_again_does_nothing(
    where: Place, zones_file: Path, tmp_path: Path
) -> None:
    desk = Desk()
    await carried_out(bring_in(Kind.ZONES, zones_file, where), desk)
    copy = Path(shutil.copy(zones_file, tmp_path / "other name.gpkg"))
    again = await carried_out(bring_in(Kind.ZONES, copy, where), desk)
    assert [line.done for line in again.lines] == ["UNCHANGED", "UNCHANGED", "", "UNCHANGED"]
    assert len(desk.play.board.zones) == 3


async def test_what_a_rule_refuses_is_told_with_its_code(where: Place, tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "zones.gpkg", [HOLED, LINE], name=["alt", "neu"],
        ends_at=["2020-01-01T00:00:00Z", None],
    )  # fmt: skip
    report = await carried_out(bring_in(Kind.ZONES, path, where), Desk())
    assert [(x.outcome, x.code) for x in report.lines] == [
        (Outcome.REFUSED, "ENDS_BEFORE_IT_STARTS"),
        (Outcome.ACCEPTED, ""),
    ]


async def test_incidents_are_opened(where: Place, tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "i.gpkg", [POINT, POINT], title=["a", "b"], region=["04101", "999"],
    )  # fmt: skip
    desk = Desk()
    report = await carried_out(bring_in(Kind.INCIDENTS, path, where), desk)
    assert [(x.outcome, x.code) for x in report.lines] == [
        (Outcome.ACCEPTED, ""),
        (Outcome.REFUSED, "UNKNOWN_REGION"),
    ]
    assert [one.title for one in desk.play.board.incidents.values()] == ["a"]


def test_a_dry_run_tells_and_does_nothing(where: Place, zones_file: Path) -> None:
    report = looked_at(bring_in(Kind.ZONES, zones_file, where))
    assert report.dry_run
    assert [line.outcome.value for line in report.lines] == [
        "ACCEPTED", "REPAIRED", "REFUSED", "ACCEPTED",
    ]  # fmt: skip
    assert {line.done for line in report.lines} == {""}


def test_stations_are_stored_together(engine: Engine, where: Place, tmp_path: Path) -> None:
    path = foreign(
        tmp_path / "s.gpkg", [POINT, POINT, None], code=["A", "B", "C"], name=["站", "站", "站"]
    )
    report = stored(bring_in(Kind.STATIONS, path, where), engine)
    assert [line.done for line in report.lines] == ["ADDED", "ADDED", ""]
    assert [(one.code, one.region) for one in stations(engine)] == [
        ("A", "220524"), ("B", "220524"),
    ]  # fmt: skip
    again = stored(bring_in(Kind.STATIONS, path, where), engine)
    assert [line.done for line in again.lines] == ["UNCHANGED", "UNCHANGED", ""]


def test_each_kind_has_a_limit_of_features(where: Place, tmp_path: Path) -> None:
    path = foreign(tmp_path / "many.gpkg", [POINT] * 2_001, name=["x"] * 2_001)
    for kind in (Kind.ZONES, Kind.INCIDENTS):
        with pytest.raises(BadInput, match="holds 2,001 features, at most 2,000"):
            bring_in(kind, path, where)


@pytest.mark.parametrize("kind", list(Kind))
def test_everything_can_be_taken_out_even_when_there_is_nothing(
    engine: Engine, tmp_path: Path, kind: Kind
) -> None:
    layer = take_out(kind, Board(agency=AgencyId("a"), exercise=True), engine)
    assert len(layer) == 0
    assert "exercise" in layer.columns
    for one in Format:
        write_layer(tmp_path / f"x.{one}", layer, one)
    assert Kind.PLANS not in IMPORTED


def test_cleared_zones_stay(engine: Engine) -> None:
    board = Board(agency=AgencyId("a"), exercise=True)
    triangle = (((125.0, 42.0), (125.1, 42.0), (125.1, 42.1)),)
    board.zones = {
        ZoneId("z1"): zone(1, parts=(triangle,), status=ZoneStatus.CLEARED),
        ZoneId("z2"): zone(2, parts=(triangle,)),
    }
    layer = take_out(Kind.ZONES, board, engine)
    assert layer.columns["id"] == ["z2"]
    assert layer.columns["exercise"] == [True]


async def test_whatever_the_desk_says_is_told(where: Place, zones_file: Path) -> None:
    async def broken(key: str, action: act.Action) -> _Done:
        raise ActionReused(key) if "-1" in key[-2:] else Rejected("ANY")

    report = await carried_out(bring_in(Kind.ZONES, zones_file, where), broken)
    assert [line.code for line in report.lines] == [
        "ACTION_ID_REUSED", "ANY", "NO_GEOMETRY", "ANY",
    ]  # fmt: skip
