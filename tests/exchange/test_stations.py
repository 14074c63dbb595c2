from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from dispatch.exchange.layer import Format
from dispatch.exchange.reading import read_layer
from dispatch.exchange.rows import Code, Outcome, Read
from dispatch.exchange.shapes import Reach
from dispatch.exchange.stations import read_stations, station_layer
from dispatch.exchange.writing import write_layer
from dispatch.model import RegionCode
from dispatch.registry.places import Station

from .made import POINT, layer

REACH = Reach(125.0, 42.0)
KNOWN = frozenset({RegionCode("2205"), RegionCode("220524")})


def region_at(lon: float, lat: float) -> RegionCode | None:
    return RegionCode("220524") if lon < 126 else None


def read(*rows: dict[str, Any], at: shapely.Geometry = POINT) -> Read:
    stated = [{"code": f"S{n}", "名称": "站", **row} for n, row in enumerate(rows, start=1)]
    names = dict.fromkeys(name for row in stated for name in row)
    rows_ = [dict.fromkeys(names) | row for row in stated]
    return read_stations(layer(rows_, *[at] * len(rows)), REACH, KNOWN, region_at)


def test_a_station_says_its_region_or_gets_that_of_its_place() -> None:
    found = read({"name_en": "Station", "功能": "集结;物资"}, {"region": "220500"}).made
    assert found[1] == Station(
        code="S1", name_zh="站", name_en="Station", region=RegionCode("220524"), lon=125.74,
        lat=42.28, functions="集结;物资",
    )  # fmt: skip
    assert found[2].region == "2205"
    assert found[2].name_en == "站"
    assert read({}, at=shapely.Point(127, 42)).made[1].region is None


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"code": ""}, Code.MISSING, "code"),
        ({"code": "x" * 65}, Code.BAD_VALUE, "code"),
        ({"名称": ""}, Code.MISSING, "name_zh"),
        ({"region": "999999"}, Code.UNKNOWN_REGION, "region"),
    ],
)
def test_what_cannot_be_a_station(row: dict[str, Any], code: Code, field: str) -> None:
    found = read(row)
    assert found.made == {}
    assert [(x.outcome, x.code, x.field) for x in found.lines] == [(Outcome.REFUSED, code, field)]


def test_a_code_that_comes_twice_is_refused_the_second_time() -> None:
    found = read({"code": "A"}, {"code": "A"})
    assert list(found.made) == [1]
    assert [line.code for line in found.lines] == ["", Code.TWICE]


@pytest.mark.parametrize("kind", list(Format))
def test_stations_come_back_as_they_went_out(tmp_path: Path, kind: Format) -> None:
    stations = [
        Station(code=f"站-{n}", name_zh=f"站{n}", name_en="Station", region=region, lon=125.0 + n,
                lat=42.5, functions="集结")
        for n, region in enumerate((RegionCode("220524"), RegionCode("2205")))
    ]  # fmt: skip
    path = tmp_path / f"stations.{kind}"
    write_layer(path, station_layer(stations, exercise=True), kind)
    found = read_stations(read_layer(path, most=9), REACH, KNOWN, region_at)
    assert list(found.made.values()) == stations
