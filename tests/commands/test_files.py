"""Vector files on the command line: what is printed, what is stored, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from dispatch.__main__ import main
from dispatch.exchange.reading import read_layer
from dispatch.registry.catalogue import regions
from dispatch.registry.engine import open_engine
from tests.exchange.made import foreign
from tests.town import free_port

SQUARE = shapely.box(-71.26, -29.91, -71.25, -29.90)
AT = shapely.Point(-71.25, -29.9)
HEADER = (
    "number,name,phone,status,tier,birth_on,fit,guardian,consent,available,trained_until_on,"
    "region,team,mode,lon,lat,turnout_s,skills,policies"
)
ROW = "V9,李,13800000000,ACTIVE,TEMPORARY,1990-01-01,yes,no,yes,yes,,{},,car,{},-29.9,60,LOG,"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DISPATCH_PORT", str(free_port()))
    return tmp_path


def test_regions_then_a_roster_that_lies_in_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [shapely.box(-71.3, -30, -71.2, -29.8), shapely.box(-71.2, -30, -71.1, -29.8), AT]
    path = foreign(
        here / "r.gpkg", found, kode=["04101", "04102", "04103"], name=["东", "西", "点"]
    )
    arguments = ["regions", "import", str(path), "--code-field", "kode"]
    assert main([*arguments, "--dry-run"]) == 1
    out = capsys.readouterr().out
    assert "dry run, nothing was stored: 3 features read: 2 accepted" in out
    assert f"{path}: feature 3 (点) geometry: WRONG_GEOMETRY: is a Point" in out
    assert main(arguments) == 1
    assert "1 refused; 2 updated" in capsys.readouterr().out
    engine = open_engine(f"sqlite:///{here / 'data' / 'dispatch.db'}")
    names = {one.code: (one.name_zh, one.parent) for one in regions(engine)}
    engine.dispose()
    assert names["04101"] == ("东", "041")

    roster = here / "roster.csv"
    rows = [ROW.format("", -71.25), ROW.replace("V9", "V8").format("04101", -71.15)]
    roster.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    assert main(["roster", "import", str(roster)]) == 0
    out = capsys.readouterr().out
    assert "2 added" in out
    assert f"{roster}:3 region: but the home lies in 04102: '04101'" in out


def test_bringing_in_and_taking_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zones = foreign(here / "z.gpkg", [SQUARE, None], name=["洪水", "无"], kind=["flood", "flood"])
    assert main(["import", "zones", str(zones), "--dry-run"]) == 1
    assert main(["export", "zones", str(here / "none.kml")]) == 0
    assert "none.kml: 0 zones" in capsys.readouterr().out
    assert main(["import", "zones", str(zones)]) == 1
    out = capsys.readouterr().out
    assert f"{zones}: feature 2 (无) geometry: NO_GEOMETRY" in out
    assert "2 features read: 1 accepted, 0 repaired, 1 refused; 1 added" in out
    assert main(["import", "zones", str(zones)]) == 1
    assert "1 unchanged" in capsys.readouterr().out
    assert main(["export", "zones", str(here / "out.shp.zip")]) == 0
    layer = read_layer(here / "out.shp.zip", most=9)
    assert layer.columns["name"] == ["洪水"]
    assert shapely.equals(layer.shapes[0], SQUARE)


def test_incidents_and_stations(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incidents = foreign(here / "i.gpkg", [AT], title=["堤坝"], region=["04101"])
    assert main(["import", "incidents", str(incidents), "--by", "li"]) == 0
    stations = foreign(here / "s.gpkg", [AT], code=["S1"], name=["站"])
    assert main(["import", "stations", str(stations)]) == 0
    assert main(["export", "incidents", str(here / "i.geojson")]) == 0
    assert read_layer(here / "i.geojson", most=9).columns["title"] == ["堤坝"]
    assert main(["export", "stations", str(here / "s.kml")]) == 0
    assert "s.kml: 1 stations" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "zones", "none.gpkg"],
        ["import", "zones", "text.kml"],
        ["export", "zones", "zones.pdf"],
        ["export", "zones", "no/such/zones.kml"],
        ["regions", "import", "text.kml"],
    ],
)
def test_what_cannot_be_done(
    here: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "text.kml").write_text("hello")
    *words, file = arguments
    assert main([*words, str(here / file)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert file.rpartition("/")[2] in err
