"""Scenarios on the command line: what is printed, what is written, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.commands.scenario import SHIPPED
from tests.drills.scenario.made import ROWS, YAML, write

TABLE = "时间,经度,纬度,标题\n2021-07-20 08:00,113.5,34.5,积水\n"


def test_check_says_what_can_be_drilled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "a")
    assert main(["scenario", "check", str(folder), str(folder / "scenario.yaml")]) == 0
    told = "can be drilled: 2 incidents, 4 needs, 10 injects (2 F, 1 P, 7 S), 50 people"
    assert capsys.readouterr().out.count(told) == 2


def test_check_prints_every_problem_of_every_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good")
    bad = write(tmp_path / "bad", rows=ROWS.replace("LOG:10", "LOGG:10").replace("F,press", "X,"))
    assert main(["scenario", "check", str(bad), str(good), str(tmp_path / "none")]) == 1
    out = capsys.readouterr().out
    assert f"{bad / 'incidents.csv'}:2: UNKNOWN_SKILL needs: skill 'LOGG'" in out
    assert f"{bad / 'incidents.csv'}:2: BAD_PROVENANCE fact:" in out
    assert f"{bad}: 3 problems; nothing can be started from it" in out
    assert f"{good}: can be drilled" in out
    assert f"{tmp_path / 'none' / 'scenario.yaml'}: NOT_READABLE" in out


def test_a_flood_of_problems_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "bad", yaml=YAML + "  - {}\n" * 300)
    assert main(["scenario", "check", str(folder)]) == 1
    assert "... and 100 more" in capsys.readouterr().out


def test_list_shows_the_shipped_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "list"]) == 0
    out = capsys.readouterr().out
    for name in ("zhengzhou-2021", "beibei-2022", "panjin-2022", "liuhe", "coquimbo-2015"):
        assert f"\n{name} " in f"\n{out}"
    assert "2021-07-20 06:00" in out


def test_list_of_another_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b", yaml=YAML.replace("id: small", "id: no blanks"))
    assert main(["scenario", "list", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "Small drill" in said.out
    assert "cannot be used: 1 problems" in said.err
    assert main(["scenario", "list", str(tmp_path / "a")]) == 2


def test_convert_writes_a_scenario_that_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "new" / "flood"
    table.write_text(TABLE, encoding="gb18030")
    arguments = ["scenario", "convert", str(table), "--name", "flood", "--out", str(out)]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "guessed: severity: guessed in 1 of 1 rows" in told
    assert f"{out}: can be drilled: 1 incidents" in told
    assert main(["scenario", "check", str(out)]) == 0
    assert main(arguments) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [["--name", "no blanks"], ["--name", "x", "--timezone", "Mars/Base"]]
)
def test_convert_refuses_what_it_is_told_wrongly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "flood"
    table.write_text(TABLE, encoding="utf-8")
    assert main(["scenario", "convert", str(table), "--out", str(out), *more]) == 2
    assert not out.exists()


def test_convert_writes_nothing_when_a_line_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "flood"
    table.write_text(TABLE.replace("113.5,34.5", "34.5,113.5"), encoding="utf-8")
    assert main(["scenario", "convert", str(table), "--name", "x", "--out", str(out)]) == 2
    assert "t.csv:2: SWAPPED" in capsys.readouterr().err
    assert not out.exists()
    assert main(["scenario", "convert", str(tmp_path), "--name", "x", "--out", str(out)]) == 2


def test_the_shipped_folder_is_the_projects_own() -> None:
    assert (SHIPPED / "coquimbo" / "roads" / "meta.json").is_file()
