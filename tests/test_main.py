"""The command line: what it prints, and one clear line and exit code 2 when it cannot."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.settings import ROOT, Settings
from tests.town import free_port, make_town


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of one's own, by the environment."""
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DISPATCH_PORT", str(free_port()))
    return tmp_path


HEADER = (
    "number,name,phone,status,tier,birth_on,fit,guardian,consent,available,trained_until_on,"
    "region,team,mode,lon,lat,turnout_s,skills,policies"
)
GOOD = (
    "V9,李,13800000000,ACTIVE,TEMPORARY,1990-01-01,yes,no,yes,yes,,04101,,car,-71.2,-29.9,60,LOG,"
)


def test_roster_import_reports_by_line_and_column(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / "roster.csv"
    bad = GOOD.replace("V9", "V10").replace("1990-01-01", "1990-13-01")
    path.write_text(f"{HEADER}\n{GOOD}\n{bad}\n", encoding="utf-8")
    assert main(["roster", "import", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}:3 birth_on:" in out
    assert "2 rows read: 1 added, 0 updated, 0 unchanged, 1 problems" in out
    assert main(["roster", "import", str(path)]) == 1
    assert "0 added, 0 updated, 1 unchanged" in capsys.readouterr().out


def test_roster_import_of_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "import", str(here / "none.csv")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "none.csv" in err


def test_links(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_town(here / "data", 50)
    assert main(["link", "commander"]) == 0
    assert "/enter/" in capsys.readouterr().out
    assert main(["link", "volunteer", "--id", "3"]) == 0
    assert main(["link", "volunteer", "--id", "999999"]) == 2
    assert "NOT_FOUND" in capsys.readouterr().err


def test_busy_port(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(os.environ["DISPATCH_PORT"])))
        taken.listen()
        assert main(["serve"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "cannot listen on 127.0.0.1 port" in err


@pytest.mark.parametrize("kind", ["file in the way", "not a database"])
def test_unreadable_data_folder(here: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    if kind == "file in the way":
        (here / "data").write_text("x")
    else:
        (here / "data").mkdir()
        (here / "data" / "dispatch.db").write_bytes(b"this is not a database" * 100)
    assert main(["serve"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "data" in err


def test_bad_settings(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPATCH_PORT", "many")
    assert main(["serve"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "DISPATCH_PORT" in err


def test_url_in_force() -> None:
    assert Settings(data_dir=Path("/x")).url == "sqlite:////x/dispatch.db"
    assert Settings(database_url="postgresql://y").url == "postgresql://y"


def test_help_and_unknown_commands_as_a_process() -> None:
    run = [sys.executable, "-m", "dispatch"]
    shown = subprocess.run([*run, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for word in ("demo", "serve", "link", "roster", "match"):
        assert word in shown.stdout
    unknown = subprocess.run([*run, "fly"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert unknown.returncode == 2


EXAMPLE = ROOT / "docs" / "examples" / "match"


def match_arguments(folder: Path, roster: Path = EXAMPLE / "roster.csv") -> list[str]:
    fixed = ["--registry", str(EXAMPLE / "registry.toml"), "--now", "2026-07-20T08:00:00Z"]
    out = ["--out", str(folder / "plan.json")]
    return ["match", str(roster), str(EXAMPLE / "needs.geojson"), *fixed, *out]


def test_match_says_which_rows_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = tmp_path / "roster.csv"
    text = (EXAMPLE / "roster.csv").read_text(encoding="utf-8")
    roster.write_text(text.replace("1988-03-02", "1988-13-02"), encoding="utf-8")
    assert main(match_arguments(tmp_path, roster)) == 1
    shown = capsys.readouterr()
    assert f"{roster}:2 birth_on: is not a day of the calendar: '1988-13-02'" in shown.err
    assert "5 proposals for 5 needs, 4 heads short" in shown.out
    assert (tmp_path / "plan.json").exists()


def test_match_of_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(match_arguments(tmp_path, tmp_path / "none.csv")) == 2
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == f"dispatch: {tmp_path / 'none.csv'} is not a file"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("now", ["soon", "2026-07-20T08:00:00", "9999-12-31T23:59:59Z"])
def test_match_asks_for_a_sound_instant(
    tmp_path: Path, now: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*match_arguments(tmp_path), "--now", now])
    assert stop.value.code == 2
    assert f"'{now}' is not an instant with its time zone" in capsys.readouterr().err


def test_match_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["match", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("--registry FILE.toml", "docs/reference/match.md", "2: not planned"):
        assert words in shown


def test_tiles_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "vaduz.pmtiles"
    extract = str(ROOT / "tests" / "data" / "vaduz.osm.pbf")
    assert main(["tiles", "build", extract, "--out", str(out)]) == 0
    assert re.search(r"1,\d+ buildings.*\n.*vaduz.pmtiles: 0.2 MB", capsys.readouterr().out)
    assert out.read_bytes().startswith(b"PMTiles\x03")
    assert main(["tiles", "build", extract, "--out", str(out), "--bbox", "1,2"]) == 2
    assert "expected WEST,SOUTH,EAST,NORTH" in capsys.readouterr().err
